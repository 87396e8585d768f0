//! Memberships in every state.

use super::verdicts::{AT_WORK, BAD, BAD_AND_SUSPENDED, FINE, FINE_AND_SUSPENDED, GOING, SUSPENDED_BEFORE, Table};
use super::{minutes, seconds, suspended, with};
use crate::security_group_membership::{SEED, web};
use crate::world::{CREDENTIALS, MEMBERSHIPS, World};
use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, What};

fn by_role(role: &str) -> Value {
    json!({"securityGroupId": "sg-web", "targets": {"instanceSelector": {"tags": [{"key": "role", "value": role}]}}})
}

#[test]
fn memberships_are_judged_as_people_expect() {
    let mut table = Table::default();
    alive(&mut table);
    too_many_leave(&mut table);
    refused(&mut table);
    silent_cloud(&mut table);
    going(&mut table);
    table.judge();
}

/// From before steward looks until all is well, and what people change then.
fn alive(table: &mut Table) {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.membership("left-alone", &with(&web(&["i-2"]), &suspended()));
    world.membership("busy", &web(&["i-starting"]));
    world.membership("nobody", &by_role("cache"));
    table.row(&world, MEMBERSHIPS, "web", "absent", AT_WORK);
    table.row(&world, MEMBERSHIPS, "left-alone", "absent", AT_WORK);
    world.cloud.seed("settings: {readLag: 8s}").expect("a setting");
    world.start();
    world.until(seconds(20), "it joins", |world| world.ready("web") == "False/AwaitingConsistency");
    table.row(&world, MEMBERSHIPS, "web", "False/AwaitingConsistency", AT_WORK);
    world.until_ready("web", "True/InSync");
    world.until_ready("busy", "False/Busy");
    world.membership("watched", &with(&web(&["i-there"]), &json!({"managementPolicy": "Observe"})));
    world.until_ready("watched", "True/InSync");
    table.row(&world, MEMBERSHIPS, "web", "True/InSync", FINE);
    table.row(&world, MEMBERSHIPS, "busy", "False/Busy", AT_WORK);
    table.row(&world, MEMBERSHIPS, "nobody", "True/NoTargets", FINE);
    table.row(&world, MEMBERSHIPS, "left-alone", "Unknown/Suspended", SUSPENDED_BEFORE);

    world.edit("web", &suspended());
    world.edit("busy", &suspended());
    world.pass(seconds(5));
    table.row(&world, MEMBERSHIPS, "web", "True/InSync", FINE_AND_SUSPENDED);
    table.row(&world, MEMBERSHIPS, "busy", "False/Busy", SUSPENDED_BEFORE);

    world.cloud.edit(Edit::leave("i-there", "sg-web")).expect("it is in there");
    world.until(minutes(11), "somebody took it out", |world| world.ready("watched") == "False/DriftDetected");
    table.row(&world, MEMBERSHIPS, "watched", "False/DriftDetected", BAD);
    world.edit("watched", &suspended());
    world.pass(seconds(5));
    table.row(&world, MEMBERSHIPS, "watched", "False/DriftDetected", BAD_AND_SUSPENDED);
    world.annotate("watched", "cloudsteward.dev/abandon", "by hand from now on");
    world.until_ready("watched", "False/Abandoned");
    table.row(&world, MEMBERSHIPS, "watched", "False/Abandoned", BAD);

    // Nobody has looked at an edit yet; what was said of the spec before it counts no more.
    world.crash();
    world.edit("nobody", &json!({"maxRemovals": 3}));
    world.edit("watched", &json!({"suspend": false}));
    table.row(&world, MEMBERSHIPS, "nobody", "True/NoTargets", AT_WORK);
    table.row(&world, MEMBERSHIPS, "watched", "False/Abandoned", AT_WORK);
}

