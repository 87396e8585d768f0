//! Steward with exactly the rights that `deploy/` gives: no more than it uses here. That it gets by with them is seen wherever it runs, as each world
//! ends (`audit`).

use super::eci_scaling_config::{self, SCALING};
use super::late_watches::LateWatches;
use super::real::{Real, STEWARD, STEWARDS_NAMESPACE, membership, ready_of};
use super::{SEED, audit, cloud_command, restore_check, security_group_membership, web};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn steward_uses_every_right_that_it_has_and_never_lists_secrets() {
    let real = Real::with(&format!("{SEED}{SCALING}"), |setup| {
        setup.control_plane.controller_manager = true;
        setup.environment.push(("STEWARD_REFERENCE_POLL".to_owned(), "2s".to_owned()));
    });
    security_group_membership::the_whole_way(&real);
    eci_scaling_config::the_whole_way(&real);
    eci_scaling_config::one_that_steward_makes(&real);
    cloud_command::the_whole_way(&real);
    restore_check::the_whole_way(&real);
    real.namespace_with_credential("team");
    real.apply(&membership("team", "web", &web(&["i-web2"])));
    real.kubectl(&["wait", "--for=condition=Ready", "sgm", "--all", "-n", "team", "--timeout=60s"]);
    real.kubectl(&["delete", "namespace", "team", "--timeout=90s"]);
    watches_that_lag_behind_what_steward_wrote(&real);
    real.playground.steward().terminate().expect("it ends in time");

    let requests = audit::requests_of_steward(real.playground.control_plane());
    let on_secrets: BTreeSet<_> = requests.iter().filter(|request| request["objectRef"]["resource"] == "secrets").map(place_of).collect();
    let own = format!("create {STEWARDS_NAMESPACE}/steward-installation");
    let named = ["default/aliyun", "default/otc", "team/aliyun", &format!("{STEWARDS_NAMESPACE}/steward-installation")]
        .map(|secret| format!("get {secret}"));
    assert_eq!(on_secrets, named.into_iter().chain([own]).collect(), "by name, and only those that somebody names");
    may_not_make_secrets_elsewhere(&real);
    people_have_theirs_by_the_roles_of_the_cluster(&real);
    let (granted, used) = (audit::deployed(), audit::uses(&requests));
    let idle = granted.idle(&used);
    assert!(idle.is_empty(), "granted in deploy/base/rbac.yaml and not used in {} requests: {idle:#?}", requests.len());
}

/// The only reason to get an object of steward's own kinds: the watch does not know yet what steward itself wrote.
fn watches_that_lag_behind_what_steward_wrote(real: &Real) {
    let control_plane = real.playground.control_plane();
    let watches = LateWatches::before(control_plane);
    let [replica] = real.playground.steward().replicas() else { unreachable!("one replica") };
    replica.sigterm().expect("it ends in time");
    replica.start_with(&watches.kubeconfig(control_plane)).expect("it starts");
    replica.wait_ready(MINUTE).expect("ready");
    real.membership("late", &web(&["i-web3"]));
    real.apply(&cloud_command::ROTATE.replace("rotate-logs", "late"));
    let configuration = json!({"scalingConfigurationName": "web", "securityGroupId": "sg-web", "containers": [{"name": "nginx", "image": "registry.example/nginx:1.27"}]});
    let spec = json!({"scalingGroupId": "asg-1", "managementPolicy": "Observe", "configuration": configuration});
    real.apply(&eci_scaling_config::object("late", &spec));
    let objects = [
        ("cloudcredentials", "default"),
        ("cloudcredentials", "otc"),
        ("cloudcommands", "late"),
        ("eciscalingconfigs", "late"),
        ("restorechecks", "drill"),
        ("securitygroupmemberships", "late"),
    ];
    let say = |real: &Real| objects.map(|(kind, name)| real.get_of(kind, name).map(|object| ready_of(&object)).unwrap_or_default());
    let keys_and_password = |keys: &str, password: &str| {
        real.secret(keys);
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "otc"}, "stringData": {"password": password}});
        real.apply(&secret.to_string());
    };
    // Once before: the first time kubectl marks what it has applied, and others' writes are not what this is about.
    keys_and_password("secret-1", "demo-password");
    let settled = ["True/InSync", "True/InSync", "True/Scheduled", "True/InSync", "False/NotRestorable", "True/InSync"];
    real.until(MINUTE, "all have their keys", |real| say(real) == settled);
    watches.hold();
    keys_and_password("wrong", "wrong");
    real.until(MINUTE, "all say that they have lost them", |real| say(real) == ["False/CredentialRejected"; 6]);
    keys_and_password("secret-1", "demo-password");
    real.until(MINUTE, "all have them again", |real| say(real) == settled);
    watches.let_go();
}

/// `get team/aliyun`.
fn place_of(request: &Value) -> String {
    let object = &request["objectRef"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}/{}", text(&request["verb"]), text(&object["namespace"]), text(&object["name"]))
}

/// What RBAC says of `resource` or `resource/subresource`.
fn can(real: &Real, who: &str, verb: &str, resource: &str, namespace: &str) -> bool {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let subresource = format!("--subresource={subresource}");
    let arguments = ["auth", "can-i", verb, resource, &subresource, "-n", namespace, "--as", who];
    // It says no with its exit code, too.
    let said = real.playground.control_plane().kubectl().run(&arguments).expect("kubectl runs");
    assert!(["yes", "no"].contains(&said.stdout.trim()), "{}", said.stderr);
    said.stdout.trim() == "yes"
}

fn may_not_make_secrets_elsewhere(real: &Real) {
    let make_secrets = |namespace: &str| can(real, STEWARD, "create", "secrets", namespace);
    assert!(make_secrets(STEWARDS_NAMESPACE) && !make_secrets("default"));
}

/// view, edit and admin have what `deploy/` adds to them, and none of them the right to run commands.
fn people_have_theirs_by_the_roles_of_the_cluster(real: &Real) {
    for role in ["view", "edit", "admin"] {
        let (name, role, user) = (format!("has-{role}"), format!("--clusterrole={role}"), format!("--user={role}"));
        real.kubectl(&["create", "rolebinding", &name, &role, &user, "-n", "default"]);
    }
    real.until(MINUTE, "the roles are put together", |real| {
        can(real, "view", "watch", "restorechecks", "default")
            && can(real, "edit", "create", "cloudcommands", "default")
            && can(real, "admin", "delete", "cloudcredentials", "default")
    });
    for (who, verb, resource) in [
        ("view", "create", "cloudcommands"),
        ("view", "patch", "eciscalingconfigs"),
        ("edit", "create", "cloudcommands/run"),
        ("edit", "update", "cloudcommands/status"),
        ("admin", "create", "cloudcommands/run"),
        ("admin", "update", "securitygroupmemberships/status"),
    ] {
        assert!(!can(real, who, verb, resource, "default"), "{who}: {verb} {resource}");
    }
}
