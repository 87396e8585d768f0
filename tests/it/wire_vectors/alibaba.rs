//! Recordings of Alibaba Cloud's clients: flattened parameters, the request as we build it, and signatures.

use super::{Report, command, configuration, directory, json_files};
use cloud_steward::cloud::alibaba::ecs::commands::RUN_COMMAND;
use cloud_steward::cloud::alibaba::ecs::commands::requests::{
    DescribeCloudAssistantStatusRequest, DescribeInvocationResultsRequest, DescribeInvocationsRequest, StopInvocationRequest,
};
use cloud_steward::cloud::alibaba::ecs::{
    DescribeInstancesRequest, DescribeNetworkInterfacesRequest, DescribeSecurityGroupsRequest, JoinSecurityGroupRequest,
    LeaveSecurityGroupRequest,
};
use cloud_steward::cloud::alibaba::ess::requests::{
    DeleteEciScalingConfigurationRequest, DescribeEciScalingConfigurationsRequest, DescribeScalingGroupsRequest,
};
use cloud_steward::cloud::alibaba::ess::{CREATE_ECI_SCALING_CONFIGURATION, MODIFY_ECI_SCALING_CONFIGURATION};
use cloud_steward::cloud::alibaba::flatten::flatten;
use cloud_steward::cloud::alibaba::request::Attempt;
use cloud_steward::cloud::alibaba::sign::{Parts, authorization, sign};
use cloud_steward::cloud::alibaba::sts::{self, ASSUME_ROLE_WITH_OIDC, AssumeRoleRequest, GetCallerIdentityRequest};
use cloud_steward::cloud::alibaba::{Keys, OPERATIONS};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

const SCHEME: &str = "ACS3-HMAC-SHA256";

/// One recorded request of Alibaba Cloud's clients.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    service: String,
    operation: String,
    #[serde(default)]
    api_version: String,
    input: Value,
    #[serde(default)]
    credentials: BTreeMap<String, String>,
    /// Name, type, text.
    flat: Vec<(String, String, String)>,
    request: Request,
    signing: Signing,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
}

#[derive(Deserialize)]
struct Signing {
    scheme: String,
    #[serde(default)]
    signature: String,
}

impl Vector {
    fn keys(&self) -> Keys {
        let text = |name: &str| self.credentials.get(name).cloned().unwrap_or_default();
        Keys {
            access_key_id: text("accessKeyId"),
            access_key_secret: SecretString::from(text("accessKeySecret")),
            security_token: self.credentials.get("securityToken").cloned().map(SecretString::from),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.request.headers.get(name).map_or("", String::as_str)
    }
}

/// What our client sends for an input: read into the same struct that the client uses, and flattened by the same function.
fn parameters(service: &str, operation: &str, input: Value) -> Option<Result<Vec<(String, String)>, String>> {
    fn typed<T: DeserializeOwned + Serialize>(input: Value) -> Result<Vec<(String, String)>, String> {
        let request: T = serde_json::from_value(input).map_err(|error| format!("our request struct: {error}"))?;
        flatten(&request).map_err(|error| error.to_string())
    }
    /// The token is in no struct: it goes beside it, as in the client.
    fn with_token(mut input: Value) -> Result<Vec<(String, String)>, String> {
        let token = input.as_object_mut().and_then(|fields| fields.remove("OIDCToken"));
        let token = token.as_ref().and_then(Value::as_str).ok_or("no OIDCToken")?;
        let mut parameters = typed::<AssumeRoleRequest>(input)?;
        sts::add_token(&mut parameters, &SecretString::from(token));
        Ok(parameters)
    }
    Some(match (service, operation) {
        ("sts", "AssumeRole") => typed::<AssumeRoleRequest>(input),
        ("sts", "AssumeRoleWithOIDC") => with_token(input),
        ("sts", "GetCallerIdentity") => typed::<GetCallerIdentityRequest>(input),
        ("ecs", "DescribeInstances") => typed::<DescribeInstancesRequest>(input),
        ("ecs", "DescribeNetworkInterfaces") => typed::<DescribeNetworkInterfacesRequest>(input),
        ("ecs", "DescribeSecurityGroups") => typed::<DescribeSecurityGroupsRequest>(input),
        ("ecs", "JoinSecurityGroup") => typed::<JoinSecurityGroupRequest>(input),
        ("ecs", "LeaveSecurityGroup") => typed::<LeaveSecurityGroupRequest>(input),
        ("ecs", "RunCommand") => command::parameters(input),
        ("ecs", "StopInvocation") => typed::<StopInvocationRequest>(input),
        ("ecs", "DescribeInvocations") => typed::<DescribeInvocationsRequest>(input),
        ("ecs", "DescribeInvocationResults") => typed::<DescribeInvocationResultsRequest>(input),
        ("ecs", "DescribeCloudAssistantStatus") => typed::<DescribeCloudAssistantStatusRequest>(input),
        ("ess", "DescribeEciScalingConfigurations") => typed::<DescribeEciScalingConfigurationsRequest>(input),
        ("ess", "DescribeScalingGroups") => typed::<DescribeScalingGroupsRequest>(input),
        ("ess", "DeleteEciScalingConfiguration") => typed::<DeleteEciScalingConfigurationRequest>(input),
        ("ess", "ModifyEciScalingConfiguration") => configuration::modify(&input),
        ("ess", "CreateEciScalingConfiguration") => configuration::create(&input),
        _ => return None,
    })
}

/// The parameters that we leave out on purpose, as the committed list has them: `<operation or *> <parameter>`.
struct NeverSent(BTreeSet<(String, String)>);

impl NeverSent {
    fn read() -> Self {
        let lines = include_str!("../../data/never-sent.txt").lines().map(str::trim);
        let entries = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
            let (operation, parameter) = line.split_once(' ').expect("an operation and a parameter on each line");
            (operation.to_owned(), parameter.trim().to_owned())
        });
        Self(entries.collect())
    }

    fn has(&self, operation: &str, parameter: &str) -> bool {
        ["*", operation].iter().any(|operation| self.0.contains(&((*operation).to_owned(), parameter.to_owned())))
    }
}

