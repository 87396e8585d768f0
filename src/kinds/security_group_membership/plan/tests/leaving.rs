//! Who leaves: only what steward had join, and never the last group.

use super::*;
use crate::reconcile::kind::Removal;

#[test]
fn an_object_that_goes_undoes_what_it_did_and_nothing_else() {
    let there = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let ours = looking(a_membership().booked("sg-1", "i-1", LedgerState::Added).going()).where_there_is([there()]).plan();
    assert_eq!((steps(&ours), ours.next), (vec!["i-1 leaves sg-1".to_owned()], Next::Sync));
    let theirs = looking(a_membership().booked("sg-1", "i-1", LedgerState::PreExisting).going()).where_there_is([there()]).plan();
    assert_eq!((steps(&theirs), theirs.next), (vec![], Next::Gone));
    let unknown = looking(a_membership().going()).where_there_is([there()]).plan();
    assert_eq!((steps(&unknown), unknown.next), (vec![], Next::Gone), "without a ledger nothing is removed");
}

#[test]
fn the_object_may_go_once_the_last_has_left() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::Added).going();
    let leave = looking(object.clone()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).plan();
    let left = object.after(&leave).noted(&leave.steps[0], Ok(&receipt()), at(1));
    // Even on a reading from before.
    let done = looking(left)
        .where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])])
        .having_just_done("sg-1/i-1")
        .with_permits(0)
        .plan();
    assert_eq!((steps(&done), ledger(&done), done.next), (vec![], vec![], Next::Gone));
}

#[test]
fn who_left_already_and_who_vanished_need_no_call() {
    let object = || a_membership().booked("sg-1", "i-1", LedgerState::Added).going();
    for cloud in [vec![an_instance("i-1")], vec![]] {
        let mut look = looking(object());
        look.cloud = cloud;
        let plan = look.plan();
        assert_eq!((steps(&plan), ledger(&plan), plan.next), (vec![], vec![], Next::Gone));
    }
}

#[test]
fn nobody_leaves_the_last_group() {
    let alone = || an_instance("i-1").in_groups(["sg-1"]);
    let going = looking(a_membership().booked("sg-1", "i-1", LedgerState::Added).going()).where_there_is([alone()]).plan();
    assert_eq!((steps(&going), ledger(&going), going.next), (vec![], vec![], Next::Gone));
    let edited = looking(a_membership().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added))
        .where_there_is([alone(), an_instance("i-2").in_groups(["sg-1"])])
        .plan();
    assert_eq!((steps(&edited), ledger(&edited)), (vec![], vec!["sg-1/i-2=PreExisting".to_owned()]));
    for plan in [going, edited] {
        let [remark] = plan.remarks.as_slice() else { unreachable!("one is kept, so one is told of") };
        assert_eq!(remark.reason, Reason::LastGroupKept);
        assert!(remark.note.contains("i-1") && remark.note.contains("sg-1"), "{}", remark.note);
    }
}

#[test]
fn what_the_cloud_says_to_a_leave_settles_the_entry_or_leaves_it_open() {
    let leave = SecurityGroupStep::Leave { group: "sg-1".to_owned(), target: "i-1".to_owned() };
    let last_group = CloudError { reason: Reason::LastGroupKept, ..an_error(Class::Precondition, Acted::No) };
    let table = [
        (Ok(receipt()), false),
        (Ok(nothing_to_do()), false),
        (Err(an_error(Class::NotFound, Acted::No)), false),
        (Err(last_group), false),
        (Err(an_error(Class::Precondition, Acted::No)), true),
        (Err(an_error(Class::Denied, Acted::No)), true),
        (Err(an_error(Class::Busy, Acted::No)), true),
        (Err(an_error(Class::Unavailable, Acted::Perhaps)), true),
    ];
    for (outcome, stays) in table {
        let noted = a_membership().booked("sg-1", "i-1", LedgerState::Added).noted(&leave, outcome.as_ref(), at(1));
        assert_eq!(book(noted.0.status.as_ref().unwrap()).len(), usize::from(stays), "{outcome:?}");
    }
}

#[test]
fn a_leave_that_is_refused_blocks_the_end_and_is_held_until_its_time() {
    let object = || a_membership().booked("sg-1", "i-1", LedgerState::Added).going();
    let there = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let held = looking(object()).where_there_is([there()]).failing("sg-1/i-1", a_failure(Class::Denied, 1, 600)).plan();
    assert_eq!((steps(&held), held.held.as_slice(), held.next), (vec![], ["sg-1/i-1".to_owned()].as_slice(), Next::Sync));
    assert_eq!((held.verdict.phase, held.verdict.reason), (crate::reconcile::verdict::Phase::Stuck, Reason::AccessDenied));
    let due = looking(object()).where_there_is([there()]).failing("sg-1/i-1", a_failure(Class::Denied, 1, 600)).at_second(600).plan();
    assert_eq!(steps(&due), ["i-1 leaves sg-1"]);
}

