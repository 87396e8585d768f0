//! Sequences of events that are easily overlooked: each of them once broke a rule.

use super::*;
use crate::reconcile::kind::Removal;
use crate::reconcile::verdict::{Phase, Shape, Verdict, declare};

#[test]
fn a_member_in_its_last_group_moves_because_it_joins_first() {
    let moving = || a_membership().booked("sg-1", "i-1", LedgerState::Added).in_group("sg-2");
    let joining = looking(moving()).where_there_is([an_instance("i-1").in_groups(["sg-1"])]).plan();
    assert_eq!(steps(&joining), ["i-1 joins sg-2"]);
    assert!(ledger(&joining).contains(&"sg-1/i-1=Added".to_owned()), "it is its last group only until it has joined the other");
    assert_eq!(joining.remarks, []);
    let leaving = looking(moving().after(&joining)).where_there_is([an_instance("i-1").in_groups(["sg-1", "sg-2"])]).at_second(1).plan();
    assert_eq!(steps(&leaving), ["i-1 leaves sg-1"]);
}

#[test]
fn one_listing_that_lacks_a_member_in_its_last_group_forgets_nothing() {
    let object = a_membership().of_role_web(|_| {}).booked("sg-1", "i-1", LedgerState::Added);
    let blip = looking(object.clone()).where_there_is([an_instance("i-1").in_groups(["sg-1"])]).plan();
    let back = looking(object.after(&blip)).where_there_is([an_instance("i-1").of_role("web").in_groups(["sg-1"])]).at_second(600).plan();
    assert_eq!(ledger(&back), ["sg-1/i-1=Added"]);
}

#[test]
fn one_listing_that_lacks_a_member_of_a_colleague_forgets_nothing() {
    let object = a_membership().of_role_web(|_| {}).booked("sg-1", "i-1", LedgerState::Added);
    let colleague = || a_membership().called("api").observing();
    let there = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let blip = looking(object.clone()).where_there_is([there()]).beside([colleague()]).plan();
    let back = looking(object.after(&blip)).where_there_is([there().of_role("web")]).beside([colleague()]).at_second(600).plan();
    assert_eq!(ledger(&back), ["sg-1/i-1=Added"]);
}

#[test]
fn a_selector_that_suddenly_matches_nothing_removes_nobody_from_the_old_group_either() {
    let object = (1..=20)
        .fold(a_membership().of_role_web(|_| {}), |object, number| object.booked("sg-1", &format!("i-{number:02}"), LedgerState::Added));
    let object = object.in_group("sg-2");
    let look = |object: Membership| Look {
        cloud: (1..=20).map(|number| an_instance(&format!("i-{number:02}")).in_groups(["sg-base", "sg-1"])).collect(),
        ..looking(object)
    };
    let first = look(object.clone()).plan();
    assert_eq!(steps(&first), Vec::<String>::new(), "one listing is not enough");
    let later = look(object.after(&first)).at_second(600).plan();
    assert_eq!((later.steps.len(), later.verdict.reason), (0, Reason::RemovalLimit));
}

