//! Codes around ECI scaling configurations. What the vendor prints for the ECS sibling of Modify is taken to hold for ECI as well, and so
//! stands for the whole service.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

const fn row(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    Row::any(code, Some(http_status), class, meaning, hint).of("ess")
}

const fn not_allowed(operations: &'static [&'static str], meaning: &'static str, hint: &'static str) -> Row {
    row("Forbidden.RAM", 403, Class::Denied, meaning, hint).on(operations)
}

pub(super) const ROWS: &[Row] = &[
    row(
        "InvalidScalingConfigurationId.NotFound",
        404,
        Class::NotFound,
        "the region has no scaling configuration of this id",
        "neither spec.scalingConfigurationId nor spec.region can be changed: write a new object with the right ones, or one with spec.scalingGroupId and a name, which has a missing configuration created",
    ),
    row(
        "InvalidScalingConfigurationId.NotFound",
        404,
        Class::NotFound,
        "the configuration is gone already",
        "nothing to do: deleting has succeeded",
    )
    .on(&["DeleteEciScalingConfiguration"])
    .no_failure(),
    row(
        "InvalidScalingGroupId.NotFound",
        404,
        Class::NotFound,
        "the region has no scaling group of this id",
        "make the group in the Auto Scaling console, or write a new object: spec.scalingGroupId and spec.region of this one cannot be changed",
    ),
    row(
        "QuotaExceeded.ScalingConfiguration",
        400,
        Class::Quota,
        "the scaling group has as many configurations as it may have",
        "delete configurations of the scaling group that nothing uses, or ask for a higher quota of configurations in a group",
    )
    .on(&["CreateEciScalingConfiguration"]),
    row(
        "IncorrectScalingConfigurationLifecycleState",
        400,
        Class::Precondition,
        "the configuration is the one that its scaling group works with",
        "make another configuration the active one in the Auto Scaling console; then this one can be deleted",
    )
    .on(&["DeleteEciScalingConfiguration"])
    .shown_as(Reason::DeleteBlocked),
    row(
        "InstanceInUse",
        400,
        Class::Precondition,
        "container groups made from the configuration still exist",
        "remove its container groups from the scaling group first, or keep the configuration with deletionPolicy: Retain",
    )
    .on(&["DeleteEciScalingConfiguration"])
    .shown_as(Reason::DeleteBlocked),
    row(
        "Forbidden.RiskControl",
        403,
        Class::Denied,
        "the vendor's risk control does not let the configuration be changed",
        "open the account's security messages in the console and settle them; the change then goes out by itself",
    )
    .on(&["ModifyEciScalingConfiguration"]),
    row(
        "Forbidden.Unauthorized",
        403,
        Class::Denied,
        "Auto Scaling was not given its service-linked role",
        "create AliyunServiceRoleForAutoScaling in the RAM console, or open the Auto Scaling console once and agree",
    ),
    // Misspelt by the vendor.
    row(
        "InvalidParamter",
        400,
        Class::Invalid,
        "one of the configuration's values is not accepted",
        "compare spec.configuration with the vendor's page of the operation, numbers and units first",
    ),
    row(
        "InvalidScalingConfigurationName.Duplicate",
        400,
        Class::Invalid,
        "the scaling group has another configuration of this name",
        "change spec.configuration.scalingConfigurationName, or write a new object that names the other one in spec.scalingConfigurationId",
    ),
    row(
        "InvalidSecurityGroupId.IncorrectNetworkType",
        400,
        Class::Invalid,
        "the security group is one of the classic network",
        "set spec.configuration.securityGroupId to a group of a VPC",
    ),
    row(
        "InvalidSecurityGroupId.VPCMismatch",
        400,
        Class::Invalid,
        "the security group is in another VPC than the vSwitches of the scaling group",
        "set spec.configuration.securityGroupId to a group of the VPC that the scaling group is in",
    ),
    row(
        "InvalidTags.KeyValue",
        400,
        Class::Invalid,
        "one of the tags is empty",
        "fill in key and value of each entry of spec.configuration.tags",
    ),
    // The page of the sibling says 5; that of CreateEciScalingConfiguration allows 20.
    row(
        "InvalidTags.ListSize",
        400,
        Class::Invalid,
        "the configuration has too many tags",
        "keep spec.configuration.tags to 20 entries; where that is refused too, to 5",
    ),
    row(
        "InvalidNetworkType.ForRAMRole",
        400,
        Class::Invalid,
        "outside of a VPC nothing can have a RAM role",
        "remove spec.configuration.ramRoleName, or use a scaling group in a VPC",
    ),
    row(
        "IncorrectScalingGroupStatus",
        400,
        Class::Precondition,
        "the scaling group is not in a state for this",
        "look at the group of spec.scalingGroupId in the Auto Scaling console: it may be disabled, or on its way out",
    ),
    not_allowed(
        &["DescribeEciScalingConfigurations"],
        "no RAM policy lets the identity read scaling configurations",
        "allow ess:DescribeEciScalingConfigurations in a RAM policy of the identity",
    ),
    not_allowed(
        &["DescribeScalingGroups"],
        "no RAM policy lets the identity read scaling groups",
        "allow ess:DescribeScalingGroups in a RAM policy of the identity",
    ),
    not_allowed(
        &["CreateEciScalingConfiguration"],
        "no RAM policy lets the identity make scaling configurations",
        "allow ess:CreateEciScalingConfiguration in a RAM policy of the identity, or name an existing one in spec.scalingConfigurationId",
    ),
    not_allowed(
        &["ModifyEciScalingConfiguration"],
        "no RAM policy lets the identity change scaling configurations",
        "allow ess:ModifyEciScalingConfiguration in a RAM policy of the identity, or set managementPolicy to Observe",
    ),
    not_allowed(
        &["DeleteEciScalingConfiguration"],
        "no RAM policy lets the identity delete scaling configurations",
        "allow ess:DeleteEciScalingConfiguration in a RAM policy of the identity, or set deletionPolicy to Retain",
    ),
];
