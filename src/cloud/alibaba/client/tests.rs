//! The judgement of answers and the decision to repeat, as tables; no socket.

use super::*;
use crate::ambient::{Clock, Dice};
use crate::cloud::alibaba::ecs::{DESCRIBE_INSTANCES, JOIN_SECURITY_GROUP};
use crate::cloud::alibaba::{EndpointNetwork, Keys, NoObserver};
use crate::cloud::budget::{Budget, Limits};
use crate::cloud::transport::{Transport, TransportOptions};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;

const RUN_COMMAND: Operation = Operation { service: "ecs", name: "RunCommand", effect: Effect::Once };

fn a_client() -> Client {
    let clock = Clock::new(|| Timestamp::from_second(1_800_000_000).unwrap());
    Client::new(AlibabaOptions {
        keys: Keys { access_key_id: "id".to_owned(), access_key_secret: SecretString::from("secret"), security_token: None },
        tenant: "default".to_owned(),
        transport: Arc::new(Transport::new(TransportOptions::default()).unwrap()),
        budget: Budget::new(clock.clone(), Limits::default()),
        clock,
        dice: Dice::new(|| [7; 16]),
        network: EndpointNetwork::Public,
        endpoints: BTreeMap::new(),
        observer: Arc::new(NoObserver),
    })
}

fn an_answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpAnswer {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())).collect();
    HttpAnswer { status, headers, body: body.as_bytes().to_vec() }
}

fn refused(operation: Operation, status: u16, code: &str) -> Failed {
    let body = serde_json::json!({"RequestId": "R", "Code": code, "Message": "m"}).to_string();
    match a_client().judge(operation, &an_answer(status, &[], &body)) {
        Err((failed, _)) => failed,
        Ok(_) => unreachable!("a refusal is an error"),
    }
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
        match a_client().judge(DESCRIBE_INSTANCES, &an_answer(status, &[], body)) {
            Ok(_) => assert!(accepted, "{status} {body}"),
            Err((failed, _)) => {
                assert!(!accepted, "{status} {body}");
                assert_eq!(failed.error.class, Class::Unavailable, "{status} {body}");
                assert_eq!(failed.error.code, None);
            }
        }
    }
}

#[test]
fn a_garbled_answer_to_a_write_may_hide_that_it_acted() {
    for (operation, acted) in [(DESCRIBE_INSTANCES, Acted::No), (JOIN_SECURITY_GROUP, Acted::Perhaps)] {
        for status in [200, 403, 502] {
            let outcome = a_client().judge(operation, &an_answer(status, &[], "<html>"));
            assert!(outcome.is_err_and(|(failed, _)| failed.error.acted == acted), "{operation} {status}");
        }
    }
}

#[test]
fn an_envelope_becomes_an_error_that_says_whom_to_ask() {
    let failed = refused(JOIN_SECURITY_GROUP, 409, "InvalidOperation.Conflict");
    let error = failed.error;
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
fn a_difference_of_clocks_is_learned_from_the_date_header() {
    // The clock above stands at 2027-01-15T08:00:00Z.
    let body = r#"{"RequestId":"R","Code":"InvalidTimeStamp.Expired"}"#;
    let answer = an_answer(400, &[("date", "Fri, 15 Jan 2027 09:00:00 GMT")], body);
    let Err((failed, _)) = a_client().judge(JOIN_SECURITY_GROUP, &answer) else { unreachable!("a refusal is an error") };
    assert_eq!(failed.skew, Some(3600));
    assert_eq!(next(&failed, Effect::Once, Repeated::default()), Next::WithClock(3600));
    let again = Repeated { clock: true, ..Repeated::default() };
    assert_eq!(next(&failed, Effect::Once, again), Next::GiveUp, "once");
}

#[test]
fn without_a_date_to_learn_from_an_expired_one_is_not_sent_again() {
    let failed = refused(JOIN_SECURITY_GROUP, 400, "InvalidTimeStamp.Expired");
    assert_eq!(next(&failed, Effect::Repeatable, Repeated::default()), Next::GiveUp);
    let same = Failed { skew: Some(0), ..failed };
    assert_eq!(next(&same, Effect::Repeatable, Repeated::default()), Next::GiveUp);
}

#[test]
fn only_what_is_safe_is_repeated_inside_a_call() {
    let first = Next::After(Duration::from_secs(1));
    let fresh = Repeated::default();
    let tired = Repeated { absences: REPEATS, nonce: true, ..fresh };
    let table = [
        (DESCRIBE_INSTANCES, 503, "ServiceUnavailable", fresh, first),
        (JOIN_SECURITY_GROUP, 503, "ServiceUnavailable", fresh, first),
        (JOIN_SECURITY_GROUP, 503, "ServiceUnavailable", Repeated { absences: 1, ..fresh }, Next::After(Duration::from_secs(2))),
        (JOIN_SECURITY_GROUP, 503, "ServiceUnavailable", tired, Next::GiveUp),
        (RUN_COMMAND, 503, "ServiceUnavailable", fresh, Next::GiveUp),
        (RUN_COMMAND, 400, "SystemBusy", fresh, first),
        (DESCRIBE_INSTANCES, 400, "Throttling.User", fresh, Next::GiveUp),
        (JOIN_SECURITY_GROUP, 409, "InvalidOperation.Conflict", fresh, Next::GiveUp),
        (JOIN_SECURITY_GROUP, 400, "SignatureNonceUsed", fresh, Next::WithNonce),
        (JOIN_SECURITY_GROUP, 400, "SignatureNonceUsed", tired, Next::GiveUp),
        (RUN_COMMAND, 400, "SignatureNonceUsed", fresh, Next::GiveUp),
        (DESCRIBE_INSTANCES, 403, "SignatureDoesNotMatch", fresh, Next::GiveUp),
    ];
    for (operation, status, code, repeated, expected) in table {
        let failed = refused(operation, status, code);
        assert_eq!(next(&failed, operation.effect, repeated), expected, "{operation} {code}");
    }
}

#[test]
fn an_absence_longer_than_our_patience_is_the_callers_to_wait_for() {
    let mut failed = refused(DESCRIBE_INSTANCES, 503, "ServiceUnavailable");
    failed.error.retry_after = Some(Duration::from_secs(30));
    assert_eq!(next(&failed, Effect::Read, Repeated::default()), Next::GiveUp);
}