#[test]
fn a_full_ledger_neither_locks_itself_nor_spins() {
    let ids: Vec<_> = (0..1000).map(|number| format!("i-{number:04}")).collect();
    let mut object = a_membership().in_group("sg-3").but(|object| object.spec.targets.instance_ids.clone_from(&ids));
    object = object.but(|object| {
        let entries = |ids: &[String]| {
            ids.iter().map(|id| LedgerEntry { target: id.clone(), state: LedgerState::Added, since: None, unmatched_since: None }).collect()
        };
        let page = |group: &str| LedgerPage { security_group_id: group.to_owned(), entries: entries(&ids) };
        object.status.get_or_insert_default().ledger = vec![page("sg-1"), page("sg-2")];
    });
    let cloud = ids.iter().map(|id| an_instance(id).in_groups(["sg-base", "sg-1", "sg-2"])).collect();
    let plan = Look { cloud, ..looking(object) }.plan();
    assert!(!plan.steps.is_empty() || plan.next != Next::At(at(0)), "nothing can be done, and it is looked at again at once, for ever");
    assert!(!plan.steps.is_empty(), "who is in two old groups may leave one of them");
    let leaving: BTreeSet<_> = plan.steps.iter().map(|step| step.to_string().split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(leaving.len(), plan.steps.len(), "and stays in the other until it is in the new one");
}

#[test]
fn sixteen_old_groups_that_cannot_be_left_do_not_make_it_spin() {
    let mut object = a_membership().in_group("sg-3");
    let mut groups = vec!["sg-base".to_owned()];
    let mut failures = BTreeMap::new();
    for number in 10..26 {
        let group = format!("sg-{number}");
        object = object.booked(&group, "i-1", LedgerState::Added);
        failures.insert(format!("{group}/i-1"), a_failure(Class::Denied, 1, 600));
        groups.push(group);
    }
    let plan = Look { cloud: vec![Target { groups, ..an_instance("i-1") }], failures, ..looking(object) }.plan();
    assert_eq!((steps(&plan), plan.verdict.phase), (vec![], Phase::Stuck));
    assert_ne!(plan.next, Next::At(at(0)));
}

#[test]
fn a_number_of_removals_in_quotes_is_a_number() {
    let object = (0..100)
        .fold(a_membership().of_role_web(|_| {}), |object, number| object.booked("sg-1", &format!("i-{number:02}"), LedgerState::Added));
    let cloud: Vec<_> = (0..100)
        .map(|number| an_instance(&format!("i-{number:02}")).in_groups(["sg-base", "sg-1"]).of_role(if number < 5 { "db" } else { "web" }))
        .collect();
    for (limit, allowed) in [("1", false), ("5", true), ("4%", false), ("5%", true)] {
        let limit = IntOrString::String(limit.to_owned());
        let plan = Look { cloud: cloud.clone(), ..looking(object.clone().letting_go_of(&limit)) }.plan();
        assert_eq!(plan.verdict.reason != Reason::RemovalLimit, allowed, "{limit:?}");
    }
}

#[test]
fn ten_removals_in_quotes_are_not_ten_percent() {
    let object = (0..20)
        .fold(a_membership().of_role_web(|_| {}), |object, number| object.booked("sg-1", &format!("i-{number:02}"), LedgerState::Added));
    let cloud = (0..20)
        .map(|number| an_instance(&format!("i-{number:02}")).in_groups(["sg-base", "sg-1"]).of_role(if number < 10 { "db" } else { "web" }))
        .collect();
    let plan = Look { cloud, ..looking(object.letting_go_of(&IntOrString::String("10".to_owned()))) }.plan();
    assert_ne!(plan.verdict.reason, Reason::RemovalLimit);
}

#[test]
fn a_selector_selects_instances_and_no_interface() {
    let colleague = a_membership().called("api").of_role_web(|_| {});
    let going = a_membership().of(["eni-9"]).booked("sg-1", "eni-9", LedgerState::Added).going();
    let plan =
        looking(going).where_there_is([an_interface("eni-9").of_role("web").in_groups(["sg-base", "sg-1"])]).beside([colleague]).plan();
    assert_eq!(steps(&plan), ["eni-9 leaves sg-1"]);
}

#[test]
fn an_object_that_takes_over_knows_whose_doing_it_was() {
    // Renamed in Git: the new object comes and the old one goes before anybody has looked at the new one.
    let there = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let old = a_membership().booked("sg-1", "i-1", LedgerState::Added).going();
    let new = a_membership().called("renamed").unseen();
    let first = looking(old.clone()).where_there_is([there()]).beside([new.clone()]).at_second(1).plan();
    assert_eq!(steps(&first), Vec::<String>::new());
    assert_ne!(first.next, Next::Gone, "the book is not closed before it is handed over");
    let old = old.after(&first);
    let taken = new.clone().after(&looking(new).where_there_is([there()]).beside([old.clone()]).at_second(2).plan());
    assert_eq!(book(taken.0.status.as_ref().unwrap()), ["sg-1/i-1=Added"]);
    let last = looking(old).where_there_is([there()]).beside([taken.clone()]).at_second(3).plan();
    assert_eq!((steps(&last), last.next), (vec![], Next::Gone));
    assert_eq!(steps(&looking(taken.going()).where_there_is([there()]).plan()), ["i-1 leaves sg-1"]);
}

#[test]
fn an_heir_that_never_looks_is_waited_for_a_minute() {
    let there = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let old = || a_membership().booked("sg-1", "i-1", LedgerState::Added).going();
    let heir = || a_membership().called("renamed").unseen();
    let waiting = looking(old()).where_there_is([there()]).beside([heir()]).having_seen("sg-1/i-1", 0).at_second(59).plan();
    assert_eq!(waiting.next, Next::At(at(60)));
    let over = looking(old()).where_there_is([there()]).beside([heir()]).having_seen("sg-1/i-1", 0).at_second(60).plan();
    assert_eq!((steps(&over), over.next), (vec![], Next::Gone), "and what it names is still not left");
    for never in [heir().observing(), heir().but(|object| object.spec.suspend = true)] {
        let plan = looking(old()).where_there_is([there()]).beside([never]).at_second(1).plan();
        assert_eq!((steps(&plan), plan.next), (vec![], Next::Gone), "who keeps no book inherits none");
    }
}

#[test]
fn nobody_is_said_to_be_back_who_is_only_not_asked_for_any_more() {
    let drifted = a_membership().of(["i-1", "i-2"]).booked("sg-1", "i-1", LedgerState::Added).booked("sg-1", "i-2", LedgerState::Added);
    let cloud = || [an_instance("i-1"), an_instance("i-2").in_groups(["sg-base", "sg-1"])];
    let plan = looking(drifted.clone()).where_there_is(cloud()).failing("sg-1/i-1", a_failure(Class::Denied, 1, 600)).plan();
    assert!(!plan.status.drift.is_empty());
    let edited = looking(drifted.after(&plan).of(["i-2"])).where_there_is(cloud()).at_second(5).plan();
    assert_eq!((edited.verdict.reason, edited.remarks), (Reason::InSync, vec![]));
}

#[test]
fn a_difference_from_the_old_group_is_none_from_the_new_one() {
    let drifted = a_membership().booked("sg-1", "i-1", LedgerState::Added);
    let plan = looking(drifted.clone()).where_there_is([an_instance("i-1")]).failing("sg-1/i-1", a_failure(Class::Denied, 1, 600)).plan();
    let edited = looking(drifted.after(&plan).in_group("sg-2")).where_there_is([an_instance("i-1")]).at_second(5).plan();
    assert_eq!((steps(&edited), edited.status.drift), (vec!["i-1 joins sg-2".to_owned()], vec![]));
}

#[test]
fn what_only_a_newer_release_understands_may_be_something_to_undo() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::Unknown("Lent".to_owned()));
    assert_eq!(object.0.removal(), Removal::Undo);
}

