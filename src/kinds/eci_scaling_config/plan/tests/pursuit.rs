//! How often what is sent, when steward gives up, what counts as somebody else's doing, and what is said meanwhile.

use super::*;

#[test]
fn a_refused_correction_is_none_and_its_next_try_is_one() {
    let drifted = json!({"Cpu": 1.0});
    let mut object = settled();
    for second in 0..8 {
        let plan = look_at(&object, &drifted, second);
        assert_eq!(said(&plan), (Phase::Working, Reason::Applying, vec!["modify asc-1: cpu".to_owned()]));
        assert_eq!(plan.status.corrections.len(), 1);
        object = answered(recorded(object, &plan), &plan.steps[0], Err(Acted::No), second);
        assert_eq!(object.status.as_ref().unwrap().corrections, [], "nothing was set right");
    }
    let plan = look_at(&object, &drifted, 9);
    let object = answered(recorded(object, &plan), &plan.steps[0], Ok(()), 9);
    let plan = look_at(&object, &json!({"Cpu": 2.0}), 10);
    assert_eq!(plan.status.corrections[0].times.len(), 1);
    let reasons: Vec<_> = plan.remarks.iter().map(|remark| remark.reason).collect();
    assert_eq!(reasons, [Reason::DriftCorrected, Reason::InSync]);
}

#[test]
fn a_correction_that_takes_two_tries_is_one_and_is_told() {
    let drifted = json!({"Cpu": 1.0});
    let mut object = settled();
    for (second, outcome) in [(0, Err(Acted::Perhaps)), (40, Ok(())), (80, Ok(()))] {
        let plan = look_at(&object, &drifted, second);
        assert_eq!(said(&plan).2.len(), 1, "{second}");
        object = answered(recorded(object, &plan), &plan.steps[0], outcome, second);
    }
    let plan = look_at(&object, &json!({"Cpu": 2.0}), 90);
    assert_eq!(plan.status.corrections[0].times.len(), 1);
    assert_eq!(plan.remarks[0].reason, Reason::DriftCorrected);
}

#[test]
fn an_edit_that_is_refused_again_and_again_corrects_nothing() {
    let cloud = json!({"Cpu": 2.0});
    let mut object = edited(settled(), &json!({"cpu": 4}));
    for second in 0..8 {
        let plan = look_at(&object, &cloud, second);
        assert_eq!(said(&plan), (Phase::Working, Reason::Applying, vec!["modify asc-1: cpu".to_owned()]), "{second}");
        assert_eq!((plan.status.corrections.len(), plan.status.drift.len()), (0, 0), "{second}");
        object = answered(recorded(object, &plan), &plan.steps[0], Err(Acted::No), second);
    }
    let plan = look_at(&object, &json!({"Cpu": 4.0}), 9);
    assert_eq!((said(&plan).1, plan.remarks.len(), &plan.status.convergence), (Reason::InSync, 0, &None), "somebody else did it");
}

#[test]
fn what_a_call_that_failed_would_have_set_is_not_ours() {
    for (outcome, ours) in [(Err(Acted::No), false), (Err(Acted::Perhaps), false), (Ok(()), true)] {
        let object = edited(an_object(&json!({})), &json!({"cpu": 4, "tags": [{"key": "a", "value": "b"}]}));
        let plan = look_at(&object, &json!({}), 0);
        let object = answered(recorded(object, &plan), &plan.steps[0], outcome, 0);
        // The cloud has the tag now, whoever set it; spec drops it.
        let object = edited(object, &json!({}));
        let plan = look_at(&object, &json!({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "x", "Value": "y"}]}), 60);
        assert_eq!(said(&plan).2.len(), usize::from(ours), "{outcome:?}");
    }
}

