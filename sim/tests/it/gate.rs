//! Who is let in, and what the others are told.

use std::time::Duration;

use steward_cloudsim::{Edit, KeySeed};

use crate::client::{Client, ECS, ESS, STS, demo};

#[test]
fn a_valid_key_learns_who_it_is() {
    let (_simulator, client) = demo();
    let answer = client.call(STS, "GetCallerIdentity", &[]).unwrap();
    let body = answer.json();
    assert_eq!(answer.status, 200);
    assert_eq!(body["AccountId"], "1234567890123456");
    assert_eq!(body["IdentityType"], "Account");
    assert_eq!(body["RequestId"].as_str(), answer.header("x-acs-request-id").map(str::to_uppercase).as_deref());
    assert_eq!(answer.header("date"), Some("thu, 01 jan 2026 00:00:10 gmt"));
}

#[test]
fn users_and_roles_are_told_apart() {
    let (simulator, client) = demo();
    let key = |id: &str| KeySeed { id: id.to_owned(), secret: Some("s".to_owned()), ..KeySeed::default() };
    simulator.edit(Edit::Key(KeySeed { user: Some("ann".to_owned()), ..key("user") })).unwrap();
    simulator.edit(Edit::Key(KeySeed { security_token: Some("t".to_owned()), role: Some("ops".to_owned()), ..key("role") })).unwrap();
    let ask = |id: &str, token: Option<&str>| {
        let client = Client { key: id.to_owned(), secret: "s".to_owned(), token: token.map(str::to_owned), ..client.clone() };
        client.call(STS, "GetCallerIdentity", &[]).unwrap().json()
    };
    assert_eq!(ask("user", None)["Arn"], "acs:ram::1234567890123456:user/ann");
    assert_eq!(ask("role", Some("t"))["IdentityType"], "AssumedRoleUser");
}

#[test]
fn every_spoiled_request_gets_its_own_code() {
    let (_simulator, client) = demo();
    let good = || client.draft(STS, "GetCallerIdentity", &[]);
    let signature = |change: fn(String) -> String| {
        let draft = good();
        let old = draft.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
        draft.with("authorization", &change(old))
    };
    for (spoiled, code) in [
        (good(), "ok"),
        (good().without("authorization"), "MissingAccessKeyId"),
        (good().without("x-acs-signature-nonce"), "MissingSignatureNonce"),
        (good().without("x-acs-date"), "MissingTimestamp"),
        (good().without("x-acs-content-sha256"), "IncompleteSignature"),
        (good().with("authorization", "Basic abc"), "IncompleteSignature"),
        (good().with("x-acs-extra", "unsigned"), "IncompleteSignature"),
        (signature(|text| text.replace("SignedHeaders=host;", "SignedHeaders=")), "IncompleteSignature"),
        (good().with("content-type", "text/plain"), "IncompleteSignature"),
        (good().with("x-acs-date", "2026-01-01 00:00:10"), "InvalidTimeStamp.Format"),
        (good().with("x-acs-date", "2026-01-01T00:01:10Z"), "SignatureDoesNotMatch"),
        (signature(|text| text.replace("Credential=demo", "Credential=nobody")), "InvalidAccessKeyId.NotFound"),
        (signature(|text| format!("{text}0")), "SignatureDoesNotMatch"),
    ] {
        let answer = client.send("POST", &spoiled).unwrap();
        assert_eq!(answer.code(), code);
        if code != "ok" {
            let body = answer.json();
            for field in ["RequestId", "HostId", "Message", "Recommend"] {
                assert!(body[field].is_string(), "{field}: {body}");
            }
        }
    }
    let mut tampered = client.draft(ECS, "JoinSecurityGroup", &[("SecurityGroupId", "sg-web"), ("InstanceId", "i-web1")]);
    tampered.target = tampered.target.replace("i-web1", "i-web2");
    assert_eq!(client.send("POST", &tampered).unwrap().code(), "SignatureDoesNotMatch");
    let mut body = client.signed(ECS, "JoinSecurityGroup", "", "InstanceId=i-web1&SecurityGroupId=sg-web");
    body.body = body.body.replace("web1", "web2");
    assert_eq!(client.send("POST", &body).unwrap().code(), "SignatureDoesNotMatch");
}