#[test]
fn two_listings_that_lack_a_member_count_only_if_none_between_them_had_it() {
    let object = a_membership().of_role_web(|_| {}).booked("sg-1", "i-1", LedgerState::Added);
    let blip = looking(object.clone()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).plan();
    // Matches again, but somebody took it out of the group, and joining is refused at the moment.
    let back = looking(object.clone().after(&blip))
        .where_there_is([an_instance("i-1").of_role("web")])
        .failing("sg-1/i-1", a_failure(Class::Denied, 1, 6000))
        .at_second(300)
        .plan();
    let blip = looking(object.after(&back)).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).at_second(600).plan();
    assert_eq!((steps(&blip), blip.next), (vec![], Next::At(at(630))));
}

#[test]
fn of_the_last_two_groups_one_is_kept() {
    let going = a_membership().booked("sg-1", "i-1", LedgerState::Added).booked("sg-2", "i-1", LedgerState::Added).going();
    let plan = looking(going).where_there_is([an_instance("i-1").in_groups(["sg-1", "sg-2"])]).plan();
    assert_eq!(plan.steps.len(), 1, "{:?}", steps(&plan));
}

#[test]
fn who_would_have_to_leave_is_a_difference_too() {
    let there = |id| an_instance(id).in_groups(["sg-base", "sg-1"]);
    let object = a_membership().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added).observing();
    let plan = looking(object).where_there_is([there("i-1"), there("i-2")]).plan();
    assert_eq!((plan.verdict.reason, plan.verdict.drifted), (Reason::DriftDetected, Some(true)));
}