#[test]
fn five_corrections_in_an_hour_are_a_conflict_and_a_wish_ends_it() {
    let times = |seconds: &[i64]| seconds.iter().map(|second| at(*second).into()).collect::<Vec<_>>();
    let corrected = |seconds: &[i64]| {
        let times = times(seconds);
        with(settled(), |status| status.corrections = vec![Correction { path: "cpu".to_owned(), times }])
    };
    let drifted = json!({"Cpu": 1.0});
    for (before, now, reason) in [
        (&[0, 60, 120, 180][..], 240, Reason::Applying),
        (&[0, 60, 120, 180, 240], 300, Reason::ManagementConflict),
        (&[0, 60, 120, 180, 240], 3599, Reason::ManagementConflict),
        (&[0, 60, 120, 180, 240], 3601, Reason::Applying),
    ] {
        let plan = look_at(&corrected(before), &drifted, now);
        assert_eq!(plan.verdict.reason, reason, "{before:?} {now}");
        assert_eq!(plan.steps.len(), usize::from(reason == Reason::Applying));
    }
    let given_up = with(settled(), |status| {
        status.conflict = Some(Conflict { generation: 1, requested_at: None, paths: vec!["cpu".to_owned()] });
    });
    assert_eq!(said(&look_at(&given_up, &drifted, 0)).1, Reason::ManagementConflict);
    assert_eq!(said(&look_at(&edited(given_up.clone(), &json!({"cpu": 2})), &drifted, 0)).1, Reason::Applying);
    let mut asked = given_up;
    asked.metadata.annotations = Some(BTreeMap::from([("reconcile.cloudsteward.dev/requestedAt".to_owned(), "now".to_owned())]));
    assert_eq!(said(&look_at(&asked, &drifted, 0)).1, Reason::Applying);
}

#[test]
fn the_same_is_sent_twice_and_then_every_hour_and_stays_not_converged_meanwhile() {
    let cloud = json!({"Cpu": 1.0});
    let mut object = edited(an_object(&json!({})), &json!({"cpu": 4}));
    let mut sent = Vec::new();
    let mut reasons = Vec::new();
    for second in (0..8000).step_by(5) {
        let plan = look_at(&object, &cloud, second);
        let said = plan.verdict.reason;
        if reasons.last() != Some(&said) {
            reasons.push(said);
        }
        object = recorded(object, &plan);
        if let Some(step) = plan.steps.first() {
            sent.push(second);
            object = answered(object, step, Ok(()), second);
        }
    }
    assert_eq!(sent, [0, 30, 3630, 7230]);
    let expected = [Reason::Applying, Reason::AwaitingConsistency, Reason::Applying, Reason::AwaitingConsistency, Reason::NotConverged];
    assert_eq!(reasons, expected);
}

/// The seconds at which something is sent, and what, while `cloud` does what it does with what it is sent; looked at every five seconds.
fn pursued(
    mut object: EciScalingConfig,
    seconds: std::ops::Range<i64>,
    cloud: &mut impl FnMut(i64, &[String]) -> Json,
) -> Vec<(i64, String)> {
    let mut sent = Vec::new();
    let mut answer = cloud(seconds.start, &[]);
    for second in seconds.step_by(5) {
        let plan = look_at(&object, &answer, second);
        object = recorded(object, &plan);
        let mut paths = Vec::new();
        if let Some(step @ EciScalingStep::Modify { content, .. }) = plan.steps.first() {
            paths.clone_from(&content.paths);
            sent.push((second, content.paths.join(" ")));
            object = answered(object, step, Ok(()), second);
        }
        answer = cloud(second, &paths);
    }
    sent
}

#[test]
fn what_does_not_converge_keeps_nothing_else_waiting_that_somebody_changes() {
    let object = edited(settled(), &json!({"cpu": 2, "memory": 4}));
    let mut cpu = 2.0;
    let sent = pursued(object, 0..9000, &mut |second, paths| {
        if second % 1000 == 995 {
            cpu = 1.0;
        } else if paths.contains(&"cpu".to_owned()) {
            cpu = 2.0;
        }
        json!({"Cpu": cpu})
    });
    let corrected: Vec<i64> = sent.iter().filter(|(_, paths)| paths.contains("cpu")).map(|(second, _)| *second).collect();
    assert_eq!(corrected, [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000], "{sent:?}");
    let stuck: Vec<i64> = sent.iter().filter(|(_, paths)| !paths.contains("cpu")).map(|(second, _)| *second).collect();
    assert_eq!(stuck, [0, 30], "it goes along with each of them: {sent:?}");
}

