//! How scaling groups and their configurations are laid, edited and shown. What the operations make of them is said in `alibaba::ess`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::World;
use super::edit::Change;
use super::lay::checked;
use super::scaling::{Lifecycle, ScalingConfiguration, ScalingConfigurationSeed, ScalingGroup, ScalingGroupSeed};
use super::seed::Defaults;
use crate::alibaba::ess::fields::NAME;
use crate::alibaba::ess::tree::Tree;

impl World {
    pub(super) fn lay_scaling(
        &mut self,
        groups: Vec<ScalingGroupSeed>,
        configurations: Vec<ScalingConfigurationSeed>,
        defaults: &Defaults,
        now: Timestamp,
    ) -> Result<()> {
        for group in groups {
            let id = group.id.clone();
            self.put_scaling_group(group, defaults, now).with_context(|| format!("scaling group {id}"))?;
        }
        for configuration in configurations {
            let id = configuration.id.clone();
            self.put_configuration(configuration, defaults, now).with_context(|| format!("scaling configuration {id}"))?;
        }
        for group in self.scaling_groups.values() {
            let active = group.active_configuration.as_deref();
            let there = active.is_none_or(|active| self.configurations_of(&group.id).any(|one| one.id == active));
            ensure!(there, "scaling group {}: it has no configuration {}", group.id, active.unwrap_or_default());
        }
        Ok(())
    }

    fn put_scaling_group(&mut self, seed: ScalingGroupSeed, defaults: &Defaults, now: Timestamp) -> Result<()> {
        ensure!(!seed.id.is_empty(), "`id` is missing");
        let place = self.place(seed.account, seed.region, defaults)?;
        let known = self.scaling_groups.get(&seed.id).and_then(|known| known.active_configuration.clone());
        self.scaling_groups.insert(
            seed.id.clone(),
            ScalingGroup {
                name: seed.name.unwrap_or_else(|| seed.id.clone()),
                id: seed.id,
                account: place.account,
                region: place.region,
                kind: checked(seed.kind, "ECI", "type", &["ECI", "ECS"])?,
                active_configuration: seed.active_configuration.or(known),
                vpc: seed.vpc.or_else(|| defaults.vpc.clone()).unwrap_or_else(|| "vpc-1".to_owned()),
                vswitch: seed.vswitch.or_else(|| defaults.vswitch.clone()).unwrap_or_else(|| "vsw-1".to_owned()),
                resource_group: seed.resource_group.or_else(|| defaults.resource_group.clone()).unwrap_or_default(),
                tags: seed.tags,
                min_size: seed.min_size.unwrap_or(0),
                max_size: seed.max_size.unwrap_or(100),
                created: seed.created.or(defaults.created).unwrap_or(now),
            },
        );
        Ok(())
    }

    fn put_configuration(&mut self, seed: ScalingConfigurationSeed, defaults: &Defaults, now: Timestamp) -> Result<()> {
        ensure!(!seed.id.is_empty(), "`id` is missing");
        let group = self.scaling_groups.get(&seed.group).with_context(|| format!("there is no scaling group {}", seed.group))?;
        ensure!(group.kind == "ECI", "its scaling group {} is of type {}", group.id, group.kind);
        let mut new = ScalingConfiguration {
            id: seed.id.clone(),
            account: group.account.clone(),
            group: seed.group,
            region: group.region.clone(),
            instances: seed.instances,
            configuration: Tree::default(),
            extra: seed.extra,
            created: seed.created.or(defaults.created).unwrap_or(now),
        };
        let name = seed.name.map(|name| (NAME.to_owned(), Value::String(name)));
        new.change(&seed.configuration.into_iter().chain(name).collect())?;
        self.write_configuration(&seed.id, Some(new), now, SignedDuration::ZERO);
        self.set_lifecycle(&seed.id, seed.lifecycle)
    }

    /// A configuration in a world of its own.
    pub(crate) fn lay_alone(&mut self, id: &str, configuration: BTreeMap<String, Value>, extra: BTreeMap<String, Value>) -> Result<()> {
        self.accounts.insert("1".to_owned());
        self.regions.insert("cn-hangzhou".to_owned());
        let group = ScalingGroupSeed { id: "asg-1".to_owned(), ..ScalingGroupSeed::default() };
        let one = ScalingConfigurationSeed { id: id.to_owned(), group: group.id.clone(), configuration, extra, ..Default::default() };
        self.lay_scaling(vec![group], vec![one], &Defaults::default(), Timestamp::UNIX_EPOCH)
    }

