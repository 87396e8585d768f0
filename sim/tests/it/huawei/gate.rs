//! Who is let in at the gateway, where to, and what the others are told.

use std::time::Duration;

use serde_json::{Value, json};
use steward_cloudsim::{HuaweiEdit, HuaweiKey, HuaweiObject};

use super::{ACME, Alice, CN_NORTH, DEMO, EU_DE, KEYS, PARTNER, by_token, edit, items, project, said, start};

const UNKNOWN: &str = "Get secretKey failed,ak:";

#[test]
fn every_spoiled_request_is_told_what_is_wrong_with_it() {
    let (_simulator, alice) = start();
    let good = || alice.draft("GET", &items(EU_DE), "");
    let other = |key: &str, secret: &str| Alice { access: key.to_owned(), secret: secret.to_owned(), ..alice.clone() };
    let dated = |date: &str| Alice { date: date.to_owned(), ..alice.clone() }.draft("GET", &items(EU_DE), "");
    let authorized = |change: fn(String) -> String| {
        let old = good().headers.into_iter().find(|(name, _)| name == "authorization").unwrap().1;
        good().with("authorization", &change(old))
    };
    let mut elsewhere = good();
    elsewhere.target.push_str("?limit=1");
    for (spoiled, words) in [
        (good(), ""),
        (good().without("authorization"), "x-auth-token not found"),
        (good().with("authorization", "Basic abc"), "invalid format"),
        (authorized(|text| text.replace("Access=", "Credential=")), "invalid format"),
        (good().without("x-sdk-date"), "x-sdk-date not found"),
        (dated("20251231T234509Z"), "signature expired, signature time:20251231T234509Z,server time:20260101T000010Z"),
        (dated("20251231T234510Z"), ""),
        (dated("20260101T001511Z"), "signature expired"),
        (dated("2026-01-01T00:00:10Z"), "signature expired"),
        (good().with("x-sdk-date", "20260101T000011Z"), "verify aksk signature fail"),
        (authorized(|text| text.replace(";x-sdk-date", "")), "verify aksk signature fail"),
        (elsewhere, "verify aksk signature fail"),
        (other("NOBODY", "s").draft("GET", &items(EU_DE), ""), UNKNOWN),
        (other("DEMOACCESSKEY0000003", "demo-secret-key-that-is-off").draft("GET", &items(EU_DE), ""), UNKNOWN),
        (alice.clone().with("x-security-token", "made up").draft("GET", &items(EU_DE), ""), "decrypt token fail"),
    ] {
        let answer = alice.wire.send("GET", &spoiled).unwrap();
        if words.is_empty() {
            assert_eq!(said(&answer), (200, "ok".to_owned()));
            continue;
        }
        assert_eq!(said(&answer), (401, "APIGW.0301".to_owned()));
        let message = answer.json()["error_msg"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("Incorrect IAM authentication information: {words}")), "{words}: {message}");
        assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
    }
}

#[test]
fn a_wrong_signature_is_answered_with_the_canonical_request_headers_and_all() {
    let (_simulator, alice) = start();
    let wrong = Alice { secret: "wrong".to_owned(), ..alice.clone() }.with("x-project-id", EU_DE);
    let answer = wrong.get(&items(EU_DE));
    let message = answer.json()["error_msg"].as_str().unwrap().to_owned();
    let host = &alice.wire.host;
    let echo =
        format!("GET|/v1/{EU_DE}/checkpoint_items/||host:{host}|x-project-id:{EU_DE}|x-sdk-date:20260101T000010Z||host;x-project-id");
    assert!(message.contains(&echo), "{message}");
}

