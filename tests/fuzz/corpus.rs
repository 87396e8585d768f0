//! The answers to begin with: those that are recorded, and those of the simulated clouds.

use crate::parsers::Case;
use cloud_steward::cloud::alibaba::Keys;
use cloud_steward::cloud::alibaba::request::Attempt;
use cloud_steward::cloud::huawei::iam::requests::{self, DomainRef, UserRef};
use cloud_steward::cloud::transport::{HttpRequest, Transport, TransportOptions};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::path::Path;
use steward_cloudsim::{Clock, Fault, Garble, Options, Simulator, What};

pub(crate) fn all() -> Vec<Case> {
    let mut all = recorded();
    all.extend(of_commands());
    all.extend(simulated());
    all
}

/// Every response below `tests/vectors`.
pub(crate) fn recorded() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut cases = Vec::new();
    for vendor in ["alibaba", "huawei"] {
        let mut files: Vec<_> =
            std::fs::read_dir(directory.join(vendor)).expect("the vectors").map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        for file in files {
            let vector: Value = serde_json::from_slice(&std::fs::read(&file).expect("a vector")).expect("JSON");
            responses(&vector, &mut cases);
        }
    }
    assert!(!cases.is_empty(), "no vector has a response");
    cases
}

fn responses(vector: &Value, cases: &mut Vec<Case>) {
    if let Some(response) = vector.get("response")
        && let Some(status) = response["status"].as_u64()
    {
        let header = |(name, value): (&String, &Value)| (name.to_lowercase(), value.as_str().unwrap_or_default().as_bytes().to_vec());
        let headers = response["headers"].as_object().into_iter().flatten().map(header).collect();
        let body = response["body"].as_str().map_or_else(|| response["body"].to_string(), ToOwned::to_owned).into_bytes();
        cases.push(Case { status: status.try_into().expect("a status"), headers, body });
    }
    for part in vector["sequence"].as_array().into_iter().flatten() {
        responses(part, cases);
    }
}

/// What Cloud Assistant says, as far as the vendor's description goes.
fn of_commands() -> Vec<Case> {
    let result = |finished: &str| {
        json!({"InstanceId": "i-1", "InvocationStatus": "Failed", "InvokeRecordStatus": "Finished", "ExitCode": 1, "ErrorCode": "ExitCodeNonzero",
               "ErrorInfo": "exit status 1", "Output": "aGVsbG8K", "Dropped": 0, "Repeats": 1, "StartTime": "2026-11-22T08:00:00Z",
               finished: "2026-11-22T08:00:09Z"})
    };
    let run = json!({"InvokeId": "t-1", "CommandId": "c-1", "CommandName": "patch", "RepeatMode": "Once", "Frequency": "", "Timeout": 60,
                     "InvocationStatus": "PartialFailed", "CreationTime": "2026-11-22T08:00:00Z", "Parameters": "{}",
                     "Tags": {"Tag": [{"TagKey": "steward-run", "TagValue": "0"}]}, "InvokeInstances": {"InvokeInstance": [result("FinishTime")]}});
    let results = [result("FinishedTime"), result("FinishedTime")];
    let agent = json!({"InstanceId": "i-1", "CloudAssistantStatus": "true", "CloudAssistantVersion": "2.2.3.857", "OSType": "Linux"});
    [
        json!({"RequestId": "R", "CommandId": "c-1", "InvokeId": "t-1"}),
        json!({"RequestId": "R", "Invocations": {"Invocation": [run]}, "NextToken": "more", "TotalCount": 3}),
        json!({"RequestId": "R", "Invocation": {"InvocationResults": {"InvocationResult": results}, "NextToken": ""}}),
        json!({"RequestId": "R", "InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": [agent]}}),
        json!({"RequestId": "R"}),
    ]
    .map(|body| Case { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() })
    .into()
}

const SEED: &str = "
accounts:
  - id: \"1234567890123456\"
    keys: [{id: key-1, secret: secret-1}, {id: key-2, secret: secret-2, user: ann}]
    roles: [{name: ops}]
