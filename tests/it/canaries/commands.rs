//! A script and the values in it: the cloud gets them, and nobody else, whatever the cloud answers and whatever the script prints.

use super::birds::{OIDC_TOKEN, PASSWORD};
use super::{Log, nothing_got_out};
use crate::security_group_membership::{minutes, seconds};
use crate::world::World;
use crate::world::commands::{LOOK, RESULTS, RUN};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, Garble, What};

fn spec() -> Value {
    let from = |key: &str| json!({"secretKeyRef": {"name": "app", "key": key}});
    json!({
        "targets": {"instanceIds": ["i-web1", "i-web2"]},
        "command": {"type": "RunShellScript", "contentFrom": from("script")},
        "parameters": [{"name": "password", "valueFrom": from("password")}],
        "output": {"capture": "Tail"},
        "rollout": {"maxConcurrent": 1},
    })
}

#[test]
fn what_a_command_is_given_from_secrets_is_seen_by_the_cloud_alone() {
    let (log, _listening) = Log::listen();
    let mut world = World::of_commands(
        "
securityGroups: [{id: sg-base}]
instances:
  - {id: i-web1, groups: [sg-base]}
  - {id: i-web2, groups: [sg-base]}
",
    );
    world.show_numbers();
    let script = format!("# {OIDC_TOKEN}\nlog-in {{{{password}}}}");
    world.secret_with("app", &json!({"password": PASSWORD, "script": script}));
    // The script prints what it was given, in both ways, and fails; the cloud's words repeat it as well.
    let printed = format!("{PASSWORD}\n{}\n{script}\n", STANDARD.encode(format!("p:{PASSWORD}")));
    world.by_hand(json!({"commandOutcomes": [{"exitCode": 1, "output": printed, "errorInfo": format!("{PASSWORD} {script}")}]}));
    world.start();
    world.command("well", &spec());
    world.until_ready("well", "False/CommandFailed");
    let outputs = world.status("well")["results"].as_array().into_iter().flatten().filter(|result| result["output"].is_string()).count();
    assert_eq!(outputs, 2, "outputs are kept: {:#}", world.status("well"));
    assert!(world.ran().iter().all(|one| one.content == script && one.parameters.contains("Xp4ss")), "the cloud was given both");
    nothing_got_out(&world, &log, "all is well");

    let error = |status, code: &str| {
        let message = format!("no. server string to sign is: Parameters={PASSWORD} CommandContent={} {script}", STANDARD.encode(&script));
        What::Error { status, code: code.to_owned(), message, envelope: None, encoded_authorization_message: None }
    };
    let faults = [
        error(400, "SignatureDoesNotMatch"),
        error(403, "Forbidden.RAM"),
        error(400, "CmdParam.InvalidParamName"),
        error(403, "IdempotentParameterMismatch"),
        error(500, "InternalError"),
        error(418, "Nobody.KnowsThis"),
        What::Throttle,
        What::Garble(Garble::Html),
        What::Garble(Garble::Half),
        What::Reset,
        What::Timeout(None),
    ];
    for (number, what) in faults.into_iter().enumerate() {
        for (operation, late) in [(RUN, false), (RUN, true), (LOOK, false), (RESULTS, false)] {
            let fault = Fault::on(operation, what.clone());
            world.cloud.fault(if late { fault.after() } else { fault });
            let name = format!("ill-{number}-{}-{late}", operation.to_lowercase());
            world.command(&name, &spec());
            world.pass(seconds(40));
            nothing_got_out(&world, &log, &format!("{what:?} of {operation}"));
            world.cloud.clear_faults();
        }
        // A key that was refused is tried again later.
        world.cloud.edit(Edit::rotate("key-1", "secret-1")).expect("a rotation to the same");
        world.pass_in_steps(minutes(11), seconds(10));
        nothing_got_out(&world, &log, &format!("after {what:?}"));
    }

    world.rewrite_secret("app", &json!({"password": "another", "script": "true"}));
    world.edit("well", &json!({"trigger": "again"}));
    world.pass(minutes(1));
    world.api.delete("secrets", "default", "app");
    world.edit("well", &json!({"trigger": "once more"}));
    world.pass(minutes(1));
    nothing_got_out(&world, &log, "the values are others, and gone");
}