#[test]
fn a_cloud_that_writes_keys_in_its_own_way_does_not_fill_up() {
    let mut object = edited(settled(), &json!({"cpu": 2, "tags": [{"key": "Team", "value": "a"}]}));
    let mut tags = vec![json!({"Key": "by", "Value": "hand"})];
    let mut calls = 0;
    for second in (0..20_000).step_by(5) {
        let plan = look_at(&object, &json!({"Cpu": 2.0, "Tags": tags}), second);
        object = recorded(object, &plan);
        if let Some(step @ EciScalingStep::Modify { content, .. }) = plan.steps.first() {
            calls += 1;
            let text = |tag: &Item, name: &str| tag.text(name).unwrap().to_lowercase();
            tags = content.item.entries("tags").iter().map(|tag| json!({"Key": text(tag, "key"), "Value": text(tag, "value")})).collect();
            object = answered(object, step, Ok(()), second);
        }
        assert!(tags.len() <= 3 && tags[0]["Key"] == "by", "{second}: {tags:?}");
    }
    assert_eq!(calls, 2 + 5, "twice, and then every hour");
    let plan = look_at(&object, &json!({"Cpu": 2.0, "Tags": tags}), 20_000);
    assert!(plan.verdict.reason == Reason::NotConverged && plan.verdict.message.contains("tags[Team]"), "{}", plan.verdict.message);
}

/// Tags by key, as the cloud keeps them; a call replaces them all.
fn tags_after(step: &EciScalingStep) -> Option<Vec<(String, String)>> {
    let EciScalingStep::Modify { content, .. } = step else { return None };
    content.item.get("tags")?;
    let text = |tag: &Item, name: &str| tag.text(name).unwrap_or_default().to_owned();
    Some(content.item.entries("tags").iter().map(|tag| (text(tag, "key"), text(tag, "value"))).collect())
}

#[test]
fn what_left_spec_and_is_gone_is_not_ours_any_more_while_something_else_does_not_converge() {
    let tag = |key: &str| json!({"key": key, "value": "v"});
    let mut object = edited(settled(), &json!({"cpu": 2, "memory": 4, "tags": [tag("team")]}));
    let mut tags = vec![("by".to_owned(), "hand".to_owned())];
    for second in (0..1200).step_by(5) {
        match second {
            300 => object = edited(object, &json!({"cpu": 2, "memory": 4})),
            600 => tags.push(("team".to_owned(), "of somebody else's".to_owned())),
            _ => {}
        }
        let shown: Vec<Json> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let plan = look_at(&object, &json!({"Cpu": 2.0, "Tags": shown}), second);
        object = recorded(object, &plan);
        if let Some(step) = plan.steps.first() {
            tags = tags_after(step).unwrap_or(tags);
            object = answered(object, step, Ok(()), second);
        }
        let expected = if (0..300).contains(&second) || second >= 600 { 2 } else { 1 };
        assert_eq!(tags.len(), expected, "{second}: {tags:?}");
    }
    assert_eq!(tags[1].1, "of somebody else's");
}

#[test]
fn a_list_that_can_be_sent_only_now_and_then_is_not_sent_each_time() {
    let object = edited(settled(), &json!({"cpu": 2, "tags": [{"key": "team", "value": "a"}]}));
    let mut looks = 0;
    let sent = pursued(object, 0..20_000, &mut |_, _| {
        looks += 1;
        let other = json!({"Key": "by", "Value": "hand"});
        let strange = json!({"Key": "by", "Value": "hand", "Novelty": "x"});
        json!({"Cpu": 2.0, "Tags": [if looks % 3 == 0 { strange } else { other }]})
    });
    assert!(sent.len() <= 2 + 5, "{sent:?}");
}

