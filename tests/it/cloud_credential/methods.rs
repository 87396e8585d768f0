//! What holds for every way to prove an identity: it is known whose it is, it is renewed in time, and a cloud that is away for less than the
//! rest of its life is noticed by nobody.

use super::cast::{self, Method};
use crate::permissions;
use crate::security_group_membership::{minutes, seconds, web};
use crate::world::World;
use cloud_steward::uses;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use steward_cloudsim::{Fault, What};

fn expires(world: &World, method: &Method) -> Option<Timestamp> {
    world.credential_status(method.name)["expiresAt"].as_str().map(|text| text.parse().expect("a time"))
}

#[test]
fn each_is_ready_and_says_who_it_is_and_for_how_long() {
    let mut world = cast::world();
    for method in cast::all() {
        cast::introduce(&world, &method);
        for number in 0..2 {
            let mut spec = web(&["i-1"]);
            spec["credentialRef"] = json!({"name": method.name});
            spec["managementPolicy"] = json!("Observe");
            world.membership(&format!("{}-{number}", method.name), &spec);
        }
    }
    world.start();
    for method in cast::all() {
        world.until_credential(30, method.name, "True/InSync");
    }
    world.pass(seconds(30));
    for method in cast::all() {
        let status = world.credential_status(method.name);
        let seen = (&status["identity"], &status["accountId"], &status["projectId"], &status["users"], &status["region"]);
        let region = &method.spec["region"];
        let project = method.project.map_or(Value::Null, Value::from);
        assert_eq!(seen, (&method.identity, &json!(method.account), &project, &json!(2), region), "{}", method.name);
        assert_eq!((&status["lastError"], &status["observedGeneration"]), (&Value::Null, &json!(1)), "{}", method.name);
        let left = expires(&world, &method).map(|at| at.duration_since(world.cloud.now()).as_secs());
        assert_eq!(left.is_some(), method.lasts.is_some(), "{}: {left:?}", method.name);
        if let (Some(left), Some(lasts)) = (left, method.lasts) {
            assert!((lasts - 120..=lasts).contains(&left), "{}: {left} of {lasts} seconds", method.name);
        }
        let who = method.identity["arn"].as_str().or(method.identity["name"].as_str()).unwrap();
        assert!(world.credential_message(method.name).contains(who), "{}", world.credential_message(method.name));
    }
    assert_eq!(world.refused_calls(), Vec::<String>::new());
}

#[test]
fn all_of_them_together_ask_for_what_the_page_of_permissions_has_and_for_nothing_else() {
    let mut world = cast::world();
    for method in cast::all() {
        cast::introduce(&world, &method);
    }
    world.start();
    for method in cast::all() {
        world.until_credential(30, method.name, "True/InSync");
    }
    let asked: BTreeSet<String> = world.cloud.calls().iter().map(permissions::operation).collect();
    assert_eq!(asked, uses::of("CloudCredential").iter().map(|one| one.operation.to_string()).collect());
}

#[test]
fn what_runs_out_is_renewed_before_that_for_three_days_and_seldom() {
    let mut world = cast::world();
    let methods: Vec<Method> = cast::all().into_iter().filter(|method| method.lasts.is_some()).collect();
    for method in &methods {
        cast::introduce(&world, method);
    }
    world.start();
    for method in &methods {
        world.until_credential(30, method.name, "True/InSync");
    }
    world.pass(minutes(2));
    world.cloud.clear_calls();
    world.api.clear_requests();
    for _ in 0..72 {
        world.pass_in_steps(minutes(60), seconds(20));
        for method in &methods {
            let expires = expires(&world, method).expect("it runs out");
            assert!(expires > world.cloud.now(), "{} ran out at {expires}", method.name);
            assert_eq!(world.credential_ready_now(method.name), "True/InSync", "{}", method.name);
        }
    }
    assert_eq!(world.refused_calls(), Vec::<String>::new());
    // A life of an hour is renewed after 42 to 48 minutes, and so on. Two tokens are worked with; the third is what an agency's is made of: it
    // is fetched when that is renewed and the last one no longer serves, at most as often as that.
    let expected: [(&str, f64, f64, f64); 4] = [
        ("AssumeRole", 3600.0, 1.0, 1.0),
        ("AssumeRoleWithOIDC", 1800.0, 1.0, 1.0),
        ("CreateTemporaryKey", 3600.0, 1.0, 1.0),
        ("CreateToken", 86400.0, 2.0, 3.0),
    ];
    for (operation, seconds, fewest, most) in expected {
        let count = u32::try_from(world.calls(operation)).unwrap();
        // Each may begin or end just beyond the three days.
        let least = (fewest * 3.0 * 86400.0 / (0.8 * seconds + 40.0)).floor() - fewest;
        let most = (most * 3.0 * 86400.0 / (0.7 * seconds)).ceil() + most;
        assert!((least..=most).contains(&f64::from(count)), "{count} of {operation}: {least} to {most}");
    }
    let renewals = world.cloud.calls().len();
    let operations = ["AssumeRole", "AssumeRoleWithOIDC", "CreateTemporaryKey", "CreateToken"];
    assert_eq!(renewals, operations.iter().map(|operation| world.calls(operation)).sum::<usize>(), "renewals and nothing else");
    let writes = world.writes();
    let statuses = writes.iter().filter(|write| write.contains("cloudcredentials/status")).count();
    assert!(statuses <= renewals, "{statuses} writes of status for {renewals} renewals");
    let others: Vec<_> = writes.iter().filter(|write| !write.contains("cloudcredentials/status") && !write.contains("/token")).collect();
    assert_eq!(others, Vec::<&String>::new());
}

