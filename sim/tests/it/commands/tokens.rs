//! A client token makes a call the same call, and the ledger counts what ran.

use jiff::SignedDuration;
use serde_json::json;
use steward_cloudsim::{Fault, Simulator, What};

use super::{WEB1, WEB2, describe, later, marks, run, seconds, set};
use crate::client::{Answer, Client, ECS, demo, finish};

const TOKEN: (&str, &str) = ("ClientToken", "token-1");

fn id(answer: &Answer) -> String {
    answer.json()["InvokeId"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn count(simulator: &Simulator) -> usize {
    simulator.invocations().len()
}

#[test]
fn the_same_token_with_the_same_parameters_runs_once() {
    let (simulator, client) = demo();
    let first = run(&client, &[WEB1, TOKEN]);
    let again = run(&client, &[WEB1, TOKEN]);
    assert_eq!((id(&first), &first.json()["CommandId"]), (id(&again), &again.json()["CommandId"]));
    seconds(&simulator, 10);
    assert_eq!((count(&simulator), marks(&simulator, "i-web1")), (1, 1));
    let acted: Vec<bool> = simulator.calls().iter().map(|call| call.acted).collect();
    assert_eq!(acted, [true, false]);
}

#[test]
fn the_first_answer_comes_again_whatever_became_of_the_instance() {
    let (simulator, client) = demo();
    let first = id(&run(&client, &[WEB1, TOKEN]));
    simulator.edit(steward_cloudsim::Edit::status("i-web1", "Stopped")).unwrap();
    assert_eq!(id(&run(&client, &[WEB1, TOKEN])), first);
}

#[test]
fn one_letter_more_is_a_mismatch() {
    let (simulator, client) = demo();
    run(&client, &[WEB1, TOKEN]);
    for other in [&[WEB1, WEB2, TOKEN][..], &[WEB1, TOKEN, ("Timeout", "60")], &[WEB1, TOKEN, ("CommandContent", "echo hello ")]] {
        let answer = run(&client, other);
        assert_eq!((answer.code().as_str(), answer.status), ("IdempotentParameterMismatch", 403), "{other:?}");
    }
    assert_eq!(count(&simulator), 1);
    assert_eq!(run(&client, &[WEB1, WEB2, ("ClientToken", "Token-1")]).code(), "ok", "its case counts");
}

#[test]
fn a_token_has_sixty_four_letters_of_ascii() {
    let (simulator, client) = demo();
    assert_eq!(run(&client, &[WEB1, ("ClientToken", &"a".repeat(64))]).code(), "ok");
    for bad in ["a".repeat(65), "é".to_owned()] {
        assert_eq!(run(&client, &[WEB1, ("ClientToken", &bad)]).code(), "InvalidClientToken.Malformed");
    }
    assert_eq!(count(&simulator), 1);
}

#[test]
fn a_token_is_remembered_for_a_day_or_as_long_as_is_said() {
    let (simulator, client) = demo();
    run(&client, &[WEB1, TOKEN]);
    let client = later(&simulator, &client, 86_399);
    run(&client, &[WEB1, TOKEN]);
    assert_eq!(count(&simulator), 1);
    let client = later(&simulator, &client, 1);
    run(&client, &[WEB1, TOKEN]);
    assert_eq!(count(&simulator), 2);
    set(&simulator, &json!({ "tokenMemorySeconds": 0 }));
    run(&client, &[WEB1, TOKEN]);
    run(&client, &[WEB1, TOKEN]);
    assert_eq!(count(&simulator), 4, "switched off, each call runs");
}

#[test]
fn a_call_that_was_refused_leaves_its_token_free() {
    let (simulator, client) = demo();
    assert_eq!(run(&client, &[("InstanceId.1", "i-none"), TOKEN]).code(), "InvalidInstance.NotFound");
    assert_eq!(run(&client, &[WEB1, TOKEN]).code(), "ok");
    assert_eq!(count(&simulator), 1);
}

#[test]
fn tokens_of_regions_and_accounts_are_their_own() {
    let (simulator, client) = demo();
    simulator
        .seed("{accounts: [{id: '2', keys: [{id: k2, secret: s2}]}], securityGroups: [{id: sg-theirs, account: '2'}], instances: [{id: i-theirs, account: '2', groups: [sg-theirs]}]}")
        .unwrap();
    let other = Client { key: "k2".to_owned(), secret: "s2".to_owned(), ..client.clone() };
    run(&client, &[WEB1, TOKEN]);
    assert_eq!(run(&other, &[("InstanceId.1", "i-theirs"), TOKEN]).code(), "ok");
    assert_eq!(run(&other, &[WEB1]).code(), "InvalidInstance.NotFound");
    assert_eq!(describe(&other, &[]).len(), 1);
}

/// Sends a call that is held back, and does not wait for it.
fn held(simulator: &Simulator, client: &Client) -> std::net::TcpStream {
    let parameters = [("RegionId", "cn-hangzhou"), ("Type", "RunShellScript"), ("CommandContent", "echo hello"), WEB1, TOKEN];
    let stream = client.begin("POST", &client.draft(ECS, "RunCommand", &parameters)).unwrap();
    while simulator.held() == 0 {
        std::thread::yield_now();
    }
    stream
}

#[test]
fn while_the_first_call_is_under_way_the_second_has_to_wait() {
    for after in [false, true] {
        let (simulator, client) = demo();
        let slow = Fault::on("RunCommand", What::Timeout(Some(SignedDuration::from_secs(30))));
        simulator.fault(if after { slow.after() } else { slow });
        let mut first = held(&simulator, &client);
        let second = run(&client, &[WEB1, TOKEN]);
        assert_eq!((second.code().as_str(), second.status), ("IdempotentProcessing", 403), "{after}");
        seconds(&simulator, 30);
        let first = finish(&mut first).unwrap();
        assert_eq!(id(&run(&client, &[WEB1, TOKEN])), id(&first));
        assert_eq!(count(&simulator), 1);
    }
}

#[test]
fn an_answer_that_was_lost_comes_with_the_next_try() {
    for lost in [What::Reset, What::error(500, "InternalError"), What::Timeout(None)] {
        let (simulator, client) = demo();
        let hangs = lost == What::Timeout(None);
        simulator.fault(Fault::on("RunCommand", lost).after());
        if hangs {
            drop(held(&simulator, &client));
        } else {
            let parameters = [("RegionId", "cn-hangzhou"), ("Type", "RunShellScript"), ("CommandContent", "echo hello"), WEB1, TOKEN];
            let _lost = client.call(ECS, "RunCommand", &parameters);
        }
        assert_eq!(count(&simulator), 1);
        assert_eq!(run(&client, &[WEB1, TOKEN]).code(), "ok");
        assert_eq!(count(&simulator), 1);
    }
}

#[test]
fn a_new_invocation_may_stay_invisible_for_a_while_though_its_token_is_known() {
    let (simulator, client) = demo();
    set(&simulator, &json!({ "invocationLag": "40s" }));
    let tagged = [WEB1, TOKEN, ("Tag.1.Key", "intent"), ("Tag.1.Value", "i-1")];
    let first = id(&run(&client, &tagged));
    let by_tag = |client: &Client| describe(client, &[("Tag.1.Key", "intent"), ("Tag.1.Value", "i-1")]).len();
    seconds(&simulator, 39);
    assert_eq!(by_tag(&client), 0);
    assert_eq!(id(&run(&client, &tagged)), first);
    seconds(&simulator, 1);
    assert_eq!(by_tag(&client), 1);
}

#[test]
fn the_ledger_tells_names_tags_and_tokens() {
    let (simulator, client) = demo();
    run(&client, &[WEB1, TOKEN, ("Name", "patch"), ("Tag.1.Key", "intent"), ("Tag.1.Value", "i-1")]);
    let ledger = simulator.invocations();
    assert_eq!((ledger[0].name.as_str(), ledger[0].client_token.as_deref()), ("patch", Some("token-1")));
    assert_eq!(ledger[0].tags["intent"], "i-1");
    assert_eq!((ledger[0].at, ledger[0].targets[0].ran.as_slice()), (simulator.now(), &[simulator.now()][..]));
    let state = &simulator.state()["invocations"][0];
    assert_eq!((&state["name"], &state["targets"][0]["ran"][0]), (&json!("patch"), &json!("2026-01-01T00:00:10Z")));
}
