//! Entries of which nobody knows whether they ran: they are looked for, perhaps sent again, or a person says.

use super::*;
use crate::api::envelope::RESOLVE;
use crate::api::journal::JournalState;

const DAY: i64 = 86_400;

/// On record at second 0, and nobody heard an answer.
fn recorded() -> Command {
    looking(&a_command()).recorded()
}

fn in_doubt() -> Command {
    recorded().remembering(|status| status.operations[0].state = JournalState::OutcomeUnknown)
}

#[test]
fn it_is_looked_for_for_a_minute_and_then_sent_again_under_the_same_entry() {
    let now = |second| looking(&recorded()).having_seen("batch/0", 0).at_second(second);
    let late = |since, second| looking(&recorded()).having_seen("batch/0", since).at_second(second);
    let mismatch = CloudError { reason: Reason::OutcomeUnknown, ..an_error(Class::Precondition, Acted::Perhaps) };
    let throttled = a_failure(&an_error(Class::Throttled, Acted::Perhaps), 70);
    assert_lines(vec![
        ("nobody has seen it before", looking(&recorded()).at_second(500), "Working/AwaitingConsistency | - | 0#1 Intended | in 2s"),
        ("a moment later", now(10), "Working/AwaitingConsistency | - | 0#1 Intended | in 2s"),
        ("just before the minute", now(59), "Working/AwaitingConsistency | - | 0#1 Intended | in 1s"),
        ("after a minute", now(60), "Working/Applying | run on i-1, i-2 (batch 0) | 0#1 Intended | sync"),
        ("without a permit", now(60).with_permits(0), "Working/Applying | - | 0#1 Intended | in 0s"),
        ("sent again just now", now(60).having_just_done("batch/0"), "Working/AwaitingConsistency | - | 0#1 Intended | in 2s"),
        ("before it may be tried again", now(60).failing("batch/0", throttled), "Working/RateLimited | - | 0#1 Intended | sync"),
        ("nearly a day old", late(DAY - 100, DAY - 1), "Working/Applying | run on i-1, i-2 (batch 0) | 0#1 Intended | sync"),
        ("a day old", late(DAY - 100, DAY), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        (
            "the token is known with something else",
            now(60).failing("batch/0", a_failure(&mismatch, 0)),
            "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync",
        ),
    ]);
    let again = now(60).plan();
    assert_eq!(again.status.operations[0].sent_again_at.map(crate::api::envelope::Time::get), Some(at(60)));
    let CloudCommandStep::Invoke { entry, call } = &again.steps[0] else { unreachable!("it is sent") };
    assert_eq!((&**entry, &call.call.client_token), (&again.status.operations[0], &recorded().entry().run));
}

#[test]
fn it_is_sent_again_only_if_it_could_be_sent_for_the_first_time() {
    let look = |object: &Command| looking(object).having_seen("batch/0", 0).at_second(60);
    let from_a_map = a_command()
        .with(&json!({"command": {"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "hello"}}}}));
    let from_a_map = looking(&from_a_map).recorded();
    let tagged = looking(&a_command().with(&json!({"targets": {"resourceTags": [{"key": "role", "value": "web"}]}}))).recorded();
    let other_print = recorded().remembering(|status| status.operations[0].request_fingerprint = "another".to_owned());
    assert_lines(vec![
        ("called off", look(&recorded().with(&json!({"cancel": true}))), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        ("too late", look(&recorded().with(&a_minute())), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        ("another script", look(&from_a_map).reading(Some("echo bye")), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        ("another call", look(&other_print), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        ("another intent", look(&recorded().with(&json!({"trigger": "b"}))), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        ("on its way out", look(&recorded().going()), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        // Somebody may lift this any time, so that it is no reason to give up.
        ("steward only observes", look(&recorded()).observing_only(), "Stuck/ObserveOnly | - | 0#1 Intended | sync"),
        ("whom the cloud finds", look(&tagged), "Working/Applying | run on whatever is tagged role=web | 0#1 Intended | sync"),
    ]);
}

#[test]
fn in_doubt_it_stays_until_a_person_says_what_became_of_it() {
    let run = recorded().entry().run.clone();
    let said = |what: &str| looking(&in_doubt().annotated(RESOLVE, format!("{run}={what}"))).at_second(90);
    assert_lines(vec![
        ("nobody says anything", looking(&in_doubt()).at_second(90), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        ("somebody says something else", said("Perhaps"), "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync"),
        ("it ran", said("Ran"), "Unknown/OutcomeUnknown | - | - | sync"),
        ("it did not run, so that it may after another look", said("NotRan"), "Working/Applying | - | 0#1 Refused | in 0s"),
        (
            "said of another run",
            looking(&in_doubt().annotated(RESOLVE, "another=NotRan".to_owned())).at_second(90),
            "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync",
        ),
        (
            "said of one that is looked for",
            looking(&recorded().annotated(RESOLVE, format!("{run}=NotRan"))),
            "Working/AwaitingConsistency | - | 0#1 Intended | in 2s",
        ),
    ]);
}
