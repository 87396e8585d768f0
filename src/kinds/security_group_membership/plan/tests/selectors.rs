//! Leaving because a selector no longer matches: slowly, and only a few at a time.

use super::*;
use crate::reconcile::verdict::Phase;

fn member(id: &str) -> Target {
    an_instance(id).of_role("web").in_groups(["sg-base", "sg-1"])
}

/// A member that has lost its tag.
fn stray(id: &str) -> Target {
    member(id).of_role("db")
}

/// An object by tag that had so many join.
fn by_tag(members: usize) -> Membership {
    (1..=members)
        .fold(a_membership().of_role_web(|_| {}), |object, number| object.booked("sg-1", &format!("i-{number:02}"), LedgerState::Added))
}

/// A cloud with so many members, of whom the first few have lost their tag.
fn where_some_have_strayed(look: Look, members: usize, strayed: usize) -> Look {
    let cloud =
        (1..=members).map(|number| if number <= strayed { stray(&format!("i-{number:02}")) } else { member(&format!("i-{number:02}")) });
    Look { cloud: cloud.collect(), ..look }
}

#[test]
fn whoever_matches_joins() {
    let plan = looking(a_membership().of_role_web(|_| {}))
        .where_there_is([an_instance("i-1").of_role("web"), an_instance("i-2").of_role("db")])
        .plan();
    assert_eq!(steps(&plan), ["i-1 joins sg-1"]);
}

#[test]
fn who_no_longer_matches_leaves_after_a_second_listing_half_a_minute_later() {
    let first = where_some_have_strayed(looking(by_tag(5)), 5, 1).plan();
    assert_eq!((steps(&first), first.next), (vec![], Next::At(at(30))));
    for (second, leaves) in [(1, false), (29, false), (30, true), (9000, true)] {
        let later = where_some_have_strayed(looking(by_tag(5).after(&first)), 5, 1).at_second(second).plan();
        assert_eq!(steps(&later) == ["i-01 leaves sg-1"], leaves, "at second {second}");
    }
}

#[test]
fn who_matches_again_begins_anew() {
    let first = where_some_have_strayed(looking(by_tag(5)), 5, 1).plan();
    let back = where_some_have_strayed(looking(by_tag(5).after(&first)), 5, 0).at_second(20).plan();
    assert_eq!((back.next, back.verdict.reason), (Next::Sync, Reason::InSync));
    let again = where_some_have_strayed(looking(by_tag(5).after(&back)), 5, 1).at_second(40).plan();
    assert_eq!((steps(&again), again.next), (vec![], Next::At(at(70))));
}

#[test]
fn more_than_the_limit_and_nobody_leaves() {
    let int = |count| IntOrString::Int(count);
    let share = |text: &str| IntOrString::String(text.to_owned());
    let table = [
        (share("10%"), 5, 1, true),
        (share("10%"), 5, 2, false),
        (share("10%"), 20, 2, true),
        (share("10%"), 20, 3, false),
        (share("10%"), 29, 2, true),
        (share("0%"), 20, 1, false),
        (share("100%"), 20, 20, true),
        (int(0), 20, 1, false),
        (int(3), 20, 3, true),
        (int(3), 20, 4, false),
    ];
    for (limit, members, strayed, leave) in table {
        let object = by_tag(members).letting_go_of(&limit);
        let first = where_some_have_strayed(looking(object.clone()), members, strayed).plan();
        assert_eq!(steps(&first), Vec::<String>::new());
        let later = where_some_have_strayed(looking(object.after(&first)), members, strayed).at_second(600).plan();
        assert_eq!(later.steps.len(), if leave { strayed } else { 0 }, "{strayed} of {members} at {limit:?}");
        assert_eq!(later.verdict.reason == Reason::RemovalLimit, !leave, "{}", later.verdict.message);
        assert_eq!(ledger(&later).len(), members, "who has not left stays in the book");
    }
}

#[test]
fn the_limit_says_who() {
    let first = where_some_have_strayed(looking(by_tag(20)), 20, 3).plan();
    assert_eq!((first.verdict.phase, first.verdict.reason), (Phase::Stuck, Reason::RemovalLimit), "also before the second listing");
    for id in ["i-01", "i-02", "i-03", "maxRemovals"] {
        assert!(first.verdict.message.contains(id), "{}", first.verdict.message);
    }
    let many = where_some_have_strayed(looking(by_tag(20)), 20, 20).plan();
    assert!(many.verdict.message.contains("i-10 and 10 more"), "{}", many.verdict.message);
}

