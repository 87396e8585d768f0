//! The old signature: the same doors, the same refusals, all in parameters.

use std::time::Duration;

use crate::client::{Draft, ECS, STS, demo};

const JOIN: &[(&str, &str)] = &[("RegionId", "cn-hangzhou"), ("InstanceId", "i-web1"), ("SecurityGroupId", "sg-web")];

#[test]
fn parameters_may_stand_in_the_query_in_a_form_or_in_both_and_the_method_may_be_either() {
    for (method, query, form) in [("GET", JOIN, &[][..]), ("POST", JOIN, &[]), ("POST", &[], JOIN), ("POST", &JOIN[..1], &JOIN[1..])] {
        let (simulator, client) = demo();
        let draft = client.signed_v1(method, ECS, "JoinSecurityGroup", query, form);
        assert_eq!(client.send(method, &draft).unwrap().code(), "ok", "{method} {query:?} {form:?}");
        assert_eq!(simulator.groups_of("i-web1"), ["sg-base", "sg-web"]);
        let call = simulator.calls().pop().unwrap();
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("ecs", "JoinSecurityGroup"));
        assert_eq!((call.access_key_id.as_deref(), call.region.as_deref()), (Some("demoAccessKeyId"), Some("cn-hangzhou")));
        let names: Vec<&str> = call.parameters.keys().map(String::as_str).collect();
        assert_eq!(names, ["InstanceId", "RegionId", "SecurityGroupId"], "the common parameters are no operation's");
    }
}

#[test]
fn every_spoiled_request_gets_its_own_code() {
    let (simulator, client) = demo();
    let good = || client.signed_v1("GET", STS, "GetCallerIdentity", &[("Odd", "a b*~'é")], &[]);
    let replaced = |from: &str, to: &str| {
        let draft = good();
        assert!(draft.target.contains(from), "{}", draft.target);
        Draft { target: draft.target.replace(from, to), ..draft }
    };
    for (spoiled, code) in [
        (good(), "ok"),
        (replaced("Odd=a", "Odd=b"), "SignatureDoesNotMatch"),
        (replaced("AccessKeyId=demo", "AccessKeyId=nobody"), "InvalidAccessKeyId.NotFound"),
        (replaced("SignatureMethod=HMAC-SHA1", "SignatureMethod=HMAC-SHA256"), "IncompleteSignature"),
        (replaced("SignatureVersion=1.0", "SignatureVersion=2.0"), "IncompleteSignature"),
        (replaced("&Signature=", "&Sign="), "IncompleteSignature"),
        (replaced("SignatureNonce=", "Nonce="), "MissingSignatureNonce"),
        (replaced("Timestamp=", "Time="), "MissingTimestamp"),
        (replaced("Timestamp=2026-01-01T", "Timestamp=2026-01-01+"), "InvalidTimeStamp.Format"),
        (replaced("Timestamp=2026", "Timestamp=2025"), "InvalidTimeStamp.Expired"),
        (client.unsigned(&[("Action", "GetCallerIdentity"), ("Version", STS)], &[]), "MissingAccessKeyId"),
    ] {
        assert_eq!(client.send("GET", &spoiled).unwrap().code(), code, "{}", spoiled.target);
    }
    assert_eq!(client.send("POST", &good()).unwrap().code(), "SignatureDoesNotMatch", "the method is signed");
    let draft = good();
    assert_eq!(client.send("GET", &draft).unwrap().code(), "ok");
    simulator.advance(Duration::from_secs(60));
    assert_eq!(client.send("GET", &draft).unwrap().code(), "SignatureNonceUsed");
}
