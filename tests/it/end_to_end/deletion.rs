//! Ends: a namespace with everything in it, a deletion that is blocked, and the way out of it.

use super::real::{Real, membership};
use super::{SEED, web};
use serde_json::json;
use std::process::Command;
use std::time::Duration;
use steward_cloudsim::Edit;

#[test]
fn a_namespace_with_secret_credential_and_objects_is_deleted_in_one_go() {
    let real = Real::with(SEED, |setup| setup.control_plane.controller_manager = true);
    real.namespace_with_credential("team");
    real.apply(&membership("team", "web", &web(&["i-web1", "i-there"])));
    real.apply(&membership("team", "more", &web(&["i-web1", "i-web2"])));
    real.kubectl(&["wait", "--for=condition=Ready", "sgm", "--all", "-n", "team", "--timeout=60s"]);

    real.kubectl(&["delete", "namespace", "team", "--timeout=90s"]);
    assert_eq!(real.groups_of("i-web1"), ["sg-base"]);
    assert_eq!(real.groups_of("i-web2"), ["sg-base"]);
    assert_eq!(real.groups_of("i-there"), ["sg-base", "sg-web"], "who was there before stays");
}

#[test]
fn an_abandoned_object_goes_without_a_call() {
    let real = Real::new(SEED);
    real.membership("web", &web(&["i-web1"]));
    real.until_ready("web", "True/InSync");
    real.annotate("web", "cloudsteward.dev/abandon", "the group is somebody else's now");
    real.until_ready("web", "False/Abandoned");
    real.kubectl(&["delete", "sgm", "web", "--timeout=30s"]);
    assert_eq!((real.groups_of("i-web1"), real.acted("LeaveSecurityGroup")), (vec!["sg-base".to_owned(), "sg-web".to_owned()], 0));
}

#[test]
fn a_blocked_deletion_says_the_command_that_lifts_the_block() {
    let real = Real::new(SEED);
    real.membership("web", &web(&["i-web1"]));
    real.until_ready("web", "True/InSync");
    real.cloud_edit(&Edit::rotate("key-1", "secret-2"));
    real.delete("web");
    real.until_ready("web", "False/DeleteBlocked");
    assert!(real.condition("web", "Stalled").starts_with("True"), "a person has to act");

    let message = real.message("web");
    let (_, command) = message.split_once("To let go without touching the cloud: ").expect("the message names a command");
    let control_plane = real.playground.control_plane();
    let path = format!("{}:/usr/bin:/bin", control_plane.tools_directory().expect("a directory of tools").display());
    let typed = Command::new("/bin/sh")
        .args(["-c", command])
        .env("PATH", path)
        .env("KUBECONFIG", control_plane.kubeconfig())
        .output()
        .expect("a shell");
    assert!(typed.status.success(), "{command}: {}", String::from_utf8_lossy(&typed.stderr));

    real.until_gone("web");
    assert_eq!((real.groups_of("i-web1"), real.acted("LeaveSecurityGroup")), (vec!["sg-base".to_owned(), "sg-web".to_owned()], 0));
    real.until(Duration::from_secs(20), "somebody can read that it was let go", |real| {
        real.events("web").iter().any(|event| event.starts_with("Warning Abandoned"))
    });
}

#[test]
fn a_credential_in_use_waits_for_its_users_across_a_restart() {
    const OBJECTS: usize = 20;
    let real = Real::new(SEED);
    // Large, so that a new life knows the credential long before it knows all who use it.
    let many: Vec<_> = (0..1000).map(|number| format!("i-an-id-as-long-as-they-get-{number:04}")).collect();
    let spec = json!({"securityGroupId": "sg-web", "targets": {"instanceIds": many}, "suspend": true});
    for number in 0..OBJECTS {
        real.membership(&format!("web-{number}"), &spec);
    }
    let passes = |kind: &str| real.metric(&format!("steward_passes_total{{kind=\"{kind}\",outcome=\"done\"}}"));
    real.until(Duration::from_secs(60), "all are seen", |_| passes("SecurityGroupMembership") >= Some(OBJECTS));
    real.until(Duration::from_secs(60), "the credential is held", |real| {
        let credential = real.get_of("cloudcredentials", "default").expect("it exists");
        credential["status"]["users"] == OBJECTS && credential["metadata"]["finalizers"].is_array()
    });
    real.kubectl(&["delete", "cloudcredential", "default", "--wait=false"]);

    let replica = &real.playground.steward().replicas()[0];
    replica.sigterm().expect("it ends in time");
    replica.start().expect("as a kubelet would");
    real.until(Duration::from_secs(60), "a new life has looked at everything", |_| {
        passes("SecurityGroupMembership") >= Some(OBJECTS) && passes("CloudCredential") >= Some(1)
    });
    let credential = real.get_of("cloudcredentials", "default").expect("it is in use, so it must still be there");
    assert!(credential["metadata"]["deletionTimestamp"].is_string());
}
