//! Settled means silent: what is as it should be costs the API server nothing, and the cloud a share of one batched read.

use crate::api_server::Verb;
use crate::world::World;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

#[test]
fn a_thousand_settled_objects_are_silent_for_a_day() {
    let mut world = World::new(
        "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 1000, prefix: i-, groups: [sg-base, sg-web]}
settings: {limits: {\"*\": 100000}}
",
    );
    for number in 1..=1000 {
        let spec = json!({"securityGroupId": "sg-web", "targets": {"instanceIds": [format!("i-{number:04}")]}});
        world.membership(&format!("web-{number}"), &spec);
    }
    world.start();
    world.until(Duration::from_secs(300), "all are in sync", |world| {
        (1..=1000).all(|number| world.ready(&format!("web-{number}")) == "True/InSync")
    });
    // The first sync after the creation may still find the objects spread; from then on they share a phase.
    world.pass_in_steps(Duration::from_secs(3600), Duration::from_secs(5));
    world.api.clear_requests();
    world.cloud.clear_calls();

    let day = Duration::from_secs(24 * 3600);
    world.pass_in_steps(day, Duration::from_secs(5));

    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    for request in world.api.requests() {
        let poll = request.verb == Verb::Get && request.resource == "secrets";
        if !poll && request.verb != Verb::Watch {
            *requests.entry(format!("{:?} {} {}", request.verb, request.resource, request.subresource)).or_default() += 1;
        }
    }
    assert_eq!(requests, BTreeMap::new(), "requests beside watches and the reference poll");
    let polls = world.api.requests().iter().filter(|request| request.resource == "secrets").count();
    assert!((4000..=8000).contains(&polls), "{polls} reads of one Secret in a day, at one about every 15 s");

    let reads = world.cloud.calls().len();
    let syncs = 24 * 6;
    let most = syncs * 12;
    assert!(
        (syncs * 10..=most).contains(&reads),
        "{reads} reads of the cloud in {syncs} syncs of 1,000 objects; ten a sync would be ideal, twelve are allowed"
    );
    assert!(world.cloud.calls().iter().all(|call| call.operation == "DescribeInstances"));
}

#[test]
fn a_thousand_commands_that_have_run_ask_nobody_anything_for_a_day() {
    let mut world = World::of_commands(
        "
securityGroups: [{id: sg-base}]
instances: {count: 1000, prefix: i-, groups: [sg-base]}
settings: {limits: {\"*\": 100000}}
",
    );
    world.config_map("scripts", &json!({"hello": "echo hello"}));
    for number in 1..=1000 {
        // One in ten is kept in a ConfigMap: once it has run, nobody needs to read that any more.
        let content = match number % 10 {
            0 => json!({"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "hello"}}}),
            _ => json!({"type": "RunShellScript", "content": "echo hello"}),
        };
        world.command(&format!("hello-{number}"), &json!({"targets": {"instanceIds": [format!("i-{number:04}")]}, "command": content}));
    }
    world.start();
    world.until(Duration::from_secs(600), "all have run", |world| {
        (1..=1000).all(|number| world.ready(&format!("hello-{number}")) == "True/Succeeded")
    });
    assert_eq!(world.ran().len(), 1000);
    // Events are written one after the other, one in each step: they need their time.
    world.pass_in_steps(Duration::from_secs(1500), Duration::from_secs(1));
    world.api.clear_requests();
    world.cloud.clear_calls();

    world.pass_in_steps(Duration::from_secs(24 * 3600), Duration::from_secs(60));

    let polls = |resource: &str| world.api.requests().iter().filter(|request| request.resource == resource).count();
    let others: Vec<_> =
        world.api.requests().into_iter().filter(|request| request.verb != Verb::Watch && request.resource != "secrets").collect();
    assert_eq!(others.len(), 0, "requests beside watches and the reference poll: {:?}", others.first().map(|request| &request.resource));
    assert!((1000..=8000).contains(&polls("secrets")), "{} reads of the credential's Secret", polls("secrets"));
    assert_eq!(world.cloud.calls().len(), 0, "and the cloud is not asked at all");
}
