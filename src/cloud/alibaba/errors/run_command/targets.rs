//! Where and when it runs: machines, the tags that find them, resource group, schedule; and the tags that a run carries.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

pub(super) const ROWS: &[Row] = &[
    row(
        "MissingParam.InstanceId",
        400,
        Class::Invalid,
        "the call named no machine",
        "see whether spec.targets still finds machines; if it does, please report this",
    )
    .shown_as(Reason::InternalError),
    row(
        "InstanceIds.ExceedLimit",
        403,
        Class::Quota,
        "the call named more machines than the account may command at once",
        "lower spec.rollout.maxConcurrent, or narrow resourceTags; the quota of instances per command (100 by default) is raised in the Quota Center",
    ),
    // The vendor means the machine's state as much as its system, so it is waited for, like every state.
    row(
        "InvalidInstance.NotMatch",
        400,
        Class::Busy,
        "one of the machines cannot run this now: it is not running, or the script is for another system",
        "start the machines and their agents, and let spec.command.type fit their system; onUnfitTarget: Skip leaves others out, except with resourceTags",
    ),
    row(
        "InvalidInstance.NotFound",
        404,
        Class::NotFound,
        "the region does not have one of the machines",
        "remove released machines from spec.targets.instanceIds; one missing id stops the whole call",
    ),
    row(
        "NumberExceed.ResourceTags",
        400,
        Class::Invalid,
        "the machines are looked for by too many tags",
        "keep spec.targets.resourceTags to 10 entries",
    ),
    row(
        "MissingParameter.ResourceTagKey",
        400,
        Class::Invalid,
        "a tag to find machines by has no key",
        "fill in spec.targets.resourceTags[].key",
    ),
    row(
        "InvalidResourceTagKey.Malformed",
        400,
        Class::Invalid,
        "a key of the tags to find machines by is not allowed",
        "write spec.targets.resourceTags[].key with 1 to 64 characters, without acs: or aliyun in front and without http://",
    ),
    row(
        "InvalidResourceTagValue.Malformed",
        400,
        Class::Invalid,
        "a value of the tags to find machines by is not allowed",
        "write spec.targets.resourceTags[].value with at most 128 characters and without http:// or https://",
    ),
    row(
        "Duplicate.ResourceTagKey",
        400,
        Class::Invalid,
        "two of the tags to find machines by have the same key",
        "let each key stand once in spec.targets.resourceTags",
    ),
    row(
        "InvalidResourceTag.InstanceNotFound",
        400,
        Class::NotFound,
        "no machine in the region has these tags",
        "tag the machines in the ECS console, or correct spec.targets.resourceTags and spec.region",
    )
    .shown_as(Reason::NoTargets),
    row(
        "InvalidResourceTag.ConflictWithInstanceIds",
        400,
        Class::Invalid,
        "the call named machines both by id and by tag",
        "please report it: spec.targets allows only one of the two, and so should the operator",
    )
    .shown_as(Reason::InternalError),
    row(
        "NumberExceed.Tags",
        400,
        Class::Invalid,
        "the run would carry too many tags",
        "keep spec.tags to 18 entries: the cloud takes 20, and two are steward's own",
    ),
    row("MissingParameter.TagKey", 400, Class::Invalid, "one of the run's tags has no key", "fill in spec.tags[].key"),
    row(
        "InvalidTagKey.Malformed",
        400,
        Class::Invalid,
        "a key of the run's tags is not allowed",
        "write spec.tags[].key with 1 to 64 characters, beginning neither with acs: nor with aliyun",
    ),
    row(
        "InvalidTagValue.Malformed",
        400,
        Class::Invalid,
        "a value of the run's tags is not allowed",
        "shorten spec.tags[].value to 128 characters, and take addresses with http:// or https:// out",
    ),
    row(
        "Duplicate.TagKey",
        400,
        Class::Invalid,
        "two of the run's tags have the same key",
        "let each key stand once in spec.tags; steward-run and steward-object are taken",
    ),
    row(
        "InvalidResourceGroup.NotFound",
        404,
        Class::NotFound,
        "the account has no resource group of this id",
        "correct spec.resourceGroupId, or leave it out for the default group",
    ),
    row(
        "InvalidStatus.ResourceGroup",
        403,
        Class::Busy,
        "the resource group is only just being made, or on its way out",
        "nothing to do if it is new; if it is being deleted, choose another spec.resourceGroupId",
    ),
    row(
        "InvalidRepeatMode.NotFound",
        404,
        Class::Invalid,
        "there is no such way to repeat a command",
        "set spec.repeatMode to Once, Period, NextRebootOnly or EveryReboot",
    ),
    row(
        "MissingParam.Frequency",
        400,
        Class::Invalid,
        "a command that repeats has no schedule",
        "set spec.frequency, or set spec.repeatMode to Once",
    ),
    row(
        "InvalidParam.Frequency",
        400,
        Class::Invalid,
        "the cloud cannot read the schedule, or its steps are too short",
        "write spec.frequency as rate(5m) with 60 s to 7 days, at(…) or a cron line with seconds; steps need 10 s and more than spec.command.timeoutSeconds",
    ),
];
