//! Status has an end, in bytes.

use super::*;

#[test]
fn what_is_remembered_of_edits_that_never_hold_has_an_end() {
    let mut object = settled();
    let path = |generation: i64| format!("/{generation:0>900}");
    for generation in 0..100 {
        let mount = json!({"mountPath": path(generation), "name": "v"});
        object = edited(object, &json!({"cpu": 2, "containers": [{"name": "a", "volumeMounts": [mount]}]}));
        let cloud = json!({"Cpu": 2.0, "Containers": [{"Name": "a", "Image": "a"}], "Volumes": [{"Name": "v", "Type": "EmptyDirVolume"}]});
        let plan = look_at(&object, &cloud, generation * 60);
        object = answered(recorded(object, &plan), &plan.steps[0], Ok(()), generation * 60);
        let sets = &object.status.as_ref().unwrap().convergence.as_ref().unwrap().sets;
        let bytes = serde_json::to_string(sets).unwrap().len();
        assert!(bytes <= MAX_APPLIED_BYTES, "{generation}: {bytes}");
        assert!(sets.reaches(&["containers", "a", "volumeMounts", &path(generation)]), "the latest is never what has to go");
    }
}

#[test]
fn former_prints_stay_as_long_as_there_is_room_for_their_bytes() {
    let print = |number: usize, length: usize| SecretPrint { path: format!("{number:0>length$}"), hmac: "h".repeat(64) };
    let mut prints: Vec<SecretPrint> = (0..200).map(|number| print(number, 2000)).collect();
    let wanted: Vec<SecretPrint> = (300..310).map(|number| print(number, 1000)).collect();
    crate::kinds::eci_scaling_config::progress::remember(&mut prints, &wanted);
    let bytes = serde_json::to_string(&prints).unwrap().len();
    assert!((MAX_SECRETS_BYTES * 3 / 4..=MAX_SECRETS_BYTES).contains(&bytes), "{bytes}");
    assert!(wanted.iter().all(|print| prints.contains(print)));
}

#[test]
fn what_is_shown_and_what_is_listed_is_short_in_bytes() {
    for character in ["a", "é", "語", "🦀"] {
        let long = character.repeat(1000);
        let object = edited(settled(), &json!({"cpu": 2, "hostName": long, "tags": [{"key": character.repeat(128), "value": "v"}]}));
        let plan = look_at(&object, &json!({"Cpu": 2.0, "HostName": character.repeat(300)}), 0);
        let convergence = plan.status.convergence.as_ref().unwrap();
        let paths = convergence.paths.iter().map(|pursued| pursued.path.as_str());
        assert!(paths.clone().all(|path| path.len() <= 256), "{:?}", convergence.paths);
        assert!(paths.clone().any(|path| path.starts_with("tags[") && path.ends_with(']')), "{:?}", convergence.paths);
        let shown = super::shortened(&long);
        assert!(
            shown.len() <= 256 && shown.len() > 250 && shown.ends_with('…') && long.starts_with(shown.trim_end_matches('…')),
            "{shown}"
        );
        assert!(super::shortened(&character.repeat(100)).len() <= 256, "few characters can be many bytes");
        // A path is the same one however much of it is remembered.
        let plan = look_at(&recorded(object, &plan), &json!({"Cpu": 2.0}), 1);
        assert_eq!(said(&plan).1, Reason::AwaitingConsistency);
    }
}
