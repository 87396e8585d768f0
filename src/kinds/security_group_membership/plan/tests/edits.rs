//! Another group, other targets: the new is joined and seen before the old is left.

use super::*;

/// Was made for sg-1, wants sg-2 now.
fn moving() -> Membership {
    a_membership().booked("sg-1", "i-1", LedgerState::Added).in_group("sg-2")
}

#[test]
fn the_new_group_is_joined_and_seen_before_the_old_one_is_left() {
    let in_old = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let in_both = || an_instance("i-1").in_groups(["sg-base", "sg-1", "sg-2"]);
    let joining = looking(moving()).where_there_is([in_old()]).plan();
    assert_eq!(
        (steps(&joining), ledger(&joining)),
        (vec!["i-1 joins sg-2".to_owned()], vec!["sg-1/i-1=Added".to_owned(), "sg-2/i-1=Adding".to_owned()])
    );

    let accepted = moving().after(&joining).noted(&joining.steps[0], Ok(&receipt()), at(1));
    let unseen = looking(accepted.clone()).where_there_is([in_old()]).at_second(2).plan();
    assert_eq!(steps(&unseen), Vec::<String>::new(), "accepted is not yet seen");

    let leaving = looking(accepted.clone()).where_there_is([in_both()]).at_second(3).plan();
    assert_eq!(steps(&leaving), ["i-1 leaves sg-1"]);
    let left = accepted.after(&leaving).noted(&leaving.steps[0], Ok(&receipt()), at(4));
    let done = looking(left).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-2"])]).at_second(5).plan();
    assert_eq!((steps(&done), ledger(&done), done.verdict.reason), (vec![], vec!["sg-2/i-1=Added".to_owned()], Reason::InSync));
}

#[test]
fn who_cannot_join_the_new_group_stays_in_the_old_one_and_keeps_nobody_else_there() {
    let object = a_membership()
        .of(["i-1", "i-2"])
        .booked("sg-1", "i-1", LedgerState::Added)
        .booked("sg-1", "i-2", LedgerState::Added)
        .in_group("sg-2");
    let cloud = [an_instance("i-1").in_groups(["sg-base", "sg-1"]), an_instance("i-2").in_groups(["sg-base", "sg-1", "sg-2"])];
    let refused = looking(object.clone()).where_there_is(cloud.clone()).failing("sg-2/i-1", a_failure(Class::Quota, 1, 3600)).plan();
    assert_eq!(steps(&refused), ["i-2 leaves sg-1"]);
    let unfit = [cloud[0].clone().that_is("Starting"), cloud[1].clone()];
    assert_eq!(steps(&looking(object).where_there_is(unfit).plan()), ["i-2 leaves sg-1"]);
}

#[test]
fn nobody_leaves_for_a_group_that_does_not_exist() {
    let plan = looking(moving()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).without_group("sg-2").plan();
    assert_eq!((steps(&plan), ledger(&plan), plan.verdict.reason), (vec![], vec!["sg-1/i-1=Added".to_owned()], Reason::NotFound));
}

#[test]
fn who_was_in_the_old_group_before_us_stays_there() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::PreExisting).in_group("sg-2");
    let plan = looking(object).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1", "sg-2"])]).plan();
    assert_eq!((steps(&plan), ledger(&plan)), (vec![], vec!["sg-2/i-1=PreExisting".to_owned()]));
}

#[test]
fn an_edit_that_is_taken_back_takes_back_what_it_began() {
    let begun =
        moving().after(&looking(moving()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).plan()).in_group("sg-1");
    // The join of sg-2 never arrived.
    let watched = looking(begun.clone())
        .where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])])
        .having_seen("sg-2/i-1", 0)
        .at_second(10)
        .plan();
    assert_eq!((steps(&watched), watched.next), (vec![], Next::At(at(60))));
    let over = looking(begun.clone())
        .where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])])
        .having_seen("sg-2/i-1", 0)
        .at_second(60)
        .plan();
    assert_eq!((steps(&over), ledger(&over)), (vec![], vec!["sg-1/i-1=Added".to_owned()]));
    // Or it did.
    let arrived = looking(begun).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1", "sg-2"])]).at_second(10).plan();
    assert_eq!(steps(&arrived), ["i-1 leaves sg-2"]);
}

#[test]
fn two_edits_in_a_row_leave_both_old_groups_at_the_end() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::Added).adding("sg-2", "i-1", 0).in_group("sg-3");
    let joining = looking(object.clone()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1", "sg-2"])]).at_second(5).plan();
    assert_eq!(steps(&joining), ["i-1 joins sg-3"]);
    let joined = object.after(&joining);
    let leaving = looking(joined).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1", "sg-2", "sg-3"])]).at_second(6).plan();
    assert_eq!(steps(&leaving), ["i-1 leaves sg-1", "i-1 leaves sg-2"]);
}

#[test]
fn other_targets_join_before_the_old_ones_leave() {
    let object = a_membership().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added);
    let old = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let joining = looking(object.clone()).where_there_is([old(), an_instance("i-2")]).plan();
    assert_eq!(steps(&joining), ["i-2 joins sg-1"]);
    let leaving =
        looking(object.after(&joining)).where_there_is([old(), an_instance("i-2").in_groups(["sg-base", "sg-1"])]).at_second(2).plan();
    assert_eq!(steps(&leaving), ["i-1 leaves sg-1"]);
}

#[test]
fn a_list_instead_of_a_selector_keeps_whom_it_names_and_lets_go_of_the_rest() {
    let object = a_membership().of(["i-1"]).booked("sg-1", "i-1", LedgerState::Added).booked("sg-1", "i-2", LedgerState::Added);
    let cloud = ["i-1", "i-2"].map(|id| an_instance(id).of_role("web").in_groups(["sg-base", "sg-1"]));
    let plan = looking(object).where_there_is(cloud).plan();
    assert_eq!(steps(&plan), ["i-2 leaves sg-1"]);
}

#[test]
fn a_selector_instead_of_a_list_lets_go_of_nobody_at_once() {
    let object = a_membership().of_role_web(|_| {}).booked("sg-1", "i-1", LedgerState::Added).booked("sg-1", "i-2", LedgerState::Added);
    let cloud = [an_instance("i-1").of_role("web").in_groups(["sg-base", "sg-1"]), an_instance("i-2").in_groups(["sg-base", "sg-1"])];
    let plan = looking(object).where_there_is(cloud).plan();
    assert_eq!((steps(&plan), plan.next), (vec![], Next::At(at(30))));
}
