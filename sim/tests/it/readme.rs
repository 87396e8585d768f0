//! What the README shows works as shown.

use serde_json::Value;
use steward_cloudsim::{Edit, Fault};

use crate::client::simulator;

const README: &str = include_str!("../../README.md");

fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_seed_of_the_readme_can_be_laid() {
    let seeds = blocks("yaml");
    assert_eq!(seeds.len(), 1);
    let simulator = simulator(seeds[0]);
    assert_eq!(simulator.state()["instances"].as_array().unwrap().len(), 1_001);
    assert_eq!(simulator.groups_of("eni-web1-b"), ["sg-web"]);
    assert_eq!(simulator.state()["commandOutcomes"].as_array().unwrap().len(), 1);
    assert_eq!(simulator.state()["scalingConfigurations"][0]["lifecycle"], "Active");
    let huawei = simulator.state()["huawei"].clone();
    assert_eq!(huawei["domains"][0]["users"][0]["keys"].as_array().unwrap().len(), 3);
    assert_eq!(huawei["backups"][0]["server"], huawei["servers"][0]["id"]);
    assert_eq!(huawei["verdicts"].as_array().unwrap().len(), 1);
}

#[test]
fn the_edits_and_faults_of_the_readme_are_understood() {
    let lines: Vec<&str> = blocks("json").iter().flat_map(|block| block.lines()).collect();
    let (faults, edits): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|line| line.contains("\"operation\""));
    assert_eq!((edits.len(), faults.len()), (33, 4));
    for line in edits {
        serde_json::from_str::<Edit>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    for line in faults {
        let fault: Fault = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let again: Fault = serde_json::from_value(serde_json::to_value::<&Fault>(&fault).unwrap()).unwrap();
        assert_eq!(again, fault);
        assert!(serde_json::from_str::<Value>(line).is_ok());
    }
}
