//! What a story needs to kill a client at the worst moment, and to know when nothing is under way.

use std::sync::{Arc, Mutex};

use steward_cloudsim::{CallInfo, Moment, Verdict};

use crate::client::{ECS, demo};

const JOIN: &[(&str, &str)] = &[("RegionId", "cn-hangzhou"), ("InstanceId", "i-web1"), ("SecurityGroupId", "sg-web")];

#[test]
fn a_call_can_be_hung_before_or_after_it_acted() {
    for (moment, acted) in [(Moment::Before, false), (Moment::After, true)] {
        let (simulator, client) = demo();
        simulator.on_call(Arc::new(
            move |call: &CallInfo, now| {
                if call.operation == "JoinSecurityGroup" && now == moment { Verdict::Hang } else { Verdict::Go }
            },
        ));
        let stream = client.begin("POST", &client.draft(ECS, "JoinSecurityGroup", JOIN)).unwrap();
        while simulator.held() == 0 {
            std::thread::yield_now();
        }
        assert_eq!(simulator.in_flight(), 0, "a hung call is nobody's business any more");
        assert_eq!(simulator.groups_of("i-web1").len(), if acted { 2 } else { 1 });
        let call = simulator.calls().pop().unwrap();
        assert_eq!((call.acted, call.status), (acted, None));
        drop(stream);
        while simulator.held() > 0 {
            std::thread::yield_now();
        }
        simulator.clear_on_call();
        let code = client.call(ECS, "JoinSecurityGroup", JOIN).unwrap().code();
        assert_eq!(code, if acted { "InvalidInstanceId.AlreadyExists" } else { "ok" });
    }
}

#[test]
fn a_hook_sees_every_call_twice_and_also_the_refused_ones() {
    let (simulator, client) = demo();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = seen.clone();
    simulator.on_call(Arc::new(move |call: &CallInfo, moment| {
        list.lock().unwrap().push((call.number, call.operation.clone(), moment));
        Verdict::Go
    }));
    client.join("i-web1", "sg-web");
    client.join("i-none", "sg-web");
    let join = "JoinSecurityGroup".to_owned();
    let expected =
        [(1, join.clone(), Moment::Before), (1, join.clone(), Moment::After), (2, join.clone(), Moment::Before), (2, join, Moment::After)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn a_call_is_in_flight_no_longer_when_its_answer_is_there() {
    let (simulator, client) = demo();
    for _ in 0..200 {
        client.leave("i-web1", "sg-web");
        assert_eq!((simulator.in_flight(), simulator.held()), (0, 0));
    }
}

#[test]
fn the_simulator_stops_when_it_is_dropped() {
    let (simulator, client) = demo();
    assert_eq!(client.join("i-web1", "sg-web").code(), "ok");
    drop(simulator);
    assert!(client.call(ECS, "JoinSecurityGroup", JOIN).is_err());
}
