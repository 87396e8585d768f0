//! What is said of it: phase, reason, message, and when to look again.

use super::*;
use crate::reconcile::verdict::{Phase, Shape, declare};

fn told(plan: &Plan<SecurityGroupMembership>) -> (Phase, Reason, &str) {
    (plan.verdict.phase, plan.verdict.reason, plan.verdict.message.as_str())
}

#[test]
fn each_situation_has_its_phase_its_reason_and_its_sentence() {
    let there = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let missing = looking(a_membership().of(["i-1", "i-2"])).where_there_is([there()]).plan();
    let no_group = looking(a_membership()).where_there_is([an_instance("i-1")]).without_group("sg-1").plan();
    let applying = looking(a_membership().of(["i-1", "i-2"])).where_there_is([there(), an_instance("i-2")]).plan();
    let awaiting = looking(a_membership().adding("sg-1", "i-1", 0)).where_there_is([an_instance("i-1")]).at_second(1).plan();
    let leaving = looking(a_membership().booked("sg-2", "i-1", LedgerState::Added))
        .where_there_is([there().in_groups(["sg-base", "sg-1", "sg-2"])])
        .plan();
    let in_sync = looking(a_membership()).where_there_is([there()]).plan();
    let observed = looking(a_membership().observing()).where_there_is([an_instance("i-1")]).plan();
    let quota = looking(a_membership()).where_there_is([an_instance("i-1")]).failing("sg-1/i-1", a_failure(Class::Quota, 1, 3600)).plan();
    let table = [
        (&missing, Phase::Stuck, Reason::NotFound, "i-2: i-2 does not exist in cn-hangzhou of this account"),
        (&no_group, Phase::Stuck, Reason::NotFound, "spec.securityGroupId: sg-1 does not exist in cn-hangzhou of this account"),
        (&applying, Phase::Working, Reason::Applying, "1 of 2 members are in sg-1"),
        (&awaiting, Phase::Working, Reason::AwaitingConsistency, "0 of 1 members are in sg-1"),
        (&leaving, Phase::Working, Reason::Applying, "its member is in sg-1; others are leaving"),
        (&in_sync, Phase::Settled, Reason::InSync, "its member is in sg-1"),
        (
            &observed,
            Phase::Stuck,
            Reason::DriftDetected,
            "0 of 1 members are in sg-1; nothing is changed, because this object or steward only observes",
        ),
        (
            &quota,
            Phase::Stuck,
            Reason::QuotaExceeded,
            "i-1: it was refused. mend it (i-1 is in 1 of 5 groups, if the quota is the default one) [Some.Code]",
        ),
    ];
    for (plan, phase, reason, message) in table {
        assert_eq!(told(plan), (phase, reason, message));
    }
}

#[test]
fn the_numbers_stand_in_fields_of_their_own() {
    let cloud = [an_instance("i-1").in_groups(["sg-base", "sg-1"]), an_instance("i-2")];
    let plan = looking(a_membership().of(["i-1", "i-2", "i-3"])).where_there_is(cloud).plan();
    assert_eq!((plan.status.members, plan.status.joined), (Some(3), Some(1)));
    assert_eq!(plan.status.envelope.external_id.as_deref(), Some("sg-1"));
}

#[test]
fn a_repeated_failure_changes_nothing_of_what_is_said() {
    let failing = |count, class| {
        looking(a_membership()).where_there_is([an_instance("i-1")]).failing("sg-1/i-1", a_failure(class, count, 3600)).at_second(60).plan()
    };
    for class in [
        Class::Quota,
        Class::Denied,
        Class::Unavailable,
        Class::Throttled,
        Class::Busy,
        Class::Invalid,
        Class::Precondition,
        Class::Unexpected,
    ] {
        let [first, hundredth] = [1, 100].map(|count| failing(count, class));
        assert_eq!(first.verdict, hundredth.verdict, "{class}");
        assert_eq!(first.status, hundredth.status, "{class}");
        assert!(!first.verdict.message.contains("R-1"), "no request id: {}", first.verdict.message);
    }
}

#[test]
fn a_settled_object_is_told_the_same_at_every_look() {
    let there = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let first = looking(a_membership()).where_there_is([there()]).plan();
    let second = looking(a_membership().after(&first)).where_there_is([there()]).at_second(600).plan();
    assert_eq!((&first.status, &first.verdict, first.next), (&second.status, &second.verdict, second.next));
    assert_eq!((second.next, second.remarks), (Next::Sync, vec![]));
}

