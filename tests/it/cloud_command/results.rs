//! What became of it on each server: asked for seldom, told completely, and without a secret.

use super::{SEED, comes_to, counts, many, minutes, numbered, on_all, result, script, seconds, status_writes, with};
use crate::world::World;
use crate::world::commands::{LOOK, RESULTS, STOP};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

#[test]
fn a_life_that_ends_within_one_poll_costs_three_writes_of_status() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"afterSeconds": 0}]));
    world.start();
    world.command("hello", &script("echo hello", &["i-web1", "i-web2", "i-web3"]));
    world.until_ready("hello", "True/Succeeded");
    world.pass(minutes(60));
    assert_eq!(status_writes(&world), 3, "intended, submitted, done: {:#?}", world.writes());
    assert_eq!((world.calls(LOOK), world.calls(RESULTS)), (2, 1), "looked up before, looked at once");
}

#[test]
fn a_long_run_is_looked_at_more_and_more_seldom() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"afterSeconds": 600}]));
    world.start();
    let mut spec = script("echo hello", &["i-web1", "i-web2", "i-web3"]);
    spec["command"]["timeoutSeconds"] = json!(1000);
    world.command("hello", &spec);
    world.until(minutes(1), "it has begun", |world| world.marks("i-web1") == 1);
    world.cloud.clear_calls();
    world.pass(minutes(9));
    assert_eq!(world.ready("hello"), "False/Running");
    assert_eq!(world.condition("hello", "Reconciling"), "True/Running");
    let looks: Vec<i64> = world.cloud.calls().iter().filter(|call| call.operation == LOOK).map(|call| call.time.as_second()).collect();
    let waits: Vec<i64> = looks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        waits.is_sorted() && waits.first().is_some_and(|wait| *wait <= 2) && waits.last().is_some_and(|wait| (30..=31).contains(wait)),
        "{waits:?}"
    );
    assert!((20..=32).contains(&looks.len()), "1 s at first, 30 s at last: {waits:?}");
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.calls(RESULTS), 1, "outputs once, at the end");
    assert!(world.cloud.calls().iter().all(|call| [LOOK, RESULTS].contains(&call.operation.as_str())));
    assert_eq!(status_writes(&world), 4, "between sending it and its end only that it runs");
}

#[test]
fn while_counts_move_they_are_put_down_every_ten_seconds() {
    let count: u32 = 30;
    let mut world = World::of_commands(&many(30));
    let outcomes: Vec<Value> =
        (1..=count).map(|number| json!({"match": {"instance": format!("i-{number:04}")}, "afterSeconds": 2 * number})).collect();
    comes_to(&world, &json!(outcomes));
    world.start();
    let mut spec = on_all("echo hello", &numbered(30));
    spec["command"]["timeoutSeconds"] = json!(1000);
    world.command("hello", &spec);
    world.until_ready("hello", "True/Succeeded");
    // One every two seconds for a minute.
    assert!(status_writes(&world) <= 3 + 6, "{} writes", status_writes(&world));
    assert!(status_writes(&world) >= 3 + 3, "{} writes", status_writes(&world));
}

#[test]
fn a_hundred_results_are_two_pages_and_every_output_is_there() {
    let mut world = World::of_commands(&many(100));
    comes_to(&world, &json!([{"afterSeconds": 0}]));
    world.start();
    let mut spec = on_all("echo {{ACS::InstanceId}}", &numbered(100));
    spec["command"]["enableParameter"] = json!(true);
    world.command("hello", &spec);
    world.until_ready("hello", "True/Succeeded");
    assert_eq!((world.ran().len(), world.calls(RESULTS)), (1, 2));
    let pages: Vec<_> = world.cloud.calls().into_iter().filter(|call| call.operation == RESULTS).collect();
    assert!(pages.iter().all(|call| call.parameters["MaxResults"] == "50"));
    for id in numbered(100) {
        assert_eq!(result(&world, "hello", &id)["output"].as_str().map(str::trim), Some(id.as_str()));
    }
}

