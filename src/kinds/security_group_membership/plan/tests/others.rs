//! What other objects have to say: the last one out leaves, and nobody leaves whom somebody else wants there.

use super::*;
use crate::reconcile::claims::Claimant as _;

fn another() -> Membership {
    a_membership().called("api")
}

fn there() -> Target {
    an_instance("i-1").of_role("web").in_groups(["sg-base", "sg-1"])
}

#[test]
fn who_is_there_by_a_colleagues_doing_is_there_by_ours() {
    let table = [
        (another().booked("sg-1", "i-1", LedgerState::Added), "Added"),
        (another().adding("sg-1", "i-1", 0), "Added"),
        (another().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added), "Added"),
        (another().booked("sg-1", "eni-of-i-1", LedgerState::Added), "Added"),
        (another().booked("sg-1", "i-1", LedgerState::PreExisting), "PreExisting"),
        (another().booked("sg-2", "i-1", LedgerState::Added), "PreExisting"),
        (another().booked("sg-1", "i-2", LedgerState::Added), "PreExisting"),
        (another(), "PreExisting"),
        (another().booked("sg-1", "i-1", LedgerState::Added).but(in_another_account), "PreExisting"),
        (another().booked("sg-1", "i-1", LedgerState::Added).but(in_another_region), "PreExisting"),
    ];
    for (colleague, state) in table {
        let plan = looking(a_membership()).where_there_is([there()]).beside([colleague.clone()]).plan();
        assert_eq!(ledger(&plan), [format!("sg-1/i-1={state}")], "{:?}", colleague.0);
        let late = looking(a_membership().booked("sg-1", "i-1", LedgerState::PreExisting))
            .where_there_is([there()])
            .beside([colleague.clone()])
            .plan();
        assert_eq!(ledger(&late), [format!("sg-1/i-1={state}")], "also if its ledger was seen only later: {:?}", colleague.0);
    }
}

fn in_another_account(object: &mut SecurityGroupMembership) {
    object.status.get_or_insert_default().envelope.account_id = Some("9".to_owned());
}

fn in_another_region(object: &mut SecurityGroupMembership) {
    object.status.get_or_insert_default().envelope.region = Some("cn-beijing".to_owned());
}

/// What three objects that do not want i-1 any more make it do, beside this one: one goes, one has other targets, one has another group.
fn leaving_beside(colleague: &Membership) -> Vec<Vec<String>> {
    let ours = [a_membership().going(), a_membership().of(["i-2"]), a_membership().in_group("sg-3")];
    let look = |object: Membership| {
        let cloud = [there().in_groups(["sg-base", "sg-1", "sg-3"]), an_instance("i-2").in_groups(["sg-base", "sg-1"])];
        looking(object.booked("sg-1", "i-1", LedgerState::Added)).where_there_is(cloud).beside([colleague.clone()]).plan()
    };
    ours.into_iter().map(|object| steps(&look(object))).collect()
}

#[test]
fn nobody_leaves_whom_a_living_object_names() {
    for (how, colleague) in [
        ("by id", another()),
        ("by its primary interface", another().of(["eni-of-i-1"])),
        ("whatever its ledger says", another().booked("sg-1", "i-1", LedgerState::PreExisting)),
        ("even if it only observes", another().observing()),
        ("even if it is suspended", another().but(|object| object.spec.suspend = true)),
        ("even if nobody has looked at it yet", another().unseen()),
        ("by tag", another().of_role_web(|_| {})),
        ("by tag and nobody has looked at it yet", another().of_role_web(|_| {}).unseen()),
        ("by tag and place", another().of_role_web(|selector| selector.vpc_id = Some("vpc-1".to_owned()))),
        ("and its group was another one before", another().booked("sg-2", "i-1", LedgerState::Added)),
    ] {
        assert!(leaving_beside(&colleague).iter().all(Vec::is_empty), "{how}");
    }
}

#[test]
fn who_is_named_by_nobody_who_lives_and_means_the_same_leaves() {
    let by_tag = |narrow: fn(&mut InstanceSelector)| another().of_role_web(narrow);
    let elsewhere = another().unseen().but(|object| object.spec.region = Some("cn-beijing".to_owned()));
    for (how, colleague) in [
        ("by tag, in another VPC", by_tag(|selector| selector.vpc_id = Some("vpc-2".to_owned()))),
        ("by tag, in another zone", by_tag(|selector| selector.zone_id = Some("cn-hangzhou-x".to_owned()))),
        ("by tag, in another resource group", by_tag(|selector| selector.resource_group_id = Some("rg-2".to_owned()))),
        ("by another tag", by_tag(|selector| selector.tags[0].value = "db".to_owned())),
        ("for another group", another().in_group("sg-2")),
        ("another target", another().of(["i-2"])),
        ("in another account", another().but(in_another_account)),
        ("in another region", another().but(in_another_region)),
        ("in another region that nobody has looked at yet", elsewhere),
        ("by one that is going itself", another().going()),
        ("only in its ledger", another().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added)),
    ] {
        assert_eq!(leaving_beside(&colleague), vec![["i-1 leaves sg-1"]; 3], "{how}");
    }
}