#[test]
fn what_passes_by_itself_is_worked_on_and_what_does_not_calls_for_a_person() {
    let table = [
        (Class::Throttled, Phase::Working, Reason::RateLimited),
        (Class::Unavailable, Phase::Working, Reason::CloudUnavailable),
        (Class::Busy, Phase::Working, Reason::Busy),
        (Class::NotFound, Phase::Stuck, Reason::NotFound),
        (Class::Denied, Phase::Stuck, Reason::AccessDenied),
        (Class::Quota, Phase::Stuck, Reason::QuotaExceeded),
        (Class::Precondition, Phase::Stuck, Reason::DependencyNotReady),
        (Class::Invalid, Phase::Stuck, Reason::InvalidSpec),
        (Class::Retired, Phase::Stuck, Reason::ServiceRetired),
        (Class::Unexpected, Phase::Stuck, Reason::UnknownError),
    ];
    for (class, phase, reason) in table {
        let plan = looking(a_membership()).where_there_is([an_instance("i-1")]).failing("sg-1/i-1", a_failure(class, 1, 60)).plan();
        assert_eq!((plan.verdict.phase, plan.verdict.reason), (phase, reason));
    }
}

#[test]
fn busy_is_waited_for_half_an_hour_and_then_somebody_is_told() {
    let starting = || an_instance("i-1").that_is("Starting");
    let first = looking(a_membership()).where_there_is([starting()]).plan();
    assert_eq!((first.verdict.phase, first.verdict.reason), (Phase::Working, Reason::Busy));
    let waiting = a_membership().after(&first).but(|object| {
        let conditions = &mut object.status.get_or_insert_default().envelope.conditions;
        declare(conditions, &first.verdict, Shape::State, 1, at(0));
    });
    for (second, phase) in [(60, Phase::Working), (28 * 60, Phase::Working), (30 * 60, Phase::Stuck), (90 * 60, Phase::Stuck)] {
        let plan = looking(waiting.clone()).where_there_is([starting()]).at_second(second).plan();
        assert_eq!((plan.verdict.phase, plan.next), (phase, Next::At(at(second + 30))), "at second {second}");
    }
}

#[test]
fn what_a_person_can_mend_is_told_before_what_passes_by_itself() {
    let cloud = [an_instance("i-1").that_is("Starting"), an_instance("i-2"), an_instance("i-3")];
    let plan = looking(a_membership().of(["i-1", "i-2", "i-3"]))
        .where_there_is(cloud)
        .failing("sg-1/i-2", a_failure(Class::Denied, 1, 600))
        .plan();
    assert_eq!(told(&plan), (Phase::Stuck, Reason::AccessDenied, "i-2: it was refused. mend it [Some.Code]; 1 more, see status.problems"));
    assert_eq!(steps(&plan), ["i-3 joins sg-1"], "and it keeps nobody else from joining");
}

#[test]
fn a_difference_in_an_observed_object_is_never_a_false_green() {
    for (object, cloud) in [
        (a_membership().observing(), vec![an_instance("i-1")]),
        (a_membership().observing(), vec![]),
        (a_membership().observing().of(["i-1", "i-2"]), vec![an_instance("i-1").in_groups(["sg-base", "sg-1"])]),
    ] {
        let mut look = looking(object);
        look.cloud = cloud;
        let plan = look.plan();
        assert_eq!((plan.verdict.phase, plan.verdict.reason, plan.verdict.drifted), (Phase::Stuck, Reason::DriftDetected, Some(true)));
        assert!(!plan.status.drift.is_empty());
    }
    let equal = looking(a_membership().observing()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).plan();
    assert_eq!((equal.verdict.reason, equal.verdict.drifted), (Reason::InSync, Some(false)));
}

#[test]
fn lists_that_are_there_to_be_read_stay_short() {
    let ids: Vec<_> = (0..100).map(|number| format!("i-{number:03}")).collect();
    let object = a_membership().but(|object| object.spec.targets.instance_ids.clone_from(&ids));
    let unfit: Vec<_> = ids.iter().map(|id| an_instance(id).that_is("Starting")).collect();
    let mut look = looking(ids.iter().fold(object, |object, id| object.booked("sg-1", id, LedgerState::Added)));
    look.cloud = unfit;
    let plan = look.plan();
    assert_eq!((plan.status.drift.len(), plan.status.problems.len(), plan.status.members), (32, 32, Some(100)));
}

#[test]
fn an_object_that_goes_says_how_many_are_still_to_go() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::Added).booked("sg-1", "i-2", LedgerState::Added).going();
    let cloud = ["i-1", "i-2"].map(|id| an_instance(id).in_groups(["sg-base", "sg-1"]));
    let plan = looking(object).where_there_is(cloud).plan();
    assert_eq!(told(&plan), (Phase::Working, Reason::Applying, "leaving what steward had joined: 2 to go"));
}

#[test]
fn steps_are_printed_as_sentences() {
    let join =
        SecurityGroupStep::Join { group: "sg-1".to_owned(), target: "i-1".to_owned(), first: true, before: None, already: Origin::Theirs };
    let leave = SecurityGroupStep::Leave { group: "sg-1".to_owned(), target: "i-1".to_owned() };
    assert_eq!([join.to_string(), leave.to_string()], ["i-1 joins sg-1", "i-1 leaves sg-1"]);
    assert_eq!([join.operation().name, leave.operation().name], ["JoinSecurityGroup", "LeaveSecurityGroup"]);
}
