//! A thousand edits at once: the account's budget is used to the full, and no more of it than is ours.

use super::{minutes, seconds};
use crate::world::World;
use crate::world::configurations::MODIFY;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Of the 300 calls a minute that the vendor is taken to allow, 70 % are steward's.
const A_MINUTE: usize = 210;
const OBJECTS: usize = 1000;

/// A cloud with so many configurations, ten to a group.
pub(super) fn many(count: usize) -> String {
    let mut seed = "settings: {limits: {\"*\": 1000000, ModifyEciScalingConfiguration: 300}}\nscalingGroups:\n".to_owned();
    for group in 0..count.div_ceil(10) {
        let _ = writeln!(seed, "  - {{id: asg-{group}}}");
    }
    seed += "scalingConfigurations:\n";
    for number in 0..count {
        let _ = writeln!(
            seed,
            "  - {{id: asc-{number}, group: asg-{}, configuration: {{Cpu: 1, Containers: [{{Name: a, Image: \"a:1\"}}]}}}}",
            number / 10
        );
    }
    seed
}

#[test]
fn a_thousand_edits_take_hardly_longer_than_they_must() {
    let mut world = World::of_configurations(&many(OBJECTS));
    // What is read for the edits is not what this is about.
    world.configure(|config| config.limits.rules = vec!["ess:DescribeEciScalingConfigurations=100000".parse().expect("a rule")]);
    let spec = |number: usize, cpu: i64| json!({"scalingConfigurationId": format!("asc-{number}"), "configuration": {"cpu": cpu}});
    for number in 0..OBJECTS {
        world.configuration(&format!("web-{number}"), &spec(number, 1));
    }
    world.start();
    let in_sync = |world: &World| (0..OBJECTS).all(|number| world.ready(&format!("web-{number}")) == "True/InSync");
    world.until(minutes(5), "all are in sync", in_sync);
    let left = 60 - world.cloud.now().as_second().rem_euclid(60);
    world.pass(seconds(left.unsigned_abs()));
    world.cloud.clear_calls();
    for number in 0..OBJECTS {
        world.edit(&format!("web-{number}"), &json!({"configuration": {"cpu": 2}}));
    }
    // The first go out at once, the next when the next minute begins, and so on: the last of 1,000 after four minutes.
    let in_theory = 60 * u64::try_from((OBJECTS - 1) / A_MINUTE).expect("a few");
    assert_eq!(in_theory, 240);
    world.until(seconds(in_theory * 11 / 10), "all are made and seen", in_sync);
    let mut by_minute: BTreeMap<i64, usize> = BTreeMap::new();
    for call in world.said(MODIFY) {
        *by_minute.entry(call.time.as_second().div_euclid(60)).or_default() += 1;
    }
    assert!(by_minute.values().all(|calls| *calls <= A_MINUTE), "{by_minute:?}");
    assert_eq!((world.calls(MODIFY), world.acted(MODIFY)), (OBJECTS, OBJECTS), "each once");
    let all = world.cloud.state()["scalingConfigurations"].as_array().cloned().unwrap_or_default();
    assert_eq!(all.iter().filter(|one| one["configuration"]["Cpu"] == 2.0).count(), OBJECTS);
}