#[test]
fn fewer_permits_than_the_limit_allows_do_not_add_up_to_more() {
    let object = by_tag(20);
    let first = where_some_have_strayed(looking(object.clone()), 20, 2).plan();
    let one = where_some_have_strayed(looking(object.clone().after(&first)), 20, 2).at_second(30).with_permits(1).plan();
    assert_eq!(steps(&one), ["i-01 leaves sg-1"]);
    let noted = object.after(&one).noted(&one.steps[0], Ok(&receipt()), at(31));
    let mut look = where_some_have_strayed(looking(noted), 20, 2).at_second(32);
    look.cloud[0] = an_instance("i-01").of_role("db");
    let two = look.plan();
    assert_eq!(steps(&two), ["i-02 leaves sg-1"]);
}

#[test]
fn the_limit_does_not_bind_a_list_or_a_deletion() {
    let cloud = || (1..=20).map(|number| member(&format!("i-{number:02}"))).collect::<Vec<_>>();
    let listed = by_tag(20).of(["i-01"]);
    let mut look = looking(listed);
    look.cloud = cloud();
    assert_eq!(look.plan().steps.len(), 19, "who was taken out of a list was meant");
    let mut look = looking(by_tag(20).going());
    look.cloud = cloud();
    assert_eq!(look.plan().steps.len(), 20);
}

#[test]
fn who_was_there_before_us_stays_when_the_selector_lets_go_of_it() {
    let object = a_membership().of_role_web(|_| {}).booked("sg-1", "i-1", LedgerState::PreExisting);
    let plan = looking(object).where_there_is([stray("i-1")]).at_second(600).plan();
    assert_eq!((steps(&plan), ledger(&plan), plan.verdict.reason), (vec![], vec![], Reason::NoTargets));
}

#[test]
fn a_selector_that_matches_nothing_says_so_and_a_selector_that_suddenly_does_removes_nobody() {
    let never = looking(a_membership().of_role_web(|_| {})).plan();
    assert_eq!((never.verdict.phase, never.verdict.reason, never.next), (Phase::Settled, Reason::NoTargets, Next::Sync));
    let first = where_some_have_strayed(looking(by_tag(20)), 20, 20).plan();
    let later = where_some_have_strayed(looking(by_tag(20).after(&first)), 20, 20).at_second(7200).plan();
    assert_eq!((steps(&later), later.verdict.reason, ledger(&later).len()), (vec![], Reason::RemovalLimit, 20));
}

#[test]
fn an_instance_that_vanished_is_no_removal() {
    let plan = where_some_have_strayed(looking(by_tag(20)), 15, 0).plan();
    assert_eq!((steps(&plan), ledger(&plan).len(), plan.verdict.reason), (vec![], 15, Reason::InSync));
}

#[test]
fn who_is_claimed_by_somebody_else_does_not_count_against_the_limit() {
    let colleague = ["i-01", "i-02"]
        .iter()
        .fold(a_membership().called("api").of(["i-01", "i-02"]), |colleague, id| colleague.booked("sg-1", id, LedgerState::Added));
    let first = where_some_have_strayed(looking(by_tag(10)), 10, 3).beside([colleague.clone()]).plan();
    assert_eq!((first.verdict.reason, ledger(&first).len()), (Reason::Applying, 10), "{}", first.verdict.message);
    let second = where_some_have_strayed(looking(by_tag(10).after(&first)), 10, 3).beside([colleague]).at_second(30).plan();
    assert_eq!(
        (steps(&second), ledger(&second).len()),
        (vec!["i-03 leaves sg-1".to_owned()], 8),
        "the others are the colleague's from now on"
    );
}

#[test]
fn nobody_leaves_while_somebody_joins() {
    let first = where_some_have_strayed(looking(by_tag(5)), 5, 1).plan();
    let mut look = where_some_have_strayed(looking(by_tag(5).after(&first)), 5, 1).at_second(60);
    look.cloud.push(an_instance("i-new").of_role("web"));
    assert_eq!(steps(&look.plan()), ["i-new joins sg-1"]);
}
