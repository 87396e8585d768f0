//! What came of a call, put down although others have written meanwhile.

use super::*;
use crate::api::journal::JournalState;

/// The command on record, and the step that is about to be made.
fn recorded() -> (Command, CloudCommandStep) {
    let plan = looking(&a_command()).plan();
    (a_command().after(&plan), plan.steps[0].clone())
}

/// Its second try, after nobody had heard of the first.
fn recorded_again() -> (Command, CloudCommandStep) {
    let plan = looking(&recorded().0).having_seen("batch/0", 0).at_second(60).plan();
    (a_command().after(&plan), plan.steps[0].clone())
}

#[test]
fn an_answer_says_what_becomes_of_the_entry() {
    let no = an_error(Class::Quota, Acted::No);
    let perhaps = an_error(Class::Unavailable, Acted::Perhaps);
    for (what, (object, step), outcome, expected) in [
        ("taken", recorded(), Ok(&receipt("t-0")), "0#1 Submitted"),
        ("refused", recorded(), Err(&no), "0#1 Refused"),
        ("lost", recorded(), Err(&perhaps), "0#1 Intended"),
        ("taken at the second try", recorded_again(), Ok(&receipt("t-0")), "0#1 Submitted"),
        ("refused at the second try, perhaps because of the first", recorded_again(), Err(&no), "0#1 Intended"),
        ("lost at the second try", recorded_again(), Err(&perhaps), "0#1 Intended"),
    ] {
        let noted = object.noted(&step, outcome);
        assert_eq!(journal(noted.status()), expected, "{what}");
        let request = outcome.map_or_else(|error| error.request_id.clone(), |receipt| receipt.request_id.clone());
        assert_eq!(noted.entry().request_id, request, "{what}");
        let ids = noted.status().intent.as_ref().unwrap().invoke_ids.len();
        assert_eq!((noted.entry().ids.len(), ids), (usize::from(outcome.is_ok()), usize::from(outcome.is_ok())), "{what}");
    }
}

#[test]
fn an_entry_that_is_gone_meanwhile_comes_back_unless_nothing_ran() {
    let (no, perhaps) = (an_error(Class::Quota, Acted::No), an_error(Class::Unavailable, Acted::Perhaps));
    let gone = |object: Command| object.remembering(|status| status.operations.clear());
    let settled = |object: Command| {
        object.remembering(|status| {
            status.operations.clear();
            status.intent.as_mut().unwrap().settle(0);
        })
    };
    let past = |object: Command| object.anew().remembering(|status| status.past_intents = vec![intent_hash(&a_command().0)]);
    let earlier = |object: Command| object.remembering(|status| status.operations[0].run = "earlier".to_owned());
    for (what, laid_over, outcome, expected) in [
        ("taken", gone as fn(Command) -> Command, Ok(&receipt("t-0")), "0#1 Submitted"),
        ("lost", gone, Err(&perhaps), "0#1 Intended"),
        ("refused", gone, Err(&no), "-"),
        ("made anew", Command::anew, Ok(&receipt("t-0")), "0#1 Submitted"),
        ("an earlier try is there", earlier, Ok(&receipt("t-0")), "0#1 Submitted"),
        ("settled by another process", settled, Ok(&receipt("t-0")), "-"),
        ("history by now", past, Ok(&receipt("t-0")), "-"),
    ] {
        let (object, step) = recorded();
        let noted = laid_over(object).noted(&step, outcome);
        assert_eq!(journal(noted.status()), expected, "{what}");
    }
}

#[test]
fn a_step_that_was_not_begun_is_put_down_as_never_sent() {
    let state = |state: JournalState| move |object: Command| object.remembering(|status| status.operations[0].state = state.clone());
    let (found, doubtful) = (state(JournalState::Done), state(JournalState::OutcomeUnknown));
    for (what, (object, step), expected) in [
        ("the first try", recorded(), "0#1 Refused"),
        ("the second", recorded_again(), "0#1 Intended"),
        ("found meanwhile", (found(recorded().0), recorded().1), "0#1 Done"),
        ("in doubt meanwhile", (doubtful(recorded().0), recorded().1), "0#1 OutcomeUnknown"),
        ("tried by another process meanwhile", (recorded_again().0, recorded().1), "0#1 Intended"),
    ] {
        let object = object.remembering(|status| take_back(status, &step));
        assert_eq!(journal(object.status()), expected, "{what}");
    }
}

#[test]
fn what_another_intent_was_sent_is_not_put_down_as_sent_of_this_one() {
    let (object, step) = recorded();
    let other = object.remembering(|status| status.intent.as_mut().unwrap().hash = "another".to_owned());
    let noted = other.noted(&step, Ok(&receipt("t-0")));
    assert_eq!((noted.status().intent.as_ref().unwrap().started_at, journal(noted.status()).as_str()), (None, "0#1 Submitted"));
}
