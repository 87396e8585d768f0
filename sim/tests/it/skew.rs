//! A cloud whose clock is not ours.

use std::time::Duration;

use serde_json::json;
use steward_cloudsim::{Fault, Garble, What};

use crate::client::{Client, ECS, ROLES, START, STS, demo};

#[test]
fn every_answer_shows_the_clouds_clock_whatever_becomes_of_the_call() {
    let (simulator, client) = demo();
    simulator.seed("settings: {skew: -20m}").unwrap();
    let date = Some("wed, 31 dec 2025 23:40:10 gmt");
    let refused = client.call(STS, "GetCallerIdentity", &[]).unwrap();
    assert_eq!((refused.code().as_str(), refused.status, refused.header("date")), ("InvalidTimeStamp.Expired", 400, date));
    let client = Client { date: "2025-12-31T23:40:10Z".to_owned(), ..client };
    let answer = client.call(STS, "GetCallerIdentity", &[]).unwrap();
    assert_eq!((answer.code().as_str(), answer.header("date")), ("ok", date));
    simulator.fault(Fault::on("*", What::Garble(Garble::Html)));
    assert_eq!(client.call(ECS, "RunCommand", &[]).unwrap().header("date"), date);
    simulator.fault(Fault::on("*", What::Throttle));
    assert_eq!(client.call(ECS, "RunCommand", &[]).unwrap().header("date"), date);
    assert_eq!(simulator.now().to_string(), START, "our own clock is right");
    assert_eq!(simulator.calls()[0].time.to_string(), START, "and the log goes by it");
}

#[test]
fn a_skew_may_come_and_go_by_an_edit() {
    let (_simulator, client) = demo();
    let code = || client.call(STS, "GetCallerIdentity", &[]).unwrap().code();
    for (skew, expected) in [("15m", "ok"), ("901s", "InvalidTimeStamp.Expired"), ("-901s", "InvalidTimeStamp.Expired"), ("0s", "ok")] {
        let edit = json!({ "settings": { "skew": skew } });
        assert_eq!(client.admin("POST", "state", &edit.to_string()).status, 200);
        assert_eq!(code(), expected, "{skew}");
    }
}

#[test]
fn keys_that_the_cloud_hands_out_end_by_its_clock() {
    let (simulator, client) = demo();
    simulator.seed(ROLES).unwrap();
    simulator.seed("settings: {skew: 10m}").unwrap();
    let ann = Client { key: "annAccessKeyId".to_owned(), secret: "annAccessKeySecret".to_owned(), ..client.clone() };
    let wish = [
        ("RoleArn", "acs:ram::1234567890123456:role/ops"),
        ("RoleSessionName", "steward"),
        ("ExternalId", "demo-external-id"),
        ("DurationSeconds", "900"),
    ];
    let body = ann.call(STS, "AssumeRole", &wish).unwrap().json();
    assert_eq!(body["Credentials"]["Expiration"], "2026-01-01T00:25:10Z");
    let session = Client { date: "2026-01-01T00:15:10Z".to_owned(), ..client.with_session(&body) };
    simulator.advance(Duration::from_secs(899));
    assert_eq!(session.call(STS, "GetCallerIdentity", &[]).unwrap().code(), "ok");
    simulator.advance(Duration::from_secs(1));
    assert_eq!(session.call(STS, "GetCallerIdentity", &[]).unwrap().code(), "InvalidSecurityToken.Expired");
}
