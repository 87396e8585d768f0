//! `AssumeRoleWithOIDC`: no key, but a token of somebody whom the account knows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, Object, OidcProviderSeed, Simulator, What};

use crate::client::{Client, ROLES, STS, demo};

const PODS: &str = "acs:ram::1234567890123456:role/pods";
const CLUSTER: &str = "acs:ram::1234567890123456:oidc-provider/cluster";
/// 2026-01-01T00:10:00Z.
const SOON: i64 = 1_767_226_200;

fn pods() -> (Simulator, Client) {
    let (simulator, client) = demo();
    simulator.seed(ROLES).unwrap();
    (simulator, client)
}

fn token(changes: &Value) -> String {
    let mut claims = json!({
        "iss": "https://kubernetes.default.svc",
        "sub": "system:serviceaccount:demo:steward",
        "aud": ["sts.aliyuncs.com"],
        "iat": SOON - 600,
        "exp": SOON,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({ "alg": "RS256", "kid": "k" })), part(&claims), URL_SAFE_NO_PAD.encode("signature"))
}

fn wish(token: &str) -> Vec<(&str, &str)> {
    vec![("OIDCProviderArn", CLUSTER), ("OIDCToken", token), ("RoleArn", PODS), ("RoleSessionName", "steward")]
}

fn ask(client: &Client, wish: &[(&str, &str)]) -> (u16, String) {
    let query = [&[("Action", "AssumeRoleWithOIDC"), ("Version", STS)], wish].concat();
    let answer = client.send("POST", &client.unsigned(&query, &[])).unwrap();
    (answer.status, answer.code())
}

#[test]
fn a_token_is_worth_a_key_however_it_is_sent() {
    let (simulator, client) = pods();
    let token = token(&json!({}));
    let wish = wish(&token);
    let preamble = [("Action", "AssumeRoleWithOIDC"), ("Version", STS), ("Format", "JSON"), ("Timestamp", client.date.as_str())];
    let all = [&preamble[..], &wish].concat();
    for (method, draft) in [
        ("GET", client.unsigned(&all, &[])),
        ("POST", client.unsigned(&all, &[])),
        ("POST", client.unsigned(&preamble, &wish)),
        ("POST", client.unsigned(&[], &all)),
        ("POST", client.unsigned(&[], &wish).with("x-acs-action", "AssumeRoleWithOIDC").with("x-acs-version", STS)),
    ] {
        let answer = client.send(method, &draft).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        assert_eq!(body["AssumedRoleUser"]["Arn"], format!("{PODS}/steward"));
        assert_eq!(body["OIDCTokenInfo"]["Subject"], "system:serviceaccount:demo:steward");
        assert_eq!(body["OIDCTokenInfo"]["Issuer"], "https://kubernetes.default.svc");
        assert_eq!(body["OIDCTokenInfo"]["ClientIds"], "sts.aliyuncs.com");
        let identity = client.with_session(&body).call(STS, "GetCallerIdentity", &[]).unwrap().json();
        assert_eq!(identity["Arn"], "acs:ram::1234567890123456:assumed-role/pods/steward");
    }
    let call = simulator.calls().into_iter().next().unwrap();
    assert_eq!((call.operation.as_str(), call.account.as_deref()), ("AssumeRoleWithOIDC", Some("1234567890123456")));
    assert_eq!((call.access_key_id, call.parameters["OIDCToken"].as_str()), (None, "(hidden)"));
}

