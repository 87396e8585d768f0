//! Everything in the product that reads what a cloud says, reached without a socket.

use cloud_steward::cloud::alibaba;
use cloud_steward::cloud::alibaba::ecs::commands::answers::{
    DescribeCloudAssistantStatusResponse, DescribeInvocationResultsResponse, DescribeInvocationsResponse, Invoked,
};
use cloud_steward::cloud::alibaba::ecs::commands::{RUN_COMMAND, RunCommand, Targets};
use cloud_steward::cloud::alibaba::ecs::{
    DescribeInstancesRequest, DescribeInstancesResponse, DescribeNetworkInterfacesResponse, DescribeSecurityGroupsResponse, Tag,
};
use cloud_steward::cloud::alibaba::flatten::{JsonText, flatten};
use cloud_steward::cloud::alibaba::sts::{AssumeRoleResponse, CallerIdentity};
use cloud_steward::cloud::canonical::canonical_query;
use cloud_steward::cloud::error::{CloudError, Operation};
use cloud_steward::cloud::huawei::errors::envelope;
use cloud_steward::cloud::huawei::iam::answers::{self, TemporaryKey, Token};
use cloud_steward::cloud::huawei::{self, csbs, iam};
use cloud_steward::cloud::transport::{HttpAnswer, is_readable};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// An answer, as far as one can be put together: a header that HTTP does not admit never arrives.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Case {
    pub(crate) fn size(&self) -> usize {
        self.body.len() + self.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    }

    fn answer(&self) -> HttpAnswer {
        let header = |(name, value): &(String, Vec<u8>)| Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?));
        let headers: HeaderMap = self.headers.iter().filter_map(header).collect();
        HttpAnswer { status: self.status, headers, body: self.body.clone() }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.status)?;
        for (name, value) in &self.headers {
            write!(f, "{name}: {} ", value.escape_ascii())?;
        }
        write!(f, "{}", self.body.escape_ascii())
    }
}

/// An operation that acts anew each time, for either vendor: of these an error must be judged most carefully.
const ONCE: Operation = RUN_COMMAND;

/// Reads the case in every way, and says how often that went well.
pub(crate) fn run(case: &Case) -> usize {
    let answer = case.answer();
    write(case);
    let of_huawei: Vec<_> = huawei::OPERATIONS.into_iter().chain([ONCE]).collect();
    read_as(&answer, &alibaba::OPERATIONS, &of_huawei)
}

/// The same as an answer to one operation of each vendor.
pub(crate) fn run_once(case: &Case) -> usize {
    read_as(&case.answer(), &[ONCE], &[ONCE])
}

fn read_as(answer: &HttpAnswer, of_alibaba: &[Operation], of_huawei: &[Operation]) -> usize {
    let mut well = 0;
    // The socket lets nothing else through.
    if !is_readable(&answer.body) {
        return well;
    }
    for operation in of_alibaba {
        well += judged(alibaba::judge(*operation, answer), answer, |body| {
            read::<CallerIdentity>(body)
                + read::<AssumeRoleResponse>(body)
                + read::<DescribeInstancesResponse>(body)
                + read::<DescribeNetworkInterfacesResponse>(body)
                + read::<DescribeSecurityGroupsResponse>(body)
                + read::<Invoked>(body)
                + read::<DescribeInvocationsResponse>(body)
                + read::<DescribeInvocationResultsResponse>(body)
                + read::<DescribeCloudAssistantStatusResponse>(body)
        });
    }
    for operation in of_huawei {
        well += judged(huawei::judge(*operation, answer), answer, |body| {
            let items = csbs::answers::items(body).map_or(0, |items| usize::from(items.iter().all(|item| !item.id.is_empty())));
            items + usize::from(csbs::answers::item(body).is_ok())
        });
    }
    if let Some(refusal) = envelope::refusal(answer) {
        // What is kept of a refusal is bounded, however long the answer is.
        assert!(refusal.message.chars().count() <= 1024 && refusal.code.is_none_or(|code| code.len() <= 128));
    }
    if let Ok(token) = Token::read(answer) {
        well += 1;
        let _ = (token.account(), format!("{token:?}").len());
    }
    well += usize::from(TemporaryKey::read(answer).is_ok());
    well += answers::projects(answer).map_or(0, |rows| usize::from(rows.iter().all(|row| !row.id.is_empty())));
    well += answers::domains(answer).map_or(0, |rows| usize::from(rows.iter().all(|row| !row.id.is_empty())));
    well
}