regions: [cn-hangzhou]
securityGroups: [{id: sg-base, vpc: vpc-1, tags: {a: b}}, {id: sg-web, vpc: vpc-1}]
instances: [{id: i-1, groups: [sg-base], tags: {role: web}, locks: [security]}, {id: i-2, groups: [sg-base]}]
interfaces: [{id: eni-2, instance: i-1, groups: [sg-base]}]
huawei:
  domains:
    - id: d1
      name: acme
      users: [{id: u1, name: alice, password: p}]
      projects: [{id: p1, name: eu-de, region: eu-de}]
";

/// Key, version, operation, parameters.
type Question<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)]);

/// What the simulated clouds say to right and to wrong questions.
fn simulated() -> Vec<Case> {
    let now = "2026-11-22T08:00:00Z".parse().expect("a time");
    let cloud = Simulator::start(Options { seed: SEED.to_owned(), clock: Clock::Manual(now), ..Options::default() }).expect("a good seed");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let transport = {
        let _inside = runtime.enter();
        Transport::new(TransportOptions::default()).expect("a socket")
    };
    let mut cases = Vec::new();
    let mut send = |request: HttpRequest| {
        let answer = runtime.block_on(transport.send(request)).expect("an answer");
        let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        cases.push(Case { status: answer.status, headers, body: answer.body });
    };
    let url = cloud.url().parse().expect("a URL");
    let mut number = 0;
    let mut alibaba = |key: &str, version: &str, action: &str, parameters: &[(&str, &str)]| {
        number += 1;
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let keys = Keys { access_key_id: key.to_owned(), access_key_secret: key.replace("key", "secret").into(), security_token: None };
        let nonce = number.to_string();
        let attempt = Attempt {
            action,
            version,
            endpoint: &url,
            parameters: &parameters,
            in_body: false,
            keys: Some(&keys),
            date: now,
            nonce: &nonce,
            deadline: None,
        };
        attempt.build().expect("a request")
    };
    let (ecs, sts) = ("2014-05-26", "2015-04-01");
    let region = ("RegionId", "cn-hangzhou");
    let role = [("RoleArn", "acs:ram::1234567890123456:role/ops"), ("RoleSessionName", "steward")];
    let member = [region, ("SecurityGroupId", "sg-web"), ("InstanceId", "i-2")];
    let questions: [Question<'_>; 10] = [
        ("key-1", sts, "GetCallerIdentity", &[]),
        ("key-2", sts, "AssumeRole", &role),
        ("key-1", sts, "AssumeRole", &role),
        ("key-1", ecs, "DescribeInstances", &[region]),
        ("key-1", ecs, "DescribeNetworkInterfaces", &[region]),
        ("key-1", ecs, "DescribeSecurityGroups", &[region]),
        ("key-1", ecs, "JoinSecurityGroup", &member),
        ("key-1", ecs, "JoinSecurityGroup", &member),
        ("key-1", ecs, "DescribeInstances", &[("RegionId", "nowhere")]),
        ("key-9", ecs, "DescribeInstances", &[region]),
    ];
    for (key, version, action, parameters) in questions {
        send(alibaba(key, version, action, parameters));
    }
    for what in [What::Throttle, What::Garble(Garble::Html), What::error(500, "InternalError"), What::error(400, "SignatureDoesNotMatch")] {
        cloud.fault(Fault::on("DescribeInstances", what));
        send(alibaba("key-1", ecs, "DescribeInstances", &[region]));
    }
    for (user, password) in [("alice", "p"), ("alice", "wrong"), ("nobody", "p")] {
        let user = UserRef::Name { name: user.to_owned(), domain: DomainRef::Name("acme".to_owned()) };
        let requests::Request { method, path, body, .. } = requests::password_token(&user, &password.into(), None);
        let mut url: url::Url = cloud.url().parse().expect("a URL");
        url.set_path(path);
        let body = body.map(|body| body.expose_secret().to_vec()).unwrap_or_default();
        send(HttpRequest { method, url, headers: Vec::new(), body, deadline: None });
    }
    cases
}
