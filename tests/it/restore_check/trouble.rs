//! What keeps steward from asking: it has a reason of its own, and makes no yes a no; answers only grow old.

use super::{DB, WEB, WEB_DATA, home, hours, minutes, seconds, spec};
use crate::world::World;
use crate::world::checks::{CHECK, LIST};
use serde_json::json;
use steward_cloudsim::{CsbsSeed, Fault, HuaweiEdit, What};

const GOOD: &str = "True/Restorable True/Restorable";

/// A yes that is asked about every ten minutes and old after forty.
fn good() -> World {
    let mut world = World::of_checks();
    world.check("web", &spec(&home(WEB), &json!({"interval": "10m", "staleAfter": "40m"})));
    world.start();
    world.until_ready("web", "True/Restorable");
    world
}

#[test]
fn a_service_that_is_silent_changes_nothing_at_first_and_then_nothing_is_known() {
    let mut world = good();
    world.cloud.fault(Fault::on(LIST, What::error(503, "")).forever());
    world.pass_in_steps(minutes(30), seconds(5));
    assert_eq!(world.both("web"), GOOD, "a blip");
    world.pass_in_steps(minutes(15), seconds(5));
    assert_eq!(world.both("web"), "Unknown/CloudUnavailable Unknown/Stale");
    assert_eq!(world.get("web").unwrap()["status"]["lastError"]["class"], "Unavailable");
    world.cloud.clear_faults();
    world.pass_in_steps(minutes(6), seconds(5));
    assert_eq!(world.both("web"), GOOD);
    assert_eq!(world.get("web").unwrap()["status"]["lastError"], json!(null));
    assert!(world.events("web").iter().all(|event| !event.contains("NotRestorable")), "{:?}", world.events("web"));
}

#[test]
fn each_refusal_has_its_reason_and_leaves_the_last_answer_as_it_is() {
    for (what, ready, class) in [
        (What::error(403, "APIGW.0302"), "AccessDenied", "Denied"),
        (What::error(403, "CSBS.9009"), "AccessDenied", "Denied"),
        (What::error(403, "Organizations.1007"), "AccessDenied", "Denied"),
        (What::error(404, "APIGW.0101"), "InvalidSpec", "Invalid"),
        (What::error(400, "CSBS.9001"), "InvalidSpec", "Invalid"),
        (What::error(400, "BackupService.4008"), "ServiceRetired", "Retired"),
    ] {
        let mut world = good();
        world.cloud.fault(Fault::on(CHECK, what.clone()).forever());
        world.pass_in_steps(minutes(11), seconds(5));
        assert_eq!(world.both("web"), format!("False/{ready} True/Restorable"), "{what:?}");
        let error = world.get("web").unwrap()["status"]["lastError"].clone();
        assert_eq!(error["class"], class, "{error}");
        assert!(!error["hint"].as_str().unwrap().is_empty());
        world.pass_in_steps(minutes(35), seconds(5));
        assert_eq!(world.both("web"), format!("False/{ready} Unknown/Stale"), "{what:?}");
    }
}

#[test]
fn a_service_that_is_closed_is_asked_once_a_day_and_noticed_when_it_is_back() {
    let mut world = good();
    world.dial(CsbsSeed { retired: Some(true), ..CsbsSeed::default() });
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!(world.ready("web"), "False/ServiceRetired");
    assert!(world.message("web").contains("CBR"), "{}", world.message("web"));
    world.cloud.clear_calls();
    world.pass_in_steps(hours(23), minutes(1));
    assert_eq!(world.calls(LIST) + world.calls(CHECK), 0);
    world.dial(CsbsSeed { retired: Some(false), ..CsbsSeed::default() });
    world.pass_in_steps(hours(2), minutes(1));
    assert_eq!(world.both("web"), GOOD);
}

#[test]
fn a_right_that_is_missing_is_named_and_the_question_has_no_answer() {
    let mut world = World::of_checks();
    world.user("reader", "readonly", "demo-password-too");
    let mut of_reader = spec(&home(WEB), &json!({}));
    of_reader["credentialRef"]["name"] = json!("reader");
    world.check("web", &of_reader);
    world.start();
    world.until_ready("web", "False/AccessDenied");
    assert_eq!(world.condition("web", "Restorable"), "Unknown/AccessDenied");
    world.pass_in_steps(minutes(35), seconds(5));
    assert!((3..=5).contains(&world.calls(CHECK)), "{} calls: every 10 minutes", world.calls(CHECK));
}

#[test]
fn a_token_that_is_taken_back_between_two_checks_is_replaced_unnoticed() {
    let mut world = good();
    world.tell_huawei(HuaweiEdit::revoke_all());
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!(world.both("web"), GOOD);
    assert_eq!(world.refused_calls().len(), 1, "{:?}", world.refused_calls());
    assert!((2..).contains(&world.calls(CHECK)));
}

