//! What credentials cost: a Secret is read for all who point at it, and a role that is worn by a thousand objects for a day costs its renewals.

use super::cast;
use crate::api_server::Verb;
use crate::security_group_membership::{minutes, seconds};
use crate::world::World;
use serde_json::json;
use std::collections::BTreeMap;

fn reads_of(world: &World, secret: &str) -> usize {
    let read = |name: &str| name == secret;
    world.api.requests().iter().filter(|request| request.resource == "secrets" && request.verb == Verb::Get && read(&request.name)).count()
}

#[test]
fn credentials_that_share_a_secret_share_its_reading() {
    let mut world = cast::world();
    let method = cast::keys();
    cast::introduce(&world, &method);
    for number in 0..4 {
        world.credential_with(&format!("too-{number}"), &method.spec);
    }
    // Somebody's whose keys were refused, and whose Secret is read anew each time: no reason to forget what others have read.
    world.secret("default", "refused", "key-1", "wrong");
    let mut refused = method.spec.clone();
    refused["auth"]["accessKey"]["secretRef"]["name"] = json!("refused");
    world.credential_with("refused", &refused);
    world.start();
    world.until_credential(20, "keys", "True/InSync");
    world.pass(minutes(1));
    world.api.clear_requests();
    world.pass(minutes(60));
    let reads = reads_of(&world, method.name);
    assert!((200..=300).contains(&reads), "{reads} reads of one Secret in 240 polls by each of five credentials");
}

#[test]
fn a_thousand_objects_with_a_role_cost_the_api_server_a_token_and_a_status_for_each_renewal_and_nothing_else() {
    let mut world = cast::world_with(&cast::pod());
    world
        .cloud
        .seed("instances: {count: 1000, prefix: i-of-many-, groups: [sg-base, sg-web]}\nsettings: {limits: {\"*\": 100000}}")
        .unwrap();
    for number in 1..=1000 {
        let spec = json!({
            "credentialRef": {"name": "pod"}, "securityGroupId": "sg-web", "targets": {"instanceIds": [format!("i-of-many-{number:04}")]},
        });
        world.membership(&format!("web-{number}"), &spec);
    }
    world.start();
    world.until(minutes(5), "all are in sync", |world| (1..=1000).all(|number| world.ready(&format!("web-{number}")) == "True/InSync"));
    world.pass_in_steps(minutes(60), seconds(5));
    world.api.clear_requests();
    world.cloud.clear_calls();

    world.pass_in_steps(minutes(24 * 60), seconds(5));

    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    for request in world.api.requests().iter().filter(|request| request.verb != Verb::Watch) {
        *requests.entry(format!("{:?} {} {}", request.verb, request.resource, request.subresource)).or_default() += 1;
    }
    let renewals = world.calls("AssumeRoleWithOIDC");
    assert!((55..=70).contains(&renewals), "{renewals} renewals of half an hour in a day");
    let expected = [("Create serviceaccounts token".to_owned(), renewals), ("Update cloudcredentials status".to_owned(), renewals)];
    assert_eq!(requests, BTreeMap::from(expected), "requests beside watches");
    assert_eq!(world.refused_calls(), Vec::<String>::new());
}