/// Compares one recording with what we would send.
pub(super) fn check(report: &mut Report, name: &str, raw: Value) {
    let vector: Vector = match serde_json::from_value(raw) {
        Ok(vector) => vector,
        Err(error) => return report.red.push(format!("{name}: not a vector of a form that we know: {error}")),
    };
    check_request(report, name, &vector, &NeverSent::read());
    check_signature(report, name, &vector);
}

fn check_request(report: &mut Report, name: &str, vector: &Vector, never_sent: &NeverSent) {
    let mut input = vector.input.clone();
    if let Some(fields) = input.as_object_mut() {
        fields.retain(|parameter, _| !never_sent.has(&vector.operation, parameter));
    }
    let ours = match parameters(&vector.service, &vector.operation, input) {
        None => {
            return report.lacks(format!("operation {}:{}", vector.service, vector.operation));
        }
        Some(Err(problem)) => return report.red.push(format!("{name}: {problem}")),
        Some(Ok(ours)) => ours,
    };
    report.requests += 1;
    // Who does not override does not say so.
    let means_nothing = |parameter: &str, value: &str| parameter == "Override" && value == "false";
    let sent_by_us = |parameter: &str, value: &str| !never_sent.has(&vector.operation, parameter) && !means_nothing(parameter, value);
    let theirs: Vec<_> = vector.flat.iter().filter(|(parameter, _, value)| sent_by_us(parameter, value)).collect();
    report.red.extend(differences(&theirs, &ours).into_iter().map(|problem| format!("{name}: {problem}")));
    report.red.extend(as_built(vector, &ours).into_iter().map(|problem| format!("{name}: {problem}")));
}

