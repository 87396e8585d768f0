//! One scaling configuration without a wire, a gateway and a clock, for tests that ask many thousand times what a Modify makes of it.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;

use super::super::Ask;
use super::{describe, write};
use crate::answer::Outcome;
use crate::request::Parameters;
use crate::world::World;
use crate::world::seed::SettingsSeed;

const ID: &str = "asc-1";

pub struct Configuration {
    world: World,
}

impl Configuration {
    /// Both as in a seed: what it holds, and what answers carry on top.
    ///
    /// # Errors
    /// When there is no such field, or a value is not of its type.
    pub fn new(holds: BTreeMap<String, Value>, extra: BTreeMap<String, Value>, settings: &SettingsSeed) -> Result<Self> {
        let mut world = World::default();
        world.settings.change(settings)?;
        world.lay_alone(ID, holds, extra)?;
        Ok(Self { world })
    }

    /// What a Modify with these parameters makes of it.
    ///
    /// # Errors
    /// The vendor's code.
    pub fn modify(&mut self, parameters: impl IntoIterator<Item = (String, String)>) -> Result<(), String> {
        let id = ("ScalingConfigurationId".to_owned(), ID.to_owned());
        self.ask(write::modify, parameters.into_iter().chain([id]).collect()).map(|_| ())
    }

    /// What somebody else does to it, as an edit says it.
    ///
    /// # Errors
    /// As those of `new`.
    pub fn edit(&mut self, holds: BTreeMap<String, Value>, extra: BTreeMap<String, Value>) -> Result<()> {
        self.world.edit_alone(ID, holds, extra)
    }

    /// Its entry in the answer of a Describe.
    pub fn describe(&mut self) -> Value {
        let parameters = [("RegionId", "cn-hangzhou"), ("ScalingConfigurationIds.1", ID)];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let answer = self.ask(describe::describe, parameters).unwrap_or_default();
        answer.pointer("/ScalingConfigurations/0").cloned().unwrap_or_default()
    }

    /// All that it holds, as a person would write it, passwords too.
    pub fn holds(&self) -> Value {
        self.world
            .scaling_configurations
            .get(ID)
            .and_then(|one| one.truth().as_ref())
            .map(|one| one.configuration.whole())
            .unwrap_or_default()
    }

    fn ask(&mut self, act: fn(&mut Ask<'_>) -> Outcome, parameters: BTreeMap<String, String>) -> Result<Value, String> {
        let account = self.world.accounts.first().cloned().unwrap_or_default();
        let mut ask =
            Ask { world: &mut self.world, account: &account, key: None, parameters: &Parameters(parameters), now: Timestamp::UNIX_EPOCH };
        act(&mut ask).map(|done| done.body).map_err(|refusal| refusal.code.into_owned())
    }
}
