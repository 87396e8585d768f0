//! The call as a whole: region, token, quotas, rights, and what the service says about itself; also of the operations that stop a run
//! and read what became of it.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

/// A right that RAM did not give for an operation of ECS.
const fn not_allowed(operations: &'static [&'static str], meaning: &'static str, hint: &'static str) -> Row {
    Row::any("Forbidden.RAM", Some(403), Class::Denied, meaning, hint).of("ecs").on(operations)
}

pub(super) const ROWS: &[Row] = &[
    Row::any(
        "RegionId.ApiNotSupported",
        Some(400),
        Class::Invalid,
        "the region has no Cloud Assistant",
        "set spec.region to the region of the machines; where it is right already, commands cannot be run there",
    )
    .of("ecs")
    .on(&["RunCommand", "StopInvocation"]),
    row(
        "InvalidClientToken.Malformed",
        400,
        Class::Invalid,
        "the cloud does not take the token that keeps a run from happening twice",
        "this is a fault of the operator's, whose tokens are 48 hexadecimal digits; please report it",
    )
    .shown_as(Reason::InternalError),
    row(
        "InvalidCmdId.NotFound",
        404,
        Class::Invalid,
        "the cloud looked for a stored command, although the call brought its own",
        "please report it with lastError.requestId: steward names no stored command",
    )
    .shown_as(Reason::InternalError),
    row(
        "CmdCount.ExceedQuota",
        403,
        Class::Quota,
        "the region keeps as many commands as the account may keep",
        "set spec.command.keepCommand to false, delete kept commands in the console, or raise the quota of commands (500 to 50,000)",
    ),
    row(
        "Invocation.ExceedQuota",
        403,
        Class::Quota,
        "the account has used up today's runs in this region",
        "nothing to do before midnight in Beijing; if it happens often, raise the daily quota of invocations in the Quota Center",
    )
    .daily(),
    row(
        "OperationDenied.BidOwnResource",
        403,
        Class::Denied,
        "the account is a reseller's, and such accounts own no resources",
        "use a CloudCredential of the customer's account that owns the machines",
    ),
    // Not Denied, which would be remembered for all commands of the credential: it may be about these machines only.
    row(
        "Operation.Forbidden",
        403,
        Class::Precondition,
        "the cloud does not let commands be run on these machines",
        "allow ecs:RunCommand in a RAM policy, look for its condition ecs:CommandRunAs, and leave machines that a cloud service manages alone",
    )
    .shown_as(Reason::AccessDenied),
    // Proof that an earlier call with this token arrived: Perhaps, although this one was refused.
    row(
        "IdempotentParameterMismatch",
        403,
        Class::Invalid,
        "this run was sent before, with other parameters",
        "look at the earlier run in the Cloud Assistant console, then answer with the annotation cloudsteward.dev/resolve",
    )
    .perhaps_acted()
    .shown_as(Reason::OutcomeUnknown),
    row(
        "IdempotentProcessing",
        403,
        Class::Busy,
        "this run was sent before, and the cloud still works on it",
        "nothing to do: the run is looked up by its tags, and its results are taken over",
    )
    .perhaps_acted(),
    row(
        "InternalError",
        500,
        Class::Unavailable,
        "the service failed while it took the command",
        "nothing to do: the run is searched by its tags for a minute before it is sent again",
    )
    .perhaps_acted(),
    row(
        "InternalError.Dispatch",
        500,
        Class::Unavailable,
        "the service failed while it handed the command on",
        "nothing to do: whether machines got the command is looked up first, and only what did not go out is sent again",
    )
    .perhaps_acted(),
    row(
        "ServiceUnavailable",
        503,
        Class::Unavailable,
        "Cloud Assistant was not there while the command was sent",
        "nothing to do: before a second try the run's tags are searched, in case it was taken all the same",
    )
    .perhaps_acted(),
    Row::any(
        "InternalError.Dispatch",
        Some(500),
        Class::Unavailable,
        "the service failed while it handed the stop on",
        "nothing to do: stopping is repeated until the run is seen to have ended",
    )
    .of("ecs")
    .on(&["StopInvocation"])
    .perhaps_acted(),
    Row::any(
        "InstanceIds.ExceedLimit",
        Some(403),
        Class::Invalid,
        "the call asked to stop a run on too many machines at once",
        "this is a fault of the operator's, which stops at most 50 at a time; please report it",
    )
    .of("ecs")
    .on(&["StopInvocation"])
    .shown_as(Reason::InternalError),
    Row::any(
        "Operation.Forbidden",
        Some(403),
        Class::Precondition,
        "the cloud does not let this run be stopped",
        "nothing to do if the run is over; else see in the Cloud Assistant console whether it can be stopped there",
    )
    .of("ecs")
    .on(&["StopInvocation"]),
    Row::any(
        "InvalidInvokeId.NotFound",
        Some(404),
        Class::NotFound,
        "the cloud no longer knows this run",
        "nothing to do where the run is over: runs are forgotten after 30 days; else compare spec.region with where it ran",
    )
    .of("ecs")
    .on(&["StopInvocation"])
    .no_failure(),
    Row::any(
        "InvalidInstanceId.NotFound",
        Some(404),
        Class::NotFound,
        "the machine on which a run was to be stopped is gone",
        "nothing to do: a released machine runs nothing any more",
    )
    .of("ecs")
    .on(&["StopInvocation"]),
    Row::any(
        "InvalidParameter.NextToken",
        Some(400),
        Class::Invalid,
        "the cloud no longer knows the page of results that was asked for",
        "nothing to do: the results are read from the first page again; if it stays, please report it",
    )
    .of("ecs")
    .on(&["DescribeInvocationResults"])
    .shown_as(Reason::InternalError),
    Row::any(
        "InvalidParameter.MaxResults",
        Some(400),
        Class::Invalid,
        "a page of results of this size is not to be had",
        "please report it: the operator asks for 50 results at a time, which is the most that the vendor documents",
    )
    .of("ecs")
    .on(&["DescribeInvocationResults"])
    .shown_as(Reason::InternalError),
    Row::any(
        "ServiceUnavailable",
        Some(500),
        Class::Unavailable,
        "the results of runs cannot be read at the moment",
        "nothing to do: the run itself goes on, and its results are read later",
    )
    .of("ecs")
    .on(&["DescribeInvocationResults"]),
    Row::any(
        "InternalError",
        Some(500),
        Class::Unavailable,
        "the service failed while it looked for results",
        "nothing to do: reading results has no effect on the run and is repeated",
    )
    .of("ecs")
    .on(&["DescribeInvocationResults"]),
    Row::any(
        "InternalError.Dispatch",
        Some(500),
        Class::Unavailable,
        "the service could not pass the question for results on",
        "nothing to do: the question is asked again after a pause, and the run does not notice",
    )
    .of("ecs")
    .on(&["DescribeInvocationResults"]),
    not_allowed(
        &["RunCommand"],
        "no RAM policy lets the identity run commands",
        "allow ecs:RunCommand in a RAM policy of the identity; a condition on ecs:CommandRunAs must include spec.command.username",
    ),
    not_allowed(
        &["StopInvocation"],
        "no RAM policy lets the identity stop runs",
        "allow ecs:StopInvocation in a RAM policy of the identity",
    ),
    not_allowed(
        &["DescribeInvocations"],
        "no RAM policy lets the identity look for runs",
        "allow ecs:DescribeInvocations in a RAM policy of the identity; without it steward cannot know what already ran, and runs nothing",
    ),
    not_allowed(
        &["DescribeInvocationResults"],
        "no RAM policy lets the identity read results",
        "allow ecs:DescribeInvocationResults in a RAM policy of the identity",
    ),
    not_allowed(
        &["DescribeCloudAssistantStatus"],
        "no RAM policy lets the identity see whether agents are there",
        "allow ecs:DescribeCloudAssistantStatus in a RAM policy of the identity",
    ),
];
