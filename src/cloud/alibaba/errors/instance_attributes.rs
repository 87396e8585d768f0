//! Codes of the two operations that replace the whole list of a target's security groups, `ModifyInstanceAttribute` and
//! `ModifyNetworkInterfaceAttribute`. Steward does not call them; people who do, and ask what a code means, are answered all the same.
//! What they share with joining and leaving is in `security_groups`.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;

const INSTANCE: &[&str] = &["ModifyInstanceAttribute"];
const INTERFACE: &[&str] = &["ModifyNetworkInterfaceAttribute"];
const EITHER: &[&str] = &["ModifyInstanceAttribute", "ModifyNetworkInterfaceAttribute"];

const fn row(
    code: &'static str,
    http_status: u16,
    operations: &'static [&'static str],
    class: Class,
    meaning: &'static str,
    hint: &'static str,
) -> Row {
    Row::any(code, Some(http_status), class, meaning, hint).of("ecs").on(operations)
}

pub(super) const ROWS: &[Row] = &[
    row(
        "InvalidNetworkType.NotSupported",
        400,
        INSTANCE,
        Class::Invalid,
        "an instance of the classic network cannot be changed like this",
        "migrate the instance to a VPC in the ECS console",
    ),
    row(
        "JoinedGroupLimitExceed",
        400,
        EITHER,
        Class::Quota,
        "the new list has more groups than one target may be in",
        "shorten the list to 5 groups, or raise the quota, which goes up to 10",
    ),
    row(
        "InvalidOperation.InvalidEcsState",
        400,
        EITHER,
        Class::Busy,
        "the instance is in a passing state",
        "wait until the ECS console shows the instance as running or stopped",
    ),
    row(
        "InvalidOperation.EniCountExceeded",
        400,
        INSTANCE,
        Class::Quota,
        "a group of the new list has no room for the instance's interfaces",
        "choose a group with fewer members, or move interfaces out of the full one",
    ),
    // Misspelt by the vendor.
    row(
        "EnterpriseGroupLimited.MutliGroupType",
        403,
        INSTANCE,
        Class::Invalid,
        "the new list has basic and advanced groups in it",
        "name groups of one kind only; the console shows each group's type",
    ),
    row(
        "InvalidOperation.MultiGroupType",
        403,
        INTERFACE,
        Class::Invalid,
        "the interface cannot be in basic and advanced groups at once",
        "give the interface a list in which every group is of the kind that the console shows for the first",
    ),
    row(
        "SecurityGroupInstanceLimitExceed",
        403,
        EITHER,
        Class::Quota,
        "one of the new groups has as many members as it can hold",
        "take members out of the full group: a basic one holds about 6,000 private addresses, an advanced one 65,536",
    ),
    row(
        "OperationDenied",
        403,
        INSTANCE,
        Class::Denied,
        "the instance is not to be changed by this identity, or not at all",
        "allow ecs:ModifyInstanceAttribute in a RAM policy, and see in the console whether another service manages the instance",
    ),
    row(
        "InstanceNotInSecurityGroup",
        403,
        INSTANCE,
        Class::Precondition,
        "a group that was to be left does not have the instance",
        "read the instance's groups again in the console: somebody changed them in the meantime",
    ),
    row(
        "InvalidParameter.SecurityGroupIdRepeated",
        404,
        EITHER,
        Class::Invalid,
        "the new list names a group twice",
        "name each group once, in the SecurityGroupIds of an instance or the SecurityGroupId list of an interface",
    ),
    row(
        "InvalidSecurityGroupType.NotSupportClassic",
        404,
        INSTANCE,
        Class::Invalid,
        "one of the groups belongs to the classic network",
        "replace the classic group with one of the instance's VPC",
    ),
    row(
        "InvalidSecurityGroupVpc.NotBelongToOneVpc",
        404,
        INSTANCE,
        Class::Invalid,
        "the groups of the new list are spread over several VPCs",
        "name only groups whose VPC in the console is the instance's",
    ),
    row(
        "InvalidInstanceStatus.NeedRestart",
        404,
        INSTANCE,
        Class::Precondition,
        "an earlier change waits for the instance's next start",
        "restart the instance in the ECS console, then repeat the change",
    ),
    row(
        "InternalError",
        500,
        INSTANCE,
        Class::Unavailable,
        "the service failed while it replaced the groups",
        "see in the console which groups the instance is in now, before the list is sent again",
    )
    .perhaps_acted(),
    row(
        "InvalidSecurityGroupId.NotVpc",
        403,
        INTERFACE,
        Class::Invalid,
        "one of the groups is not in a VPC, where every interface is",
        "choose groups of the interface's own VPC",
    ),
    // 404, although the interface is there.
    row(
        "InvalidOperation.PrimaryEniOnlySupportModifyNameAndDesc",
        404,
        INTERFACE,
        Class::Invalid,
        "a primary interface takes its groups from its instance",
        "change the groups of the instance; in spec.targets name it under instanceIds instead of its interface",
    ),
];
