//! Tokens of `ServiceAccounts`, and who a client is.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::caller::Caller;

pub(super) const NAMESPACE: &str = "tokens-of-service-accounts";
/// Whose tokens the cases ask for; the second does not exist.
pub(super) const ACCOUNTS: [&str; 2] = ["robot", "nobody"];

fn request(spec: &Value) -> Value {
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
}

pub(super) async fn tokens_of_service_accounts(caller: Caller) {
    let accounts = caller.core("serviceaccounts");
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}});
    let made = caller.post(&accounts, &account).await.expect(201);
    let path = format!("{accounts}/robot/token");

    let asked = request(&json!({"audiences": ["sts.aliyuncs.com"], "expirationSeconds": 600}));
    let reply = caller.post_for(&path, &asked, "/status/token").await.expect(201);
    let token = reply.text("/status/token");
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "head, claims and signature");
    let claims = URL_SAFE_NO_PAD.decode(parts[1]).expect("claims are base64");
    let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    assert_eq!(
        (&claims["aud"], &claims["sub"]),
        (&json!(["sts.aliyuncs.com"]), &json!(format!("system:serviceaccount:{NAMESPACE}:robot")))
    );
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(end, start)| end - start), Some(600));
    assert!(claims["nbf"].is_i64() && claims["iss"].as_str().is_some_and(|issuer| issuer.starts_with("https://")), "{claims}");
    assert_eq!(claims["kubernetes.io"]["serviceaccount"], json!({"name": "robot", "uid": made.uid()}));

    let usual = caller.send_unrecorded("POST", &path, "application/json", Some(&request(&json!({})))).await.expect(201);
    assert_eq!(
        (usual.body["spec"]["expirationSeconds"].as_i64(), usual.body["spec"]["audiences"].as_array().map(Vec::len)),
        (Some(3600), Some(1))
    );
    let short = request(&json!({"audiences": ["a"], "expirationSeconds": 599}));
    caller.post(&path, &short).await.refused(422, "may not specify a duration less than 10 minutes");
    caller.post(&format!("{accounts}/nobody/token"), &asked).await.refused(404, "serviceaccounts \"nobody\" not found");
    let again = caller.get(&format!("{accounts}/robot")).await.expect(200);
    assert_eq!(again.version(), made.version(), "a token leaves no trace");
}

pub(super) async fn who_asks(caller: Caller) {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let reply = caller.send_unrecorded("POST", path, "application/json", Some(&review)).await.expect(201);
    assert_eq!((reply.text("/kind"), reply.text("/apiVersion")), ("SelfSubjectReview", "authentication.k8s.io/v1"));
    assert!(!reply.text("/status/userInfo/username").is_empty(), "{}", reply.body);
    assert!(reply.body["status"]["userInfo"]["groups"].as_array().is_some_and(|groups| groups.contains(&json!("system:authenticated"))));
}
