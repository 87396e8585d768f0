//! `JoinSecurityGroup` and `LeaveSecurityGroup`: the rules of the document, each with the code that it prints. The checks stand in the order in which
//! they are made; the document gives none, so it goes from the request to the things it names, then to their state, then to the limits.

use jiff::Timestamp;

use super::super::{Ask, region};
use super::well_formed;
use crate::answer::{Done, Outcome, Refusal};
use crate::clock::later;
use crate::request::missing;
use crate::world::{Group, GroupKind, Instance, Interface, World};

pub(super) fn join(ask: &mut Ask<'_>) -> Outcome {
    let (interface, group) = {
        let named = Named::of(ask)?;
        named.may_change(ask.now)?;
        named.may_join(ask.world)?;
        named.ids()
    };
    Ok(change(ask, &interface, &group, true))
}

pub(super) fn leave(ask: &mut Ask<'_>) -> Outcome {
    let (interface, group) = {
        let named = Named::of(ask)?;
        named.may_change(ask.now)?;
        named.may_leave()?;
        named.ids()
    };
    Ok(change(ask, &interface, &group, false))
}

fn change(ask: &mut Ask<'_>, interface: &str, group: &str, member: bool) -> Done {
    let lag = ask.world.settings.read_lag;
    let takes = ask.world.settings.change_takes;
    ask.world.set_member(interface, group, member, ask.now, lag);
    if let Some(found) = ask.world.interfaces.get_mut(interface) {
        found.busy_until = takes.is_positive().then(|| later(ask.now, takes));
    }
    Done::changed()
}

/// What a call names, found.
struct Named<'a> {
    group: &'a Group,
    interface: &'a Interface,
    /// Set if the call means the instance: by its id, or by its primary interface.
    instance: Option<&'a Instance>,
    by_instance_id: bool,
}

impl<'a> Named<'a> {
    fn of(ask: &'a Ask<'_>) -> Result<Self, Refusal> {
        let parameters = ask.parameters;
        let group = parameters.required("SecurityGroupId")?;
        let instance = parameters.text("InstanceId");
        let interface = parameters.text("NetworkInterfaceId");
        let region = parameters.text("RegionId");
        match (instance, interface) {
            (Some(_), Some(_)) => {
                return Err(Refusal::new(
                    403,
                    "InvalidParam.EniIdAndInstanceId.Conflict",
                    "InstanceId and NetworkInterfaceId cannot both be given.",
                ));
            }
            (None, None) => return Err(missing("InstanceId")),
            (None, Some(_)) if region.is_none() => {
                return Err(Refusal::new(400, "MissingParameter.RegionId", "The specified RegionId should not be null."));
            }
            _ => {}
        }
        if instance.is_some_and(|id| !well_formed(id, "i-")) {
            return Err(Refusal::new(400, "InvalidInstanceId.Malformed", "The specified parameter \"InstanceId\" is not valid."));
        }
        if interface.is_some_and(|id| !well_formed(id, "eni-")) || !well_formed(group, "sg-") {
            return Err(Refusal::new(403, "InvalidParam.Malformed", "An id in the request is malformed."));
        }
        if let Some(region) = region {
            region::check(ask, region)?;
        }
        let group = find_group(ask, group, region, interface.is_some())?;
        match (instance, interface) {
            (Some(id), _) => Self::by_instance(ask, group, id),
            (None, Some(id)) => Self::by_interface(ask, group, id),
            (None, None) => Err(missing("InstanceId")),
        }
    }