#[test]
fn a_form_body_carries_parameters_as_well_as_the_query() {
    let (simulator, client) = demo();
    let draft = client.signed(ECS, "JoinSecurityGroup", "RegionId=cn-hangzhou", "InstanceId=i-web1&SecurityGroupId=sg-web");
    assert_eq!(client.send("POST", &draft).unwrap().code(), "ok");
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base", "sg-web"]);
}

#[test]
fn a_replayed_request_is_refused_as_long_as_its_date_would_pass() {
    let (simulator, client) = demo();
    let draft = client.draft(STS, "GetCallerIdentity", &[]);
    assert_eq!(client.send("POST", &draft).unwrap().code(), "ok");
    for (later, code) in [(0, "SignatureNonceUsed"), (15 * 60, "SignatureNonceUsed"), (1, "InvalidTimeStamp.Expired")] {
        simulator.advance(Duration::from_secs(later));
        assert_eq!(client.send("POST", &draft).unwrap().code(), code);
    }
}

#[test]
fn a_clock_may_be_off_by_a_quarter_of_an_hour_either_way() {
    let (_simulator, client) = demo();
    for (date, code) in [
        ("2025-12-31T23:45:10Z", "ok"),
        ("2025-12-31T23:45:09Z", "InvalidTimeStamp.Expired"),
        ("2026-01-01T00:15:10Z", "ok"),
        ("2026-01-01T00:15:11Z", "InvalidTimeStamp.Expired"),
    ] {
        let client = Client { date: date.to_owned(), ..client.clone() };
        assert_eq!(client.call(STS, "GetCallerIdentity", &[]).unwrap().code(), code, "{date}");
    }
}

#[test]
fn temporary_keys_need_their_own_token_while_it_lasts() {
    let (simulator, client) = demo();
    let temporary = |id: &str, token: &str| {
        Edit::Key(KeySeed {
            id: id.to_owned(),
            secret: Some("s".to_owned()),
            security_token: Some(token.to_owned()),
            expires: Some("2026-01-01T01:00:00Z".parse().unwrap()),
            ..KeySeed::default()
        })
    };
    simulator.edit(temporary("STS.a", "token-a")).unwrap();
    simulator.edit(temporary("STS.b", "token-b")).unwrap();
    let ask = |key: &str, secret: &str, token: Option<&str>, date: &str| {
        let client = Client {
            key: key.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
            date: date.to_owned(),
            ..client.clone()
        };
        client.call(STS, "GetCallerIdentity", &[]).unwrap().code()
    };
    let now = "2026-01-01T00:00:10Z";
    assert_eq!(ask("STS.a", "s", Some("token-a"), now), "ok");
    assert_eq!(ask("STS.a", "s", None, now), "MissingSecurityToken");
    assert_eq!(ask("STS.a", "s", Some("token-b"), now), "InvalidSecurityToken.MismatchWithAccessKey");
    assert_eq!(ask("STS.a", "s", Some("gibberish"), now), "InvalidSecurityToken.Malformed");
    assert_eq!(ask("demoAccessKeyId", "demoAccessKeySecret", Some("token-a"), now), "InvalidSecurityToken.MismatchWithAccessKey");
    simulator.set_now("2026-01-01T01:00:00Z".parse().unwrap());
    assert_eq!(ask("STS.a", "s", Some("token-a"), "2026-01-01T01:00:00Z"), "InvalidSecurityToken.Expired");
}

#[test]
fn keys_can_be_switched_off_rotated_and_taken_away() {
    let (simulator, client) = demo();
    let ask = |client: &Client| client.call(STS, "GetCallerIdentity", &[]).unwrap().code();
    simulator.edit(Edit::rotate("demoAccessKeyId", "new")).unwrap();
    assert_eq!(ask(&client), "SignatureDoesNotMatch");
    let client = Client { secret: "new".to_owned(), ..client };
    assert_eq!(ask(&client), "ok");
    let off = KeySeed { id: "demoAccessKeyId".to_owned(), inactive: Some(true), ..KeySeed::default() };
    simulator.edit(Edit::Key(off)).unwrap();
    assert_eq!(ask(&client), "InvalidAccessKeyId.Inactive");
    simulator.edit(Edit::Delete(steward_cloudsim::Object::Key("demoAccessKeyId".to_owned()))).unwrap();
    assert_eq!(ask(&client), "InvalidAccessKeyId.NotFound");
}

