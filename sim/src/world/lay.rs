//! Lays a seed over a world: fills in what it leaves out, refuses what cannot be. A seed is taken whole or not at all.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;

use super::commands::Agent;
use super::pick::pick;
use super::roles::{OidcProviderSeed, RoleSeed, arn};
use super::seed::{Defaults, GroupSeed, InstanceSeed, InterfaceSeed, KeySeed, NetworkType, Seed, SettingsSeed};
use super::{Group, Instance, Interface, Key, Lagged, World};

pub(crate) const INSTANCE_STATUSES: [&str; 5] = ["Pending", "Starting", "Running", "Stopping", "Stopped"];
pub(crate) const INTERFACE_STATUSES: [&str; 5] = ["Available", "Attaching", "InUse", "Detaching", "Deleting"];
const INTERFACE_TYPES: [&str; 4] = ["Primary", "Secondary", "Trunk", "Member"];

impl World {
    /// This world with the seed laid over it.
    pub(crate) fn seeded(&self, text: &str, now: Timestamp) -> Result<World> {
        let mut options = serde_saphyr::Options::default();
        options.with_snippet = false;
        let seed: Option<Seed> = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| anyhow::anyhow!("{}", error.to_string().replace('\n', " ")))?;
        let mut world = self.clone();
        world.settle(now);
        world.commands.disturbed = true;
        if let Some(seed) = seed {
            world.lay(seed, now)?;
        }
        Ok(world)
    }

    fn lay(&mut self, seed: Seed, now: Timestamp) -> Result<()> {
        self.settings.change(&seed.settings)?;
        self.regions.extend(seed.regions);
        for account in seed.accounts {
            self.accounts.insert(account.id.clone());
            for key in account.keys {
                ensure!(key.secret.is_some(), "key {}: `secret` is missing", key.id);
                self.keys.remove(&key.id);
                self.put_key(&KeySeed { account: Some(account.id.clone()), ..key })?;
            }
            for provider in account.oidc_providers {
                self.oidc_providers.remove(&arn(&account.id, "oidc-provider", &provider.name));
                self.put_oidc_provider(&OidcProviderSeed { account: Some(account.id.clone()), ..provider })?;
            }
            for role in account.roles {
                self.roles.remove(&arn(&account.id, "role", &role.name));
                self.put_role(&RoleSeed { account: Some(account.id.clone()), ..role })?;
            }
        }
        if let Some(outcomes) = seed.command_outcomes {
            self.commands.outcomes = outcomes;
        }
        crate::huawei::seed::lay(seed.huawei, &mut self.huawei, &mut self.stock, now)?;
        let defaults = seed.defaults;
        for group in seed.security_groups {
            let id = group.id.clone();
            self.put_group(group, &defaults, now).with_context(|| format!("security group {id}"))?;
        }
        for instance in seed.instances.0 {
            for one in instance.expand()? {
                let id = one.id.clone().unwrap_or_default();
                self.put_instance(one, &defaults, now).with_context(|| format!("instance {id}"))?;
            }
        }
        for interface in seed.interfaces {
            let id = interface.id.clone();
            self.put_interface(interface, &defaults, now).with_context(|| format!("interface {id}"))?;
        }
        self.lay_scaling(seed.scaling_groups, seed.scaling_configurations, &defaults, now)
    }

    pub(crate) fn put_key(&mut self, seed: &KeySeed) -> Result<()> {
        ensure!(!seed.id.is_empty(), "a key needs an `id`");
        let mut key = match self.keys.get(&seed.id) {
            Some(known) => known.clone(),
            None => Key {
                id: seed.id.clone(),
                account: pick("account", seed.account.clone(), None, self.accounts.iter()).with_context(|| format!("key {}", seed.id))?,
                secret: seed.secret.clone().with_context(|| format!("key {}: `secret` is missing", seed.id))?,
                security_token: None,
                expires: None,
                inactive: false,
                deny: Vec::new(),
                user: None,
                role: None,
                session: None,
                revoked: false,
            },
        };
        if let Some(account) = &seed.account {
            ensure!(self.accounts.contains(account), "key {}: there is no account {account}", seed.id);
            key.account.clone_from(account);
        }
        if let Some(secret) = &seed.secret {
            key.secret.clone_from(secret);
        }
        if let Some(token) = &seed.security_token {
            key.security_token = Some(token.clone()).filter(|token| !token.is_empty());
            key.revoked = false;
        }
        key.expires = seed.expires.or(key.expires);
        key.inactive = seed.inactive.unwrap_or(key.inactive);
        if let Some(deny) = &seed.deny {
            key.deny.clone_from(deny);
        }
        key.user = seed.user.clone().or(key.user);
        key.role = seed.role.clone().or(key.role);
        self.keys.insert(seed.id.clone(), key);
        Ok(())
    }

    fn put_group(&mut self, seed: GroupSeed, defaults: &Defaults, now: Timestamp) -> Result<()> {
        ensure!(!seed.id.is_empty(), "`id` is missing");
        let place = self.place(seed.account, seed.region, defaults)?;
        let vpc = match seed.network_type {
            NetworkType::Classic => None,
            NetworkType::Vpc => Some(seed.vpc.or_else(|| defaults.vpc.clone()).unwrap_or_else(|| "vpc-1".to_owned())),
        };
        let members = self.groups.get(&seed.id).map_or(0, |known| known.members);
        self.groups.insert(
            seed.id.clone(),
            Group {
                name: seed.name.unwrap_or_else(|| seed.id.clone()),
                id: seed.id,
                account: place.account,
                region: place.region,
                description: seed.description.unwrap_or_default(),
                vpc,
                kind: seed.kind,
                service_managed: seed.service_managed,
                resource_group: seed.resource_group.or_else(|| defaults.resource_group.clone()).unwrap_or_default(),
                tags: seed.tags,
                rules: seed.rules,
                size: seed.size,
                members,
                created: seed.created.or(defaults.created).unwrap_or(now),
            },
        );
        Ok(())
    }

    fn put_instance(&mut self, seed: InstanceSeed, defaults: &Defaults, now: Timestamp) -> Result<()> {
        let id = seed.id.context("`id` is missing")?;
        let place = self.place(seed.account, seed.region, defaults)?;
        let status = checked(seed.status, "Running", "status", &INSTANCE_STATUSES)?;
        ensure!(!seed.groups.is_empty(), "`groups` is empty; in the cloud an instance is always in at least one");
        let first = self.group(&seed.groups)?;
        let vpc = match seed.network_type {
            NetworkType::Classic => None,
            NetworkType::Vpc => seed.vpc.or_else(|| first.vpc.clone()).or_else(|| defaults.vpc.clone()),
        };
        let primary = seed.primary_interface.unwrap_or_else(|| format!("eni-{}", id.strip_prefix("i-").unwrap_or(&id)));
        let zone = seed.zone.or_else(|| defaults.zone.clone()).unwrap_or_else(|| format!("{}-h", place.region));
        let vswitch = vpc.as_ref().map(|_| seed.vswitch.or_else(|| defaults.vswitch.clone()).unwrap_or_else(|| "vsw-1".to_owned()));
        let resource_group = seed.resource_group.or_else(|| defaults.resource_group.clone()).unwrap_or_default();
        let created = seed.created.or(defaults.created).unwrap_or(now);
        self.remove_instance(&id);
        self.insert_interface(Interface {
            id: primary.clone(),
            account: place.account.clone(),
            name: String::new(),
            region: place.region.clone(),
            zone: zone.clone(),
            vpc: vpc.clone(),
            vswitch: vswitch.clone(),
            instance: Some(id.clone()),
            kind: "Primary".to_owned(),
            status: "InUse".to_owned(),
            groups: Lagged::of(seed.groups),
            service_managed: seed.service_managed,
            creating: false,
            tags: BTreeMap::new(),
            resource_group: resource_group.clone(),
            address: address(self.interfaces.len()),
            created,
            busy_until: None,
        });
        self.instances.insert(
            id.clone(),
            Instance {
                name: seed.name.unwrap_or_else(|| id.clone()),
                id: id.clone(),
                account: place.account.clone(),
                region: place.region.clone(),
                zone,
                vpc,
                vswitch,
                status,
                kind: seed.kind.unwrap_or_else(|| "ecs.g7.large".to_owned()),
                image: seed.image.unwrap_or_else(|| "aliyun_3_x64_20G_alibase.vhd".to_owned()),
                tags: seed.tags,
                resource_group,
                locks: seed.locks,
                creating: seed.creating,
                supports_enterprise_groups: seed.supports_enterprise_groups.unwrap_or(true),
                primary_interface: primary,
                os: seed.os,
                agent: Agent::of(seed.os, &seed.agent),
                created,
            },
        );
        for interface in seed.interfaces {
            let name = interface.id.clone();
            self.put_interface(InterfaceSeed { instance: Some(id.clone()), ..interface }, defaults, now)
                .with_context(|| format!("interface {name}"))?;
        }
        Ok(())
    }

    fn put_interface(&mut self, seed: InterfaceSeed, defaults: &Defaults, now: Timestamp) -> Result<()> {
        ensure!(!seed.id.is_empty(), "`id` is missing");
        let host = match &seed.instance {
            Some(id) => Some(self.instances.get(id).with_context(|| format!("there is no instance {id}"))?.clone()),
            None => None,
        };
        if let Some(host) = host.as_ref().filter(|host| host.primary_interface == seed.id) {
            bail!("it is the primary interface of {}; say its groups there", host.id);
        }
        let place = self.place(
            seed.account.or_else(|| host.as_ref().map(|host| host.account.clone())),
            seed.region.or_else(|| host.as_ref().map(|host| host.region.clone())),
            defaults,
        )?;
        ensure!(!seed.groups.is_empty(), "`groups` is empty; in the cloud an interface is always in at least one");
        let vpc = seed.vpc.or_else(|| host.as_ref().and_then(|host| host.vpc.clone())).or(self.group(&seed.groups)?.vpc.clone());
        let usual = if host.is_some() { "InUse" } else { "Available" };
        let interface = Interface {
            name: seed.name.unwrap_or_default(),
            zone: seed
                .zone
                .or_else(|| host.as_ref().map(|host| host.zone.clone()))
                .or_else(|| defaults.zone.clone())
                .unwrap_or_else(|| format!("{}-h", place.region)),
            account: place.account,
            region: place.region,
            vpc,
            vswitch: seed
                .vswitch
                .or_else(|| host.as_ref().and_then(|host| host.vswitch.clone()))
                .or_else(|| defaults.vswitch.clone())
                .or_else(|| Some("vsw-1".to_owned())),
            instance: seed.instance,
            kind: checked(seed.kind, "Secondary", "type", &INTERFACE_TYPES)?,
            status: checked(seed.status, usual, "status", &INTERFACE_STATUSES)?,
            groups: Lagged::of(seed.groups),
            service_managed: seed.service_managed,
            creating: seed.creating,
            tags: seed.tags,
            resource_group: seed.resource_group.or_else(|| defaults.resource_group.clone()).unwrap_or_default(),
            address: address(self.interfaces.len()),
            created: seed.created.or(defaults.created).unwrap_or(now),
            busy_until: None,
            id: seed.id,
        };
        self.insert_interface(interface);
        Ok(())
    }

    pub(crate) fn remove_instance(&mut self, id: &str) {
        let Some(instance) = self.instances.remove(id) else {
            return;
        };
        self.remove_interface(&instance.primary_interface);
        for interface in self.interfaces.values_mut() {
            if interface.instance.as_deref() == Some(id) {
                interface.instance = None;
                "Available".clone_into(&mut interface.status);
            }
        }
    }

    /// All of them must exist; gives the first.
    fn group(&self, ids: &[String]) -> Result<&Group> {
        for id in ids {
            ensure!(self.groups.contains_key(id), "there is no security group {id}");
        }
        ids.first().and_then(|id| self.groups.get(id)).context("`groups` is empty")
    }

    pub(super) fn place(&mut self, account: Option<String>, region: Option<String>, defaults: &Defaults) -> Result<Place> {
        let account = pick("account", account, defaults.account.clone(), self.accounts.iter())?;
        ensure!(self.accounts.contains(&account), "there is no account {account}");
        let region = pick("region", region, defaults.region.clone(), self.regions.iter())?;
        self.regions.insert(region.clone());
        Ok(Place { account, region })
    }
}

pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
}

impl InstanceSeed {
    fn expand(self) -> Result<Vec<Self>> {
        match (self.count, self.prefix.clone()) {
            (None, None) => Ok(vec![self]),
            (Some(count), Some(prefix)) => {
                ensure!(
                    self.id.is_none() && self.primary_interface.is_none() && self.interfaces.is_empty(),
                    "instances {prefix}…: a generator makes its own ids, and takes no interfaces"
                );
                let width = count.to_string().len();
                Ok((1..=count).map(|number| Self { id: Some(format!("{prefix}{number:0width$}")), ..self.clone() }).collect())
            }
            _ => bail!("instances: a generator needs both `count` and `prefix`"),
        }
    }
}

pub(super) fn checked(said: Option<String>, default: &str, field: &str, allowed: &[&str]) -> Result<String> {
    let value = said.unwrap_or_else(|| default.to_owned());
    ensure!(allowed.contains(&value.as_str()), "`{field}`: {value} is none of {}", allowed.join(", "));
    Ok(value)
}

fn address(number: usize) -> String {
    format!("10.{}.{}.{}", number / 62_500 % 250, number / 250 % 250, number % 250 + 1)
}

impl super::Settings {
    pub(crate) fn change(&mut self, seed: &SettingsSeed) -> Result<()> {
        for (name, value) in [
            ("readLag", seed.read_lag),
            ("changeTakes", seed.change_takes),
            ("tokenLifetime", seed.token_lifetime),
            ("invocationLag", seed.invocation_lag),
        ] {
            ensure!(!value.is_some_and(|length| length.is_negative()), "settings.{name} is negative");
        }
        self.read_lag = seed.read_lag.unwrap_or(self.read_lag);
        self.change_takes = seed.change_takes.unwrap_or(self.change_takes);
        self.token_lifetime = seed.token_lifetime.unwrap_or(self.token_lifetime);
        self.groups_per_interface = seed.groups_per_interface.unwrap_or(self.groups_per_interface);
        self.rules_per_interface = seed.rules_per_interface.unwrap_or(self.rules_per_interface);
        self.normal_group_size = seed.normal_group_size.unwrap_or(self.normal_group_size);
        self.enterprise_group_size = seed.enterprise_group_size.unwrap_or(self.enterprise_group_size);
        self.configurations_per_group = seed.configurations_per_group.unwrap_or(self.configurations_per_group);
        self.passwords = seed.passwords.unwrap_or(self.passwords);
        self.empty_fields = seed.empty_fields.unwrap_or(self.empty_fields);
        self.empty_strings = seed.empty_strings.unwrap_or(self.empty_strings);
        self.list_order = seed.list_order.unwrap_or(self.list_order);
        self.strict_parameters = seed.strict_parameters.unwrap_or(self.strict_parameters);
        self.strict_modify = seed.strict_modify.unwrap_or(self.strict_modify);
        self.token_memory_seconds = seed.token_memory_seconds.unwrap_or(self.token_memory_seconds);
        self.invocation_lag = seed.invocation_lag.unwrap_or(self.invocation_lag);
        self.exit_code_before_end = seed.exit_code_before_end.unwrap_or(self.exit_code_before_end);
        self.agentless = seed.agentless.unwrap_or(self.agentless);
        self.kept_commands = seed.kept_commands.unwrap_or(self.kept_commands);
        self.invocations_per_day = seed.invocations_per_day.unwrap_or(self.invocations_per_day);
        self.limits.extend(seed.limits.clone());
        self.denied_reads = seed.denied_reads.unwrap_or(self.denied_reads);
        self.throttle_headers = seed.throttle_headers.unwrap_or(self.throttle_headers);
        self.skew = seed.skew.unwrap_or(self.skew);
        self.csbs.change(&seed.csbs);
        Ok(())
    }
}