fn judged(outcome: Result<Value, CloudError>, answer: &HttpAnswer, read: impl FnOnce(&Value) -> usize) -> usize {
    match outcome {
        Ok(body) => {
            assert!((200..300).contains(&answer.status), "a yes with status {}", answer.status);
            read(&body)
        }
        Err(error) => {
            // What goes into conditions and labels.
            let _ = format!("{error} {error:?} {} {}", error.meaning, error.hint).len();
            assert_eq!(error.http_status, Some(answer.status));
            0
        }
    }
}

fn read<A: DeserializeOwned>(body: &Value) -> usize {
    // By reference, as a `Value` of hostile size must not be copied for every type.
    usize::from(A::deserialize(body).is_ok())
}

/// Hostile texts in a request: what is written is what the other side reads, and nothing more.
fn write(case: &Case) {
    let texts: Vec<String> =
        case.body.split(|byte| b",\"\n".contains(byte)).take(8).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let text = |at: usize| texts.get(at).cloned();
    let request = DescribeInstancesRequest {
        region_id: text(0),
        instance_ids: Some(JsonText::list(&texts)),
        vpc_id: text(1),
        next_token: text(2),
        tag: vec![Tag { key: text(3), value: text(4) }],
        ..DescribeInstancesRequest::default()
    };
    let parameters = flatten(&request).expect("texts have a flat form");
    let query = canonical_query(&parameters);
    assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
    let read: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!(read, parameters);
    let ids = parameters.iter().find(|(name, _)| name == "InstanceIds").map(|(_, ids)| ids.as_str());
    assert_eq!(serde_json::from_str::<Vec<String>>(ids.expect("they were given")).expect("a list"), texts);
    run_command(&texts);
    // A project of any name is asked for by that name.
    let question = iam::requests::list_projects(Some(&texts.concat()));
    assert_eq!(question.query, [("name".to_owned(), texts.concat())]);
}

/// A command of hostile texts is sent as what it is, and its parameters as texts.
fn run_command(texts: &[String]) {
    let text = |at: usize| texts.get(at).cloned();
    let values: BTreeMap<String, String> = texts.iter().map(|text| (text.to_lowercase(), text.clone())).collect();
    let command = RunCommand {
        kind: "RunShellScript".to_owned(),
        content: text(0).unwrap_or_default().into(),
        content_encoding: text(1),
        targets: Targets::Instances(texts.to_vec()),
        name: text(2),
        description: text(3),
        working_dir: text(4),
        timeout: None,
        enable_parameter: Some(true),
        parameters: values.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect(),
        repeat_mode: None,
        frequency: text(5),
        keep_command: None,
        username: text(6),
        windows_password_name: None,
        container_id: None,
        container_name: None,
        termination_mode: None,
        launcher: text(7),
        tags: texts.iter().map(|text| (text.clone(), text.clone())).collect(),
        resource_group_id: None,
        client_token: "token".to_owned(),
        oss_output_delivery: None,
    };
    let parameters = command.parameters("cn-hangzhou");
    let read: Vec<(String, String)> = url::form_urlencoded::parse(canonical_query(&parameters).as_bytes()).into_owned().collect();
    assert_eq!(read, parameters);
    let sent = parameters.iter().find(|(name, _)| name == "Parameters").map(|(_, json)| json.as_str()).expect("there is one text at least");
    assert_eq!(serde_json::from_str::<BTreeMap<String, String>>(sent).expect("a map of texts"), values);
}
