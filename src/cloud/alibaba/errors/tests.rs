//! The catalogue against the committed list of the vendor's codes and messages.

use super::*;
use crate::cloud::alibaba::ecs::{DESCRIBE_INSTANCES, JOIN_SECURITY_GROUP, LEAVE_SECURITY_GROUP};
use crate::cloud::error::Class::{
    Busy, Denied, Invalid, NotFound, Precondition, Quota, Throttled, Unauthenticated, Unavailable, Unexpected,
};
use crate::reason::Reason;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// One documented code, with the vendor's texts.
#[derive(Deserialize)]
struct Documented {
    operation: Option<String>,
    status: Option<u16>,
    code: String,
    texts: Vec<String>,
}

fn documented() -> Vec<Documented> {
    serde_json::from_str(include_str!("../../../../tests/data/alibaba-error-codes.json")).unwrap()
}

const RUN_COMMAND: Operation = Operation { service: "ecs", name: "RunCommand", effect: Effect::Once };

fn operation(name: Option<&str>) -> Operation {
    match name {
        Some("LeaveSecurityGroup") => LEAVE_SECURITY_GROUP,
        _ => JOIN_SECURITY_GROUP,
    }
}

#[test]
fn every_documented_code_has_a_row() {
    let documented = documented();
    let count = |operation: Option<&str>| documented.iter().filter(|entry| entry.operation.as_deref() == operation).count();
    assert_eq!((count(Some("JoinSecurityGroup")), count(Some("LeaveSecurityGroup")), count(None)), (29, 9, 47));
    for entry in documented {
        let operation = operation(entry.operation.as_deref());
        let row = listed(operation, entry.status.unwrap_or(400), &entry.code);
        assert!(row.is_some(), "{operation}: {} is not in the catalogue", entry.code);
        let row = row.unwrap();
        if entry.operation.is_some() {
            assert_eq!(row.http_status, entry.status, "{operation}: {}", entry.code);
        }
    }
}

#[test]
fn no_text_repeats_six_words_of_the_vendors() {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let mut theirs = HashMap::new();
    for entry in documented() {
        for text in &entry.texts {
            for six in words(text).windows(6) {
                theirs.insert(six.to_vec(), entry.code.clone());
            }
        }
    }
    assert!(theirs.len() > 100, "the vendor's texts are there to be compared with");
    for row in rows() {
        for text in [row.meaning, row.hint] {
            for six in words(text).windows(6) {
                assert_eq!(theirs.get(six), None, "{}: {text}", row.code);
            }
        }
    }
}

#[test]
fn a_hint_belongs_to_one_code() {
    let mut seen = HashMap::new();
    for row in rows() {
        assert!(!row.meaning.is_empty() && !row.hint.is_empty(), "{}", row.code);
        assert!(row.meaning.len() + row.hint.len() < 400, "{}: too long for a message", row.code);
        assert_eq!(seen.insert(row.hint, row.code), None, "{}: the hint is another's", row.code);
    }
}

#[test]
fn no_row_hides_another() {
    let mut seen = HashSet::new();
    for row in rows() {
        assert!(seen.insert((row.service, row.operations, row.code, row.http_status)), "{} twice", row.code);
    }
}

