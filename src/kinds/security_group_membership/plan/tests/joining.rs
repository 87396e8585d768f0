//! Who joins, and by whose doing somebody is a member.

use super::*;

#[test]
fn who_is_missing_joins_and_the_attempt_is_on_record_before_it_is_made() {
    let plan = looking(a_membership()).where_there_is([an_instance("i-1")]).plan();
    let join =
        SecurityGroupStep::Join { group: "sg-1".to_owned(), target: "i-1".to_owned(), first: true, before: None, already: Origin::Theirs };
    assert_eq!(plan.steps, [join]);
    assert_eq!(ledger(&plan), ["sg-1/i-1=Adding"]);
    assert_eq!(plan.status.ledger[0].entries[0].since.map(crate::api::envelope::Time::get), Some(at(0)));
}

#[test]
fn who_is_there_at_first_sight_was_there_before_us() {
    let plan = looking(a_membership()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).plan();
    assert_eq!((steps(&plan), ledger(&plan)), (vec![], vec!["sg-1/i-1=PreExisting".to_owned()]));
}

#[test]
fn who_is_seen_there_is_booked_by_what_the_ledger_says_already() {
    let there = || [an_instance("i-1").in_groups(["sg-base", "sg-1"])];
    for (before, after) in [
        (a_membership().adding("sg-1", "i-1", 0), "sg-1/i-1=Added"),
        (a_membership().booked("sg-1", "i-1", LedgerState::Added), "sg-1/i-1=Added"),
        (a_membership().booked("sg-1", "i-1", LedgerState::PreExisting), "sg-1/i-1=PreExisting"),
    ] {
        let plan = looking(before).where_there_is(there()).plan();
        assert_eq!((steps(&plan), ledger(&plan)), (vec![], vec![after.to_owned()]));
        assert_eq!(plan.status.ledger[0].entries[0].since, None, "the attempt is over");
    }
}

#[test]
fn a_join_that_the_cloud_accepted_stays_an_attempt_until_it_is_seen() {
    let first = looking(a_membership()).where_there_is([an_instance("i-1")]).plan();
    let noted = a_membership().after(&first).noted(&first.steps[0], Ok(&receipt()), at(1));
    assert_eq!(book(noted.0.status.as_ref().unwrap()), ["sg-1/i-1=Adding"]);
    let seen = looking(noted).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).at_second(2).plan();
    assert_eq!(ledger(&seen), ["sg-1/i-1=Added"]);
}

#[test]
fn reads_that_lag_behind_are_waited_for_half_a_minute_before_joining_again() {
    for (age, again) in [(0, false), (1, false), (29, false), (30, true), (3600, true)] {
        let plan = looking(a_membership().adding("sg-1", "i-1", 0)).where_there_is([an_instance("i-1")]).at_second(age).plan();
        assert_eq!(steps(&plan).len(), usize::from(again), "after {age}s");
        if again {
            assert!(
                matches!(plan.steps[0], SecurityGroupStep::Join { first: false, already: Origin::Ours, .. }),
                "an earlier attempt may still arrive"
            );
            assert_eq!(plan.status.ledger[0].entries[0].since.map(crate::api::envelope::Time::get), Some(at(age)), "its age counts anew");
        } else {
            assert_eq!(ledger(&plan), ["sg-1/i-1=Adding"]);
            let Next::At(next) = plan.next else { unreachable!("somebody is awaited") };
            assert!(next > at(age) && next <= at(age + 30), "{next}");
        }
    }
}

#[test]
fn a_crash_between_record_and_call_ends_in_the_same_place_as_none() {
    let recorded = a_membership().after(&looking(a_membership()).where_there_is([an_instance("i-1")]).plan());
    // The call was never made: after the lag, it is.
    let resumed = looking(recorded.clone()).where_there_is([an_instance("i-1")]).at_second(31).plan();
    assert_eq!(steps(&resumed), ["i-1 joins sg-1"]);
    // The call was made, and nobody noted the answer.
    let resumed = looking(recorded).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).at_second(31).plan();
    assert_eq!((steps(&resumed), ledger(&resumed)), (vec![], vec!["sg-1/i-1=Added".to_owned()]));
}

#[test]
fn a_refusal_takes_back_what_was_recorded_only_if_no_earlier_attempt_can_be_on_its_way() {
    let join =
        |first| SecurityGroupStep::Join { group: "sg-1".to_owned(), target: "i-1".to_owned(), first, before: None, already: Origin::Ours };
    let table = [(true, Acted::No, false), (true, Acted::Perhaps, true), (false, Acted::No, true), (false, Acted::Perhaps, true)];
    for (first, acted, stays) in table {
        let error = an_error(Class::Quota, acted);
        let noted = a_membership().adding("sg-1", "i-1", 0).noted(&join(first), Err(&error), at(1));
        assert_eq!(book(noted.0.status.as_ref().unwrap()).len(), usize::from(stays), "first: {first}, {acted:?}");
    }
}