fn check_signature(report: &mut Report, name: &str, vector: &Vector) {
    if vector.signing.scheme == "none" {
        if vector.header("authorization").is_empty() {
            return;
        }
        return report.red.push(format!("{name}: not signed, and yet there is an authorization header"));
    }
    if vector.signing.scheme != SCHEME {
        return report.lacks(format!("scheme {}", vector.signing.scheme));
    }
    report.signatures += 1;
    let recorded = vector.header("authorization");
    let listed = recorded.split("SignedHeaders=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let headers: Vec<(String, String)> = listed.split(';').map(|header| (header.to_owned(), vector.header(header).to_owned())).collect();
    let keys = vector.keys();
    let parts = Parts {
        method: &vector.request.method,
        path: &vector.request.path,
        query: &vector.request.query,
        headers: &headers,
        body: vector.request.body.as_deref().unwrap_or_default().as_bytes(),
    };
    let signed = sign(&parts, &keys.access_key_secret);
    if signed.signature != vector.signing.signature {
        report.red.push(format!("{name}: signed {}, recorded {}", signed.signature, vector.signing.signature));
    }
    if authorization(&signed, &keys.access_key_id) != recorded {
        report.red.push(format!("{name}: the authorization header differs from the recorded one"));
    }
}

fn differences(theirs: &[&(String, String, String)], ours: &[(String, String)]) -> Vec<String> {
    let ours: BTreeMap<&str, &str> = ours.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let known: BTreeSet<&str> = theirs.iter().map(|(name, ..)| name.as_str()).collect();
    let mut found: Vec<String> =
        ours.keys().filter(|name| !known.contains(*name)).map(|name| format!("we send {name}, they do not")).collect();
    for (name, kind, value) in theirs {
        match ours.get(name.as_str()) {
            None => found.push(format!("we do not send {name}")),
            Some(our) if same(kind, value, our) => {}
            Some(our) => found.push(format!("{name} ({kind}): we send {our:?}, they {value:?}")),
        }
    }
    found
}

fn same(kind: &str, one: &str, other: &str) -> bool {
    match kind {
        "json" => {
            let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
            parse(one).is_some() && parse(one) == parse(other)
        }
        "number" => {
            // All numbers of the vendor's models are of single precision; 2.0 and 2 are one.
            let parse = |text: &str| text.parse::<f32>().ok().filter(|number| number.is_finite() && !text.contains(['e', 'E']));
            parse(one).is_some_and(|number| Some(number) == parse(other))
        }
        _ => one == other,
    }
}

/// The request as the client builds it: method, path, operation, version, and exactly these parameters, in the query or, where some are secret
/// or long, in the body; beside a token of an identity provider the query holds what an unsigned request says of itself.
fn as_built(vector: &Vector, parameters: &[(String, String)]) -> Vec<String> {
    let keys = vector.keys();
    let host = vector.header("host");
    let endpoint = Url::parse(&format!("http://{host}/")).expect("the recorded host is a host");
    let unsigned = vector.operation == ASSUME_ROLE_WITH_OIDC.name;
    let confides = [RUN_COMMAND, MODIFY_ECI_SCALING_CONFIGURATION, CREATE_ECI_SCALING_CONFIGURATION];
    let in_body = unsigned || confides.iter().any(|operation| operation.name == vector.operation);
    let attempt = Attempt {
        action: &vector.operation,
        version: &vector.api_version,
        endpoint: &endpoint,
        parameters,
        in_body,
        keys: (!unsigned).then_some(&keys),
        date: "2026-11-22T09:09:38Z".parse().expect("a date"),
        nonce: "nonce",
        deadline: None,
    };
    let Ok(built) = attempt.build() else {
        return vec!["the request cannot be built".to_owned()];
    };
    let pairs = |text: &[u8]| {
        let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(text).into_owned().collect();
        pairs.sort();
        pairs
    };
    let (query, body) = (pairs(built.url.query().unwrap_or_default().as_bytes()), pairs(&built.body));
    let mut found = Vec::new();
    if unsigned {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
        let recorded: BTreeSet<String> =
            names(&vector.request.query).into_iter().filter(|name| !parameters.iter().any(|(parameter, _)| parameter == name)).collect();
        if names(&query) != recorded {
            found.push(format!("the query says {query:?}, beside the parameters {recorded:?} was recorded"));
        }
        if built.headers.iter().any(|(name, _)| name == "authorization") {
            found.push("the request is signed".to_owned());
        }
    }
    let (sent, rest) = match (in_body, unsigned) {
        (true, true) => (body, Vec::new()),
        (true, false) => (body, query),
        (false, _) => (query, body),
    };
    if sent != parameters || !rest.is_empty() {
        found.push(format!("we send {sent:?} and {rest:?}, the parameters are {parameters:?}"));
    }
    if (built.method.as_str(), built.url.path()) != ("POST", "/") {
        found.push("the request is not a POST to /".to_owned());
    }
    if !OPERATIONS.iter().any(|known| known.service == vector.service && known.name == vector.operation) {
        found.push("the operation is not in the client's list".to_owned());
    }
    found
}

#[test]
fn every_operation_of_the_client_is_compared() {
    for operation in OPERATIONS {
        assert!(
            parameters(operation.service, operation.name, serde_json::json!({})).is_some(),
            "{operation} has no request struct in this test"
        );
    }
}

#[test]
fn a_committed_vector_exists_for_every_operation_of_the_client() {
    let recorded: BTreeSet<(String, String)> = json_files(&directory("alibaba"))
        .iter()
        .filter_map(|file| serde_json::from_str::<Vector>(&std::fs::read_to_string(file).ok()?).ok())
        .map(|vector| (vector.service, vector.operation))
        .collect();
    for operation in OPERATIONS {
        assert!(recorded.contains(&(operation.service.to_owned(), operation.name.to_owned())), "{operation}");
    }
}

#[test]
fn a_vector_that_differs_from_us_is_red() {
    let text = include_str!("../../vectors/alibaba/ecs-join-security-group-eni.json");
    let damages = [
        ("\"eni-test0001\"]", "\"eni-other\"]"),
        ("\"NetworkInterfaceId\": \"eni-test0001\"", "\"NetworkInterfaceID\": \"eni-test0001\""),
        ("\"signature\": \"99ec", "\"signature\": \"98ec"),
        ("\"testAccessKeySecret\"", "\"anotherSecret\""),
        ("\"flat\": [", "\"flat\": [[\"More\", \"string\", \"x\"],"),
        ("\"service\": \"ecs\"", "\"service\": 1"),
    ];
    let mut whole = Report::default();
    whole.check("whole", text);
    assert_eq!((whole.red.len(), whole.requests, whole.signatures), (0, 1, 1), "{:?}", whole.red);
    for (from, to) in damages {
        let mut report = Report::default();
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from} is not in the vector");
        report.check("damaged", &changed);
        assert!(!report.red.is_empty(), "{from} -> {to} went unnoticed");
    }
}