#[test]
fn a_token_must_be_good_in_every_respect() {
    let (simulator, client) = pods();
    for (changes, status, code) in [
        (json!({}), 200, "ok"),
        (json!({ "aud": "sts.aliyuncs.com" }), 200, "ok"),
        (json!({ "aud": ["other", "sts.aliyuncs.com"] }), 200, "ok"),
        (json!({ "aud": "kubernetes" }), 401, "AuthenticationFail.OIDCToken.AudienceNotMatch"),
        (json!({ "exp": SOON - 590 }), 401, "AuthenticationFail.OIDCToken.Expired"),
        (json!({ "nbf": SOON }), 401, "AuthenticationFail.OIDCToken.Invalid"),
        (json!({ "exp": null }), 401, "AuthenticationFail.OIDCToken.Invalid"),
        (json!({ "sub": "system:serviceaccount:other:steward" }), 401, "AuthenticationFail.NoPermission"),
    ] {
        assert_eq!(ask(&client, &wish(&token(&changes))), (status, code.to_owned()), "{changes}");
    }
    for text in ["opaque", "first.second", "a.b.c.d", "!!!.???.###", "YQ.YQ.YQ"] {
        assert_eq!(ask(&client, &wish(text)), (401, "AuthenticationFail.OIDCToken.Invalid".to_owned()), "{text}");
    }
    let issuer = Some("https://oidc.example".to_owned());
    simulator.edit(Edit::OidcProvider(OidcProviderSeed { name: "cluster".to_owned(), issuer, ..OidcProviderSeed::default() })).unwrap();
    assert_eq!(ask(&client, &wish(&token(&json!({})))).1, "AuthenticationFail.OIDCToken.IssuerNotMatch");
    assert_eq!(ask(&client, &wish(&token(&json!({ "iss": "https://oidc.example" })))).1, "ok");
}

#[test]
fn the_provider_and_the_role_must_know_each_other() {
    let (simulator, client) = pods();
    let token = token(&json!({}));
    let changed = |name: &str, value: &'static str| {
        let mut all = wish(&token);
        all.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            all.push((if name == "RoleArn" { "RoleArn" } else { "OIDCProviderArn" }, value));
        }
        ask(&client, &all)
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(changed("RoleArn", ""), refused(400, "MissingParameter.RoleArn"));
    assert_eq!(changed("OIDCProviderArn", ""), refused(400, "MissingParameter.OIDCProviderArn"));
    assert_eq!(changed("OIDCProviderArn", "cluster"), refused(400, "InvalidParameter.OIDCProviderArn"));
    assert_eq!(changed("RoleArn", "acs:ram::1234567890123456:role/nobody"), refused(404, "EntityNotExist.Role"));
    assert_eq!(changed("RoleArn", "acs:ram::1234567890123456:role/ops"), refused(401, "AuthenticationFail.NoPermission"));
    simulator.seed("accounts: [{id: '2', oidcProviders: [{name: cluster, issuer: '*'}]}]").unwrap();
    assert_eq!(changed("OIDCProviderArn", "acs:ram::2:oidc-provider/cluster"), refused(401, "AuthenticationFail.NoPermission"));
    simulator.seed("accounts: [{id: '1234567890123456', oidcProviders: [{name: second, issuer: '*'}]}]").unwrap();
    let second = "acs:ram::1234567890123456:oidc-provider/second";
    assert_eq!(changed("OIDCProviderArn", second), refused(401, "AuthenticationFail.NoPermission"), "the role names another one");
    simulator.edit(Edit::Delete(Object::OidcProvider(CLUSTER.to_owned()))).unwrap();
    assert_eq!(ask(&client, &wish(&token)), refused(401, "AuthenticationFail.NoPermission"));
}

#[test]
fn a_call_without_a_key_meets_faults_and_limits_of_the_account_that_it_wants_into() {
    let (simulator, client) = pods();
    let token = token(&json!({}));
    simulator.fault(Fault::on("AssumeRoleWithOIDC", What::error(503, "ServiceUnavailable")).of_account("1234567890123456"));
    assert_eq!(ask(&client, &wish(&token)).1, "ServiceUnavailable");
    simulator.seed("settings: {limits: {AssumeRoleWithOIDC: 1}}").unwrap();
    assert_eq!(ask(&client, &wish(&token)).1, "ok");
    assert_eq!(ask(&client, &wish(&token)).1, "Throttling.User");
    let late = [&[("Action", "AssumeRoleWithOIDC"), ("Version", STS), ("Timestamp", "2026-01-01T00:15:11Z")], &wish(&token)[..]].concat();
    assert_eq!(client.send("POST", &client.unsigned(&late, &[])).unwrap().code(), "InvalidTimeStamp.Expired");
}