/// More would leave at once than may.
fn too_many_leave(table: &mut Table) {
    let mut world = World::new(SEED);
    world.membership("all", &by_role("web"));
    world.start();
    world.until_ready("all", "True/InSync");
    for instance in ["i-1", "i-2"] {
        world.cloud.edit(Edit::tags(instance, [("role", "gone")])).expect("it exists");
    }
    world.until(minutes(15), "nobody leaves", |world| world.ready("all") == "False/RemovalLimit");
    table.row(&world, MEMBERSHIPS, "all", "False/RemovalLimit", BAD);
}

/// What a person has to mend.
fn refused(table: &mut Table) {
    let mut world = World::new(SEED);
    world.membership("gone", &web(&["i-nobody"]));
    world.membership("far", &with(&web(&["i-1"]), &json!({"securityGroupId": "sg-far"})));
    world.membership("nobodys", &with(&web(&["i-1"]), &json!({"credentialRef": {"name": "nobody"}})));
    world.secret("default", "stolen", "key-1", "wrong");
    world.credential("default", "closed", "stolen");
    world.membership("closed", &with(&web(&["i-1"]), &json!({"credentialRef": {"name": "closed"}})));
    world.credential("default", "elsewhere", "aliyun");
    world.edit_credential("elsewhere", &json!({"endpoints": [{"service": "ecs", "url": "https://elsewhere.example"}]}));
    world.membership("elsewhere", &with(&web(&["i-1"]), &json!({"credentialRef": {"name": "elsewhere"}})));
    world.credential("default", "other", "aliyun");
    world.edit_credential("other", &json!({"expectedAccountId": "999"}));
    world.membership("other", &with(&web(&["i-1"]), &json!({"credentialRef": {"name": "other"}})));
    world.start();
    for (name, ready) in [
        ("other", "False/AccountMismatch"),
        ("gone", "False/NotFound"),
        ("far", "False/InvalidSpec"),
        ("nobodys", "False/CredentialMissing"),
        ("closed", "False/CredentialRejected"),
        ("elsewhere", "False/EndpointNotAllowed"),
    ] {
        world.until_ready(name, ready);
        table.row(&world, MEMBERSHIPS, name, ready, BAD);
    }
    for (code, reason) in [("Forbidden.RAM", "AccessDenied"), ("InstanceSecurityGroupLimitExceeded", "QuotaExceeded")] {
        let mut world = World::new(SEED);
        world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(403, code)).forever());
        world.membership("web", &web(&["i-1"]));
        world.start();
        let ready = format!("False/{reason}");
        world.until_ready("web", &ready);
        table.row(&world, MEMBERSHIPS, "web", &ready, BAD);
    }
}

/// The cloud does not answer: at first of an object that was never compared with it, then of one that was.
fn silent_cloud(table: &mut Table) {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    world.cloud.fault(Fault::on("DescribeInstances", What::error(503, "ServiceUnavailable")).forever());
    world.membership("new", &web(&["i-2"]));
    world.until_ready("new", "False/CloudUnavailable");
    table.row(&world, MEMBERSHIPS, "new", "False/CloudUnavailable", AT_WORK);
    world.pass_in_steps(minutes(50), seconds(5));
    table.row(&world, MEMBERSHIPS, "web", "Unknown/CloudUnavailable", AT_WORK);
}

fn going(table: &mut Table) {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    world.cloud.fault(Fault::on("LeaveSecurityGroup", What::error(409, "InvalidOperation.Conflict")).forever());
    world.delete("web");
    world.until(minutes(1), "it is leaving", |world| world.ready("web") == "False/Busy");
    table.row(&world, MEMBERSHIPS, "web", "False/Busy", GOING);
    world.api.delete("secrets", "default", "aliyun");
    world.api.delete(CREDENTIALS, "default", "default");
    world.crash();
    world.start();
    world.until_ready("web", "False/DeleteBlocked");
    table.row(&world, MEMBERSHIPS, "web", "False/DeleteBlocked", GOING);
}
