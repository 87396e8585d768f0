//! The catalogue against the committed list of the vendor's codes and messages.

use super::*;
use crate::cloud::alibaba::ecs::commands::{DESCRIBE_INVOCATION_RESULTS as RESULTS, RUN_COMMAND, STOP_INVOCATION};
use crate::cloud::alibaba::ecs::{DESCRIBE_INSTANCES, JOIN_SECURITY_GROUP, LEAVE_SECURITY_GROUP};
use crate::cloud::catalogue::COMMON;
use crate::cloud::error::Class::{
    Busy, Denied, Invalid, NotFound, Precondition, Quota, Throttled, Unauthenticated, Unavailable, Unexpected,
};
use crate::reason::Reason;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};

/// One documented code.
#[derive(Deserialize)]
struct Documented {
    service: Option<String>,
    operation: Option<String>,
    status: Option<u16>,
    code: String,
}

fn documented() -> Vec<Documented> {
    serde_json::from_str(include_str!("../../../../tests/data/alibaba-error-codes.json")).unwrap()
}

const DELETE_CONFIGURATION: Operation = Operation { service: "ess", name: "DeleteEciScalingConfiguration", effect: Effect::Repeatable };
const MODIFY_CONFIGURATION: Operation = Operation { service: "ess", name: "ModifyEciScalingConfiguration", effect: Effect::Repeatable };
const CREATE_CONFIGURATION: Operation = Operation { service: "ess", name: "CreateEciScalingConfiguration", effect: Effect::Once };
const ASSUME_ROLE: Operation = Operation { service: "sts", name: "AssumeRole", effect: Effect::Read };
const ASSUME_ROLE_WITH_OIDC: Operation = Operation { service: "sts", name: "AssumeRoleWithOIDC", effect: Effect::Read };
/// One that no row names.
const OTHER: Operation = Operation { service: "ecs", name: "DescribeRegions", effect: Effect::Read };

