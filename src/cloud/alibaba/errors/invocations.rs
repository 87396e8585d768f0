//! What became of a run on one machine: no refusals of a call, but the codes in the results of an accepted one.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

const fn row(code: &'static str, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    Row::any(code, None, class, meaning, hint).of("ecs").on(&["RunCommand"]).shown_as(Reason::CommandFailed).of_one_target()
}

pub(super) const ROWS: &[Row] = &[
    row(
        "InstanceNotExists",
        Class::NotFound,
        "the machine was not there",
        "take its id out of spec.targets.instanceIds, or correct spec.region, and change spec.trigger to run again",
    ),
    row(
        "InstanceReleased",
        Class::NotFound,
        "the machine was released before the command reached it",
        "nothing to do for it; remove it from spec.targets before spec.trigger is changed the next time",
    ),
    row(
        "InstanceNotRunning",
        Class::Precondition,
        "the machine was not running",
        "start it in the ECS console, then change spec.trigger; onUnfitTarget: Skip passes over such machines",
    ),
    row(
        "CommandNotApplicable",
        Class::Invalid,
        "the script is not for this machine's system",
        "let spec.command.type fit the machines: RunShellScript for Linux, the other two for Windows; give each system an object of its own",
    ),
    row(
        "AccountNotExists",
        Class::Invalid,
        "the machine has no user of this name",
        "create the user on the machine, or correct spec.command.username",
    ),
    row(
        "DirectoryNotExists",
        Class::Invalid,
        "the machine does not have the directory to start in",
        "create the directory in an earlier step, or correct spec.command.workingDir",
    ),
    row(
        "BadCronExpression",
        Class::Invalid,
        "the agent on the machine cannot read the schedule",
        "correct spec.frequency: six fields beginning with seconds, ? for one of the two days, then year and time zone if wanted",
    ),
    row(
        "ClientNotRunning",
        Class::Precondition,
        "the Cloud Assistant agent did not run on the machine",
        "install or start the agent on the machine (service aliyun.service on Linux), then change spec.trigger",
    ),
    row(
        "ClientNotResponse",
        Class::Unavailable,
        "the agent on the machine was asked and did not answer",
        "look on the machine whether the script ran; restart the agent and check the machine's way out to the network",
    )
    .perhaps_acted(),
    row(
        "ClientIsUpgrading",
        Class::Busy,
        "the agent on the machine was being upgraded",
        "wait some minutes for the upgrade, then change spec.trigger",
    ),
    row(
        "ClientNeedUpgrade",
        Class::Precondition,
        "the agent on the machine is too old for what was asked of it",
        "upgrade the agent: schedules need 2.2.3.282 (Linux) or 2.1.3.282 (Windows), containers 2.2.3.344",
    ),
    row(
        "DeliveryTimeout",
        Class::Unavailable,
        "the command did not reach the machine within a minute",
        "see in the console whether the agent's heartbeat is recent, and whether the machine is overloaded or cut off",
    ),
    row(
        "ExecutionTimeout",
        Class::Precondition,
        "the script took longer than it may, and was ended",
        "raise spec.command.timeoutSeconds (60 if not set), or make the script faster; what it did until then is done",
    )
    .perhaps_acted(),
    row(
        "ExecutionException",
        Class::Unexpected,
        "the agent met an exception while it ran the script",
        "read the machine's error text with `steward results`, and the agent's log on the machine",
    )
    .perhaps_acted(),
    row(
        "ExecutionInterrupted",
        Class::Precondition,
        "the script was cut off, for instance because the machine was stopped or restarted",
        "see how far it came before spec.trigger is changed; a script that can be repeated is safer",
    )
    .perhaps_acted(),
    row(
        "ExitCodeNonzero",
        Class::Precondition,
        "the script ran to its end and reported a failure",
        "read status.results for its exit code and output, mend spec.command.content or the machine, then change spec.trigger",
    )
    .perhaps_acted(),
    row(
        "SecurityGroupRuleDenied",
        Class::Precondition,
        "a security group keeps the agent from reaching Cloud Assistant",
        "let the outbound rules of the machine's security groups allow the agent's https and DNS, in the ECS console",
    ),
];