#[test]
fn copies_of_what_the_cloud_writes_in_its_own_way_do_not_pile_up_however_many_or_long_they_are() {
    let long = "L".repeat(300);
    let many: Vec<String> = (0..40).map(|number| format!("K{number}")).collect();
    for keys in [vec![long], many] {
        let variables: Vec<Json> = keys.iter().map(|key| json!({"key": key, "value": "v"})).collect();
        let spec = json!({"cpu": 2, "containers": [{"name": "a", "environmentVars": variables}]});
        let mut object = edited(settled(), &spec);
        let mut there: Vec<Json> = Vec::new();
        for second in (0..12_000).step_by(60) {
            let cloud = json!({"Cpu": 2.0, "Containers": [{"Name": "a", "Image": "a", "EnvironmentVars": there}]});
            let plan = look_at(&object, &cloud, second);
            object = recorded(object, &plan);
            if let Some(step @ EciScalingStep::Modify { content, .. }) = plan.steps.first() {
                let text = |variable: &Item, name: &str| variable.text(name).unwrap().to_lowercase();
                let sent = content.item.entries("containers")[0].entries("environmentVars");
                there = sent.iter().map(|one| json!({"Key": text(one, "key"), "Value": text(one, "value")})).collect();
                object = answered(object, step, Ok(()), second);
            }
            assert!(there.len() <= 2 * keys.len(), "{second}: {}", there.len());
        }
    }
}

#[test]
fn copies_that_the_cloud_has_filled_in_do_not_pile_up() {
    let spec = json!({"cpu": 2, "containers": [{"name": "Web", "image": "a"}]});
    let mut object = edited(settled(), &spec);
    let mut names: Vec<String> = Vec::new();
    for second in (0..12_000).step_by(60) {
        let containers: Vec<Json> =
            names.iter().map(|name| json!({"Name": name, "Image": "a", "ImagePullPolicy": "Always", "Cpu": 0.5})).collect();
        let plan = look_at(&object, &json!({"Cpu": 2.0, "Containers": containers}), second);
        object = recorded(object, &plan);
        if let Some(step @ EciScalingStep::Modify { content, .. }) = plan.steps.first() {
            names = content.item.entries("containers").iter().map(|one| one.text("name").unwrap().to_lowercase()).collect();
            object = answered(object, step, Ok(()), second);
        }
        assert!(names.len() <= 2, "{second}: {names:?}");
    }
}

/// A cloud that ignores some fields, and in which setting one undoes another a while later: it is not written to without end, and once it behaves
/// everything is made so.
#[test]
fn whatever_the_cloud_does_with_what_it_is_sent_calls_are_few_and_it_is_made_so_when_the_cloud_behaves() {
    const NAMES: [(&str, &str, i32); 4] = [
        ("cpu", "Cpu", 2),
        ("memory", "Memory", 4),
        ("ephemeralStorage", "EphemeralStorage", 30),
        ("loadBalancerWeight", "LoadBalancerWeight", 60),
    ];
    const HOURS: i32 = 6;
    let end = i64::from(HOURS) * 3600;
    for seed in 0..24_u64 {
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut roll = |sides: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % sides
        };
        let ignored: Vec<bool> = NAMES.iter().map(|_| roll(4) == 0).collect();
        let undoes: Vec<Option<usize>> = NAMES.iter().map(|_| (roll(2) == 0).then(|| usize::try_from(roll(4)).unwrap())).collect();
        let after = [0, 20, 45, 300][usize::try_from(roll(4)).unwrap()];
        let spec: serde_json::Map<String, Json> = NAMES.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))).collect();
        let mut object = edited(an_object(&json!({})), &Json::Object(spec));
        let mut held = [1; 4];
        let mut undone: Vec<(i64, usize)> = Vec::new();
        let (mut calls, mut last) = (0, None);
        for second in (0..end + 7300).step_by(60) {
            undone.retain(|(when, field)| {
                let due = *when <= second;
                if due {
                    held[*field] = 1;
                }
                !due
            });
            let answer: serde_json::Map<String, Json> =
                NAMES.iter().zip(held).map(|((_, name, _), value)| ((*name).to_owned(), json!(value))).collect();
            let plan = look_at(&object, &Json::Object(answer), second);
            object = recorded(object, &plan);
            last = Some(plan.verdict.reason);
            if let Some(step @ EciScalingStep::Modify { content, .. }) = plan.steps.first() {
                calls += i32::from(second < end);
                for (field, (_, _, value)) in NAMES.iter().enumerate().filter(|(_, (name, _, _))| content.item.get(name).is_some()) {
                    if second >= end || !ignored[field] {
                        held[field] = *value;
                    }
                    undone.extend(undoes[field].filter(|_| second < end).map(|other| (second + after, other)));
                }
                object = answered(object, step, Ok(()), second);
            }
        }
        assert!(calls <= HOURS + 7 * 4, "{seed}: {calls} calls; {ignored:?} {undoes:?} {after}");
        assert!(matches!(last, Some(Reason::InSync | Reason::ManagementConflict)), "{seed}: {last:?}; {ignored:?} {undoes:?} {after}");
    }
}

