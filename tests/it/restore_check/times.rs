//! When it is asked: by the clock of a zone, by interval, on a wish, sooner while something is busy, and never faster than the account allows.

use super::{DB, WEB, home, hours, minutes, seconds, spec};
use crate::api_server::Verb;
use crate::world::World;
use crate::world::checks::{CHECK, LIST};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use steward_cloudsim::{HuaweiEdit, HuaweiTask};

const GOOD: &str = "True/Restorable True/Restorable";

fn next(world: &World, name: &str) -> Timestamp {
    let object = world.get(name).expect("it exists");
    object["status"]["nextCheck"].as_str().and_then(|next| next.parse().ok()).expect("a time")
}

#[test]
fn a_schedule_goes_by_the_clock_of_its_zone() {
    let mut world = World::of_checks();
    // It is 9:00 in Berlin.
    world.check("web", &spec(&home(WEB), &json!({"schedule": "15 9 * * *", "timeZone": "Europe/Berlin"})));
    world.start();
    world.until_ready("web", "True/Restorable");
    let at = next(&world, "web");
    assert!(("2026-11-22T08:15:00Z"..="2026-11-22T08:20:00Z").contains(&at.to_string().as_str()), "{at}");
    world.pass_in_steps(minutes(21), seconds(5));
    assert_eq!(world.calls(CHECK), 2, "when it was made, and at 9:15");
    world.pass_in_steps(hours(23), minutes(1));
    assert_eq!(world.calls(CHECK), 2);
    assert_eq!(next(&world, "web").duration_since(at).as_hours(), 24);
}

#[test]
fn a_night_on_which_the_clock_is_changed_has_one_check() {
    let mut world = World::of_checks();
    // Until noon of 12 March 2027, UTC; in the night to the 14th New York leaves out the hour from 2 to 3.
    world.pass_in_steps(hours(110 * 24 + 4), hours(1));
    world.check("web", &spec(&home(WEB), &json!({"schedule": "30 2 * * *", "timeZone": "America/New_York"})));
    world.start();
    world.until_ready("web", "True/Restorable");
    world.cloud.clear_calls();
    world.pass_in_steps(hours(4 * 24), minutes(1));
    let asked = world.cloud.calls().into_iter().filter(|call| call.operation == CHECK);
    let days: Vec<_> = asked.map(|call| call.time.to_string()[..13].to_owned()).collect();
    assert_eq!(days, ["2027-03-13T07", "2027-03-14T07", "2027-03-15T06", "2027-03-16T06"]);
}

#[test]
fn whoever_wishes_for_an_answer_gets_one_now() {
    let mut world = World::of_checks();
    world.check("web", &spec(&home(WEB), &json!({})));
    world.start();
    world.until_ready("web", "True/Restorable");
    world.tell_huawei(HuaweiEdit::server_status(WEB, "SHUTOFF"));
    world.annotate("web", "reconcile.cloudsteward.dev/requestedAt", "2026-11-22T08:30:00Z");
    world.pass(seconds(5));
    assert_eq!(world.calls(CHECK), 2);
    assert_eq!(world.get("web").unwrap()["status"]["lastHandledReconcileAt"], "2026-11-22T08:30:00Z");
    world.pass(minutes(5));
    assert_eq!(world.calls(CHECK), 2, "once");
}

#[test]
fn a_server_that_is_busy_is_asked_about_again_in_ten_minutes_and_stays_what_it_was() {
    let mut world = World::of_checks();
    world.check("web", &spec(&home(WEB), &json!({"interval": "3h"})));
    world.start();
    world.until_ready("web", "True/Restorable");
    world.tell_huawei(HuaweiEdit::server_task(WEB, HuaweiTask::Restoring));
    world.pass_in_steps(hours(3), seconds(30));
    assert_eq!((world.both("web").as_str(), &world.first("web")["code"]), (GOOD, &json!("CSBS.6015")));
    let asked = world.calls(CHECK);
    world.pass_in_steps(minutes(31), seconds(10));
    assert_eq!(world.calls(CHECK) - asked, 3);
    world.tell_huawei(HuaweiEdit::server_task(WEB, HuaweiTask::None));
    world.pass_in_steps(minutes(11), seconds(10));
    assert_eq!((world.both("web").as_str(), &world.first("web")["code"]), (GOOD, &Value::Null));
}