#[test]
fn an_attempt_that_nobody_wants_any_more_is_watched_for_a_minute_by_each_process() {
    let going = || a_membership().adding("sg-1", "i-1", -7200).going();
    let edited = || a_membership().of(["i-2"]).adding("sg-1", "i-1", -7200);
    for object in [going, edited] {
        let look = || looking(object()).where_there_is([an_instance("i-1"), an_instance("i-2").in_groups(["sg-base", "sg-1"])]);
        let new_here = look().plan();
        assert!(ledger(&new_here).contains(&"sg-1/i-1=Adding".to_owned()), "age alone does not end the watch");
        assert_eq!((steps(&new_here), new_here.next), (vec![], Next::At(at(60))));

        let watched = look().having_seen("sg-1/i-1", 0).at_second(59).plan();
        assert_eq!(watched.next, Next::At(at(60)));
        assert!(ledger(&watched).contains(&"sg-1/i-1=Adding".to_owned()));

        let over = look().having_seen("sg-1/i-1", 0).at_second(60).plan();
        assert!(!ledger(&over).contains(&"sg-1/i-1=Adding".to_owned()), "it never arrived");
        assert_eq!(steps(&over), Vec::<String>::new());
    }
}

#[test]
fn an_attempt_that_nobody_wants_any_more_leaves_as_soon_as_it_arrives() {
    let arrived = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let going = looking(a_membership().adding("sg-1", "i-1", 0).going()).where_there_is([arrived()]).at_second(5).plan();
    assert_eq!(steps(&going), ["i-1 leaves sg-1"]);
    let edited = looking(a_membership().of(["i-2"]).adding("sg-1", "i-1", 0))
        .where_there_is([arrived(), an_instance("i-2").in_groups(["sg-base", "sg-1"])])
        .at_second(5)
        .plan();
    assert_eq!(steps(&edited), ["i-1 leaves sg-1"]);
}

#[test]
fn an_object_that_goes_while_it_adds_waits_for_the_end_of_the_watch() {
    let object = || a_membership().of(["i-1", "i-2"]).adding("sg-1", "i-1", 0).booked("sg-1", "i-2", LedgerState::Added).going();
    let cloud = || [an_instance("i-1"), an_instance("i-2").in_groups(["sg-base", "sg-1"])];
    let first = looking(object()).where_there_is(cloud()).having_seen("sg-1/i-1", 0).at_second(10).plan();
    assert_eq!(steps(&first), ["i-2 leaves sg-1"], "who is settled need not wait");
    assert_ne!(first.next, Next::Gone);
    let left = object().after(&first).noted(&first.steps[0], Ok(&receipt()), at(11));
    let last = looking(left).where_there_is([an_instance("i-1"), an_instance("i-2")]).having_seen("sg-1/i-1", 0).at_second(60).plan();
    assert_eq!((ledger(&last), last.next), (vec![], Next::Gone));
}

#[test]
fn an_attempt_on_a_target_that_vanished_is_over() {
    let plan = looking(a_membership().adding("sg-1", "i-1", 0).going()).plan();
    assert_eq!((ledger(&plan), plan.next), (vec![], Next::Gone));
}

#[test]
fn permits_restrict_who_leaves() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::Added).booked("sg-1", "i-2", LedgerState::Added).going();
    let cloud = ["i-1", "i-2"].map(|id| an_instance(id).in_groups(["sg-base", "sg-1"]));
    let plan = looking(object).where_there_is(cloud).with_permits(1).plan();
    assert_eq!((steps(&plan), ledger(&plan).len(), plan.next), (vec!["i-1 leaves sg-1".to_owned()], 2, Next::At(at(0))));
}

#[test]
fn deletion_needs_the_cloud_only_where_there_is_something_to_undo() {
    use crate::api::envelope::DeletionPolicy;
    let added = || a_membership().booked("sg-1", "i-1", LedgerState::Added);
    let table = [
        (a_membership(), Removal::LetGo),
        (a_membership().unseen(), Removal::LetGo),
        (a_membership().booked("sg-1", "i-1", LedgerState::PreExisting), Removal::LetGo),
        (a_membership().adding("sg-1", "i-1", 0), Removal::Undo),
        (added(), Removal::Undo),
        (a_membership().booked("sg-old", "i-1", LedgerState::Added), Removal::Undo),
        (added().observing(), Removal::LetGo),
        (added().but(|object| object.spec.deletion_policy = DeletionPolicy::Retain), Removal::LetGo),
    ];
    for (object, removal) in table {
        assert_eq!(object.0.removal(), removal, "{:?}", object.0);
    }
}

#[test]
fn a_ledger_state_of_a_newer_release_is_kept_as_it_is() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::Unknown("Lent".to_owned()));
    assert_eq!(object.0.unsupported().as_deref(), Some("ledger state Lent"));
    let going = looking(object.going()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).plan();
    assert_eq!((steps(&going), ledger(&going)), (vec![], vec!["sg-1/i-1=Lent".to_owned()]));
}
