//! `AssumeRole`: who gets a temporary key, what it is worth, and how it ends.

use std::time::Duration;

use serde_json::{Value, json};
use steward_cloudsim::{Edit, KeySeed, Object, RoleSeed, Simulator};

use crate::client::{Client, ROLES, STS, demo};

const ACCOUNT: &str = "1234567890123456";
const OPS: &str = "acs:ram::1234567890123456:role/ops";
const WISH: &[(&str, &str)] = &[("RoleArn", OPS), ("RoleSessionName", "steward"), ("ExternalId", "demo-external-id")];

/// The demo with roles, and Ann, who may assume them.
fn ann() -> (Simulator, Client) {
    let (simulator, client) = demo();
    simulator.seed(ROLES).unwrap();
    (simulator, Client { key: "annAccessKeyId".to_owned(), secret: "annAccessKeySecret".to_owned(), ..client })
}

fn assume(client: &Client) -> Value {
    let answer = client.call(STS, "AssumeRole", WISH).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn code(client: &Client) -> String {
    client.call(STS, "GetCallerIdentity", &[]).unwrap().code()
}

#[test]
fn the_key_works_as_the_role_until_it_expires() {
    let (simulator, ann) = ann();
    let body = assume(&ann);
    let credentials = &body["Credentials"];
    assert!(credentials["AccessKeyId"].as_str().unwrap().starts_with("STS."));
    assert_eq!(credentials["Expiration"], "2026-01-01T01:00:10Z");
    assert_eq!(body["AssumedRoleUser"]["Arn"], format!("{OPS}/steward"));
    let id = body["AssumedRoleUser"]["AssumedRoleId"].as_str().unwrap().to_owned();
    assert!(id.ends_with(":steward"));
    assert!(body["RequestId"].is_string());

    let session = ann.with_session(&body);
    let identity = session.call(STS, "GetCallerIdentity", &[]).unwrap().json();
    assert_eq!(identity["IdentityType"], "AssumedRoleUser");
    assert_eq!(identity["AccountId"], ACCOUNT);
    assert_eq!(identity["Arn"], format!("acs:ram::{ACCOUNT}:assumed-role/ops/steward"));
    assert_eq!(identity["PrincipalId"], id);
    assert_eq!(session.join("i-web1", "sg-web").code(), "ok");
    let old = session.signed_v1("GET", STS, "GetCallerIdentity", &[], &[]);
    assert_eq!(session.send("GET", &old).unwrap().code(), "ok", "with the old signature too");

    simulator.advance(Duration::from_secs(3_599));
    let session = Client { date: "2026-01-01T01:00:10Z".to_owned(), ..session };
    assert_eq!(code(&session), "ok");
    simulator.advance(Duration::from_secs(1));
    assert_eq!(code(&session), "InvalidSecurityToken.Expired");
}

#[test]
fn the_old_signature_assumes_a_role_as_well() {
    let (_simulator, ann) = ann();
    for (method, query, form) in [("GET", WISH, &[][..]), ("POST", &[], WISH)] {
        let draft = ann.signed_v1(method, STS, "AssumeRole", query, form);
        let body = ann.send(method, &draft).unwrap().json();
        assert_eq!(code(&ann.with_session(&body)), "ok", "{body}");
    }
}

#[test]
fn no_two_keys_are_the_same() {
    let (_simulator, ann) = ann();
    let (one, other) = (assume(&ann), assume(&ann));
    for field in ["AccessKeyId", "AccessKeySecret", "SecurityToken"] {
        assert_ne!(one["Credentials"][field], other["Credentials"][field]);
    }
    let mixed = Client { token: ann.with_session(&other).token, ..ann.with_session(&one) };
    assert_eq!(code(&mixed), "InvalidSecurityToken.MismatchWithAccessKey");
}

#[test]
fn what_is_badly_asked_is_refused_by_its_name() {
    let (_simulator, ann) = ann();
    let long = "x".repeat(65);
    let policy = format!("{{\"Statement\": \"{}\"}}", "x".repeat(2_048));
    for (name, value, status, code) in [
        ("RoleArn", "", 400, "MissingParameter.RoleArn"),
        ("RoleArn", "acs:ram::1234567890123456:user/ops", 400, "InvalidParameter.RoleArn"),
        ("RoleArn", "acs:ram::1234567890123456:role/nobody", 404, "EntityNotExist.Role"),
        ("RoleSessionName", "", 400, "MissingParameter.RoleSessionName"),
        ("RoleSessionName", "x", 400, "InvalidParameter.RoleSessionName"),
        ("RoleSessionName", &long, 400, "InvalidParameter.RoleSessionName"),
        ("RoleSessionName", "not good", 400, "InvalidParameter.RoleSessionName"),
        ("RoleSessionName", "A.b@c-d_1", 200, "ok"),
        ("DurationSeconds", "899", 400, "InvalidParameter.DurationSeconds"),
        ("DurationSeconds", "900", 200, "ok"),
        ("DurationSeconds", "43200", 200, "ok"),
        ("DurationSeconds", "43201", 400, "InvalidParameter.DurationSeconds"),
        ("DurationSeconds", "soon", 400, "InvalidParameter.DurationSeconds"),
        ("Policy", &policy, 400, "InvalidParameter.PolicySize"),
        ("Policy", "allow everything", 400, "InvalidParameter.PolicyGrammar"),
        ("Policy", "{\"Version\": \"1\", \"Statement\": []}", 200, "ok"),
        ("ExternalId", "x", 400, "InvalidParameter.ExternalId"),
        ("ExternalId", "somebody-else", 403, "NoPermission"),
        ("ExternalId", "", 403, "NoPermission"),
    ] {
        let mut wish: Vec<(&str, &str)> = WISH.iter().copied().filter(|(known, _)| *known != name).collect();
        wish.push((name, value));
        let answer = ann.call(STS, "AssumeRole", &wish).unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{name}={value}");
    }
}

#[test]
fn a_role_is_for_those_whom_it_trusts() {
    let (simulator, ann) = ann();
    simulator.seed("accounts: [{id: '2', keys: [{id: bob, secret: s, user: bob}, {id: eve, secret: s, user: eve}]}]").unwrap();
    let client = |key: &str, secret: &str| Client { key: key.to_owned(), secret: secret.to_owned(), ..ann.clone() };
    let (bob, eve, root) = (client("bob", "s"), client("eve", "s"), client("demoAccessKeyId", "demoAccessKeySecret"));
    let trust = |trusts: &[&str]| {
        let trusts = Some(trusts.iter().map(|id| (*id).to_owned()).collect());
        let account = Some(ACCOUNT.to_owned());
        simulator.edit(Edit::Role(RoleSeed { name: "ops".to_owned(), account, trusts, ..RoleSeed::default() })).unwrap();
    };
    let ask = |client: &Client| client.call(STS, "AssumeRole", WISH).unwrap().code();
    let all = |expected: [&str; 3]| assert_eq!([ask(&ann), ask(&bob), ask(&eve)], expected);
    all(["ok", "NoPermission", "NoPermission"]);
    trust(&["2"]);
    all(["NoPermission", "ok", "ok"]);
    trust(&[ACCOUNT, "bob"]);
    all(["ok", "ok", "NoPermission"]);
    trust(&[]);
    all(["NoPermission", "NoPermission", "NoPermission"]);
    trust(&[ACCOUNT]);
    assert_eq!(ask(&root), "NoPermission", "an account's own key assumes nothing");
    let deny = Some(vec!["sts:AssumeRole".to_owned()]);
    simulator.edit(Edit::Key(KeySeed { id: "annAccessKeyId".to_owned(), deny, ..KeySeed::default() })).unwrap();
    assert_eq!(ask(&ann), "NoPermission");
}

#[test]
fn a_role_of_another_account_works_there() {
    let (simulator, ann) = ann();
    simulator.seed("accounts: [{id: '2', roles: [{name: guests, trusts: ['1234567890123456']}]}]").unwrap();
    let wish = [("RoleArn", "acs:ram::2:role/guests"), ("RoleSessionName", "ann")];
    let session = ann.with_session(&ann.call(STS, "AssumeRole", &wish).unwrap().json());
    assert_eq!(session.call(STS, "GetCallerIdentity", &[]).unwrap().json()["AccountId"], "2");
    assert_eq!(simulator.calls().pop().unwrap().account.as_deref(), Some("2"));
}

#[test]
fn what_the_role_may_not_its_keys_may_not() {
    let (simulator, ann) = ann();
    let session = ann.with_session(&assume(&ann));
    let deny = |rules: Value| {
        let edit = json!({ "role": { "name": "ops", "deny": rules } });
        assert_eq!(ann.admin("POST", "state", &edit.to_string()).status, 200);
    };
    deny(json!(["ecs:JoinSecurityGroup"]));
    assert_eq!(session.join("i-web1", "sg-web").code(), "Forbidden.RAM");
    assert_eq!(code(&session), "ok");
    deny(json!([]));
    assert_eq!(session.join("i-web1", "sg-web").code(), "ok", "rights are looked up when they are used");
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base", "sg-web"]);
}

#[test]
fn keys_can_be_taken_back() {
    let (simulator, ann) = ann();
    let session = ann.with_session(&assume(&ann));
    simulator.edit(Edit::revoke_sessions(OPS)).unwrap();
    assert_eq!(code(&session), "InvalidSecurityToken.Malformed");
    let fresh = ann.with_session(&assume(&ann));
    assert_eq!(code(&fresh), "ok", "those that come later are good");
    simulator.edit(Edit::Delete(Object::Key(fresh.key.clone()))).unwrap();
    assert_eq!(code(&fresh), "InvalidAccessKeyId.NotFound");
    let last = ann.with_session(&assume(&ann));
    simulator.edit(Edit::Delete(Object::Role(OPS.to_owned()))).unwrap();
    assert_eq!(code(&last), "InvalidSecurityToken.Malformed", "a role that is gone has no keys");
    assert_eq!(ann.call(STS, "AssumeRole", WISH).unwrap().code(), "EntityNotExist.Role");
    assert!(simulator.edit(Edit::revoke_sessions(OPS)).is_err());
}

#[test]
fn a_key_that_expired_is_forgotten_a_day_later_when_the_next_is_made() {
    let (simulator, ann) = ann();
    let old = ann.with_session(&assume(&ann));
    for (now, expected) in
        [("2026-01-02T01:00:09Z", "InvalidSecurityToken.Expired"), ("2026-01-02T01:00:10Z", "InvalidAccessKeyId.NotFound")]
    {
        simulator.set_now(now.parse().unwrap());
        assume(&Client { date: now.to_owned(), ..ann.clone() });
        assert_eq!(code(&Client { date: now.to_owned(), ..old.clone() }), expected, "{now}");
    }
}

#[test]
fn the_state_and_the_log_show_roles_and_keys_and_no_secret() {
    let (_simulator, ann) = ann();
    let body = assume(&ann);
    let state = ann.admin("GET", "state", "");
    let accounts = state.json();
    assert_eq!(accounts["accounts"][0]["roles"][0]["name"], "ops");
    assert_eq!(accounts["accounts"][0]["oidcProviders"][0]["name"], "cluster");
    let log = ann.admin("GET", "calls", "").text;
    for field in ["AccessKeySecret", "SecurityToken"] {
        let secret = body["Credentials"][field].as_str().unwrap();
        assert!(!state.text.contains(secret) && !log.contains(secret), "{field}");
    }
}