#[test]
fn what_took_two_tries_is_set_right_at_once_when_somebody_changes_it_later() {
    let object = edited(settled(), &json!({"cpu": 4, "memory": 4}));
    let (mut cpu, mut tries) = (2.0, 0);
    let sent = pursued(object, 0..2000, &mut |second, paths| {
        tries += usize::from(paths.contains(&"cpu".to_owned()));
        cpu = if tries < 2 || second == 995 {
            2.0
        } else if paths.is_empty() {
            cpu
        } else {
            4.0
        };
        json!({"Cpu": cpu})
    });
    let expected = [(0, "cpu memory"), (30, "cpu memory"), (1000, "cpu memory")];
    assert_eq!(sent, expected.map(|(second, paths)| (second, paths.to_owned())));
}

#[test]
fn another_difference_that_does_not_converge_either_is_sent_twice_too() {
    let object = edited(settled(), &json!({"cpu": 2, "memory": 4}));
    let sent = pursued(object, 0..4000, &mut |second, _| json!({"Cpu": if second < 1000 { 2.0 } else { 1.0 }}));
    let expected = [(0, "memory"), (30, "memory"), (1005, "cpu memory"), (1035, "cpu memory")];
    assert_eq!(sent, expected.map(|(second, paths)| (second, paths.to_owned())));
}

#[test]
fn two_values_that_undo_each_other_are_not_sent_in_turn_for_ever() {
    for lag in [0, 10, 25] {
        let object = edited(an_object(&json!({})), &json!({"cpu": 2, "memory": 4}));
        let both = json!({"Cpu": 1.0, "Memory": 1.0});
        let mut history = vec![(i64::MIN, both)];
        let sent = pursued(object, 0..20_000, &mut |second, paths| {
            match paths.join(" ").as_str() {
                "" => {}
                "cpu" => history.push((second, json!({"Cpu": 2.0, "Memory": 1.0}))),
                _ => history.push((second, json!({"Cpu": 1.0, "Memory": 4.0}))),
            }
            history.iter().rfind(|(since, _)| since.saturating_add(lag) <= second).unwrap().1.clone()
        });
        let soon = sent.iter().filter(|(second, _)| *second < 3600).count();
        assert!(soon <= 4 && sent.len() <= soon + 5, "{lag}: {sent:?}");
    }
}

#[test]
fn who_fights_over_one_path_is_found_out_while_another_does_not_converge() {
    let object = edited(settled(), &json!({"cpu": 2, "memory": 4}));
    let mut cpu = 2.0;
    let sent = pursued(object, 0..3500, &mut |second, paths| {
        if second % 100 == 95 {
            cpu = 1.0;
        } else if paths.contains(&"cpu".to_owned()) {
            cpu = 2.0;
        }
        json!({"Cpu": cpu})
    });
    assert_eq!(sent.iter().filter(|(_, paths)| paths.contains("cpu")).count(), 5, "{sent:?}");
}