#[test]
fn five_wrong_signatures_in_a_row_lock_the_key_for_five_minutes_for_everybody() {
    let (simulator, alice) = start();
    let guess = Alice { secret: "wrong".to_owned(), ..alice.clone() };
    let told = |client: &Alice| client.get(&items(EU_DE)).json()["error_msg"].as_str().unwrap_or("let in").to_owned();
    let wrong = |times: usize| {
        for _ in 0..times {
            assert!(told(&guess).contains("verify aksk signature fail"));
        }
    };
    wrong(4);
    assert_eq!(told(&alice), "let in", "which forgives the four");
    wrong(5);
    let locked = "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden";
    assert_eq!(told(&alice), locked);
    assert_eq!(told(&guess), locked);
    let other = Alice { access: "DEMOACCESSKEY0000002".to_owned(), secret: "demo-secret-key-of-readonly".to_owned(), ..alice.clone() };
    assert_eq!(told(&other), "let in");
    assert_eq!(simulator.state()["huawei"]["domains"][0]["users"][0]["keys"][0]["lockedUntil"], "2026-01-01T00:05:10Z");
    simulator.advance(Duration::from_secs(299));
    assert_eq!(told(&alice), locked);
    simulator.advance(Duration::from_secs(1));
    assert_eq!(told(&alice), "let in");
}

#[test]
fn a_signed_call_works_in_the_project_that_it_names_or_in_the_default_one() {
    let (_simulator, alice) = start();
    let named = |id: &str| alice.clone().with("x-project-id", id);
    for (client, path, expected) in [
        (alice.clone(), EU_DE, (200, "ok")),
        (alice.clone(), CN_NORTH, (200, "ok")),
        (alice.clone(), DEMO, (403, "APIGW.0306")),
        (alice.clone(), PARTNER, (403, "APIGW.0306")),
        (alice.clone(), "nowhere", (403, "APIGW.0306")),
        (named(DEMO), DEMO, (200, "ok")),
        (named(EU_DE), DEMO, (403, "APIGW.0306")),
        (named(PARTNER), PARTNER, (403, "APIGW.0310")),
        (named("nowhere"), EU_DE, (403, "APIGW.0310")),
    ] {
        assert_eq!(client.items_of(path), (expected.0, expected.1.to_owned()), "{path} {:?}", client.headers);
    }
}

#[test]
fn a_global_call_names_its_domain() {
    let (_simulator, alice) = start();
    let path = "/v1/organizations/roots";
    let token = alice.token(&json!({ "domain": { "name": "acme" } }));
    let of_project = alice.token(&project(EU_DE));
    for (answer, expected) in [
        (alice.get(path), (404, "Organizations.1010")),
        (alice.clone().with("x-domain-id", "f0e0d0c0b0a090807060504030201000").get(path), (403, "APIGW.0306")),
        // Let in; but nothing is behind it.
        (alice.clone().with("x-domain-id", ACME).get(path), (404, "APIGW.0101")),
        (alice.get_with_token(path, &token), (404, "APIGW.0101")),
        (alice.get_with_token(path, &of_project), (403, "APIGW.0306")),
    ] {
        assert_eq!(said(&answer), (expected.0, expected.1.to_owned()));
    }
}

#[test]
fn a_token_works_where_and_as_long_as_it_was_made_for() {
    let (simulator, alice) = start();
    let token = alice.token(&project(EU_DE));
    let with = |token: &str, project: &str| said(&alice.get_with_token(&items(project), token));
    let refused = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(with(&token, EU_DE), (200, "ok".to_owned()));
    assert_eq!(with(&token, DEMO), refused(403, "APIGW.0306"));
    assert_eq!(with(&token, CN_NORTH), refused(401, "APIGW.0307"), "of another region");
    assert_eq!(with(&alice.token(&Value::Null), EU_DE), refused(403, "APIGW.0306"), "of no project");
    assert_eq!(with("MIImade-up", EU_DE), refused(401, "APIGW.0301"));
    let spoiled = alice.get_with_token(&items(EU_DE), &token.to_lowercase());
    assert_eq!(spoiled.json()["error_msg"], "Incorrect IAM authentication information: decrypt token fail");
    simulator.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(with(&token, EU_DE), (200, "ok".to_owned()));
    simulator.advance(Duration::from_secs(1));
    assert_eq!(with(&token, EU_DE), refused(401, "APIGW.0307"));
    let token = alice.token(&project(EU_DE));
    edit(&simulator, HuaweiEdit::revoke_all());
    let ended = alice.get_with_token(&items(EU_DE), &token);
    assert!(ended.json()["error_msg"].as_str().unwrap().contains("token expires"), "{ended:?}");
}

