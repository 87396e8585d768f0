//! The list of backups: filters, order, pages, and the dialect it is written in.

use std::time::Duration;

use serde_json::{Value, json};
use steward_cloudsim::{CsbsSeed, HuaweiBackup, HuaweiDisk, HuaweiEdit, Simulator};

use super::{DB, DB_BACKUP, NOTHING, WEB, WEB_BACKUP, WEB_DATA, WEB_SYSTEM, edit, settings, stocked};
use crate::client::Answer;
use crate::huawei::{Alice, DEMO, EU_DE, items, project, said};

/// Parameters in the order in which they are signed.
fn list(alice: &Alice, query: &str) -> Answer {
    let mut parts: Vec<&str> = query.split('&').collect();
    parts.sort_unstable();
    alice.get(&if query.is_empty() { items(DEMO) } else { format!("{}?{}", items(DEMO), parts.join("&")) })
}

fn ids(answer: &Answer) -> Vec<String> {
    let items = answer.json()["checkpoint_items"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// `count` further backups of the web server, a second apart; the newest first.
fn make(simulator: &Simulator, count: u64) -> Vec<String> {
    for _ in 0..count {
        simulator.advance(Duration::from_secs(1));
        edit(simulator, HuaweiEdit::back_up(WEB));
    }
    let mut all = simulator.backups_of(WEB);
    assert_eq!(all.pop().as_deref(), Some(WEB_BACKUP), "the oldest comes last");
    all
}

#[test]
fn the_newest_come_first() {
    let (simulator, alice) = stocked();
    assert_eq!(ids(&list(&alice, "")), [DB_BACKUP, WEB_BACKUP]);
    let made = make(&simulator, 1);
    assert_eq!(ids(&list(&alice, "")), [made[0].as_str(), DB_BACKUP, WEB_BACKUP]);
    let late = "2025-12-31T23:00:00Z".parse().unwrap();
    edit(&simulator, HuaweiEdit::back_up_at(WEB, late));
    assert_eq!(simulator.backups_of(WEB)[2], ids(&list(&alice, "")).pop().unwrap(), "an older one that turns up late");
}

#[test]
fn every_filter_picks() {
    let (simulator, alice) = stocked();
    let change = HuaweiBackup { id: Some(DB_BACKUP.to_owned()), status: Some("error".to_owned()), ..HuaweiBackup::default() };
    edit(&simulator, HuaweiEdit::backup(change));
    for (query, expected) in [
        ("status=available", &[WEB_BACKUP][..]),
        ("status=error", &[DB_BACKUP]),
        ("status=deleted", &[]),
        ("name=shop-w", &[WEB_BACKUP]),
        ("name=nightly", &[DB_BACKUP, WEB_BACKUP]),
        ("name=", &[DB_BACKUP, WEB_BACKUP]),
        (&format!("resource_id={DB}"), &[DB_BACKUP]),
        ("resource_name=web", &[WEB_BACKUP]),
        ("resource_type=OS%3A%3ANova%3A%3AServer", &[DB_BACKUP, WEB_BACKUP]),
        ("resource_type=OS%3A%3AIronic%3A%3ABareMetalServer", &[]),
        ("checkpoint_id=f672a1bb-6912-446a-816c-72792c5263e0", &[WEB_BACKUP]),
        ("policy_id=4b25a2b0-1d41-4d09-a2ad-1fa3d4a1ad11", &[WEB_BACKUP]),
        ("image_type=backup", &[DB_BACKUP, WEB_BACKUP]),
        ("az=eu-de-02", &[DB_BACKUP]),
        ("ip=192.168.0.11", &[WEB_BACKUP]),
        ("start_time=2026-01-01T00%3A00%3A01Z", &[DB_BACKUP]),
        ("end_time=2026-01-01T00%3A00%3A01", &[WEB_BACKUP]),
        (&format!("resource_id={DB}&status=available"), &[]),
        ("all_tenants=false&colour=red", &[DB_BACKUP, WEB_BACKUP]),
    ] {
        assert_eq!(ids(&list(&alice, query)), expected, "{query}");
        let counted = alice.get(&format!("{}/count?{query}", items(DEMO)));
        assert_eq!(counted.json(), json!({ "count": expected.len() }), "{query}");
    }
}

#[test]
fn a_filter_that_cannot_be_is_9001() {
    let (_simulator, alice) = stocked();
    let long = format!("sort={}", "id%3Aasc%2C".repeat(40));
    for query in [
        "status=fine",
        "limit=many",
        "limit=0",
        "offset=-1",
        "start_time=today",
        "sort=colour",
        "sort=id%3Aup",
        &format!("marker={NOTHING}"),
        &long,
    ] {
        assert_eq!(said(&list(&alice, query)), (400, "CSBS.9001".to_owned()), "{query}");
    }
}

#[test]
fn the_order_is_by_any_key_and_down_unless_said() {
    let (_simulator, alice) = stocked();
    for (sort, first) in [
        ("created_at", DB_BACKUP),
        ("created_at%3Aasc", WEB_BACKUP),
        ("protected_at%3Aasc", WEB_BACKUP),
        ("updated_at%3Adesc", DB_BACKUP),
        ("name", WEB_BACKUP),
        ("name%3Aasc", DB_BACKUP),
        ("id", DB_BACKUP),
        ("status%2Ccreated_at%3Aasc", WEB_BACKUP),
    ] {
        assert_eq!(ids(&list(&alice, &format!("sort={sort}")))[0], first, "{sort}");
    }
}

#[test]
fn pages_lead_to_each_other_by_marker_and_by_link() {
    let (simulator, alice) = stocked();
    let mut all = make(&simulator, 5);
    all.push(WEB_BACKUP.to_owned());
    let query = format!("limit=2&resource_id={WEB}&sort=created_at%3Adesc");
    let (mut by_marker, mut marker) = (Vec::new(), String::new());
    loop {
        let page = list(&alice, &format!("{query}{marker}"));
        let found = ids(&page);
        by_marker.extend(found.clone());
        let links = page.json()["checkpoint_items_links"].clone();
        if by_marker.len() == all.len() {
            assert_eq!(links, json!([]), "nothing follows a last page that is full");
            break;
        }
        marker = format!("&marker={}", found[1]);
        assert_eq!(links[0]["rel"], "next");
        let path = links[0]["href"].as_str().unwrap().strip_prefix(&simulator.url()).unwrap().to_owned();
        let token = alice.token(&project(DEMO));
        let followed = alice.get_with_token(&path, &token);
        assert_eq!(ids(&followed), ids(&list(&alice, &format!("{query}{marker}"))), "{path}");
    }
    assert_eq!(by_marker, all);
    assert_eq!(ids(&list(&alice, "limit=2&offset=1")), all[1..3]);
    assert_eq!(list(&alice, "limit=3").json()["checkpoint_items_links"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_list_may_ignore_its_marker() {
    let (simulator, alice) = stocked();
    settings(&simulator, CsbsSeed { ignores_marker: Some(true), ..CsbsSeed::default() });
    let first = ids(&list(&alice, "limit=1"));
    assert_eq!(ids(&list(&alice, &format!("limit=1&marker={}", first[0]))), first);
}

#[test]
fn one_backup_is_written_in_the_dialect_of_the_service() {
    let (_simulator, alice) = stocked();
    let item = alice.get(&format!("{}/{WEB_BACKUP}", items(DEMO))).json()["checkpoint_item"].clone();
    let info = &item["extend_info"];
    for (actual, expected) in [
        (&item["id"], json!(WEB_BACKUP)),
        (&item["created_at"], json!("2026-01-01T00:00:00.000000")),
        (&item["resource_id"], json!(WEB)),
        (&item["backup_data"]["private_ip"], json!("192.168.0.11")),
        (&info["average_speed"], json!(19.5)),
        (&info["copy_from"], Value::Null),
        (&info["fail_code"], json!({})),
        (&info["sim_generation"], Value::Null),
        (&info["size"], json!(120 * 1024)),
        (&info["volume_backups"][1]["source_volume_id"], json!(WEB_DATA)),
        (&info["volume_backups"][1]["source_volume_size"], json!(100)),
        (&info["volume_backups"][1]["size"], json!(100 * 1024)),
        (&info["volume_backups"][0]["bootable"], json!(true)),
    ] {
        assert_eq!(*actual, expected);
    }
}

#[test]
fn a_backup_in_progress_and_one_that_failed_look_like_it() {
    let (simulator, alice) = stocked();
    let info = |status: &str| {
        edit(&simulator, HuaweiEdit::backup_status(WEB_BACKUP, status));
        let item = alice.get(&format!("{}/{WEB_BACKUP}", items(DEMO))).json()["checkpoint_item"].clone();
        assert_eq!(item["status"], status);
        item["extend_info"].clone()
    };
    let (running, failed) = (info("protecting"), info("error"));
    assert_eq!((&running["progress"], &running["finished_at"]), (&json!(43), &Value::Null));
    assert_eq!(failed["fail_code"]["Code"], "CSBS.9999");
}

#[test]
fn a_backup_that_is_gone_or_in_another_project_is_404() {
    let (simulator, alice) = stocked();
    let path = format!("{}/{WEB_BACKUP}", items(DEMO));
    assert_eq!(alice.get(&path).status, 200);
    let elsewhere = alice.get_with_token(&format!("{}/{WEB_BACKUP}", items(EU_DE)), &alice.token(&project(EU_DE)));
    assert_eq!(said(&elsewhere), (404, "CSBS.3001".to_owned()));
    assert_eq!(ids(&alice.get_with_token(&items(EU_DE), &alice.token(&project(EU_DE)))), Vec::<String>::new());
    edit(&simulator, HuaweiEdit::delete_backup(WEB_BACKUP));
    assert_eq!(said(&alice.get(&path)), (404, "CSBS.3001".to_owned()));
    let operations: Vec<String> = simulator.calls().into_iter().map(|call| call.operation).filter(|name| name.contains("Item")).collect();
    assert_eq!(operations, ["ShowCheckpointItem", "ShowCheckpointItem", "ListCheckpointItems", "ShowCheckpointItem"]);
}

#[test]
fn a_new_backup_is_of_the_server_as_it_is_now() {
    let (simulator, alice) = stocked();
    edit(&simulator, HuaweiEdit::detach(WEB, WEB_DATA));
    let made = make(&simulator, 1);
    let item = list(&alice, &format!("resource_id={WEB}&limit=1")).json()["checkpoint_items"][0].clone();
    assert_eq!(item["id"].as_str(), Some(made[0].as_str()));
    assert_eq!(item["created_at"], "2026-01-01T00:00:11.000000");
    let disks = item["extend_info"]["volume_backups"].as_array().unwrap().clone();
    assert_eq!((disks.len(), &disks[0]["source_volume_id"]), (1, &json!(WEB_SYSTEM)));
    assert_ne!(item["checkpoint_id"], "f672a1bb-6912-446a-816c-72792c5263e0");
}

#[test]
fn a_backup_outlives_its_server_and_may_be_of_one_that_nobody_knows() {
    let (simulator, alice) = stocked();
    edit(&simulator, HuaweiEdit::delete_server(WEB));
    assert_eq!(ids(&list(&alice, "")), [DB_BACKUP, WEB_BACKUP]);
    let strange = HuaweiBackup {
        server: Some(NOTHING.to_owned()),
        project: Some("eu-de_demo".to_owned()),
        disks: Some(vec![HuaweiDisk { volume: WEB_DATA.to_owned(), size: 5, ..HuaweiDisk::default() }]),
        extra: Some([("extend_info.volume_backups.0.average_speed".to_owned(), json!(1.25))].into()),
        ..HuaweiBackup::default()
    };
    edit(&simulator, HuaweiEdit::backup(strange));
    let item = list(&alice, &format!("resource_id={NOTHING}")).json()["checkpoint_items"][0].clone();
    assert_eq!(item["extend_info"]["volume_backups"][0]["average_speed"], 1.25);
}

#[test]
fn what_there_is_can_be_seen_from_behind() {
    let (simulator, _alice) = stocked();
    let state = simulator.state()["huawei"].clone();
    assert_eq!(state["servers"][0]["volumes"][0]["id"], WEB_SYSTEM);
    assert_eq!(state["backups"][0]["disks"].as_array().map(Vec::len), Some(2));
    assert_eq!(state["verdicts"], json!([]));
}