#[test]
fn already_a_member_on_a_first_attempt_is_as_good_as_present_at_first_sight() {
    let colleague = || a_membership().called("api").booked("sg-1", "i-1", LedgerState::Added);
    let nobody = looking(a_membership()).where_there_is([an_instance("i-1")]).plan();
    let somebody = looking(a_membership()).where_there_is([an_instance("i-1")]).beside([colleague()]).plan();
    let retried = looking(a_membership().adding("sg-1", "i-1", 0)).where_there_is([an_instance("i-1")]).at_second(40).plan();
    let corrected = looking(a_membership().booked("sg-1", "i-1", LedgerState::Added)).where_there_is([an_instance("i-1")]).plan();
    // What is ours counts as added only once it is seen: reads may lag, and an absence must not be taken for the end of it.
    for (plan, state) in [(nobody, "PreExisting"), (somebody, "Adding"), (retried, "Adding"), (corrected, "Adding")] {
        let noted = a_membership().after(&plan).noted(&plan.steps[0], Ok(&nothing_to_do()), at(41));
        assert_eq!(book(noted.0.status.as_ref().unwrap()), [format!("sg-1/i-1={state}")]);
    }
}

#[test]
fn what_was_settled_by_the_answer_is_not_done_again_on_old_sight() {
    let first = looking(a_membership()).where_there_is([an_instance("i-1")]).plan();
    let noted = a_membership().after(&first).noted(&first.steps[0], Ok(&nothing_to_do()), at(1));
    let again = looking(noted).where_there_is([an_instance("i-1")]).having_just_done("sg-1/i-1").with_permits(0).at_second(1).plan();
    assert_eq!((steps(&again), ledger(&again)), (vec![], vec!["sg-1/i-1=PreExisting".to_owned()]));
    assert_eq!(again.status.drift, [], "what was seen is out of date, not different");
    assert_eq!(again.verdict.reason, Reason::AwaitingConsistency);
}

#[test]
fn drift_is_shown_and_corrected_and_then_said_to_be_over() {
    for state in [LedgerState::Added, LedgerState::PreExisting] {
        let gone = looking(a_membership().booked("sg-1", "i-1", state)).where_there_is([an_instance("i-1")]).plan();
        assert_eq!(steps(&gone), ["i-1 joins sg-1"]);
        let drift =
            Drift { path: "spec.targets[i-1]".to_owned(), desired: "member of sg-1".to_owned(), observed: "not a member".to_owned() };
        assert_eq!((gone.status.drift.as_slice(), gone.verdict.drifted), ([drift].as_slice(), Some(true)));

        let under_way = looking(a_membership().after(&gone)).where_there_is([an_instance("i-1")]).at_second(1).plan();
        assert_eq!(under_way.verdict.drifted, Some(true), "it is still out");
        let back = looking(a_membership().after(&under_way))
            .where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])])
            .at_second(2)
            .plan();
        assert_eq!((back.status.drift.as_slice(), back.verdict.drifted), ([].as_slice(), Some(false)));
        assert_eq!(back.remarks, [Remark { reason: Reason::DriftCorrected, note: "back in sg-1: i-1".to_owned() }]);
        assert_eq!(ledger(&back), ["sg-1/i-1=Added"], "this time it was us");
    }
}

#[test]
fn who_joins_for_the_first_time_has_not_drifted() {
    let plan = looking(a_membership()).where_there_is([an_instance("i-1")]).plan();
    assert_eq!((plan.status.drift.as_slice(), plan.verdict.drifted), ([].as_slice(), Some(false)));
}

#[test]
fn permits_restrict_what_is_recorded_as_well_as_what_is_called() {
    let cloud = || [an_instance("i-1"), an_instance("i-2"), an_instance("i-3")];
    for permits in 0..=3 {
        let plan = looking(a_membership().of(["i-1", "i-2", "i-3"])).where_there_is(cloud()).with_permits(permits).plan();
        assert_eq!((plan.steps.len(), ledger(&plan).len()), (permits, permits));
        if permits < 3 {
            assert_eq!(plan.next, Next::At(at(0)), "the next wave is the next pass");
        }
    }
}

#[test]
fn a_failure_holds_its_own_member_only() {
    let cloud = || [an_instance("i-1"), an_instance("i-2")];
    let held =
        looking(a_membership().of(["i-1", "i-2"])).where_there_is(cloud()).failing("sg-1/i-1", a_failure(Class::Quota, 1, 3600)).plan();
    assert_eq!((steps(&held), held.held), (vec!["i-2 joins sg-1".to_owned()], vec!["sg-1/i-1".to_owned()]));
    let due = looking(a_membership().of(["i-1", "i-2"])).where_there_is(cloud()).failing("sg-1/i-1", a_failure(Class::Quota, 1, 0)).plan();
    assert_eq!((steps(&due).len(), due.held), (2, vec![]));
}