#[test]
fn of_a_signature_and_a_token_the_signature_counts() {
    let (_simulator, alice) = start();
    let good = alice.draft("GET", &items(EU_DE), "").with("x-auth-token", "made up");
    assert_eq!(said(&alice.wire.send("GET", &good).unwrap()), (200, "ok".to_owned()));
    let wrong = Alice { secret: "wrong".to_owned(), ..alice.clone() };
    let wrong = wrong.draft("GET", &items(EU_DE), "").with("x-auth-token", &alice.token(&project(EU_DE)));
    assert_eq!(said(&alice.wire.send("GET", &wrong).unwrap()), (401, "APIGW.0301".to_owned()));
}

#[test]
fn a_temporary_key_needs_its_token_and_ends() {
    let (simulator, alice) = start();
    let token = alice.token(&project(EU_DE));
    let answer = alice.bare("POST", KEYS, &[], &json!({ "auth": { "identity": by_token(&token) } }).to_string());
    assert_eq!(answer.status, 201);
    let temporary = alice.dressed(&answer);
    assert_eq!(temporary.items_of(EU_DE), (200, "ok".to_owned()));
    let bare = Alice { headers: Vec::new(), ..temporary.clone() };
    assert!(bare.get(&items(EU_DE)).text.contains(UNKNOWN));
    assert!(bare.with("x-security-token", "another").get(&items(EU_DE)).text.contains("decrypt token fail"));
    simulator.advance(Duration::from_secs(900));
    let later = Alice { date: "20260101T001510Z".to_owned(), ..temporary };
    assert_eq!(later.items_of(EU_DE), (401, "APIGW.0301".to_owned()));
    let at_iam = later.get("/v3/auth/domains");
    assert_eq!(said(&at_iam), (400, "IAM.1108".to_owned()));
}

#[test]
fn keys_are_rotated_made_switched_off_and_deleted_behind_the_clients_back() {
    let (simulator, alice) = start();
    edit(&simulator, HuaweiEdit::rotate(&alice.access, "rotated"));
    assert_eq!(alice.items_of(EU_DE).0, 401);
    let mut alice = Alice { secret: "rotated".to_owned(), ..alice };
    assert_eq!(alice.items_of(EU_DE).0, 200);
    let key =
        HuaweiKey { access: "NEWKEY".to_owned(), secret: Some("new".to_owned()), user: Some("alice".to_owned()), ..HuaweiKey::default() };
    edit(&simulator, HuaweiEdit::Key(key.clone()));
    (alice.access, alice.secret) = ("NEWKEY".to_owned(), "new".to_owned());
    assert_eq!(alice.items_of(EU_DE).0, 200);
    edit(&simulator, HuaweiEdit::Key(HuaweiKey { inactive: Some(true), ..key.clone() }));
    assert!(alice.get(&items(EU_DE)).text.contains(UNKNOWN));
    edit(&simulator, HuaweiEdit::Key(HuaweiKey { inactive: Some(false), ..key }));
    assert_eq!(alice.items_of(EU_DE).0, 200);
    edit(&simulator, HuaweiEdit::Delete(HuaweiObject::Key("NEWKEY".to_owned())));
    assert!(alice.get(&items(EU_DE)).text.contains(UNKNOWN));
}