#[test]
fn who_is_wanted_elsewhere_stays_in_the_book_until_the_other_knows_whose_doing_it_is() {
    let table = [
        (another().booked("sg-1", "i-1", LedgerState::Added), true),
        (another().adding("sg-1", "i-1", 0), true),
        (another().observing(), true),
        (another().but(|object| object.spec.suspend = true), true),
        (another().unseen(), false),
        (another().booked("sg-1", "i-1", LedgerState::PreExisting), false),
        (another().of_role_web(|_| {}).unseen(), false),
    ];
    for (colleague, taken_over) in table {
        let edited = a_membership().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added);
        let cloud = [there(), an_instance("i-2").in_groups(["sg-base", "sg-1"])];
        let plan = looking(edited).where_there_is(cloud).beside([colleague.clone()]).plan();
        assert_eq!(ledger(&plan).contains(&"sg-1/i-1=Added".to_owned()), !taken_over, "{:?}", colleague.0);
        assert_eq!((steps(&plan), plan.verdict.reason), (vec![], Reason::InSync));
    }
}

#[test]
fn a_colleague_whose_selector_stopped_matching_only_now_still_wants_its_members() {
    let stray = || another().of_role_web(|_| {});
    let untagged = || an_instance("i-1").in_groups(["sg-base", "sg-1"]);
    let going = || a_membership().booked("sg-1", "i-1", LedgerState::Added).going();
    let booked = stray().booked("sg-1", "i-1", LedgerState::Added);
    let plan = looking(going()).where_there_is([untagged()]).beside([booked]).plan();
    assert_eq!(steps(&plan), Vec::<String>::new(), "it has not yet seen that the tag is gone");
    let missed = LedgerEntry { target: "i-1".to_owned(), state: LedgerState::Added, since: None, unmatched_since: Some(at(0).into()) };
    let plan = looking(going()).where_there_is([untagged()]).beside([stray().entry("sg-1", missed)]).plan();
    assert_eq!(steps(&plan), ["i-1 leaves sg-1"]);
}

#[test]
fn of_two_objects_with_one_member_the_last_one_out_leaves() {
    let first = a_membership().booked("sg-1", "i-1", LedgerState::Added);
    let second = another();
    let second = second.clone().after(&looking(second).where_there_is([there()]).beside([first.clone()]).plan());

    let going = first.going();
    let gone = looking(going.clone()).where_there_is([there()]).beside([second.clone()]).plan();
    assert_eq!((steps(&gone), gone.next), (vec![], Next::Gone));

    let last = looking(second.going()).where_there_is([there()]).plan();
    assert_eq!(steps(&last), ["i-1 leaves sg-1"]);
}

#[test]
fn two_objects_that_go_together_leave_no_member_behind() {
    let [one, other] = [a_membership(), another()].map(|object| object.booked("sg-1", "i-1", LedgerState::Added).going());
    for (object, peer) in [(one.clone(), other.clone()), (other, one)] {
        assert_eq!(steps(&looking(object).where_there_is([there()]).beside([peer]).plan()), ["i-1 leaves sg-1"]);
    }
}

#[test]
fn an_object_that_is_deleted_and_one_that_is_edited_away_do_not_wait_for_each_other() {
    let edited = another().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added);
    let going = a_membership().booked("sg-1", "i-1", LedgerState::Added).going();
    let plan = looking(going).where_there_is([there()]).beside([edited]).plan();
    assert_eq!(steps(&plan), ["i-1 leaves sg-1"]);
}

#[test]
fn an_object_is_no_colleague_of_itself() {
    let plan = looking(a_membership().of(["i-2"]).booked("sg-1", "i-1", LedgerState::Added))
        .where_there_is([there(), an_instance("i-2").in_groups(["sg-base", "sg-1"])])
        .beside([a_membership()])
        .plan();
    assert_eq!(steps(&plan), ["i-1 leaves sg-1"], "an older version of the same name is not another object");
}

#[test]
fn objects_find_each_other_by_all_that_they_name_and_all_that_they_hold() {
    let object = a_membership().of(["i-1", "i-2"]).booked("sg-1", "i-1", LedgerState::Added).booked("sg-0", "i-3", LedgerState::Added);
    assert_eq!(object.0.claims(), ["sg-0/i-3", "sg-1/i-1", "sg-1/i-2"]);
    assert_eq!(a_membership().of_role_web(|_| {}).0.claims(), ["sg-1/*"]);
    let join =
        SecurityGroupStep::Join { group: "sg-1".to_owned(), target: "i-1".to_owned(), first: true, before: None, already: Origin::Theirs };
    assert_eq!((join.touches(), join.part()), (vec!["sg-1/i-1".to_owned(), "sg-1/*".to_owned()], "sg-1/i-1".to_owned()));
}