    pub(crate) fn edit_alone(&mut self, id: &str, configuration: BTreeMap<String, Value>, extra: BTreeMap<String, Value>) -> Result<()> {
        let change = Change {
            scaling_configuration: Some(id.to_owned()),
            configuration: Some(configuration),
            extra: Some(extra),
            ..Change::default()
        };
        self.set_configuration(id, &change, Timestamp::UNIX_EPOCH)
    }

    pub(super) fn set_configuration(&mut self, id: &str, change: &Change, now: Timestamp) -> Result<()> {
        let foreign = Change {
            name: None,
            scaling_configuration: None,
            configuration: None,
            extra: None,
            lifecycle: None,
            instances: None,
            ..change.clone()
        };
        ensure!(
            foreign == Change::default(),
            "set: a scaling configuration has `configuration`, `extra`, `lifecycle`, `instances`, `name`"
        );
        let known = self.scaling_configurations.get(id).and_then(|one| one.truth().clone());
        let mut new = known.with_context(|| format!("there is no scaling configuration {id}"))?;
        new.change(change.configuration.as_ref().unwrap_or(&BTreeMap::new())).with_context(|| format!("scaling configuration {id}"))?;
        if let Some(name) = &change.name {
            new.configuration.set_text(NAME, name);
        }
        for (path, value) in change.extra.iter().flatten() {
            if value.is_null() {
                new.extra.remove(path);
            } else {
                new.extra.insert(path.clone(), value.clone());
            }
        }
        new.instances = change.instances.unwrap_or(new.instances);
        self.write_configuration(id, Some(new), now, SignedDuration::ZERO);
        self.set_lifecycle(id, change.lifecycle)
    }

    fn set_lifecycle(&mut self, id: &str, lifecycle: Option<Lifecycle>) -> Result<()> {
        let Some(one) = self.scaling_configurations.get(id).and_then(|one| one.truth().as_ref()) else {
            bail!("there is no scaling configuration {id}");
        };
        if let Some(group) = self.scaling_groups.get_mut(&one.group) {
            match lifecycle {
                None => {}
                Some(Lifecycle::Active) => group.active_configuration = Some(id.to_owned()),
                Some(Lifecycle::Inactive) => group.active_configuration = group.active_configuration.take().filter(|active| active != id),
            }
        }
        Ok(())
    }

    /// False if there was none.
    pub(crate) fn remove_configuration(&mut self, id: &str, now: Timestamp, lag: SignedDuration) -> bool {
        let there = self.set_lifecycle(id, Some(Lifecycle::Inactive)).is_ok();
        if there {
            self.write_configuration(id, None, now, lag);
        }
        there
    }

    pub(super) fn remove_scaling_group(&mut self, id: &str) -> bool {
        self.scaling_configurations.retain(|_, one| one.truth().as_ref().is_none_or(|one| one.group != id));
        self.scaling_groups.remove(id).is_some()
    }

    pub(crate) fn write_configuration(&mut self, id: &str, new: Option<ScalingConfiguration>, now: Timestamp, lag: SignedDuration) {
        self.scaling_configurations.retain(|_, one| one.truth().is_some() || !one.is_settled(now));
        self.scaling_configurations.entry(id.to_owned()).or_default().write(new, now, lag);
    }

    /// As writes see them.
    pub(crate) fn configurations_of(&self, group: &str) -> impl Iterator<Item = &ScalingConfiguration> {
        self.scaling_configurations.values().filter_map(|one| one.truth().as_ref()).filter(move |one| one.group == group)
    }

    pub(crate) fn lifecycle(&self, one: &ScalingConfiguration) -> Lifecycle {
        let active = self.scaling_groups.get(&one.group).and_then(|group| group.active_configuration.as_ref());
        if active == Some(&one.id) { Lifecycle::Active } else { Lifecycle::Inactive }
    }

    pub(super) fn view_configurations(&self) -> Vec<Value> {
        self.scaling_configurations
            .values()
            .filter_map(|one| one.truth().as_ref())
            .map(|one| {
                json!({ "id": one.id, "account": one.account, "group": one.group, "region": one.region, "lifecycle": self.lifecycle(one),
                        "instances": one.instances, "configuration": one.configuration.view(), "extra": one.extra, "created": one.created })
            })
            .collect()
    }
}

impl ScalingConfiguration {
    fn change(&mut self, fields: &BTreeMap<String, Value>) -> Result<()> {
        for (name, value) in fields {
            self.configuration.set(name, value).map_err(anyhow::Error::msg)?;
        }
        if self.configuration.text(NAME).is_none_or(str::is_empty) {
            self.configuration.set_text(NAME, &self.id);
        }
        Ok(())
    }
}