#[test]
fn every_end_has_its_phase_its_code_and_a_hint() {
    // How it ends, and what is said of it: phase, count, code.
    let ends = [
        (json!({}), "Succeeded", "succeeded", None),
        (json!({"exitCode": 7}), "Failed", "failed", Some("ExitCodeNonzero")),
        (json!({"status": "Timeout"}), "TimedOut", "failed", Some("ExecutionTimeout")),
        (json!({"status": "Error", "errorCode": "ExecutionInterrupted"}), "Error", "failed", Some("ExecutionInterrupted")),
        (json!({"status": "Invalid", "errorCode": "DirectoryNotExists"}), "Invalid", "failed", Some("DirectoryNotExists")),
        (json!({"status": "Aborted", "errorCode": "DeliveryTimeout"}), "Undelivered", "failed", Some("DeliveryTimeout")),
        (json!({"status": "Error", "errorCode": "Brand.New"}), "Error", "failed", Some("Brand.New")),
        (json!({"status": "Terminated"}), "Terminated", "cancelled", None),
    ];
    let mut world = World::of_commands(&many(ends.len()));
    let targets = numbered(ends.len());
    let outcomes: Vec<Value> = targets
        .iter()
        .zip(&ends)
        .map(|(id, (end, ..))| {
            let mut outcome = end.clone();
            outcome["match"] = json!({"instance": id});
            outcome
        })
        .collect();
    comes_to(&world, &json!(outcomes));
    world.start();
    world.command("hello", &on_all("echo hello", &targets));
    world.until_ready("hello", "False/CommandFailed");
    for (id, (end, phase, _, code)) in targets.iter().zip(&ends) {
        let result = result(&world, "hello", id);
        assert_eq!((result["phase"].as_str(), result["errorCode"].as_str()), (Some(*phase), *code), "{end}: {result}");
        let is_known = code.is_some_and(|code| code != "Brand.New");
        assert_eq!(result["hint"].as_str().is_some_and(|hint| hint.len() > 10), is_known, "{result}");
    }
    let counted = counts(&world, "hello");
    for count in ["succeeded", "failed", "cancelled"] {
        let expected = ends.iter().filter(|(_, _, of, _)| *of == count).count();
        assert_eq!(counted[count], json!(expected), "{count}");
    }
    let codes = world.status("hello")["codes"].as_array().cloned().unwrap_or_default();
    assert_eq!(codes.len(), 6, "{codes:#?}");
    assert!(codes.iter().all(|code| code["count"] == 1 && code["hint"].is_string()));
    let message = world.message("hello");
    assert!(message.contains("i-0002: exit code 7") && message.contains("i-0007: Brand.New"), "{message}");
    let phases: Vec<_> = world.status("hello")["results"].as_array().into_iter().flatten().map(|result| result["phase"].clone()).collect();
    assert_eq!((phases.last(), phases.iter().position(|phase| phase == "Terminated")), (Some(&json!("Succeeded")), Some(6)), "{phases:?}");
}

#[test]
fn an_exit_code_of_zero_that_comes_too_early_is_not_believed() {
    let mut world = World::of_commands(&format!("{SEED}settings: {{exitCodeBeforeEnd: zero}}\n"));
    comes_to(&world, &json!([{"afterSeconds": 30, "exitCode": 4}]));
    world.start();
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.until(minutes(1), "it is seen to run", |world| world.status("hello")["results"][0]["phase"] == "Running");
    assert_eq!(world.status("hello")["results"][0]["exitCode"], json!(null));
    world.until_ready("hello", "False/CommandFailed");
    assert_eq!(world.status("hello")["results"][0]["exitCode"], json!(4));
}

#[test]
fn outputs_are_decoded_and_only_their_end_is_kept() {
    let mut world = World::of_commands(SEED);
    comes_to(
        &world,
        &json!([
            {"match": {"instance": "i-web1"}, "output": "größe ✓\n"},
            {"match": {"instance": "i-web2"}, "output": format!("{}the end", "x".repeat(5000)), "dropped": 300},
        ]),
    );
    world.start();
    world.command("hello", &script("echo hello", &["i-web1", "i-web2"]));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(result(&world, "hello", "i-web1")["output"], "größe ✓\n");
    let cut = result(&world, "hello", "i-web2");
    let output = cut["output"].as_str().unwrap_or_default();
    assert!(output.len() == 2048 && output.ends_with("the end"), "{}", output.len());
    assert_eq!(cut["dropped"], json!(5007 - 2048 + 300), "what is missing, here and in the cloud");
}

