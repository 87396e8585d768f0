//! What time does to answers: they grow too old, they may be of a time that has not come, and spec may have been edited since.

use super::*;
use crate::reason::Reason;

const DAYS: SignedDuration = SignedDuration::from_hours(72);

#[test]
fn a_yes_that_has_grown_too_old_is_not_brought_back_by_a_no_that_does_not_count_yet() {
    for was_looked_at in [true, false] {
        let mut looks = a_check(&json!({"failureThreshold": 2}));
        looks.look(vec![("db", yes())]).after(DAYS);
        if was_looked_at {
            assert_eq!(looks.look(vec![]).said(), pair("Unknown/Stale", "Unknown/Stale"));
            let db = &looks.status().checks[0];
            assert_eq!((db.restorable, db.reason), (Restorable::Unknown, Reason::Stale), "its own line says so, too");
        }
        looks.look(vec![("db", no("CSBS.6014"))]);
        assert_eq!(looks.said(), pair("False/Checking", "Unknown/Checking"));
        looks.after(10 * HOUR).look(vec![("db", no("CSBS.6014"))]);
        assert_eq!(looks.said(), pair("False/NotRestorable", "False/NotRestorable"));
    }
}

#[test]
fn an_answer_grows_old_also_while_nobody_can_read_the_schedule() {
    for schedule in ["99 3 * * *", "0 0 31 2 *"] {
        let mut looks = a_check(&json!({}));
        looks.look(vec![("db", yes())]);
        looks.object.spec.interval = None;
        looks.object.spec.schedule = Some(schedule.to_owned());
        assert_eq!(looks.look(vec![]).said(), pair("False/InvalidSpec", "True/Restorable"), "{schedule}");
        assert_eq!(looks.after(DAYS).look(vec![]).said(), pair("False/InvalidSpec", "Unknown/Stale"), "{schedule}");
    }
}

#[test]
fn whoever_sets_the_clock_back_is_not_believed_an_answer_that_has_yet_to_come() {
    let mut looks = a_check(&json!({}));
    looks.look(vec![("db", yes())]);
    let answered = looks.now;
    looks.now = answered - SignedDuration::from_secs(30);
    assert_eq!(looks.due(), Vec::<&str>::new(), "clocks are set right all the time");
    assert_eq!(looks.look(vec![]).restorable(), "True/Restorable");
    looks.now = answered - DAYS;
    assert_eq!(looks.due(), ["db"], "it is not waited for until that day comes again");
    assert_eq!(looks.look(vec![]).restorable(), "Unknown/Stale");
    assert_eq!(looks.look(vec![("db", yes())]).said(), pair("True/Restorable", "True/Restorable"));
    assert_eq!(looks.due(), Vec::<&str>::new());
    // A failure is not waited out until that day either.
    looks.after(10 * HOUR).fail("db", Class::Retired);
    assert_eq!(looks.due(), Vec::<&str>::new());
    looks.now = answered - 2 * DAYS;
    assert_eq!(looks.due(), ["db"]);
}

#[test]
fn a_threshold_that_is_lowered_counts_the_noes_that_came_before() {
    let mut looks = a_check(&json!({"failureThreshold": 3}));
    looks.look(vec![("db", yes())]).after(10 * HOUR).look(vec![("db", no("CSBS.6014"))]);
    assert_eq!(looks.restorable(), "True/Restorable");
    looks.object.spec.failure_threshold = 1;
    looks.object.metadata.generation = Some(2);
    assert_eq!(looks.fail("db", Class::Denied).look(vec![]).restorable(), "False/NotRestorable", "also if nobody can ask anew");
    looks.object.spec.failure_threshold = 3;
    looks.object.metadata.generation = Some(3);
    assert_eq!(looks.look(vec![]).restorable(), "False/NotRestorable", "only a yes makes it restorable again");
}
