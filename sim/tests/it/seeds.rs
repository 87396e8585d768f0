//! What a seed may say, and what is said about one that is wrong.

use crate::client::simulator;
use steward_cloudsim::{Options, Simulator};

fn complaint(seed: &str) -> String {
    let started = Simulator::start(Options { seed: seed.to_owned(), ..Options::default() });
    format!("{:#}", started.err().expect("the seed is wrong"))
}

const HEAD: &str = "accounts: [{id: '1', keys: [{id: k, secret: s}]}]\nregions: [r]\nsecurityGroups: [{id: sg-1}]\n";

#[test]
fn a_wrong_seed_is_refused_in_one_line_that_names_the_trouble() {
    for (tail, words) in [
        ("colour: red", "colour"),
        ("instances: [{id: i-1, groups: [sg-1], colour: red}]", "colour"),
        ("instances: {count: 2, prefix: i-, groups: [sg-1], colour: red}", "colour"),
        ("instances: [{id: i-1}]", "i-1: `groups` is empty"),
        ("instances: [{id: i-1, groups: [sg-2]}]", "no security group sg-2"),
        ("instances: [{id: i-1, groups: [sg-1], status: Dancing}]", "Dancing"),
        ("instances: [{id: i-1, groups: [sg-1], account: '2'}]", "no account 2"),
        ("instances: [{count: 2, groups: [sg-1]}]", "prefix"),
        ("interfaces: [{id: eni-1, groups: [sg-1], instance: i-9}]", "no instance i-9"),
        ("interfaces: [{id: eni-1, groups: [sg-1], type: Wild}]", "Wild"),
        ("settings: {readLag: -1s}", "readLag"),
        ("settings: {readLag: soon}", "duration format"),
        ("instances: [", "line"),
    ] {
        let message = complaint(&format!("{HEAD}{tail}\n"));
        assert!(message.contains(words), "{tail}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
    assert!(complaint("accounts: [{id: '1', keys: [{id: k}]}]").contains("`secret` is missing"));
    for (account, words) in [
        ("roles: [{externalId: x}]", "needs a `name`"),
        ("roles: [{name: ops, maxDuration: 5m}]", "role ops: `maxDuration`"),
        ("roles: [{name: ops, oidcProvider: none}]", "role ops: there is no OIDC provider none"),
        ("roles: [{name: ops, colour: red}]", "colour"),
        ("oidcProviders: [{name: cluster}]", "OIDC provider cluster: `issuer` is missing"),
    ] {
        let message = complaint(&format!("accounts: [{{id: '1', {account}}}]"));
        assert!(message.contains(words), "{account}: {message}");
    }
    assert!(complaint("regions: [r]\nsecurityGroups: [{id: sg-1}]").contains("`account` is missing"));
    assert!(complaint("accounts: [{id: '1'}]\nregions: [a, b]\nsecurityGroups: [{id: sg-1}]").contains("several"));
}

#[test]
fn a_wrong_seed_of_the_other_vendor_is_refused_as_plainly() {
    for (domains, words) in [
        ("[{id: d, name: a, colour: red}]", "colour"),
        ("[{id: d, name: a, users: [{id: u}]}]", "missing field `name`"),
        ("[{id: d, name: a, users: [{id: u, name: ann, keys: [{access: AK}]}]}]", "huawei domain d: key AK: `secret` is missing"),
        ("[{id: d, name: a, users: [{id: u, name: ann}, {id: v, name: ann}]}]", "user ann: the name is taken by u"),
        ("[{id: d, name: a}, {id: e, name: a}]", "huawei domain e: name a: the name is taken by d"),
        ("[{id: d, name: a, projects: [{id: p, name: x, region: r}, {id: q, name: x, region: r}]}]", "project x: the name is taken by p"),
        ("[{id: d, name: a, projects: [{id: '', name: x, region: r}]}]", "`id` is missing"),
        ("[{id: d, name: a, agencies: [{id: g, name: lent, projects: [x]}]}]", "agency lent: its domain has no project x"),
    ] {
        let message = complaint(&format!("huawei: {{domains: {domains}}}\n"));
        assert!(message.contains(words), "{domains}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
    assert!(complaint("settings: {tokenLifetime: -1s}").contains("tokenLifetime"));
}

#[test]
fn a_wrong_server_or_backup_is_refused_as_plainly() {
    const PROJECTS: &str = "domains: [{id: d, name: a, projects: [{id: p, name: x, region: r}, {id: q, name: y, region: r}]}]";
    let id = "8986ce68-3da7-4d29-9cc2-1921e9504975";
    for (stock, words) in [
        (format!("servers: [{{id: {id}, project: p, colour: red}}]"), "colour"),
        ("servers: [{id: i-1, project: p}]".to_owned(), "huawei server i-1: server: \"i-1\" is not an id of the form"),
        (format!("servers: [{{id: {id}}}]"), "several projects could be meant"),
        (format!("servers: [{{id: {id}, project: z}}]"), "there is no project z"),
        (format!("servers: [{{id: {id}, project: p, status: RUNNING}}]"), "RUNNING is none of ACTIVE"),
        (format!("servers: [{{id: {id}, project: p, volumes: [{{id: vol-1, size: 1}}]}}]"), "volume: \"vol-1\" is not an id"),
        (format!("backups: [{{id: {id}}}]"), "`server` is missing"),
        (format!("backups: [{{server: {id}, project: p}}]"), "`disks` must be said"),
        (format!("backups: [{{server: {id}, project: p, disks: [], status: fine}}]"), "fine is none of waiting_protect"),
        (format!("backups: [{{server: {id}, project: p, disks: [], restoreMode: magic}}]"), "magic is none of na"),
        ("verdicts: [{code: CSBS.6014, status: 200}]".to_owned(), "`status` is none of an error"),
    ] {
        let message = complaint(&format!("huawei: {{{PROJECTS}, {stock}}}\n"));
        assert!(message.contains(words), "{stock}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn an_account_number_needs_no_quotes() {
    let simulator = simulator("accounts: [{id: 1234567890123456}]\nregions: [r]\ninstances: []");
    assert_eq!(simulator.state()["accounts"][0]["id"], "1234567890123456");
}

#[test]
fn a_generator_makes_so_many_that_sort_as_they_count() {
    let simulator = simulator(&format!("{HEAD}instances: {{count: 120, prefix: i-load-, groups: [sg-1], tags: {{role: load}}}}"));
    let state = simulator.state();
    let instances = state["instances"].as_array().unwrap();
    assert_eq!(instances.len(), 120);
    assert_eq!((&instances[0]["id"], &instances[119]["id"]), (&"i-load-001".into(), &"i-load-120".into()));
    assert_eq!(state["securityGroups"][0]["members"], 120);
}

#[test]
fn seeding_an_object_again_replaces_it() {
    let simulator = simulator(&format!("{HEAD}instances: [{{id: i-1, groups: [sg-1], name: old}}]"));
    simulator.seed("{securityGroups: [{id: sg-2}], instances: [{id: i-1, groups: [sg-2], name: new}]}").unwrap();
    let state = simulator.state();
    assert_eq!(state["instances"][0]["name"], "new");
    assert_eq!(simulator.groups_of("i-1"), ["sg-2"]);
    assert_eq!(state["securityGroups"][0]["members"], 0);
    simulator.seed("securityGroups: [{id: sg-2, name: renamed}]").unwrap();
    assert_eq!(simulator.state()["securityGroups"][1]["members"], 1, "its members stay");
}
