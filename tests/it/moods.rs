//! Stories of the API server's moods: stops, broken watches, refused writes, other writers, namesakes.

use crate::security_group_membership::{SEED, minutes, settled, web};
use crate::world::World;
use serde_json::json;

#[test]
fn asked_to_stop_it_ends_what_it_has_begun_and_goes() {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1", "i-2"]));
    world.start();
    assert!(world.stop().is_ok());
    let joined = ["i-1", "i-2"].into_iter().filter(|id| world.cloud.groups_of(id).len() == 2).count();
    assert_eq!(world.ledger("web").len(), joined, "what was begun is on record");
    world.start();
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_watch_that_breaks_loses_nothing() {
    let mut world = settled(&["i-1"]);
    world.api.break_watches();
    world.api.compact();
    world.membership("late", &web(&["i-2"]));
    world.until(minutes(2), "the new object is found", |world| world.ready("late") == "True/InSync");
    world.api.break_watches();
    world.api.delete(crate::world::MEMBERSHIPS, "default", "late");
    world.until_gone("late");
    assert_eq!(world.cloud.groups_of("i-2"), ["sg-base"]);
}

#[test]
fn an_api_server_that_takes_no_writes_for_a_while_is_waited_for() {
    use crate::api_server::{Moment, Verb, Verdict};
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.api.on_request(|request, moment| match (&request.verb, moment) {
        (Verb::Update | Verb::Patch, Moment::Before) => Verdict::Fail(500),
        _ => Verdict::Go,
    });
    world.start();
    world.pass(minutes(2));
    assert_eq!(world.calls("JoinSecurityGroup"), 0, "what cannot be recorded is not done");
    world.api.no_faults();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.calls("JoinSecurityGroup"), 1);
}

#[test]
fn somebody_who_writes_into_status_takes_nothing_away_that_steward_did() {
    let mut world = settled(&["i-1"]);
    world.api.patch_json(crate::world::MEMBERSHIPS, "default", "web", &json!({"status": {"members": 99, "ledger": []}}));
    world.annotate("web", "reconcile.cloudsteward.dev/requestedAt", "now");
    world.until(minutes(1), "it is put right", |world| world.get("web").unwrap()["status"]["members"] == 1);
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
    assert_eq!(world.calls("JoinSecurityGroup"), 1);
}

#[test]
fn an_object_that_is_created_anew_under_its_old_name_starts_afresh() {
    let mut world = settled(&["i-1"]);
    world.delete("web");
    world.until_gone("web");
    world.membership("web", &web(&["i-2"]));
    world.until_ready("web", "True/InSync");
    assert_eq!((world.ledger("web"), world.cloud.groups_of("i-1")), (vec!["i-2=Added".to_owned()], vec!["sg-base".to_owned()]));
}

#[test]
fn a_status_of_a_newer_release_is_kept_and_nothing_is_done() {
    let mut world = settled(&["i-1"]);
    let ledger = json!([{"securityGroupId": "sg-web", "entries": [{"target": "i-1", "state": "Reserved"}]}]);
    world.api.patch_json(crate::world::MEMBERSHIPS, "default", "web", &json!({"status": {"ledger": ledger}}));
    world.cloud.clear_calls();
    world.edit("web", &web(&["i-2"]));
    world.until_ready("web", "False/UnsupportedStatus");
    world.pass(minutes(11));
    assert_eq!(world.get("web").unwrap()["status"]["ledger"], ledger);
    assert!(world.cloud.calls().is_empty());
}