#[test]
fn half_an_hour_of_being_busy_does_not_begin_with_another_trouble() {
    let long_unready = a_membership().but(|object| {
        let conditions = &mut object.status.get_or_insert_default().envelope.conditions;
        let before = Verdict { phase: Phase::Stuck, reason: Reason::CredentialMissing, message: "no Secret".to_owned(), drifted: None };
        declare(conditions, &before, Shape::State, 1, at(0));
    });
    let plan = looking(long_unready).where_there_is([an_instance("i-1").that_is("Starting")]).at_second(86_400).plan();
    assert_eq!((plan.verdict.phase, plan.verdict.reason), (Phase::Working, Reason::Busy));
}

#[test]
fn who_is_named_by_an_interface_that_one_reading_lacks_does_not_leave() {
    let object = a_membership().of(["eni-of-i-1"]).booked("sg-1", "i-1", LedgerState::Added);
    let look = looking(object.clone()).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]);
    let mut seen = look.seen();
    seen.wanted.clear();
    seen.missing.insert("eni-of-i-1".to_owned());
    seen.others.insert("i-1".to_owned(), look.cloud[0].clone());
    let plan = look.plan_on(&seen);
    assert_eq!((steps(&plan), ledger(&plan)), (vec![], vec!["sg-1/i-1=Added".to_owned()]));
}

#[test]
fn who_is_still_named_and_missing_from_one_reading_keeps_its_entry() {
    let object = a_membership().booked("sg-1", "i-1", LedgerState::Added);
    let lacking = looking(object.clone()).plan();
    let back = looking(object.after(&lacking)).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).at_second(60).plan();
    assert_eq!(ledger(&back), ["sg-1/i-1=Added"]);
}

#[test]
fn an_attempt_from_a_clock_that_was_ahead_is_not_waited_for_until_then() {
    let plan = looking(a_membership().adding("sg-1", "i-1", 86_400)).where_there_is([an_instance("i-1")]).at_second(60).plan();
    assert_eq!(steps(&plan), ["i-1 joins sg-1"]);
}

#[test]
fn an_object_that_goes_joins_nobody() {
    let look = looking(a_membership().going()).where_there_is([an_instance("i-1")]);
    let mut seen = look.seen();
    seen.wanted.insert("i-1".to_owned(), an_instance("i-1"));
    let plan = look.plan_on(&seen);
    assert_eq!((steps(&plan), ledger(&plan), plan.next), (vec![], vec![], Next::Gone));
}

#[test]
fn a_sentence_does_not_promise_a_longer_list_than_there_is() {
    let object = a_membership().of_role_web(|_| {});
    let ids: Vec<_> = (0..100).map(|number| format!("i-{number:03}")).collect();
    let unfit = ids.iter().map(|id| an_instance(id).of_role("web").that_is("Starting")).collect();
    let plan = Look { cloud: unfit, ..looking(object) }.plan();
    assert!(plan.verdict.message.ends_with("; 99 more, see status.problems"), "of which there are only 32: {}", plan.verdict.message);
}

#[test]
fn a_refusal_goes_back_to_what_was_known_before() {
    // Reads do not always move forward: after it was seen, one that is older says that it is not there.
    for (state, text) in [(LedgerState::Added, "sg-1/i-1=Added"), (LedgerState::PreExisting, "sg-1/i-1=PreExisting")] {
        let object = a_membership().booked("sg-1", "i-1", state);
        let too_early = looking(object.clone()).where_there_is([an_instance("i-1")]).plan();
        let refused = object.after(&too_early).noted(&too_early.steps[0], Err(&an_error(Class::Busy, Acted::No)), at(1));
        assert_eq!(book(refused.0.status.as_ref().unwrap()), [text]);
        let seen = looking(refused).where_there_is([an_instance("i-1").in_groups(["sg-base", "sg-1"])]).at_second(9).plan();
        assert_eq!(ledger(&seen), [text]);
    }
}