    fn by_instance(ask: &'a Ask<'_>, group: &'a Group, id: &str) -> Result<Self, Refusal> {
        let not_found = || Refusal::new(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.");
        let instance = ask.world.instances.get(id).ok_or_else(not_found)?;
        if instance.account != ask.account {
            return Err(not_yours());
        }
        // The group is in the region of the call, so this is also the region of the instance.
        if instance.region != group.region {
            return Err(not_found());
        }
        let interface = ask.world.interfaces.get(&instance.primary_interface).ok_or_else(not_found)?;
        Ok(Self { group, interface, instance: Some(instance), by_instance_id: true })
    }

    fn by_interface(ask: &'a Ask<'_>, group: &'a Group, id: &str) -> Result<Self, Refusal> {
        let not_found = || Refusal::new(404, "InvalidEniId.NotFound", "The specified NetworkInterfaceId does not exist.");
        let interface = ask.world.interfaces.get(id).ok_or_else(not_found)?;
        if interface.account != ask.account {
            return Err(not_yours());
        }
        if group.account != ask.account {
            return Err(Refusal::new(
                400,
                "InvalidOperation.EniAndGroupNotBelongSameUser",
                "The interface and the security group belong to different users.",
            ));
        }
        if interface.region != group.region {
            return Err(not_found());
        }
        let instance = interface.instance.as_ref().filter(|_| interface.kind == "Primary").and_then(|id| ask.world.instances.get(id));
        Ok(Self { group, interface, instance, by_instance_id: false })
    }

    fn ids(&self) -> (String, String) {
        (self.interface.id.clone(), self.group.id.clone())
    }

    fn is_member(&self) -> bool {
        self.interface.groups.truth().contains(&self.group.id)
    }

    /// What both calls ask of the things they name.
    fn may_change(&self, now: Timestamp) -> Result<(), Refusal> {
        self.not_managed()?;
        self.not_being_created()?;
        self.in_a_fitting_state()?;
        if self.interface.busy_until.is_some_and(|until| until > now) {
            return Err(Refusal::new(
                409,
                "InvalidOperation.Conflict",
                "Request was denied due to conflict with a previous request, please try again later.",
            ));
        }
        Ok(())
    }

    fn not_managed(&self) -> Result<(), Refusal> {
        if self.group.service_managed {
            return Err(Refusal::new(
                403,
                "InvalidOperation.ResourceManagedByCloudProduct",
                "The security group is managed by a cloud service.",
            ));
        }
        if self.interface.service_managed {
            return Err(Refusal::new(403, "InvalidOperation.EniServiceManaged", "The network interface is managed by a cloud service."));
        }
        if self.interface.kind != "Primary" && self.interface.kind != "Secondary" {
            return Err(Refusal::new(
                403,
                "InvalidOperation.InvalidEniType",
                "The type of the network interface does not support this operation.",
            ));
        }
        Ok(())
    }

    fn not_being_created(&self) -> Result<(), Refusal> {
        let creating = self.interface.creating || self.instance.is_some_and(|instance| instance.creating || instance.status == "Pending");
        if !creating {
            return Ok(());
        }
        Err(if self.by_instance_id {
            Refusal::new(403, "Forbidden.InstanceIsBeingCreated", "The specified instance is being created.")
        } else {
            Refusal::new(400, "InvalidStatus.EniOrInstanceIsBeingCreated", "The network interface or its instance is being created.")
        })
    }

    fn in_a_fitting_state(&self) -> Result<(), Refusal> {
        if let Some(instance) = self.instance {
            if instance.locks.iter().any(|reason| reason == "security") {
                return Err(Refusal::new(
                    403,
                    "InstanceLockedForSecurity",
                    "The specified operation is denied as your instance is locked for security reasons.",
                ));
            }
            if instance.status != "Running" && instance.status != "Stopped" {
                return Err(Refusal::new(
                    403,
                    "IncorrectInstanceStatus",
                    "The current status of the resource does not support this operation.",
                ));
            }
        }
        if self.interface.status != "Available" && self.interface.status != "InUse" {
            return Err(Refusal::new(
                400,
                "InvalidOperation.InvalidEniState",
                "The state of the network interface does not support this operation.",
            ));
        }
        Ok(())
    }

    fn may_join(&self, world: &World) -> Result<(), Refusal> {
        if self.is_member() {
            return Err(Refusal::new(
                403,
                "InvalidInstanceId.AlreadyExists",
                "The specified instance already exists in the specified security group.",
            ));
        }
        self.same_network()?;
        self.fitting_kind(world)?;
        self.within_limits(world)
    }

    fn same_network(&self) -> Result<(), Refusal> {
        if self.interface.vpc == self.group.vpc {
            return Ok(());
        }
        Err(if self.by_instance_id {
            Refusal::new(400, "InvalidInstanceId.Mismatch", "Specified instance and security group are not in the same VPC.")
        } else {
            Refusal::new(403, "InvalidOperation.VpcMismatch", "The network interface and the security group are not in the same VPC.")
        })
    }

    fn fitting_kind(&self, world: &World) -> Result<(), Refusal> {
        let enterprise = self.group.kind == GroupKind::Enterprise;
        if enterprise && self.instance.is_some_and(|instance| !instance.supports_enterprise_groups) {
            return Err(Refusal::new(
                400,
                "InvalidOperation.NotSupportEnterpriseGroup",
                "The specified instance type doesn't support enterprise level security group.",
            ));
        }
        let mixed = self.interface.groups.truth().iter().filter_map(|id| world.groups.get(id)).any(|group| group.kind != self.group.kind);
        if mixed {
            return Err(Refusal::new(
                400,
                "InvalidOperation.MultiGroupType",
                "The specified instance can't join different types of security group.",
            ));
        }
        Ok(())
    }

    fn within_limits(&self, world: &World) -> Result<(), Refusal> {
        let settings = &world.settings;
        let groups = self.interface.groups.truth();
        if groups.len() >= settings.groups_per_interface {
            // The document has this code twice; one row names instances.
            let status = if self.by_instance_id { 400 } else { 403 };
            return Err(Refusal::new(
                status,
                "InstanceSecurityGroupLimitExceeded",
                "Exceeding the allowed amount of security groups that an instance can be in.",
            ));
        }
        let rules: u32 = groups.iter().filter_map(|id| world.groups.get(id)).map(|group| group.rules).sum();
        if rules.saturating_add(self.group.rules) > settings.rules_per_interface {
            return Err(Refusal::new(
                403,
                "AclLimitExceed",
                "The number of rules that apply to the instance or the network interface exceeds the limit.",
            ));
        }
        let (size, full) = match self.group.kind {
            GroupKind::Normal => (
                settings.normal_group_size,
                Refusal::new(403, "SecurityGroupInstanceLimitExceeded", "The maximum number of instances in a security group is exceeded."),
            ),
            GroupKind::Enterprise => (
                settings.enterprise_group_size,
                Refusal::new(
                    403,
                    "InvalidOperation.NetworkInterfaceCountExceeded",
                    "The maximum number of NetworkInterface in a enterprise level security group is exceeded.",
                ),
            ),
        };
        if self.group.members >= self.group.size.unwrap_or(size) {
            return Err(full);
        }
        Ok(())
    }

    fn may_leave(&self) -> Result<(), Refusal> {
        if !self.is_member() {
            return Err(Refusal::new(
                400,
                "InvalidSecurityGroupAssociation.NotFound",
                "The specified security group association does not exist.",
            ));
        }
        if self.interface.groups.truth().len() > 1 {
            return Ok(());
        }
        Err(if self.by_instance_id {
            Refusal::new(403, "InstanceLastSecurityGroup", "The specified security group is the last security group for the instance.")
        } else {
            Refusal::new(403, "InvalidOperation.AtLeastInOneGroup", "A network interface must be in at least one security group.")
        })
    }
}

/// Somebody else's group does not exist, except beside an interface, where the document has a code of its own for it.
fn find_group<'a>(ask: &'a Ask<'_>, id: &str, region: Option<&str>, with_interface: bool) -> Result<&'a Group, Refusal> {
    ask.world
        .groups
        .get(id)
        .filter(|group| region.is_none_or(|region| group.region == region))
        .filter(|group| with_interface || group.account == ask.account)
        .ok_or_else(|| Refusal::new(404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist."))
}

fn not_yours() -> Refusal {
    Refusal::new(400, "NotBelongUser", "You are not authorized to manage the specified resource.")
}
