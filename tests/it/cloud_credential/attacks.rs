//! What tenants and bad luck can do.

use super::cast;
use crate::api_server::{Verb, Verdict};
use crate::security_group_membership::{SEED, minutes, seconds, web};
use crate::world::World;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use steward_cloudsim::{Fault, What};

#[test]
fn who_touches_an_annotation_every_few_seconds_does_not_keep_steward_from_looking() {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    world.cloud.clear_calls();
    for beat in 0..400 {
        world.annotate("web", "monitoring.example/last-seen", &beat.to_string());
        world.pass(seconds(5));
    }
    assert!(world.calls("DescribeInstances") > 0, "nobody has looked for half an hour");
}

#[test]
fn the_hint_is_of_the_service_account_that_spec_names_now() {
    let mut world = World::empty(SEED);
    drop(std::mem::replace(&mut world, cast::world_with(&cast::pod())));
    world.service_account("droid");
    world.api.forbid_tokens("default", "robot");
    world.api.forbid_tokens("default", "droid");
    world.start();
    world.until_credential(20, "pod", "False/CredentialMissing");
    world.pass_in_steps(minutes(20), seconds(5));
    world.edit_credential("pod", &json!({"auth": {"oidc": {"serviceAccountName": "droid"}}}));
    world.pass_in_steps(minutes(5), seconds(5));
    let hint = world.credential_status("pod")["lastError"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("droid"), "{hint}");
}

#[test]
fn a_credential_that_goes_while_it_is_looked_at_is_gone() {
    let mut world = World::empty(SEED);
    for number in 0..60 {
        world.secret("default", &format!("s-{number}"), "key-1", "secret-1");
        world.credential("default", &format!("c-{number}"), &format!("s-{number}"));
    }
    world.start();
    world.pass(seconds(1));
    for number in 0..60 {
        world.api.delete("cloudcredentials", "default", &format!("c-{number}"));
    }
    world.pass(seconds(20));
    for number in 0..60 {
        let spec =
            json!({"credentialRef": {"name": format!("c-{number}")}, "securityGroupId": "sg-web", "targets": {"instanceIds": ["i-1"]}});
        world.membership(&format!("m-{number}"), &spec);
    }
    world.pass(seconds(20));
    let served: Vec<_> = (0..60).filter(|n| world.ready(&format!("m-{n}")) != "False/CredentialMissing").collect();
    assert_eq!(served, Vec::<i32>::new(), "these got a session of a credential that does not exist");
}

#[test]
fn an_edit_that_cannot_be_followed_is_not_said_to_be_in_sync() {
    let mut world = World::new(SEED);
    world.start();
    world.until_credential(20, "default", "True/InSync");
    world.api.on_request(|info, _| if info.resource == "secrets" && info.name == "other" { Verdict::Fail(403) } else { Verdict::Go });
    world.edit_credential("default", &json!({"auth": {"accessKey": {"secretRef": {"name": "other"}}}}));
    world.pass(minutes(5));
    assert_ne!(world.credential_ready_now("default"), "True/InSync");
}

#[test]
fn a_name_is_no_path() {
    let world = World::empty(SEED);
    for (name, taken) in [("aliyun", true), ("../../elsewhere/secrets/aliyun", false), ("a?b", false), ("x y", false), ("a.b-c", true)] {
        let create = std::panic::AssertUnwindSafe(|| {
            world.credential_with(
                &format!("c-{}", name.len()),
                &json!({"provider": "AlibabaCloud", "auth": {"accessKey": {"secretRef": {"name": name}}}}),
            );
        });
        assert_eq!(std::panic::catch_unwind(create).is_ok(), taken, "{name}");
    }
}

#[test]
fn who_wishes_for_a_look_every_second_costs_the_cloud_one_in_ten() {
    let mut world = World::new(SEED);
    world.start();
    world.until_credential(20, "default", "True/InSync");
    world.pass(seconds(30));
    world.cloud.clear_calls();
    for beat in 0..60 {
        let wish = json!({"metadata": {"annotations": {"reconcile.cloudsteward.dev/requestedAt": format!("2026-01-01T00:00:{beat:02}Z")}}});
        world.api.patch_json("cloudcredentials", "default", "default", &wish);
        world.pass(seconds(1));
    }
    world.pass(seconds(30));
    let looks = world.calls("GetCallerIdentity");
    assert!((2..=8).contains(&looks), "{looks} looks in a minute and a half");
    assert_eq!(world.credential_status("default")["lastHandledReconcileAt"], "2026-01-01T00:00:59Z");
}

#[test]
fn a_look_that_somebody_wished_for_does_not_end_the_work_because_the_cloud_is_away() {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    world.pass(seconds(30));
    world.cloud.fault(Fault::on("GetCallerIdentity", What::error(503, "ServiceUnavailable")).forever());
    let wish = json!({"metadata": {"annotations": {"reconcile.cloudsteward.dev/requestedAt": "2026-01-01T00:00:00Z"}}});
    world.api.patch_json("cloudcredentials", "default", "default", &wish);
    world.pass(minutes(1));
    assert_eq!(world.credential_ready_now("default"), "True/InSync");
    world.edit("web", &web(&["i-1", "i-2"]));
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_credential_that_went_while_nobody_watched_is_gone() {
    let mut world = World::new(SEED);
    world.start();
    world.until_credential(20, "default", "True/InSync");
    let blind = Arc::new(AtomicBool::new(true));
    let cut = Arc::clone(&blind);
    world.api.on_request(move |info, _| {
        let watched = info.resource == "cloudcredentials" && matches!(info.verb, Verb::Watch | Verb::List);
        if watched && cut.load(Ordering::SeqCst) { Verdict::Fail(503) } else { Verdict::Go }
    });
    // The watch that is open ends by itself within five minutes.
    world.pass(minutes(6));
    world.api.delete("cloudcredentials", "default", "default");
    world.api.compact();
    blind.store(false, Ordering::SeqCst);
    world.pass(minutes(3));
    world.membership("web", &web(&["i-1"]));
    world.until_ready("web", "False/CredentialMissing");
}