#[test]
fn a_correction_that_is_refused_beside_what_does_not_converge_is_none() {
    let cloud = json!({"Cpu": 2.0});
    let mut object = edited(settled(), &json!({"cpu": 2, "memory": 4}));
    for second in [0, 30] {
        let plan = look_at(&object, &cloud, second);
        object = answered(recorded(object, &plan), &plan.steps[0], Ok(()), second);
    }
    let plan = look_at(&object, &cloud, 60);
    object = recorded(object, &plan);
    let drifted = json!({"Cpu": 1.0});
    for (second, outcome) in [(100, Err(Acted::No)), (110, Err(Acted::No)), (120, Ok(()))] {
        let plan = look_at(&object, &drifted, second);
        assert_eq!(said(&plan), (Phase::Stuck, Reason::NotConverged, vec!["modify asc-1: cpu, memory".to_owned()]), "{second}");
        assert!(plan.verdict.message.contains("make it: memory."), "{}", plan.verdict.message);
        object = answered(recorded(object, &plan), &plan.steps[0], outcome, second);
        let times = object.status.as_ref().unwrap().corrections.first().map_or(0, |correction| correction.times.len());
        assert_eq!(times, usize::from(outcome.is_ok()), "{second}");
    }
    let plan = look_at(&object, &cloud, 150);
    let told: Vec<&str> = plan.remarks.iter().map(|remark| remark.note.as_str()).collect();
    assert_eq!(told[0], "set right again: cpu");
    let object = recorded(object, &plan);
    assert_eq!(look_at(&object, &cloud, 160).remarks.len(), 0, "it is told once");
}

#[test]
fn what_cannot_go_is_told_with_what_helps_also_by_who_only_looks() {
    let cloud = json!({
        "HostName": "shop", "Containers": [{"Name": "theirs", "Image": "a", "VolumeMounts": [{"Name": "v", "MountPath": "/v"}], "Cpu": 1}],
        "Volumes": [{"Name": "v"}],
    });
    let says = |owned: &[&str], words: &[&str], no_words: &[&str]| {
        let object = with(an_object(&json!({})), |status| status.applied = paths(owned));
        let plan = look_at(&object, &cloud, 0);
        let message = plan.verdict.message.clone();
        assert_eq!((said(&plan), plan.verdict.drifted), ((Phase::Stuck, Reason::CannotClear, vec![]), Some(true)), "{message}");
        assert!(words.iter().all(|word| message.contains(word)) && !no_words.iter().any(|word| message.contains(word)), "{message}");
        let plan = look_at(&observing(object), &cloud, 0);
        let drift: Vec<&str> = plan.status.drift.iter().map(|drift| drift.path.as_str()).collect();
        assert_eq!((said(&plan).1, drift.len()), (Reason::DriftDetected, 1));
        assert!(plan.verdict.message.contains(&format!("differs in {};", drift[0])), "{}", plan.verdict.message);
    };
    says(&["containers/theirs/image"], &["containers[theirs].image left spec", "put it back"], &["allowOverride"]);
    says(&["hostName"], &["hostName left spec", "allowOverride"], &[]);
    says(&["volumes/v"], &["volumes[v] left spec and stays, because containers[theirs] mounts it"], &["allowOverride"]);
}

#[test]
fn a_try_that_another_process_recorded_by_a_clock_ahead_is_waited_for_no_longer_than_any_other() {
    let object = with(settled(), |status| {
        let cpu = Pursued { path: "cpu".to_owned(), sent: 1, held: None, corrects: false };
        status.convergence = Some(Convergence { generation: 1, sent: 1, since: at(600).into(), paths: vec![cpu], sets: paths(&["cpu"]) });
    });
    assert_eq!(said(&look_at(&object, &json!({"Cpu": 1.0}), 0)).1, Reason::Applying);
}

#[test]
fn a_zero_is_sent_once_where_the_cloud_shows_none_and_given_up_where_it_shows_something_else() {
    let zero = || edited(settled(), &json!({"cpu": 2, "terminationGracePeriodSeconds": 0}));
    let sent = pursued(zero(), 0..8000, &mut |_, _| json!({"Cpu": 2.0}));
    assert_eq!(sent.len(), 1, "{sent:?}");
    let mut shown = 30;
    let sent = pursued(zero(), 0..8000, &mut |_, paths| {
        shown = if paths.is_empty() { shown } else { 0 };
        json!({"Cpu": 2.0, "TerminationGracePeriodSeconds": shown})
    });
    assert_eq!(sent.len(), 1, "{sent:?}");
    let sent = pursued(zero(), 0..3000, &mut |_, _| json!({"Cpu": 2.0, "TerminationGracePeriodSeconds": 30}));
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(said(&look_at(&observing(zero()), &json!({"Cpu": 2.0}), 0)).1, Reason::InSync);
}
