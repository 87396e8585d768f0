//! Bad days: what the client gets, and what the cloud did meanwhile.

use std::io::ErrorKind;
use std::time::Duration;

use jiff::SignedDuration;
use steward_cloudsim::{Fault, Garble, What};

use crate::client::{ECS, demo, finish};

const JOIN: &[(&str, &str)] = &[("RegionId", "cn-hangzhou"), ("InstanceId", "i-web1"), ("SecurityGroupId", "sg-web")];

#[test]
fn a_fault_before_leaves_the_cloud_alone_and_one_after_does_not() {
    for (fault, changed) in [
        (Fault::on("JoinSecurityGroup", What::error(500, "InternalError")), false),
        (Fault::on("JoinSecurityGroup", What::error(500, "InternalError")).after(), true),
    ] {
        let (simulator, client) = demo();
        simulator.fault(fault);
        let answer = client.call(ECS, "JoinSecurityGroup", JOIN).unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (500, "InternalError"));
        assert_eq!(simulator.groups_of("i-web1").len(), if changed { 2 } else { 1 });
        let call = simulator.calls().pop().unwrap();
        assert_eq!((call.acted, call.status, call.code.as_deref()), (changed, Some(500), Some("InternalError")));
        let again = client.call(ECS, "JoinSecurityGroup", JOIN).unwrap().code();
        assert_eq!(again, if changed { "InvalidInstanceId.AlreadyExists" } else { "ok" }, "a fault strikes once");
    }
}

#[test]
fn an_operation_that_is_not_simulated_can_still_fail_as_wanted() {
    let (simulator, client) = demo();
    simulator.fault(Fault::on("RebootInstance", What::error(403, "IncorrectInstanceStatus")));
    let answer = client.call(ECS, "RebootInstance", &[]).unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (403, "IncorrectInstanceStatus"));
    simulator.fault(Fault::on("ApplyEciScalingConfiguration", What::Throttle));
    assert_eq!(client.call("2022-02-22", "ApplyEciScalingConfiguration", &[]).unwrap().code(), "Throttling.User");
    assert_eq!(client.call(ECS, "RebootInstance", &[]).unwrap().code(), "InvalidAction.NotFound");
}

#[test]
fn a_reset_closes_the_connection_without_a_byte() {
    for (fault, groups) in [(Fault::on("JoinSecurityGroup", What::Reset), 1), (Fault::on("JoinSecurityGroup", What::Reset).after(), 2)] {
        let (simulator, client) = demo();
        simulator.fault(fault);
        let error = client.call(ECS, "JoinSecurityGroup", JOIN).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(simulator.groups_of("i-web1").len(), groups);
        assert_eq!(simulator.calls().pop().unwrap().status, None);
    }
}

#[test]
fn a_garbled_answer_is_a_page_or_half_a_body() {
    let (simulator, client) = demo();
    simulator.fault(Fault::on("*", What::Garble(Garble::Html)));
    let answer = client.call(ECS, "JoinSecurityGroup", JOIN).unwrap();
    assert_eq!(answer.status, 502);
    assert!(answer.text.starts_with("<html>"));
    simulator.fault(Fault::on("*", What::Garble(Garble::Half)).after());
    let error = client.call(ECS, "JoinSecurityGroup", JOIN).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "shorter than announced");
    assert_eq!(simulator.groups_of("i-web1").len(), 2);
}

#[test]
fn a_throttled_call_does_not_act() {
    let (simulator, client) = demo();
    simulator.fault(Fault::on("JoinSecurityGroup", What::Throttle).times(2));
    for code in ["Throttling.User", "Throttling.User", "ok"] {
        assert_eq!(client.call(ECS, "JoinSecurityGroup", JOIN).unwrap().code(), code);
    }
}

#[test]
fn a_late_answer_comes_when_the_clock_says_so() {
    let (simulator, client) = demo();
    simulator.fault(Fault::on("JoinSecurityGroup", What::Timeout(Some(SignedDuration::from_secs(40)))).after());
    let mut stream = client.begin("POST", &client.draft(ECS, "JoinSecurityGroup", JOIN)).unwrap();
    while simulator.held() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(simulator.groups_of("i-web1").len(), 2, "it has acted");
    simulator.advance(Duration::from_secs(39));
    assert_eq!((simulator.held(), simulator.in_flight()), (1, 0));
    simulator.advance(Duration::from_secs(1));
    assert_eq!(simulator.held(), 0);
    assert_eq!(finish(&mut stream).unwrap().code(), "ok");
}

#[test]
fn a_delayed_call_sees_the_world_as_it_is_when_it_acts() {
    let (simulator, client) = demo();
    simulator.fault(Fault::on("JoinSecurityGroup", What::error(500, "X")).after().delayed(SignedDuration::from_secs(5)));
    let mut stream = client.begin("POST", &client.draft(ECS, "JoinSecurityGroup", JOIN)).unwrap();
    while simulator.held() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(simulator.groups_of("i-web1").len(), 1);
    simulator.advance(Duration::from_secs(5));
    assert_eq!(finish(&mut stream).unwrap().code(), "X");
    assert_eq!(simulator.groups_of("i-web1").len(), 2);
}