#[test]
fn five_hundred_checks_of_one_project_stay_within_what_the_account_may_ask() {
    let mut world = World::of_checks();
    for object in 0..16 {
        let checks: Vec<_> = (0..32)
            .map(|number| {
                let mut check = home(if number % 2 == 0 { WEB } else { DB });
                check["name"] = json!(format!("c-{number}"));
                check
            })
            .collect();
        let mut spec = spec(&home(WEB), &json!({}));
        spec["checks"] = json!(checks);
        world.check(&format!("many-{object}"), &spec);
    }
    world.start();
    world.until(minutes(3), "all have answers", |world| {
        (0..16).all(|object| world.ready(&format!("many-{object}")) == "False/NotRestorable")
    });
    assert_eq!((world.calls(LIST), world.calls(CHECK)), (512, 512), "each is asked about once");
    let mut by_second: BTreeMap<(String, i64), usize> = BTreeMap::new();
    for call in world.cloud.calls() {
        *by_second.entry((call.operation.clone(), call.time.as_second())).or_default() += 1;
    }
    let most = by_second.iter().max_by_key(|(_, count)| **count).unwrap();
    assert!(*most.1 <= 140, "{most:?}: of 200 calls a second seven tenths are steward's");
    assert!(world.refused_calls().iter().all(|call| !call.contains("429")), "{:?}", world.refused_calls());
}

#[test]
fn between_two_checks_nobody_hears_of_it() {
    let mut world = World::of_checks();
    for number in 0..20 {
        world.check(&format!("web-{number}"), &spec(&home(WEB), &json!({})));
    }
    world.start();
    world.until(minutes(3), "all are answered", |world| (0..20).all(|number| world.ready(&format!("web-{number}")) == "True/Restorable"));
    world.pass_in_steps(minutes(30), seconds(5));
    world.api.clear_requests();
    world.cloud.clear_calls();
    world.pass_in_steps(hours(16), seconds(15));
    let requests: Vec<_> = world
        .api
        .requests()
        .iter()
        .filter(|request| request.verb != Verb::Watch && request.resource != "secrets")
        .map(|request| format!("{:?} {}", request.verb, request.resource))
        .collect();
    assert_eq!(requests, Vec::<String>::new());
    assert_eq!(world.calls(LIST) + world.calls(CHECK), 0);
}

#[test]
fn while_it_is_suspended_nothing_is_asked_and_then_it_is_at_once() {
    let mut world = World::of_checks();
    world.check("web", &spec(&home(WEB), &json!({"interval": "10m"})));
    world.start();
    world.until_ready("web", "True/Restorable");
    world.edit("web", &json!({"suspend": true}));
    world.pass(seconds(5));
    world.cloud.clear_calls();
    world.pass_in_steps(hours(2), minutes(1));
    assert_eq!((world.both("web").as_str(), world.condition("web", "Suspended").as_str()), (GOOD, "True/Suspended"));
    assert_eq!(world.calls(LIST) + world.calls(CHECK), 0);
    world.edit("web", &json!({"suspend": false}));
    world.pass(seconds(5));
    assert_eq!((world.both("web").as_str(), world.condition("web", "Suspended").as_str()), (GOOD, "absent"));
    assert_eq!(world.calls(CHECK), 1);
    world.cloud.clear_calls();
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.calls().len(), 0, "there is nothing to undo");
}

#[test]
fn an_operator_that_only_observes_asks_all_the_same() {
    let mut world = World::of_checks();
    world.configure(|config| config.observe_only = true);
    world.check("web", &spec(&home(WEB), &json!({})));
    world.start();
    world.until_ready("web", "True/Restorable");
}