#[test]
fn codes_mean_what_they_mean() {
    use Acted::{No, Perhaps};
    let table = [
        (JOIN_SECURITY_GROUP, 400, "Throttling.User", Throttled, No),
        (JOIN_SECURITY_GROUP, 403, "Throttling.Something.New", Throttled, No),
        (JOIN_SECURITY_GROUP, 503, "Rejected.Throttling", Throttled, No),
        (JOIN_SECURITY_GROUP, 400, "InstanceSecurityGroupLimitExceeded", Quota, No),
        (JOIN_SECURITY_GROUP, 403, "InstanceSecurityGroupLimitExceeded", Quota, No),
        (JOIN_SECURITY_GROUP, 409, "InvalidOperation.Conflict", Busy, No),
        (LEAVE_SECURITY_GROUP, 409, "InvalidOperation.Conflict", Busy, No),
        (JOIN_SECURITY_GROUP, 403, "Forbidden.InstanceIsBeingCreated", Busy, No),
        (JOIN_SECURITY_GROUP, 403, "Forbidden.DiskIsBeingCreated", Busy, No),
        (JOIN_SECURITY_GROUP, 404, "InvalidSecurityGroupId.NotFound", NotFound, No),
        (JOIN_SECURITY_GROUP, 400, "InvalidInstanceId.Mismatch", Invalid, No),
        (JOIN_SECURITY_GROUP, 403, "Forbidden.RAM", Denied, No),
        (JOIN_SECURITY_GROUP, 403, "SignatureDoesNotMatch", Unauthenticated, No),
        (JOIN_SECURITY_GROUP, 400, "SignatureDoesNotMatch", Unauthenticated, No),
        (JOIN_SECURITY_GROUP, 400, "InvalidSecurityToken.SomethingNew", Unauthenticated, No),
        (JOIN_SECURITY_GROUP, 400, "SignatureNonceUsed", Unavailable, Perhaps),
        (JOIN_SECURITY_GROUP, 500, "InternalError", Unavailable, Perhaps),
        (DESCRIBE_INSTANCES, 500, "InternalError", Unavailable, No),
        (RUN_COMMAND, 500, "InternalError.Dispatch", Unavailable, Perhaps),
        (RUN_COMMAND, 500, "ServiceUnavailable", Unavailable, Perhaps),
        (RUN_COMMAND, 403, "IdempotentParameterMismatch", Invalid, Perhaps),
        (RUN_COMMAND, 403, "IdempotentProcessing", Busy, Perhaps),
        (LEAVE_SECURITY_GROUP, 403, "InstanceLastSecurityGroup", Precondition, No),
        (LEAVE_SECURITY_GROUP, 504, "RequestTimeout", Unavailable, Perhaps),
        (JOIN_SECURITY_GROUP, 404, "InvalidRegionId.NotFound", Invalid, No),
        (JOIN_SECURITY_GROUP, 400, "MissingParameter.SecurityGroupId", Invalid, No),
        // Not in the catalogue: only what can mean one thing is read from the status.
        (JOIN_SECURITY_GROUP, 400, "Brand.New", Unexpected, Perhaps),
        (JOIN_SECURITY_GROUP, 403, "Brand.New", Unexpected, Perhaps),
        (JOIN_SECURITY_GROUP, 404, "InvalidThing.NotFound", Unexpected, Perhaps),
        (DESCRIBE_INSTANCES, 404, "InvalidThing.NotFound", Unexpected, No),
        (JOIN_SECURITY_GROUP, 409, "Brand.New", Busy, Perhaps),
        (JOIN_SECURITY_GROUP, 401, "Brand.New", Unauthenticated, No),
        (JOIN_SECURITY_GROUP, 429, "Brand.New", Throttled, No),
        (JOIN_SECURITY_GROUP, 502, "Brand.New", Unavailable, Perhaps),
    ];
    for (operation, status, code, class, acted) in table {
        assert_eq!(classify(operation, status, code), (class, acted), "{operation} {status} {code}");
    }
}

#[test]
fn a_closer_reason_is_shown_where_there_is_one() {
    let table = [
        (LEAVE_SECURITY_GROUP, 403, "InstanceLastSecurityGroup", Reason::LastGroupKept),
        (JOIN_SECURITY_GROUP, 400, "NotBelongUser", Reason::AccountMismatch),
        (JOIN_SECURITY_GROUP, 403, "Forbidden.RAM", Reason::AccessDenied),
        (JOIN_SECURITY_GROUP, 400, "Brand.New", Reason::UnknownError),
    ];
    for (operation, status, code, reason) in table {
        assert_eq!(explain(operation, status, code).reason, reason, "{code}");
    }
}

#[test]
fn the_row_of_the_operation_is_preferred() {
    assert!(explain(JOIN_SECURITY_GROUP, 403, "Forbidden.RAM").hint.contains("ecs:JoinSecurityGroup"));
    assert!(explain(LEAVE_SECURITY_GROUP, 403, "Forbidden.RAM").hint.contains("ecs:LeaveSecurityGroup"));
    assert!(explain(RUN_COMMAND, 403, "Forbidden.RAM").hint.contains("lastError.operation"));
}

#[test]
fn an_expired_token_is_recognised_behind_a_bad_parameter() {
    let told = r#"The specified parameter "SecurityToken.Expired" is not valid."#;
    let error = error(JOIN_SECURITY_GROUP, 400, "InvalidParameter", told);
    assert_eq!((error.class, error.code.as_deref()), (Unauthenticated, Some("InvalidParameter")));
    let error = super::error(JOIN_SECURITY_GROUP, 400, "InvalidParameter", "something else");
    assert_eq!(error.class, Invalid);
}

#[test]
fn only_codes_that_may_blame_an_id_split_a_batch() {
    let table = [
        (400, "InvalidParameter", true),
        (400, "InvalidParameter.InstanceIds", true),
        (400, "InvalidInstanceId.Malformed", true),
        (404, "InvalidInstanceId.NotFound", true),
        (404, "InvalidRegionId.NotFound", false),
        (400, "MissingParameter.RegionId", false),
        (400, "InvalidOperation.NotSupportedEndpoint", false),
        (403, "SignatureDoesNotMatch", false),
        (400, "Throttling", false),
        (500, "InternalError", false),
    ];
    for (status, code, splits) in table {
        assert_eq!(blames_an_id(&error(DESCRIBE_INSTANCES, status, code, "")), splits, "{code}");
    }
}