#[test]
fn what_no_api_has_is_not_found_before_anything_is_checked() {
    let (_simulator, alice) = start();
    for (method, path) in [("GET", "/v9/nothing"), ("DELETE", "/v3/auth/tokens"), ("GET", "/v1/a/v1/a/checkpoint_items")] {
        let answer = alice.bare(method, path, &[], "");
        assert_eq!(said(&answer), (404, "APIGW.0101".to_owned()), "{method} {path}");
        assert!(answer.header("x-request-id").is_some());
    }
    let unsimulated = format!("/v1/{EU_DE}/restores");
    let body = json!({ "restore": {} });
    assert_eq!(said(&alice.bare("POST", &unsimulated, &[], &body.to_string())), (401, "APIGW.0301".to_owned()), "the gate comes first");
    assert_eq!(said(&alice.post(&unsimulated, &body)), (404, "APIGW.0101".to_owned()));
}

#[test]
fn calls_are_counted_by_project_and_operation() {
    let (simulator, alice) = start();
    alice.wire.admin("POST", "state", r#"{"settings": {"limits": {"ListCheckpointItems": 2}}}"#);
    for status in [200, 200, 429] {
        assert_eq!(alice.items_of(EU_DE).0, status);
    }
    let answer = alice.get(&items(EU_DE));
    assert_eq!(said(&answer), (429, "APIGW.0308".to_owned()));
    assert!(answer.json()["error_msg"].as_str().unwrap().starts_with("The throttling threshold has been reached"));
    assert_eq!(alice.items_of(CN_NORTH).0, 200, "another project");
    assert_eq!(alice.get("/v3/auth/domains").status, 200, "another operation");
    simulator.advance(Duration::from_secs(50));
    assert_eq!(alice.items_of(EU_DE).0, 200);
}

#[test]
fn a_user_who_may_not_is_told_so_by_the_service() {
    let (_simulator, alice) = start();
    let readonly = Alice { access: "DEMOACCESSKEY0000002".to_owned(), secret: "demo-secret-key-of-readonly".to_owned(), ..alice };
    assert_eq!(readonly.items_of(EU_DE).0, 200);
    let check = readonly.post(&format!("/v1/{EU_DE}/providers/fc4d5750/resources/action"), &json!({ "check_restorable": [] }));
    assert_eq!(said(&check), (403, "APIGW.0302".to_owned()));
    let global = readonly.with("x-domain-id", ACME);
    let create = global.post("/v1/organizations/organizational-units", &json!({ "name": "x", "parent_id": "r-1234" }));
    assert_eq!(said(&create), (403, "Organizations.1007".to_owned()));
    assert!(create.json()["encoded_authorization_message"].is_string());
}

#[test]
fn the_log_knows_vendor_user_and_project_and_nothing_secret() {
    let (simulator, alice) = start();
    let token = alice.token(&project(DEMO));
    alice.get_with_token(&format!("{}?name=nightly", items(DEMO)), &token);
    let wrong = Alice { secret: "wrong".to_owned(), ..alice.clone() };
    wrong.get(&items(EU_DE));
    let calls = simulator.calls();
    let seen: Vec<Value> = calls
        .iter()
        .map(|call| {
            json!([
                call.vendor,
                call.service,
                call.operation,
                call.account,
                call.user,
                call.access_key_id,
                call.region,
                call.project,
                call.status,
                call.code,
                call.acted
            ])
        })
        .collect();
    let key = "DEMOACCESSKEY0000001";
    assert_eq!(
        seen,
        [
            json!(["huawei", "iam", "CreateToken", ACME, "alice", null, null, null, 201, null, true]),
            json!(["huawei", "csbs", "ListCheckpointItems", ACME, "alice", null, "eu-de", DEMO, 200, null, false]),
            json!(["huawei", "csbs", "ListCheckpointItems", ACME, "alice", key, "eu-de", EU_DE, 401, "APIGW.0301", false]),
        ]
    );
    assert_eq!(calls[1].parameters["name"], "nightly");
    assert_eq!(
        calls[1].request_id,
        alice.wire.admin("GET", "calls?user=alice&project=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2", "").json()[0]["requestId"]
    );
    let told = alice.wire.admin("GET", "calls?vendor=huawei", "").text + &alice.wire.admin("GET", "state", "").text;
    for secret in ["demo-password", "demo-secret-key", &token[..20], "Signature="] {
        assert!(!told.contains(secret), "{secret}");
    }
}