#[test]
fn a_password_that_is_changed_closes_the_credential_and_the_answer_ages_behind_it() {
    let mut world = good();
    world.tell_huawei(HuaweiEdit::password("alice", "changed"));
    world.tell_huawei(HuaweiEdit::revoke_all());
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!(world.both("web"), "False/CredentialRejected True/Restorable");
    world.pass_in_steps(minutes(35), seconds(5));
    assert_eq!(world.both("web"), "False/CredentialRejected Unknown/Stale");
    world.rewrite_secret("otc", &json!({"password": "changed"}));
    world.until_ready("web", "True/Restorable");
}

#[test]
fn a_credential_of_another_cloud_is_told_so() {
    let mut world = World::of_checks();
    world.secret("default", "aliyun", "key-1", "secret-1");
    world.credential("default", "default", "aliyun");
    let mut elsewhere = spec(&home(WEB), &json!({}));
    elsewhere["credentialRef"]["name"] = json!("default");
    world.check("web", &elsewhere);
    world.start();
    world.until_ready("web", "False/InvalidSpec");
    assert!(world.message("web").contains("OpenTelekomCloud"), "{}", world.message("web"));
}

#[test]
fn a_project_of_another_region_is_its_objects_fault_and_nobody_elses() {
    let mut world = World::of_checks();
    // A token of that project is refused by the gateway of this region, in the words for one that has run out.
    world.cloud.fault(Fault::on("*", What::error(401, "APIGW.0307")).in_region("cn-north-4").forever());
    world.check("elsewhere", &spec(&home(WEB), &json!({"projectId": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3"})));
    world.start();
    world.until_ready("elsewhere", "False/InvalidSpec");
    assert!(world.message("elsewhere").contains("spec.projectId"), "{}", world.message("elsewhere"));
    world.check("here", &spec(&home(WEB), &json!({"interval": "10m"})));
    world.until_ready("here", "True/Restorable");
    world.pass_in_steps(minutes(61), seconds(10));
    assert_eq!((world.both("here").as_str(), world.credential_ready("otc").as_str()), (GOOD, "True/InSync"));
    let asked = world.refused_calls().len();
    assert!((2..=20).contains(&asked), "{asked} calls in vain: every 10 minutes, each once more with a new token");
}

#[test]
fn a_steward_that_was_away_for_days_and_finds_the_cloud_silent_says_that_its_answers_are_old() {
    let mut world = good();
    world.crash();
    world.pass_in_steps(hours(48), hours(1));
    world.cloud.fault(Fault::on("*", What::error(503, "")).forever());
    world.start();
    world.pass(seconds(30));
    assert_eq!(world.both("web"), "Unknown/CloudUnavailable Unknown/Stale");
    assert!(world.events("web").iter().all(|event| !event.contains("CredentialMissing")), "{:?}", world.events("web"));
    world.cloud.clear_faults();
    world.pass_in_steps(minutes(6), seconds(5));
    assert_eq!(world.both("web"), GOOD);
}

#[test]
fn a_question_that_nobody_answers_keeps_no_other_from_being_asked_and_hides_no_answer() {
    for (web, both) in [("True", "Unknown/CloudUnavailable Unknown/CloudUnavailable"), ("False", "False/NotRestorable False/NotRestorable")]
    {
        let mut world = World::of_checks();
        if web == "False" {
            world.tell_huawei(HuaweiEdit::detach(WEB, WEB_DATA));
        }
        let mut two = spec(&home(WEB), &json!({"interval": "2h"}));
        let mut silent = home(DB);
        silent["name"] = json!("silent");
        two["checks"] = json!([silent, home(WEB)]);
        world.cloud.fault(Fault::on(LIST, What::Timeout(None)).with_parameter("resource_id", DB).forever());
        world.check("two", &two);
        world.start();
        let restorable =
            |world: &World, number: usize| world.get("two").unwrap_or_default()["status"]["checks"][number]["restorable"].clone();
        world.until(minutes(5), "the other one is answered", |world| restorable(world, 1) == web);
        world.pass_in_steps(minutes(45), seconds(5));
        assert_eq!((restorable(&world, 0), restorable(&world, 1)), (json!("Unknown"), json!(web)));
        assert_eq!(world.both("two"), both);
        let named = if web == "True" { "silent: " } else { "home: " };
        assert!(world.message("two").starts_with(named), "{}", world.message("two"));
        assert_eq!(world.get("two").unwrap()["status"]["lastError"]["class"], "Unavailable");
        assert_eq!(world.calls(CHECK), 1);
    }
}

#[test]
fn two_questions_that_nobody_answers_keep_the_others_waiting_but_not_for_ever() {
    let mut world = World::of_checks();
    let mut three = spec(&home(WEB), &json!({}));
    three["checks"] = json!([]);
    for (name, server) in [("silent-1", DB), ("silent-2", DB), ("web", WEB)] {
        let mut check = home(server);
        check["name"] = json!(name);
        three["checks"].as_array_mut().expect("a list").push(check);
    }
    world.cloud.fault(Fault::on(LIST, What::Timeout(None)).with_parameter("resource_id", DB).forever());
    world.check("three", &three);
    world.start();
    world.until(minutes(60), "the third one is answered", |world| {
        world.get("three").unwrap_or_default()["status"]["checks"][2]["restorable"] == "True"
    });
}
