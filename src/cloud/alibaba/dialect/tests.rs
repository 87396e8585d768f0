//! The judgement of answers, as tables; no socket.

use super::*;
use crate::cloud::alibaba::ecs::{DESCRIBE_INSTANCES, JOIN_SECURITY_GROUP};
use crate::cloud::error::{Acted, Class};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

fn judge(operation: Operation, answer: &HttpAnswer) -> Result<Value, CloudError> {
    Rpcs { network: EndpointNetwork::Public, endpoints: BTreeMap::new() }.judge(operation, answer)
}

fn an_answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpAnswer {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())).collect();
    HttpAnswer { status, headers, body: body.as_bytes().to_vec() }
}

#[test]
fn an_answer_without_a_request_id_is_not_the_clouds() {
    let table = [
        (200, r#"{"RequestId":"R","Instances":{}}"#, true),
        (200, r#"{"Instances":{}}"#, false),
        (200, "{}", false),
        (200, "", false),
        (200, "<html>log in</html>", false),
        (200, "[]", false),
        (302, r#"{"RequestId":"R"}"#, false),
    ];
    for (status, body, accepted) in table {
        match judge(DESCRIBE_INSTANCES, &an_answer(status, &[], body)) {
            Ok(_) => assert!(accepted, "{status} {body}"),
            Err(error) => {
                assert!(!accepted, "{status} {body}");
                assert_eq!(error.class, Class::Unavailable, "{status} {body}");
                assert_eq!(error.code, None);
            }
        }
    }
}

#[test]
fn a_garbled_answer_to_a_write_may_hide_that_it_acted() {
    for (operation, acted) in [(DESCRIBE_INSTANCES, Acted::No), (JOIN_SECURITY_GROUP, Acted::Perhaps)] {
        for status in [200, 403, 502] {
            let outcome = judge(operation, &an_answer(status, &[], "<html>"));
            assert!(outcome.is_err_and(|error| error.acted == acted), "{operation} {status}");
        }
    }
}

#[test]
fn an_envelope_becomes_an_error_that_says_whom_to_ask() {
    let body = r#"{"RequestId": "R", "Code": "InvalidOperation.Conflict", "Message": "m"}"#;
    let Err(error) = judge(JOIN_SECURITY_GROUP, &an_answer(409, &[], body)) else { unreachable!("a refusal is an error") };
    assert_eq!((error.class, error.http_status), (Class::Busy, Some(409)));
    assert_eq!(error.request_id.as_deref(), Some("R"));
    assert_eq!(error.to_string(), "ecs:JoinSecurityGroup: InvalidOperation.Conflict");
}

#[test]
fn the_wait_that_the_cloud_asks_for_is_read_from_each_of_its_headers() {
    let table = [
        (vec![("x-acs-retry-after", "1500")], Some(1500)),
        (vec![("x-ratelimit-user-api", "Limit:100,Remain:0,TimeLeft:2500,Reset:1")], Some(2500)),
        (vec![("x-ratelimit-user", "TimeLeft: 700")], Some(700)),
        (vec![("retry-after", "3")], Some(3000)),
        (vec![("x-acs-retry-after", "10"), ("retry-after", "3")], Some(10)),
        (vec![("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], None),
        (vec![("x-ratelimit-user", "nonsense")], None),
        (vec![], None),
    ];
    for (headers, milliseconds) in table {
        let answer = an_answer(400, &headers, "");
        assert_eq!(retry_after(&answer), milliseconds.map(Duration::from_millis), "{headers:?}");
    }
}

#[test]
fn a_limit_is_learned_only_where_its_window_is_known() {
    let learned = |limit, remaining, milliseconds: u64| Learned {
        limit: Some(limit),
        per: None,
        remaining: Some(remaining),
        resets_in: Some(Duration::from_millis(milliseconds)),
    };
    let table = [
        ("Limit:100,Remain:0,TimeLeft:41250,Reset:1767225660", Some(learned(100, 0, 41_250))),
        ("Limit: 100, Remain: 7, TimeLeft: 2000", Some(learned(100, 7, 2000))),
        // Perhaps the end of a minute, perhaps a whole second.
        ("Limit:100,Remain:0,TimeLeft:900", Some(Learned::default())),
        ("Limit:100,Remain:0", None),
        ("Limit:-1,Remain:x,TimeLeft:5000", Some(Learned { resets_in: Some(Duration::from_secs(5)), ..Learned::default() })),
        ("nonsense", None),
        ("", None),
    ];
    for (text, expected) in table {
        assert_eq!(lesson(text), expected, "{text}");
    }
}