#[test]
fn a_command_that_differs_from_us_is_red() {
    let by_id = include_str!("../../vectors/alibaba/ecs-run-command-base64-parameters.json");
    let by_tag = include_str!("../../vectors/alibaba/ecs-run-command-tags.json");
    let damages = [
        (by_id, "\"Timeout\": 3600", "\"Timeout\": 60"),
        (by_id, "\"Timeout\": 3600", "\"TimeOut\": 3600"),
        (by_id, "\"name\": \"Jack & Jill\"", "\"name\": \"Jack\""),
        (by_id, "\"ClientToken\": \"123e", "\"ClientToken\": \"124e"),
        (by_tag, "\"Value\": \"prod\"", "\"Value\": \"\""),
        (by_tag, "\"ResourceTag\": [", "\"ResourceTags\": ["),
    ];
    for (text, from, to) in damages {
        let mut report = Report::default();
        report.check("whole", text);
        assert!(report.red.is_empty(), "{:?}", report.red);
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from} is not in the vector");
        report.check("damaged", &changed);
        assert!(!report.red.is_empty(), "{from} -> {to} went unnoticed");
    }
}

#[test]
fn a_configuration_that_differs_from_us_is_red() {
    let created = include_str!("../../vectors/alibaba/ess-create-names-that-differ.json");
    let modified = include_str!("../../vectors/alibaba/ess-modify-maximal.json");
    let damages = [
        (created, "\"Add\": [", "\"Adds\": ["),
        (created, "\"SecurityContextSysctls\": [", "\"SecurityContextSysCtls\": ["),
        (created, "\"RunAsUser\": 0", "\"RunAsUser\": \"0\""),
        (modified, "\"Override\": true", "\"Override\": false"),
        (modified, "[\"Cpu\", \"number\", \"2.0\"]", "[\"Cpu\", \"number\", \"2.01\"]"),
    ];
    for text in [created, modified] {
        let mut whole = Report::default();
        whole.check("whole", text);
        assert_eq!((whole.red.len(), whole.requests, whole.signatures), (0, 1, 1), "{:?}", whole.red);
    }
    for (text, from, to) in damages {
        let mut report = Report::default();
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from} is not in the vector");
        report.check("damaged", &changed);
        assert!(!report.red.is_empty(), "{from} -> {to} went unnoticed");
    }
}
