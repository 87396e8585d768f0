//! The walk that README promises. Needs the programs of the whole workspace: `make test` builds them before.

use std::process::Command;

#[test]
fn the_demo_runs_to_its_end_and_shows_what_it_announces() {
    let said = Command::new(env!("CARGO_BIN_EXE_steward-playground")).arg("demo").output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{text}\n{}", String::from_utf8_lossy(&said.stderr));
    let acts: Vec<&str> = text.split("\n=== ").skip(1).collect();
    let [changed, crashed, joined, drifted, restorable, rejected] = acts[..] else { panic!("six acts: {text}") };
    let (before_crash, after_crash) = crashed.split_once("$ kill -9").expect("a crash");
    let (of_steward, of_the_loop) = after_crash.split_once("$ steward-playground retry-loop").expect("a retry loop");
    let (before, after) = changed.split_once("kubectl apply").expect("an apply");
    for (act, shown) in [
        (before, "nginx        registry.example/nginx:1.26       0.5"),
        (before, "log-shipper  registry.example/log-shipper:2.3"),
        (after, "web    True    InSync           asg-1   2     4        registry.example/nginx:1.27"),
        (after, "nginx        registry.example/nginx:1.27       0.5"),
        (after, "log-shipper  registry.example/log-shipper:2.3"),
        (after, "ModifyEciScalingConfiguration"),
        (before_crash, "i-web1 ("),
        (of_steward, "upgrade-openssl   False   CommandFailed   3/3    1"),
        (of_steward, "i-web3: exit code 1"),
        (of_steward, "i-web3 (Failed 1×)"),
        (of_the_loop, "no answer; it cannot have worked, so once more"),
        (joined, "JoinSecurityGroup  InstanceId=i-web1 SecurityGroupId=sg-web  200"),
        (joined, "web-1       True    InSync"),
        (drifted, "DriftDetected   spec.targets[i-web1]   not a member"),
        (drifted, "JoinSecurityGroup  InstanceId=i-web1 SecurityGroupId=sg-web  200"),
        (restorable, "shop-web   True    Restorable      True"),
        (restorable, "shop-db    False   NotRestorable   False"),
        (restorable, "is smaller than the disk that was backed up [CSBS.6024]"),
        (restorable, "csbs CheckRestorable, HTTP 400"),
        (rejected, "CredentialRejected"),
        (rejected, "SignatureDoesNotMatch"),
    ] {
        assert!(act.contains(shown), "{shown:?} in {act}");
    }
    let (_, ledger) = of_steward.split_once("$ steward-playground invocations").expect("the ledger");
    assert_eq!(ledger.lines().filter(|line| line.starts_with("t-")).count(), 1, "one RunCommand: {of_steward}");
    assert_eq!(of_the_loop.lines().filter(|line| line.contains("retry-loop  ")).count(), 2, "the loop ran twice: {of_the_loop}");
}