#[test]
fn whose_output_is_kept_is_for_the_user_to_say() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"match": {"instance": "i-web1"}, "exitCode": 1, "output": "why"}, {"output": "fine"}]));
    world.start();
    let spec = script("echo hello", &["i-web1", "i-web2"]);
    for (name, output, failed, succeeded) in [
        ("always", json!({}), Some("why"), Some("fine")),
        ("failure", json!({"on": "Failure"}), Some("why"), None),
        ("none", json!({"capture": "None"}), None, None),
    ] {
        world.command(name, &with(spec.clone(), &json!({"output": output})));
        world.until_ready(name, "False/CommandFailed");
        let output = |id: &str| result(&world, name, id)["output"].as_str().map(str::to_owned);
        assert_eq!((output("i-web1").as_deref(), output("i-web2").as_deref()), (failed, succeeded), "{name}");
    }
}

const PASSWORD: &str = "correct horse battery";

/// A script that is given a password.
fn with_password(output: &Value) -> Value {
    let value = json!({"name": "password", "valueFrom": {"secretKeyRef": {"name": "app", "key": "password"}}});
    with(script("log-in {{password}}", &["i-web1"]), &json!({"parameters": [value], "output": output}))
}

/// What a careless script prints: the password as it is, and in Base64 with something before and behind it.
fn careless() -> Value {
    let wrapped = STANDARD.encode(format!("user:{PASSWORD}!"));
    json!([{"afterSeconds": 20, "exitCode": 1, "output": format!("as {PASSWORD}, or {wrapped}\n")}])
}

#[test]
fn what_came_from_a_secret_is_nowhere_in_an_output() {
    let mut world = World::of_commands(SEED);
    world.secret_with("app", &json!({"password": PASSWORD}));
    comes_to(&world, &careless());
    world.start();
    world.command("hello", &with_password(&json!({"capture": "Tail"})));
    world.until_ready("hello", "False/CommandFailed");
    let output = result(&world, "hello", "i-web1")["output"].as_str().unwrap_or_default().to_owned();
    assert_eq!(output.matches("(secret)").count(), 2, "{output}");
    let object = world.get("hello").unwrap().to_string();
    for shape in [PASSWORD, &STANDARD.encode(PASSWORD), &STANDARD.encode(format!("user:{PASSWORD}!"))] {
        assert!(!object.contains(shape), "{shape} in {object}");
    }
    assert!(world.ran()[0].parameters.contains(PASSWORD), "it went to the cloud all the same");
}

#[test]
fn with_a_secret_no_output_is_kept_unless_somebody_asks_for_it() {
    let mut world = World::of_commands(SEED);
    world.secret_with("app", &json!({"password": PASSWORD, "script": "log-in"}));
    world.start();
    world.command("value", &with_password(&json!({})));
    let mut spec = script("", &["i-web1"]);
    spec["command"] = json!({"type": "RunShellScript", "contentFrom": {"secretKeyRef": {"name": "app", "key": "script"}}});
    world.command("script", &spec);
    for name in ["value", "script"] {
        world.until_ready(name, "True/Succeeded");
        let result = result(&world, name, "i-web1");
        assert_eq!((result["exitCode"].clone(), result["output"].clone()), (json!(0), json!(null)), "{name}");
    }
}

#[test]
fn an_output_is_withheld_if_the_secret_was_rotated_meanwhile() {
    let mut world = World::of_commands(SEED);
    world.secret_with("app", &json!({"password": PASSWORD}));
    comes_to(&world, &careless());
    world.start();
    world.command("hello", &with_password(&json!({"capture": "Tail"})));
    world.until(minutes(1), "it has begun", |world| world.marks("i-web1") == 1);
    world.rewrite_secret("app", &json!({"password": "another one"}));
    // Whoever runs now knows the old value only from the run's beginning.
    world.crash();
    world.start();
    world.until_ready("hello", "False/CommandFailed");
    let object = world.get("hello").unwrap().to_string();
    assert!(!object.contains(PASSWORD) && !object.contains(&STANDARD.encode(PASSWORD)[..16]), "{object}");
    let output = result(&world, "hello", "i-web1")["output"].clone();
    assert!(output.as_str().is_some_and(|output| output.starts_with("(not kept")), "{output}");
    assert_eq!(world.ran().len(), 1);
}

