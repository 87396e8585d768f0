//! Codes around membership in security groups. A code that means the same to Join and Leave has one row for both.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

pub(super) const ROWS: &[Row] = &[
    Row::any(
        "InstanceSecurityGroupLimitExceeded",
        Some(400),
        Class::Quota,
        "the instance is in as many groups as it may be: five, unless the quota was raised",
        "take the instance out of a group it no longer needs, or raise the quota of groups per instance",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InstanceSecurityGroupLimitExceeded",
        Some(403),
        Class::Quota,
        "the target has used up the groups that the account's quota gives it",
        "leave one of its other groups, or ask the Quota Center for more groups per network interface",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InvalidInstanceId.Mismatch",
        Some(400),
        Class::Invalid,
        "the instance and the group are in different networks",
        "set spec.securityGroupId to a group of the instance's own VPC; an instance of the classic network needs a classic group",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InvalidInstanceId.Malformed",
        Some(400),
        Class::Invalid,
        "this is no instance id",
        "correct the id in spec.targets.instanceIds; instance ids begin with i-",
    )
    .of("ecs"),
    Row::any(
        "InvalidInstanceIds.Malformed",
        None,
        Class::Invalid,
        "among the ids that were read together is one that is none",
        "look in spec.targets.instanceIds for blanks, commas and letters that no instance id has",
    )
    .of("ecs")
    .on(&["DescribeInstances"]),
    Row::any(
        "InvalidOperation.NotSupportEnterpriseGroup",
        Some(400),
        Class::Invalid,
        "instances of this type cannot be in an advanced group",
        "set spec.securityGroupId to a basic group, or change the instance's type",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InvalidOperation.MultiGroupType",
        Some(400),
        Class::Precondition,
        "the target is in groups of the other kind, and basic and advanced ones do not mix",
        "set spec.securityGroupId to a group of the kind the target is in, or move it wholly to the other kind in the console",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InvalidOperation.InvalidEniState",
        Some(400),
        Class::Busy,
        "the interface is being attached, detached or changed",
        "nothing to do for half an hour; if it stays, look at the interface's state in the console",
    )
    .of("ecs"),
    Row::any(
        "InvalidOperation.EniAndGroupNotBelongSameUser",
        Some(400),
        Class::Invalid,
        "the interface and the group belong to two accounts",
        "let spec.securityGroupId and spec.targets.networkInterfaceIds name resources of one account",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"])
    .shown_as(Reason::AccountMismatch),
    Row::any(
        "NotBelongUser",
        Some(400),
        Class::Denied,
        "the target or the group is another account's",
        "use a CloudCredential of the account that owns both, and pin it with expectedAccountId",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"])
    .shown_as(Reason::AccountMismatch),
    Row::any(
        "MissingParameter.RegionId",
        Some(400),
        Class::Invalid,
        "the request names no region",
        "set spec.region, or region on the CloudCredential",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InvalidStatus.EniOrInstanceIsBeingCreated",
        Some(400),
        Class::Busy,
        "the instance or interface is not finished yet",
        "nothing to do: it gets its turn as soon as its creation is over",
    )
    .of("ecs"),
    Row::any(
        "InternalError",
        Some(500),
        Class::Unavailable,
        "the service failed while it changed the group",
        "nothing to do: whether the target is in is read back before the next try",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"])
    .perhaps_acted(),
    Row::any(
        "IncorrectInstanceStatus",
        Some(403),
        Class::Busy,
        "the instance is neither running nor stopped",
        "nothing to do for half an hour; if it stays, start or stop the instance in the console",
    )
    .of("ecs"),
    Row::any(
        "InstanceLockedForSecurity",
        Some(403),
        Class::Precondition,
        "the instance is locked because of a security finding",
        "settle the instance's event in the Security Center; the lock then goes",
    )
    .of("ecs"),
    Row::any(
        "SecurityGroupInstanceLimitExceeded",
        Some(403),
        Class::Quota,
        "the group is full",
        "spread the members over a second group, or set spec.securityGroupId to an advanced one, which holds more",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InvalidInstanceId.AlreadyExists",
        Some(403),
        Class::Precondition,
        "the target is in the group already",
        "nothing to do: joining has succeeded",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"])
    .no_failure(),
    Row::any(
        "AclLimitExceed",
        Some(403),
        Class::Quota,
        "with this group the target would have more rules than one interface can carry",
        "remove rules that nobody needs from its groups, or merge two of the groups",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup", "ModifyInstanceAttribute"]),
    Row::any(
        "InvalidOperation.NetworkInterfaceCountExceeded",
        Some(403),
        Class::Quota,
        "the advanced group holds as many interfaces as it can",
        "create another advanced group and name it in spec.securityGroupId",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "InvalidOperation.ResourceManagedByCloudProduct",
        Some(403),
        Class::Invalid,
        "a cloud service owns the group, and it alone may change it",
        "set spec.securityGroupId to a group of your own",
    )
    .of("ecs"),
    Row::any(
        "InvalidOperation.InvalidEniType",
        Some(403),
        Class::Invalid,
        "interfaces of this type cannot be put into a group like this",
        "name secondary interfaces in spec.targets.networkInterfaceIds; for a primary one, name its instance",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup", "ModifyNetworkInterfaceAttribute"]),
    Row::any(
        "InvalidOperation.VpcMismatch",
        Some(403),
        Class::Invalid,
        "the interface and the group are in different VPCs",
        "set spec.securityGroupId to a group of the interface's VPC",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup", "ModifyNetworkInterfaceAttribute"]),
    Row::any(
        "InvalidOperation.EniServiceManaged",
        Some(403),
        Class::Invalid,
        "a cloud service owns the interface, and decides about its groups",
        "take the interface out of spec.targets.networkInterfaceIds",
    )
    .of("ecs"),
    Row::any(
        "InvalidParam.Malformed",
        Some(403),
        Class::Invalid,
        "one of the ids is not well formed",
        "compare spec.securityGroupId and spec.targets with the ids in the console, letter by letter",
    )
    .of("ecs"),
    Row::any(
        "InvalidParam.EniIdAndInstanceId.Conflict",
        Some(403),
        Class::Invalid,
        "one request named both an instance and an interface",
        "this is a fault of the operator's, which names one at a time; please report it",
    )
    .of("ecs")
    .shown_as(Reason::InternalError),
    Row::any(
        "Forbidden.InstanceIsBeingCreated",
        Some(403),
        Class::Busy,
        "the instance is still in the making",
        "nothing to do: the instance is tried again until it runs",
    )
    .of("ecs"),
    Row::any(
        "InvalidSecurityGroupId.NotFound",
        Some(404),
        Class::NotFound,
        "the region has no group of this id",
        "correct spec.securityGroupId or spec.region, or create the group",
    )
    .of("ecs"),
    Row::any(
        "InvalidInstanceId.NotFound",
        Some(404),
        Class::NotFound,
        "the region has no instance of this id",
        "remove the id from spec.targets.instanceIds, or correct spec.region",
    )
    .of("ecs"),
    Row::any(
        "InvalidEniId.NotFound",
        Some(404),
        Class::NotFound,
        "the region has no network interface of this id",
        "remove the id from spec.targets.networkInterfaceIds, or correct its spelling",
    )
    .of("ecs"),
    Row::any(
        "InvalidOperation.Conflict",
        Some(409),
        Class::Busy,
        "the target is in the middle of another change",
        "nothing to do: it is tried again when the other change is through",
    )
    .of("ecs"),
    Row::any(
        "InvalidSecurityGroupAssociation.NotFound",
        Some(400),
        Class::Precondition,
        "the target is not in the group",
        "nothing to do: leaving has succeeded",
    )
    .of("ecs")
    .on(&["LeaveSecurityGroup"])
    .no_failure(),
    Row::any(
        "InstanceNotInSecurityGroup",
        Some(403),
        Class::Precondition,
        "the instance is in other groups only",
        "nothing to do: the instance is out, as it should be",
    )
    .of("ecs")
    .on(&["LeaveSecurityGroup"])
    .no_failure(),
    Row::any(
        "InstanceLastSecurityGroup",
        Some(403),
        Class::Precondition,
        "it is the instance's only group, and an instance cannot be without",
        "put the instance into another group; then it can leave this one",
    )
    .of("ecs")
    .on(&["LeaveSecurityGroup"])
    .shown_as(Reason::LastGroupKept),
    Row::any(
        "InvalidOperation.AtLeastInOneGroup",
        None,
        Class::Precondition,
        "the target must stay in one group at least",
        "give the instance or interface a second group before it leaves this one",
    )
    .of("ecs")
    .on(&["LeaveSecurityGroup"])
    .shown_as(Reason::LastGroupKept),
    Row::any(
        "RequestTimeout",
        Some(504),
        Class::Unavailable,
        "the service did not finish in time",
        "nothing to do: whether the target has left is read back before the next try",
    )
    .of("ecs")
    .on(&["LeaveSecurityGroup"])
    .perhaps_acted(),
    Row::any(
        "Forbidden.RAM",
        Some(403),
        Class::Denied,
        "no RAM policy lets the identity put members into the group",
        "allow ecs:JoinSecurityGroup on the instance and on the group in a RAM policy of the identity",
    )
    .of("ecs")
    .on(&["JoinSecurityGroup"]),
    Row::any(
        "Forbidden.RAM",
        Some(403),
        Class::Denied,
        "no RAM policy lets the identity take members out of the group",
        "allow ecs:LeaveSecurityGroup on the instance and on the group in a RAM policy of the identity",
    )
    .of("ecs")
    .on(&["LeaveSecurityGroup"]),
    Row::any(
        "Forbidden.RAM",
        Some(403),
        Class::Denied,
        "no RAM policy lets the identity see instances",
        "allow ecs:DescribeInstances in a RAM policy of the identity",
    )
    .of("ecs")
    .on(&["DescribeInstances"]),
    Row::any(
        "Forbidden.RAM",
        Some(403),
        Class::Denied,
        "no RAM policy lets the identity see network interfaces",
        "allow ecs:DescribeNetworkInterfaces in a RAM policy of the identity",
    )
    .of("ecs")
    .on(&["DescribeNetworkInterfaces"]),
    Row::any(
        "Forbidden.RAM",
        Some(403),
        Class::Denied,
        "no RAM policy lets the identity see security groups",
        "allow ecs:DescribeSecurityGroups in a RAM policy of the identity",
    )
    .of("ecs")
    .on(&["DescribeSecurityGroups"]),
];
