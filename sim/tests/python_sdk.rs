//! The vendor's own Python SDK, unchanged, against the simulator: that is how we know that the wire is right.

#[path = "python/environment.rs"]
mod environment;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use environment::complaint;
use serde_json::{Value, json};
use steward_cloudsim::{Options, Simulator};

#[test]
fn the_vendors_python_sdk_works_against_the_simulator_unchanged() {
    let simulator = Simulator::start(Options { seed: include_str!("../seeds/demo.yaml").to_owned(), ..Options::default() }).unwrap();
    let output = environment::session("session.py", "requirements.txt", &[&simulator.url()]);
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
    let expected = json!({
        "identity": ["1234567890123456", "Account", "acs:ram::1234567890123456:root"],
        "join": "ok",
        "groups after join": ["sg-base", "sg-web"],
        "join again": "InvalidInstanceId.AlreadyExists",
        "leave": "ok",
        "groups after leave": ["sg-base"],
        "leave again": "InvalidSecurityGroupAssociation.NotFound",
        "join an interface": "ok",
        "interfaces": [
            ["eni-db1", "Primary", ["sg-base", "sg-db"]],
            ["eni-db1-backup", "Secondary", ["sg-base", "sg-web"]],
        ],
        "groups": [["sg-enterprise", "enterprise", "vpc-1"], ["sg-web", "normal", "vpc-1"]],
        "by tag": [
            ["i-web1", "Running", {"env": "demo", "role": "web"}],
            ["i-web2", "Running", {"env": "demo", "role": "web"}],
            ["i-web3", "Running", {"env": "demo", "role": "web"}],
        ],
        "wrong secret": "SignatureDoesNotMatch",
        "throttled": "Throttling.User",
        "waits at most a minute": true,
    });
    assert_eq!(results, expected, "{}", complaint(&output));
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base"]);
    let acted = simulator.calls().iter().filter(|call| call.acted).count();
    assert_eq!(acted, 3, "join, leave, and the interface's join");
}

#[test]
fn the_vendors_libraries_assume_roles_with_keys_and_with_tokens() {
    let simulator = Simulator::start(Options { seed: include_str!("../seeds/demo.yaml").to_owned(), ..Options::default() }).unwrap();
    simulator.seed(include_str!("../seeds/roles.yaml")).unwrap();
    let claims = json!({
        "iss": "https://kubernetes.default.svc",
        "sub": "system:serviceaccount:demo:steward",
        "aud": "sts.aliyuncs.com",
        "exp": simulator.now().as_second() + 600,
    });
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let token = format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims.to_string()), part("signature"));
    let file = std::env::temp_dir().join(format!("cloudsim-token-{}", std::process::id()));
    std::fs::write(&file, token).unwrap();
    let output = environment::session("roles.py", "requirements.txt", &[&simulator.url(), file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
    let ann = json!(["AssumedRoleUser", "1234567890123456", "acs:ram::1234567890123456:assumed-role/ops/ann"]);
    let pod = json!(["AssumedRoleUser", "1234567890123456", "acs:ram::1234567890123456:assumed-role/pods/pod"]);
    let expected = json!({
        "sdk": ["acs:ram::1234567890123456:role/ops/ann", ann],
        "sdk, signature v1": ann,
        "sdk, token": ["system:serviceaccount:demo:steward", "sts.aliyuncs.com", pod],
        "sdk, refused": "NoPermission",
        "library, ram_role_arn": ann,
        "library, oidc_role_arn": pod,
    });
    assert_eq!(results, expected, "{}", complaint(&output));
}

#[test]
fn the_vendors_python_sdk_writes_and_reads_every_field_of_a_scaling_configuration() {
    let simulator = Simulator::start(Options { seed: include_str!("../seeds/demo.yaml").to_owned(), ..Options::default() }).unwrap();
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/eci-fields.tsv");
    let output = environment::session("session_ess.py", "requirements.txt", &[&simulator.url(), table]);
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
    let expected = json!({
        "groups": [["asg-1", "ECI", "asc-1"]],
        "create": { "not sent": [], "compared": 153, "wrong": [] },
        "modify": { "not sent": [], "compared": 154, "wrong": [] },
        "same": true,
        "delete an active one": "IncorrectScalingConfigurationLifecycleState",
        "delete": "ok",
        "delete again": "InvalidScalingConfigurationId.NotFound",
        "describe": [],
    });
    assert_eq!(results, expected, "{}", complaint(&output));
}

#[test]
fn the_vendors_python_sdk_runs_commands_and_reads_what_came_of_them() {
    let simulator = Simulator::start(Options { seed: include_str!("../seeds/demo.yaml").to_owned(), ..Options::default() }).unwrap();
    let output = environment::session("session_commands.py", "requirements.txt", &[&simulator.url()]);
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
    let said = "done by Jack & Jill\n";
    let expected = json!({
        "agents": [["i-spare1", "false", "2.2.3.900", "Linux"], ["i-web1", "true", "2.2.3.900", "Linux"]],
        "run": "ok",
        "run again": "ok",
        "the same": true,
        "run changed": "IdempotentParameterMismatch",
        "run on a stopped one": "InvalidInstance.NotMatch",
        "invocations": [[
            "patch",
            "PartialFailed",
            "Finished",
            "sh patch.sh\necho done {{who}}\n",
            { "who": "by Jack & Jill" },
            { "intent": "a/b" },
            [["i-web1", "Success", 0], ["i-web2", "Success", 0], ["i-web3", "Failed", 1]],
        ]],
        "results": [
            ["i-web1", "Success", "Finished", 0, "", said],
            ["i-web2", "Success", "Finished", 0, "", said],
            ["i-web3", "Failed", "Finished", 1, "ExitCodeNonzero", "E: held broken packages\n"],
        ],
        "schedule": "ok",
        "stop": "ok",
        "stopped": [["Stopped", "Period", true]],
        "stop another": "InvalidInvokeId.NotFound",
    });
    assert_eq!(results, expected, "{}", complaint(&output));
    let ledger = simulator.invocations();
    assert_eq!(ledger.len(), 2, "one that ran and one that never came to it");
    assert!(ledger[0].targets.iter().all(|target| target.ran.len() == 1));
}