#[test]
fn an_edit_that_takes_the_secret_out_of_spec_shows_nothing_of_the_run_before() {
    let mut world = World::of_commands(SEED);
    world.secret_with("app", &json!({"password": PASSWORD}));
    comes_to(
        &world,
        &json!([{"match": {"instance": "i-web1"}, "afterSeconds": 20, "output": format!("as {PASSWORD}\n")}, {"pendingSeconds": 55}]),
    );
    world.start();
    let spec = with(with_password(&json!({})), &json!({"targets": {"instanceIds": ["i-web1", "i-web2"]}, "rollout": {"maxConcurrent": 1}}));
    world.command("hello", &spec);
    world.until(minutes(1), "the first is out", |world| world.ran().len() == 1);
    world.edit("hello", &json!({"rollout": {"maxConcurrent": 2}}));
    world.until(minutes(1), "both are out", |world| world.ran().len() == 2);
    // The first ends while the second cannot be stopped, so that the run before is not history yet.
    world.cloud.fault(Fault::on(STOP, What::error(503, "ServiceUnavailable")).forever());
    world.edit("hello", &json!({"trigger": "two", "parameters": null, "command": {"content": "log-in as nobody"}}));
    let mut told = String::new();
    for _ in 0..40 {
        world.pass(seconds(1));
        told += &world.get("hello").unwrap()["status"].to_string();
    }
    assert!(told.contains("\"phase\":\"Succeeded\""), "{told}");
    assert!(!told.contains(PASSWORD), "{told}");
}

#[test]
fn a_thousand_talkative_failures_fit_into_a_status() {
    let mut world = World::of_commands(&many(1000));
    comes_to(
        &world,
        &json!([
            {"match": {"instance": "i-0001"}, "output": "fine"},
            {"match": {"instance": "i-0999"}, "status": "Timeout", "output": "\"\n\u{1}".repeat(8000)},
            {"exitCode": 1, "output": "\"quoted\"\n".repeat(2500)},
        ]),
    );
    world.start();
    let mut spec = on_all("echo hello", &numbered(1000));
    spec["output"] = json!({"tailBytes": 24576});
    world.command("hello", &spec);
    world.until_ready("hello", "False/CommandFailed");
    assert!(numbered(1000).iter().all(|id| world.marks(id) == 1));
    let status = world.status("hello");
    let results = status["results"].as_array().cloned().unwrap_or_default();
    assert_eq!(results.len(), 200);
    assert!(results.iter().all(|result| result["phase"] == "Failed" || result["phase"] == "TimedOut"), "those that failed come first");
    let outputs: usize = results.iter().map(|result| result["output"].as_str().map_or(0, |output| json!(output).to_string().len())).sum();
    assert!((100 * 1024..=128 * 1024).contains(&outputs), "{outputs} bytes of output");
    let length = status.to_string().len();
    assert!(length < 256 * 1024, "{length} bytes of status");
    let counted = counts(&world, "hello");
    assert_eq!((&counted["succeeded"], &counted["failed"], &counted["targets"]), (&json!(1), &json!(999), &json!(1000)));
    let codes: Vec<_> =
        status["codes"].as_array().into_iter().flatten().map(|code| (code["code"].clone(), code["count"].clone())).collect();
    assert_eq!(codes, [(json!("ExitCodeNonzero"), json!(998)), (json!("ExecutionTimeout"), json!(1))]);
    assert_eq!(status["summary"], json!({"done": "1000/1000", "failed": 999, "lastRun": status["summary"]["lastRun"]}));
    assert!(world.message("hello").len() < 1024, "{}", world.message("hello"));
}

#[test]
fn results_go_when_their_time_is_over_and_counts_stay() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"resultsTTL": "1h"})));
    world.until_ready("hello", "True/Succeeded");
    world.pass(minutes(58));
    assert!(result(&world, "hello", "i-web1")["output"].is_string());
    world.pass(minutes(3));
    assert_eq!(world.status("hello")["results"], json!(null));
    assert_eq!((counts(&world, "hello")["succeeded"].clone(), world.ready("hello")), (json!(1), "True/Succeeded".to_owned()));
    let writes = status_writes(&world);
    world.pass(minutes(60));
    assert_eq!(status_writes(&world), writes);
    world.edit("hello", &json!({"trigger": "again"}));
    world.until_ready("hello", "True/Succeeded");
    assert!(result(&world, "hello", "i-web1")["output"].is_string(), "a new run has results again");
    world.pass(seconds(10));
}
