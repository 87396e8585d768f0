//! Calls that the real clients sent, with a token or signed: answered like the recorded ones, from servers and backups as the calls need them.

use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

use crate::client::{Client, Draft};
use crate::huawei::token_of;
use crate::huawei::vectors::{clock_of, draft_of, simulator_for, vectors};

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
/// Whom the documented example answers about, whoever was asked about.
const SOMEBODY: &str = "6507cb66-90dc-4a12-a573-c9f3398f899d";

/// The servers and backups that the recorded calls speak of; the name of one of these.
fn stock(backup: &str) -> Value {
    let (web, db) = ("5aa119a8-d25b-45a7-8d1b-88e127885635", "f45c477a-57e5-465f-999f-d845083962db");
    let disk = |id: &str, volume: &str| json!({ "id": id, "volume": volume, "name": "karbor_02", "size": 20, "bootable": true });
    let disks = json!([
        disk("70675cbc-d3a8-43a7-9f81-c8b6bc3f5d6d", "ee27f809-6fb5-40ae-ac46-c932bb4ee8fe"),
        disk("8eb98e91-8924-4d4b-b6d6-28fb7b751e9c", "e7f48980-927c-48de-afd4-f0245d2e5100"),
    ]);
    let as_recorded = json!({
        "updated_at": "2017-04-15T04:25:38.680638",
        "extend_info.finished_at": "2017-04-15T04:25:38.675478",
        "extend_info.size": 146_184,
        "extend_info.taskid": "e0a21692-2192-11e7-bf23-0242ac110007",
        "extend_info.volume_backups.0.name": "manualbk_47222",
        "extend_info.volume_backups.0.size": 47_960,
        "extend_info.volume_backups.0.snapshot_id": "36f520e1-d2ea-4907-956a-3d9cd53e2d38",
    });
    json!({ "huawei": {
        "servers": [
            { "id": web, "name": "karbor_02", "project": "eu-de_demo",
              "volumes": [{ "id": "45baf976-c20a-4894-a7c3-c94b7376bf55", "size": 20, "bootable": true }] },
            { "id": db, "project": "eu-de_demo", "volumes": [
                { "id": "ee27f809-6fb5-40ae-ac46-c932bb4ee8fe", "size": 10 },
                { "id": "e7f48980-927c-48de-afd4-f0245d2e5100", "size": 20 },
            ] },
        ],
        "backups": [
            { "id": "8986ce68-3da7-4d29-9cc2-1921e9504975", "checkpoint": "f672a1bb-6912-446a-816c-72792c5263e0", "server": web,
              "name": backup, "created": "2017-04-15T04:20:37.27788Z", "extra": as_recorded,
              "disks": [disk("7ea119a8-d25b-43a7-8d1b-88e12788513a", "45baf976-c20a-4894-a7c3-c94b7376bf55")] },
            { "id": "90c1d5fa-1b9f-4aeb-b2f4-81c806e98190", "server": db, "created": "2017-04-14T00:00:00Z", "disks": disks },
        ],
    } })
}

/// Whether all that was recorded is there; more may be.
fn covers(actual: &Value, recorded: &Value) -> bool {
    match (actual, recorded) {
        (Value::Object(actual), Value::Object(recorded)) => {
            recorded.iter().all(|(name, value)| actual.get(name).is_some_and(|actual| covers(actual, value)))
        }
        (Value::Array(actual), Value::Array(recorded)) => {
            actual.len() == recorded.len() && actual.iter().zip(recorded).all(|(actual, recorded)| covers(actual, recorded))
        }
        _ => actual == recorded,
    }
}

/// By the credentials of a vector.
fn token(client: &Client, credentials: &Value) -> String {
    let user = json!({ "name": credentials["username"], "password": credentials["password"],
                       "domain": { "name": credentials["userDomainName"] } });
    let identity = json!({ "methods": ["password"], "password": { "user": user } });
    let login = Draft {
        target: "/v3/auth/tokens".to_owned(),
        headers: vec![("host".to_owned(), client.host.clone())],
        body: json!({ "auth": { "identity": identity, "scope": { "project": { "id": PROJECT } } } }).to_string(),
    };
    token_of(&client.send("POST", &login).unwrap())
}

#[test]
fn recorded_calls_get_answers_like_the_recorded_ones() {
    let mut seen = 0;
    for vector in vectors().into_iter().filter(|vector| vector["service"] == "csbs") {
        let name = vector["name"].as_str().unwrap();
        let (request, mut recorded) = (&vector["request"], vector["response"].clone());
        let signed = vector["signing"].is_object();
        let clock = if signed { clock_of(request) } else { "2025-01-02T03:04:05Z".to_owned() };
        let simulator = simulator_for(&vector["credentials"], &clock);
        let listed = recorded["body"].pointer_mut("/checkpoint_items/0/name");
        let filtered = listed.is_some();
        if let Some(name) = listed {
            // Recorded with a name that the filter would not have let pass.
            *name = json!("nightly");
        }
        simulator.seed(&stock(if filtered { "nightly" } else { "backup_d32c" }).to_string()).unwrap();
        if recorded["body"]["restorable"][0]["resource_id"] == SOMEBODY {
            let verdicts = json!({ "huawei": { "verdicts": [{ "result": true, "resourceId": SOMEBODY }] } });
            simulator.seed(&verdicts.to_string()).unwrap();
        }
        if recorded["body"]["error_code"] == "CSBS.9001" {
            simulator.fault(Fault::on("CheckRestorable", What::documented("CSBS.9001").unwrap()));
        }
        let client = Client::of(&simulator);
        let draft = draft_of(request);
        let draft = if signed { draft } else { draft.with("x-auth-token", &token(&client, &vector["credentials"])) };
        let answer = client.send(request["method"].as_str().unwrap(), &draft).unwrap();
        assert_eq!(json!(answer.status), recorded["status"], "{name}: {answer:?}");
        assert!(covers(&answer.json(), &recorded["body"]), "{name}: {answer:?}");
        seen += 1;
    }
    assert_eq!(seen, 9, "all vectors of the service were found");
}