#[test]
fn what_does_not_exist_is_named() {
    let (_simulator, client) = demo();
    for (version, action, code, status) in [
        (ECS, "RebootTheMoon", "InvalidAction.NotFound", 404),
        (STS, "JoinSecurityGroup", "InvalidAction.NotFound", 404),
        (ESS, "JoinSecurityGroup", "InvalidAction.NotFound", 404),
        ("1999-01-01", "JoinSecurityGroup", "InvalidProduct.NotFound", 404),
    ] {
        let answer = client.call(version, action, &[]).unwrap();
        assert_eq!((answer.code().as_str(), answer.status), (code, status), "{version} {action}");
    }
    let draft = client.draft(STS, "GetCallerIdentity", &[]);
    assert_eq!(client.send("PUT", &draft).unwrap().code(), "SignatureDoesNotMatch", "the method is signed");
}

#[test]
fn a_denied_key_is_refused_before_anything_happens() {
    let (simulator, client) = demo();
    let deny = |rules: &[&str]| {
        let deny = Some(rules.iter().map(|rule| (*rule).to_owned()).collect());
        simulator.edit(Edit::Key(KeySeed { id: "demoAccessKeyId".to_owned(), deny, ..KeySeed::default() })).unwrap();
    };
    deny(&["ecs:*"]);
    let answer = client.join("i-web1", "sg-web");
    assert_eq!((answer.code().as_str(), answer.status), ("Forbidden.RAM", 403));
    assert_eq!(client.ecs("DescribeInstances", &[]).code(), "Forbidden.RAM");
    assert_eq!(client.call(STS, "GetCallerIdentity", &[]).unwrap().code(), "ok");
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base"]);
    simulator.seed("settings: {deniedReads: empty}").unwrap();
    let answer = client.ecs("DescribeInstances", &[]);
    assert_eq!((answer.code().as_str(), answer.json()["Instances"]["Instance"].as_array().unwrap().len()), ("ok", 0));
    assert_eq!(client.ecs("DescribeInstances", &[("DryRun", "true")]).code(), "Forbidden.RAM");
    deny(&[]);
    assert_eq!(client.join("i-web1", "sg-web").code(), "ok");
}

#[test]
fn a_window_is_full_until_the_next_minute_begins() {
    let (simulator, client) = demo();
    simulator.seed("settings: {limits: {JoinSecurityGroup: 2}}").unwrap();
    assert_eq!(client.join("i-web1", "sg-web").code(), "ok");
    assert_eq!(client.join("i-web1", "sg-web").code(), "InvalidInstanceId.AlreadyExists");
    let answer = client.join("i-web2", "sg-web");
    assert_eq!((answer.code().as_str(), answer.status), ("Throttling.User", 400));
    assert_eq!(client.leave("i-web1", "sg-web").code(), "ok", "another operation has a window of its own");
    simulator.advance(Duration::from_secs(50));
    assert_eq!(client.join("i-web2", "sg-web").code(), "ok");
}

#[test]
fn a_throttled_answer_tells_how_long_when_it_is_set_to() {
    let (simulator, client) = demo();
    for (setting, retry_after, rate_limit) in [
        ("none", None, None),
        ("retryAfter", Some("50000"), None),
        ("rateLimit", None, Some("limit:0,remain:0,timeleft:50000,reset:1767225660")),
        ("both", Some("50000"), Some("limit:0,remain:0,timeleft:50000,reset:1767225660")),
    ] {
        simulator.seed(&format!("settings: {{throttleHeaders: {setting}, limits: {{JoinSecurityGroup: 0}}}}")).unwrap();
        let answer = client.join("i-web1", "sg-web");
        assert_eq!(answer.code(), "Throttling.User");
        assert_eq!(answer.header("x-acs-retry-after"), retry_after, "{setting}");
        assert_eq!(answer.header("x-ratelimit-user-api"), rate_limit, "{setting}");
        let other = client.call(STS, "GetCallerIdentity", &[]).unwrap();
        assert_eq!((other.code().as_str(), other.header("x-acs-retry-after")), ("ok", None), "only those that are throttled");
    }
}