#[test]
fn an_attempt_that_may_have_acted_is_repeated_when_its_failure_is_due_and_not_as_a_first_one() {
    let lost = || looking(a_membership().adding("sg-1", "i-1", 0)).where_there_is([an_instance("i-1")]);
    let waiting = lost().failing("sg-1/i-1", a_failure(Class::Unavailable, 1, 2)).at_second(1).plan();
    assert_eq!((steps(&waiting), ledger(&waiting)), (vec![], vec!["sg-1/i-1=Adding".to_owned()]));
    let due = lost().failing("sg-1/i-1", a_failure(Class::Unavailable, 1, 2)).at_second(2).plan();
    assert!(matches!(due.steps.as_slice(), [SecurityGroupStep::Join { first: false, already: Origin::Ours, .. }]));
}

#[test]
fn an_instance_and_its_primary_interface_are_one_member() {
    let named_by_interface = a_membership().of(["eni-of-i-1"]);
    let joining = looking(named_by_interface.clone()).where_there_is([an_instance("i-1")]).plan();
    assert_eq!((steps(&joining), ledger(&joining)), (vec!["i-1 joins sg-1".to_owned()], vec!["sg-1/i-1=Adding".to_owned()]));
    // The other name for the same member changes nothing.
    let renamed = looking(named_by_interface.booked("sg-1", "i-1", LedgerState::Added).of(["i-1"]))
        .where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])])
        .plan();
    assert_eq!((steps(&renamed), ledger(&renamed)), (vec![], vec!["sg-1/i-1=Added".to_owned()]));
}

#[test]
fn an_interface_of_its_own_joins_by_its_own_name() {
    let plan = looking(a_membership().of(["eni-9"])).where_there_is([an_interface("eni-9")]).plan();
    assert_eq!(steps(&plan), ["eni-9 joins sg-1"]);
}

#[test]
fn nobody_joins_a_group_that_does_not_exist() {
    let plan = looking(a_membership()).where_there_is([an_instance("i-1")]).without_group("sg-1").plan();
    assert_eq!((steps(&plan), ledger(&plan)), (vec![], vec![]));
}

#[test]
fn who_is_unfit_does_not_join_and_keeps_nobody_else_from_it() {
    let cloud = [an_instance("i-1").that_is("Starting"), an_instance("i-2")];
    let plan = looking(a_membership().of(["i-1", "i-2"])).where_there_is(cloud).plan();
    assert_eq!((steps(&plan), ledger(&plan)), (vec!["i-2 joins sg-1".to_owned()], vec!["sg-1/i-2=Adding".to_owned()]));
    assert_eq!(
        plan.status.problems.iter().map(|problem| (problem.target.as_str(), problem.reason)).collect::<Vec<_>>(),
        [("i-1", Reason::Busy)]
    );
    assert_eq!(plan.next, Next::At(at(30)), "who is starting is looked at again soon");
}

#[test]
fn a_selector_with_too_many_hits_moves_nobody() {
    let hit = || an_instance("i-1").of_role("web");
    let stray = || an_instance("i-2").in_groups(["sg-base", "sg-1"]);
    let object = a_membership().of_role_web(|_| {}).booked("sg-1", "i-2", LedgerState::Added);
    let plan = looking(object.clone()).where_there_is([hit(), stray()]).with_too_many().at_second(3600).plan();
    assert_eq!((steps(&plan), ledger(&plan)), (vec![], book(object.0.status.as_ref().unwrap())));
    assert_eq!((plan.verdict.phase, plan.verdict.reason), (crate::reconcile::verdict::Phase::Stuck, Reason::InvalidSpec));
}

#[test]
fn who_only_observes_calls_nothing_and_books_nothing() {
    let objects = [
        a_membership().observing(),
        a_membership().observing().adding("sg-1", "i-1", 0),
        a_membership().observing().booked("sg-1", "i-1", LedgerState::Added),
        a_membership().observing().booked("sg-2", "i-1", LedgerState::Added),
    ];
    for object in objects {
        for groups in [["sg-base", "sg-3"], ["sg-base", "sg-1"], ["sg-base", "sg-2"]] {
            let plan = looking(object.clone()).where_there_is([an_instance("i-1").in_groups(groups)]).at_second(7200).plan();
            assert_eq!((steps(&plan), ledger(&plan)), (vec![], book(object.0.status.as_ref().unwrap())));
        }
    }
}

#[test]
fn an_operator_that_only_observes_does_so_whatever_the_object_says() {
    let mut look = looking(a_membership()).where_there_is([an_instance("i-1")]);
    look.observe_only = true;
    let plan = look.plan();
    assert_eq!((steps(&plan), ledger(&plan), plan.verdict.reason), (vec![], vec![], Reason::DriftDetected));
}

#[test]
fn what_observing_left_open_is_taken_up_when_the_object_manages_again() {
    let object = a_membership().adding("sg-1", "i-1", 0).observing();
    let observed = looking(object.clone()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).at_second(900).plan();
    let managing = object.after(&observed).but(|object| object.spec.management_policy = ManagementPolicy::Manage);
    let plan = looking(managing).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).at_second(901).plan();
    assert_eq!(ledger(&plan), ["sg-1/i-1=Added"]);
}