/// The method, how long its identity service is away from the beginning, and what it asks there.
fn away() -> [(Method, &'static str); 5] {
    [
        (cast::role(), "AssumeRole"),
        (cast::pod(), "AssumeRoleWithOIDC"),
        (cast::password(), "CreateToken"),
        (cast::agency_by_key(), "CreateTemporaryKey"),
        (cast::agency_by_password(), "CreateToken"),
    ]
}

#[test]
fn while_the_old_keys_hold_nobody_notices_that_new_ones_are_not_to_be_had() {
    for (method, operation) in away() {
        let mut world = cast::world_with(&method);
        let alibaba = method.project.is_none();
        if alibaba {
            let mut spec = web(&["i-1"]);
            spec["credentialRef"] = json!({"name": method.name});
            world.membership("web", &spec);
        }
        world.start();
        world.until_credential(30, method.name, "True/InSync");
        if alibaba {
            world.until_ready("web", "True/InSync");
        }
        world.pass(minutes(1));
        let before = world.credential_status(method.name);
        world.cloud.fault(Fault::on(operation, What::error(503, "ServiceUnavailable")).forever());
        let life = u64::try_from(method.lasts.expect("it runs out")).unwrap();
        world.pass_in_steps(seconds(life * 95 / 100 - 90), seconds(15));
        assert!(world.calls(operation) > 3, "{}: it was tried", method.name);
        assert_eq!(world.credential_status(method.name), before, "{}", method.name);
        if alibaba {
            world.edit("web", &web(&["i-1", "i-2"]));
            world.until(seconds(20), "the work goes on", |world| world.ready("web") == "True/InSync");
        }

        world.cloud.clear_faults();
        world.until(minutes(1), "renewed", |world| world.credential_status(method.name)["expiresAt"] != before["expiresAt"]);
        assert_eq!(world.credential_ready_now(method.name), "True/InSync");
        let refused: Vec<_> = world.refused_calls().into_iter().filter(|call| !call.contains("ServiceUnavailable")).collect();
        assert_eq!(refused, Vec::<String>::new(), "{}", method.name);
    }
}

#[test]
fn a_renewal_that_hangs_holds_nobody_up_whose_keys_still_hold() {
    let mut world = cast::world_with(&cast::role());
    let mut spec = web(&["i-1"]);
    spec["credentialRef"] = json!({"name": "role"});
    world.membership("web", &spec);
    world.start();
    world.until_ready("web", "True/InSync");
    world.cloud.fault(Fault::on("AssumeRole", What::Timeout(None)).forever());
    world.pass_in_steps(minutes(48), seconds(15));
    assert!(world.calls("AssumeRole") > 1, "it was tried");
    for targets in [&["i-1", "i-2"][..], &["i-2"], &["i-1"]] {
        world.edit("web", &web(targets));
        world.until(seconds(8), "the edit is through", |world| world.ready("web") == "True/InSync");
        world.pass(seconds(7));
    }
    assert_eq!(world.credential_ready_now("role"), "True/InSync");
}

#[test]
fn beyond_the_end_of_the_old_keys_the_cloud_is_said_to_be_away_and_it_heals() {
    for (method, operation) in away() {
        let mut world = cast::world_with(&method);
        world.start();
        world.until_credential(30, method.name, "True/InSync");
        world.cloud.fault(Fault::on(operation, What::error(503, "ServiceUnavailable")).forever());
        let life = u64::try_from(method.lasts.expect("it runs out")).unwrap();
        world.pass_in_steps(seconds(life + 60), seconds(15));
        world.until(seconds(30), "said", |world| world.credential_ready_now(method.name).ends_with("/CloudUnavailable"));
        let error = world.credential_status(method.name)["lastError"].clone();
        assert_eq!((&error["operation"], &error["class"]), (&json!(operation), &json!("Unavailable")), "{}: {error}", method.name);
        world.cloud.clear_calls();
        world.pass_in_steps(minutes(60), seconds(15));
        let tries = world.calls(operation);
        assert!((5..=150).contains(&tries), "{}: {tries} tries in an hour", method.name);
        world.cloud.clear_faults();
        world.until_credential(320, method.name, "True/InSync");
        assert_eq!(world.credential_status(method.name)["lastError"], Value::Null);
    }
}
