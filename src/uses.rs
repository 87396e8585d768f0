//! Which kind makes which call to a cloud, and what for: what the policies of `docs/permissions.md` are made of. What a call does to the cloud
//! (`Effect`) is the operation's own.

use crate::cloud::alibaba::{ecs, ess, sts};
use crate::cloud::error::{Effect, Operation};
use crate::cloud::huawei::{csbs, iam};

/// One call that a kind makes.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub operation: Operation,
    /// When it is made, in a few words.
    pub when: &'static str,
}

impl Use {
    /// Whether it is made without the leave to change anything.
    pub fn is_read(&self) -> bool {
        self.operation.effect == Effect::Read
    }
}

const fn on(operation: Operation, when: &'static str) -> Use {
    Use { operation, when }
}

/// The calls of a kind, reads first.
pub fn of(kind: &str) -> &'static [Use] {
    match kind {
        "CloudCommand" => &COMMAND,
        "CloudCredential" => &CREDENTIAL,
        "EciScalingConfig" => &SCALING,
        "RestoreCheck" => &CHECK,
        "SecurityGroupMembership" => &MEMBERSHIP,
        _ => &[],
    }
}

const COMMAND: [Use; 6] = [
    on(ecs::DESCRIBE_INSTANCES, "`instanceIds` and `instanceSelector`: who is there, runs, and has the right system"),
    on(ecs::commands::DESCRIBE_CLOUD_ASSISTANT_STATUS, "`instanceIds` and `instanceSelector`: whose agent answers, and is new enough"),
    on(ecs::commands::DESCRIBE_INVOCATIONS, "before each run, and while one is out"),
    on(ecs::commands::DESCRIBE_INVOCATION_RESULTS, "exit codes and outputs"),
    on(ecs::commands::RUN_COMMAND, "the run itself"),
    on(ecs::commands::STOP_INVOCATION, "`cancel`, another `trigger`, deletion with `deletionPolicy: Delete`"),
];

const CREDENTIAL: [Use; 7] = [
    on(sts::GET_CALLER_IDENTITY, "Alibaba Cloud, always"),
    on(sts::ASSUME_ROLE, "`auth.assumeRole`"),
    on(sts::ASSUME_ROLE_WITH_OIDC, "`auth.oidc`"),
    on(iam::CREATE_TOKEN, "`auth.password`, and `auth.agency` with a password"),
    on(iam::CREATE_TEMPORARY_KEY, "`auth.agency` with keys"),
    on(iam::LIST_PROJECTS, "keys: which id the project has"),
    on(iam::LIST_DOMAINS, "keys: whose account it is"),
];

const SCALING: [Use; 5] = [
    on(ess::DESCRIBE_ECI_SCALING_CONFIGURATIONS, "always"),
    on(ess::DESCRIBE_SCALING_GROUPS, "`scalingGroupId`, as long as the configuration is not there"),
    on(ess::MODIFY_ECI_SCALING_CONFIGURATION, "a difference between spec and cloud"),
    on(ess::CREATE_ECI_SCALING_CONFIGURATION, "`scalingGroupId` with a name that is not there"),
    on(ess::DELETE_ECI_SCALING_CONFIGURATION, "`deletionPolicy: Delete`, of a configuration that steward created"),
];

const CHECK: [Use; 3] = [
    on(csbs::LIST_CHECKPOINT_ITEMS, "`backup.latest`: the newest backup of a server"),
    on(csbs::SHOW_CHECKPOINT_ITEM, "`backup.checkpointItemId`: what is in that backup"),
    on(csbs::CHECK_RESTORABLE, "the question itself; it changes nothing, although it is a POST"),
];

const MEMBERSHIP: [Use; 5] = [
    on(ecs::DESCRIBE_INSTANCES, "`instanceIds` and `instanceSelector`"),
    on(ecs::DESCRIBE_NETWORK_INTERFACES, "`networkInterfaceIds`"),
    on(ecs::DESCRIBE_SECURITY_GROUPS, "always: VPC and kind of the group"),
    on(ecs::JOIN_SECURITY_GROUP, "a target that is not a member"),
    on(ecs::LEAVE_SECURITY_GROUP, "a member that steward had joined and that nobody names any more"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;
    use crate::cloud::{alibaba, huawei};

    #[test]
    fn every_operation_is_some_kinds_and_every_kind_has_some() {
        let kinds: Vec<String> = api::crds().into_iter().map(|crd| crd.spec.names.kind).collect();
        for kind in &kinds {
            let uses = of(kind);
            assert!(!uses.is_empty(), "{kind}");
            let first_write = uses.iter().position(|one| !one.is_read()).unwrap_or(uses.len());
            assert!(uses[first_write..].iter().all(|one| !one.is_read()), "{kind}: reads come first");
        }
        for operation in alibaba::OPERATIONS.iter().chain(&huawei::OPERATIONS) {
            let is_used = kinds.iter().any(|kind| of(kind).iter().any(|one| one.operation == *operation));
            assert!(is_used, "{operation}");
        }
    }
}