#[test]
fn every_documented_code_has_a_row() {
    let documented = documented();
    let mut counts = BTreeMap::new();
    for entry in documented {
        let place = (entry.service.unwrap_or_default(), entry.operation.unwrap_or_default());
        let row = catalogue::best(rows(), (&place.0, &place.1), entry.status, &entry.code);
        let row = row.unwrap_or_else(|| panic!("{place:?}: {} is not in the catalogue", entry.code));
        if !place.1.is_empty() {
            let as_documented = row.http_status == entry.status;
            assert!(as_documented || row.service == COMMON, "{place:?}: {} has another status", entry.code);
        }
        *counts.entry(place).or_insert(0) += 1;
    }
    let counts: Vec<_> = counts.iter().map(|((service, operation), count)| (service.as_str(), operation.as_str(), *count)).collect();
    let expected = [
        ("", "", 47),
        ("ecs", "DescribeInvocationResults", 5),
        ("ecs", "JoinSecurityGroup", 29),
        ("ecs", "LeaveSecurityGroup", 9),
        ("ecs", "ModifyInstanceAttribute", 19),
        ("ecs", "ModifyNetworkInterfaceAttribute", 13),
        // 63 answers of the call, and 17 results on one machine.
        ("ecs", "RunCommand", 80),
        ("ecs", "StopInvocation", 7),
        ("ess", "DeleteEciScalingConfiguration", 3),
        ("ess", "EnableScalingGroup", 1),
        ("ess", "ModifyEciScalingConfiguration", 1),
        ("ess", "ModifyScalingConfiguration", 9),
        ("sts", "AssumeRole", 8),
        ("sts", "AssumeRoleWithOIDC", 16),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn results_on_one_machine_are_told_from_refusals() {
    let results: Vec<_> = rows().filter(|row| row.of_one_target).collect();
    assert_eq!(results.len(), 17);
    for row in results {
        assert_eq!((row.http_status, row.reason()), (None, Reason::CommandFailed), "{}", row.code);
        assert_eq!(rows().filter(|other| other.code == row.code).count(), 1, "{} is no code of a call", row.code);
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
        (RUN_COMMAND, 400, "IdempotentParameterMismatch", Invalid, Perhaps),
        (RUN_COMMAND, 403, "LastTokenProcessing", Busy, Perhaps),
        (RUN_COMMAND, 400, "OperationFailed.LastTokenProcessing", Busy, Perhaps),
        (RUN_COMMAND, 500, "InternalError", Unavailable, Perhaps),
        (RUN_COMMAND, 403, "Throttling.Command", Throttled, No),
        (RUN_COMMAND, 403, "Invocation.ExceedQuota", Quota, No),
        (RUN_COMMAND, 400, "InvalidInstance.NotMatch", Busy, No),
        (RUN_COMMAND, 404, "InvalidCmdType.NotFound", Invalid, No),
        (RUN_COMMAND, 404, "InvalidInstance.NotFound", NotFound, No),
        // Neither closes the credential: the call's own key was good.
        (RUN_COMMAND, 403, "TemporaryAccessKey.Error", Denied, No),
        (ASSUME_ROLE_WITH_OIDC, 401, "AuthenticationFail.NoPermission", Denied, No),
        (ASSUME_ROLE_WITH_OIDC, 401, "AuthenticationFail.OIDCToken.Expired", Unauthenticated, No),
        (ASSUME_ROLE, 403, "NoPermission", Denied, No),
        (ASSUME_ROLE, 404, "EntityNotExist.Role", NotFound, No),
        (RESULTS, 500, "InternalError.Dispatch", Unavailable, No),
        (RESULTS, 500, "ServiceUnavailable", Unavailable, No),
        (MODIFY_CONFIGURATION, 400, "InvalidParamter", Invalid, No),
        (MODIFY_CONFIGURATION, 403, "Forbidden.RiskControl", Denied, No),
        (MODIFY_CONFIGURATION, 404, "InvalidScalingConfigurationId.NotFound", NotFound, No),
        (CREATE_CONFIGURATION, 503, "ServiceUnavailable", Unavailable, Perhaps),
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
fn of_the_documented_refusals_of_a_run_three_may_have_run_it() {
    let documented = documented().into_iter().filter(|entry| entry.operation.as_deref() == Some("RunCommand"));
    let codes: BTreeMap<String, u16> = documented.filter_map(|entry| Some((entry.code, entry.status?))).collect();
    assert_eq!(codes.len(), 63);
    let perhaps = codes.iter().filter(|(code, status)| classify(RUN_COMMAND, **status, code).1 == Acted::Perhaps);
    let perhaps: Vec<&str> = perhaps.map(|(code, _)| code.as_str()).collect();
    assert_eq!(perhaps, ["IdempotentParameterMismatch", "IdempotentProcessing", "InternalError.Dispatch"]);
    for (code, status) in &codes {
        assert!(explain(RUN_COMMAND, *status, code).known, "{code}");
        // The same code of a service that broke is believed no more than any other.
        assert_eq!(classify(RUN_COMMAND, 500, code).1, Acted::Perhaps, "{code}");
    }
}

#[test]
fn five_refusals_are_none() {
    let table = [
        (JOIN_SECURITY_GROUP, 403, "InvalidInstanceId.AlreadyExists", true),
        (LEAVE_SECURITY_GROUP, 400, "InvalidSecurityGroupAssociation.NotFound", true),
        (LEAVE_SECURITY_GROUP, 403, "InstanceNotInSecurityGroup", true),
        (DELETE_CONFIGURATION, 404, "InvalidScalingConfigurationId.NotFound", true),
        (STOP_INVOCATION, 404, "InvalidInvokeId.NotFound", true),
        // The same codes of operations that wanted something else.
        (MODIFY_CONFIGURATION, 404, "InvalidScalingConfigurationId.NotFound", false),
        (JOIN_SECURITY_GROUP, 403, "InstanceNotInSecurityGroup", false),
        (LEAVE_SECURITY_GROUP, 403, "InvalidInstanceId.AlreadyExists", false),
    ];
    for (operation, status, code, ok) in table {
        assert_eq!(explain(operation, status, code).ok, ok, "{operation} {code}");
    }
    assert_eq!(rows().filter(|row| row.ok).count(), 5);
}

#[test]
fn what_one_object_is_denied_is_not_remembered_for_all() {
    for code in ["ParameterStore.NoPermission", "TemporaryAccessKey.Error", "Operation.Forbidden"] {
        let found = explain(RUN_COMMAND, 403, code);
        assert!(found.class != Denied || found.reason != Reason::AccessDenied, "{code} would stop every command of the credential");
    }
}

#[test]
fn one_code_with_two_statuses_has_two_hints() {
    let hint = |status| explain(JOIN_SECURITY_GROUP, status, "InstanceSecurityGroupLimitExceeded").hint;
    assert_ne!(hint(400), hint(403));
}

#[test]
fn only_codes_that_the_catalogue_has_are_known() {
    let table = [
        (JOIN_SECURITY_GROUP, 403, "Forbidden.RAM", true),
        (OTHER, 400, "Throttling.User", true),
        (JOIN_SECURITY_GROUP, 403, "InvalidInstanceId.AlreadyExists", true),
        // Judged by their family, and counted all the same.
        (JOIN_SECURITY_GROUP, 400, "Throttling.Something.New", false),
        (JOIN_SECURITY_GROUP, 400, "InvalidParameter.Something", false),
        // Known, but of another operation.
        (OTHER, 403, "Invocation.ExceedQuota", false),
        (JOIN_SECURITY_GROUP, 401, "Brand.New", false),
        (JOIN_SECURITY_GROUP, 409, "Brand.New", false),
        (JOIN_SECURITY_GROUP, 429, "Brand.New", false),
        (JOIN_SECURITY_GROUP, 500, "Brand.New", false),
        (JOIN_SECURITY_GROUP, 400, "Brand.New", false),
    ];
    for (operation, status, code, known) in table {
        let error = error(operation, status, code, "");
        assert_eq!((error.known, error.code.as_deref()), (known, Some(code)), "{operation} {status}");
    }
}

#[test]
fn a_quota_of_the_day_says_so() {
    assert!(error(RUN_COMMAND, 403, "Invocation.ExceedQuota", "").daily);
    assert!(!error(RUN_COMMAND, 403, "CmdCount.ExceedQuota", "").daily);
    assert!(rows().filter(|row| row.daily).all(|row| row.class == Quota));
}

#[test]
fn a_closer_reason_is_shown_where_there_is_one() {
    let table = [
        (LEAVE_SECURITY_GROUP, 403, "InstanceLastSecurityGroup", Reason::LastGroupKept),
        (JOIN_SECURITY_GROUP, 400, "NotBelongUser", Reason::AccountMismatch),
        (JOIN_SECURITY_GROUP, 403, "Forbidden.RAM", Reason::AccessDenied),
        (RUN_COMMAND, 403, "IdempotentParameterMismatch", Reason::OutcomeUnknown),
        (RUN_COMMAND, 400, "InvalidResourceTag.InstanceNotFound", Reason::NoTargets),
        (RUN_COMMAND, 400, "InvalidClientToken.Malformed", Reason::InternalError),
        (DELETE_CONFIGURATION, 400, "InstanceInUse", Reason::DeleteBlocked),
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
    assert!(explain(RUN_COMMAND, 403, "Forbidden.RAM").hint.contains("ecs:RunCommand"));
    assert!(explain(OTHER, 403, "Forbidden.RAM").hint.contains("lastError.operation"));
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
