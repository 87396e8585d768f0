//! Tokens, temporary keys and the lists of IAM.

use std::time::Duration;

use serde_json::{Value, json};
use steward_cloudsim::{HuaweiAgency, HuaweiEdit, HuaweiObject};

use super::{ACME, Alice, DEMO, EU_DE, KEYS, PARTNER, by_password, by_token, edit, items, project, said, start, token_of};

const ALICE: &str = "11111111111111111111111111111111";

fn assume(field: &str, agency: &str) -> Value {
    json!({ "methods": ["assume_role"], "assume_role": { field: agency, "domain_name": "partner" } })
}

/// A token for an agency of the partner, with this token in hand.
fn agency_token(alice: &Alice, token: &str, identity: &Value, scope: &Value) -> crate::client::Answer {
    let body = json!({ "auth": { "identity": identity, "scope": scope } }).to_string();
    alice.bare("POST", "/v3/auth/tokens", &[("x-auth-token", token)], &body)
}

#[test]
fn a_password_gives_a_token_for_the_scope_that_is_asked_for() {
    let (_simulator, alice) = start();
    let by_id = json!({ "methods": ["password"], "password": { "user": { "id": ALICE, "password": "demo-password" } } });
    let acme = json!({ "id": ACME, "name": "acme" });
    for (identity, scope, field, expected) in [
        (by_password("demo-password"), project(EU_DE), "project", json!({ "id": EU_DE, "name": "eu-de", "domain": acme })),
        (
            by_id.clone(),
            json!({ "project": { "name": "eu-de_demo" } }),
            "project",
            json!({ "id": DEMO, "name": "eu-de_demo", "domain": acme }),
        ),
        (
            by_id.clone(),
            json!({ "project": { "name": "eu-de", "domain": { "id": ACME } } }),
            "project",
            json!({ "id": EU_DE, "name": "eu-de", "domain": acme }),
        ),
        (by_id.clone(), json!({ "domain": { "name": "acme" } }), "domain", acme.clone()),
        (by_id, Value::Null, "project", Value::Null),
    ] {
        let answer = alice.ask_for_token(&identity, &scope);
        assert_eq!(answer.status, 201, "{scope}: {answer:?}");
        assert!(answer.header("x-iam-trace-id").is_some());
        assert!(token_of(&answer).len() > 1_000, "as long as real ones");
        let token = &answer.json()["token"];
        assert_eq!(token[field], expected, "{scope}");
        assert_eq!(token["methods"], json!(["password"]));
        assert_eq!(token["issued_at"], "2026-01-01T00:00:10.000000Z");
        assert_eq!(token["expires_at"], "2026-01-02T00:00:10.000000Z");
        assert_eq!((&token["user"]["id"], &token["user"]["domain"]), (&json!(ALICE), &acme));
    }
}

#[test]
fn the_catalog_leads_back_here_and_can_be_left_out() {
    let (_simulator, alice) = start();
    let base = format!("http://{}", alice.wire.host);
    let answer = alice.ask_for_token(&by_password("demo-password"), &project(DEMO));
    let catalog = answer.json()["token"]["catalog"].clone();
    let entries: Vec<Value> = catalog
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!([entry["type"], entry["name"], entry["endpoints"][0]["region_id"], entry["endpoints"][0]["url"]]))
        .collect();
    assert_eq!(
        entries,
        [
            json!(["identity", "keystone", "*", format!("{base}/v3")]),
            json!(["organizations", "organizations", "*", base]),
            json!(["data-protect", "karbor", "eu-de", format!("{base}/v1/{DEMO}")]),
        ]
    );
    let body = json!({ "auth": { "identity": by_password("demo-password"), "scope": project(DEMO) } }).to_string();
    let answer = alice.bare("POST", "/v3/auth/tokens?nocatalog=true", &[], &body);
    assert_eq!((answer.status, &answer.json()["token"]["catalog"]), (201, &json!([])));
}

#[test]
fn what_cannot_be_a_token_is_refused_in_keystones_envelope() {
    let (_simulator, alice) = start();
    let good = by_password("demo-password");
    for (identity, scope, status, message) in [
        (by_password("wrong"), Value::Null, 401, "The username or password is wrong."),
        (good.clone(), project("nowhere"), 401, "The request you have made requires authentication."),
        (good.clone(), project(PARTNER), 401, "The request you have made requires authentication."),
        (good.clone(), json!({ "domain": { "name": "partner" } }), 401, "The request you have made requires authentication."),
        (good, json!({ "project": {} }), 400, "'name' is a required property."),
        (json!({ "methods": ["password"] }), Value::Null, 400, "'password' is a required property."),
        (json!({ "methods": ["hw_ak_sk"] }), Value::Null, 401, "Attempted to authenticate with an unsupported method."),
        (json!({}), Value::Null, 400, "Request body is invalid."),
        (by_token("MIImade-up"), Value::Null, 401, "Invalid token."),
        (assume("agency_name", "for-acme"), Value::Null, 401, "The request you have made requires authentication."),
    ] {
        let answer = alice.ask_for_token(&identity, &scope);
        let title = if status == 400 { "Bad Request" } else { "Unauthorized" };
        assert_eq!(answer.json(), json!({ "error": { "code": status, "message": message, "title": title } }), "{identity} {scope}");
        assert_eq!(answer.status, status);
    }
}

#[test]
fn five_wrong_passwords_lock_the_user_for_a_quarter_of_an_hour() {
    let (simulator, alice) = start();
    let ask = |password: &str| alice.ask_for_token(&by_password(password), &Value::Null);
    for _ in 0..5 {
        assert_eq!(said(&ask("guess")), (401, "401".to_owned()));
    }
    let locked = ask("demo-password");
    assert_eq!(locked.json(), json!({ "error_code": "IAM.0061", "error_msg": "Account locked." }));
    assert_eq!((locked.status, alice.items_of(EU_DE).0), (401, 200), "the user's key is not concerned");
    simulator.advance(Duration::from_secs(899));
    assert_eq!(said(&ask("demo-password")).1, "IAM.0061");
    simulator.advance(Duration::from_secs(1));
    assert_eq!(ask("demo-password").status, 201);
}

#[test]
fn a_new_password_ends_the_tokens_of_its_user_only() {
    let (simulator, alice) = start();
    let token = alice.token(&project(EU_DE));
    let other = json!({ "methods": ["password"], "password": { "user": { "name": "readonly", "password": "demo-password-too", "domain": { "name": "acme" } } } });
    let other = token_of(&alice.ask_for_token(&other, &project(EU_DE)));
    edit(&simulator, HuaweiEdit::password("alice", "new-password"));
    assert_eq!(alice.get_with_token(&items(EU_DE), &token).status, 401);
    assert_eq!(alice.get_with_token(&items(EU_DE), &other).status, 200);
    assert_eq!(alice.ask_for_token(&by_password("demo-password"), &Value::Null).status, 401);
    assert_eq!(alice.ask_for_token(&by_password("new-password"), &Value::Null).status, 201);
}

#[test]
fn tokens_live_as_long_as_the_setting_says_and_their_children_no_longer() {
    let (simulator, alice) = start();
    alice.wire.admin("POST", "state", r#"{"settings": {"tokenLifetime": "10m"}}"#);
    let first = alice.token(&Value::Null);
    simulator.advance(Duration::from_secs(300));
    let answer = alice.ask_for_token(&by_token(&first), &project(EU_DE));
    assert_eq!(answer.json()["token"]["expires_at"], "2026-01-01T00:10:10.000000Z");
    let second = token_of(&answer);
    assert_eq!(alice.get_with_token(&items(EU_DE), &second).status, 200);
    simulator.advance(Duration::from_secs(300));
    assert_eq!(alice.get_with_token(&items(EU_DE), &second).status, 401);
    assert_eq!(alice.ask_for_token(&by_token(&first), &Value::Null).json()["error"]["message"], "The token has expired.");
}

#[test]
fn an_agency_is_assumed_by_either_name_of_the_field_and_opens_what_it_says() {
    let (simulator, alice) = start();
    let own = alice.token(&Value::Null);
    for field in ["agency_name", "xrole_name"] {
        let answer = agency_token(&alice, &own, &assume(field, "for-acme"), &json!({ "project": { "name": "eu-de" } }));
        let token = &answer.json()["token"];
        assert_eq!((answer.status, &token["project"]["id"]), (201, &json!(PARTNER)));
        assert_eq!(token["user"]["name"], "partner/for-acme");
        assert_eq!(token["assumed_by"]["user"]["name"], "alice");
        let token = token_of(&answer);
        assert_eq!(alice.get_with_token(&items(PARTNER), &token).status, 200);
        let again = agency_token(&alice, &token, &assume(field, "for-acme"), &Value::Null);
        assert_eq!(again.status, 403, "an agency cannot pass on what it was lent");
    }
    for (agency, scope, status) in [
        ("for-nobody", project(PARTNER), 403),
        ("for-somebody", project(PARTNER), 404),
        ("for-acme", project("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2"), 401),
        ("for-acme", project(EU_DE), 401),
    ] {
        assert_eq!(agency_token(&alice, &own, &assume("agency_name", agency), &scope).status, status, "{agency} {scope}");
    }
    let new = HuaweiAgency {
        id: "5".repeat(32),
        name: "new".to_owned(),
        domain: Some("partner".to_owned()),
        trusts: vec!["acme".to_owned()],
        projects: None,
    };
    edit(&simulator, HuaweiEdit::Agency(new));
    let answer = agency_token(&alice, &own, &assume("agency_name", "new"), &json!({ "project": { "name": "eu-de_private" } }));
    let token = token_of(&answer);
    let private = items("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2");
    assert_eq!(alice.get_with_token(&private, &token).status, 200);
    edit(&simulator, HuaweiEdit::Delete(HuaweiObject::Agency("new".to_owned())));
    assert_eq!(alice.get_with_token(&private, &token).status, 401);
    assert_eq!(agency_token(&alice, &own, &assume("agency_name", "new"), &project(PARTNER)).status, 404);
}

#[test]
fn a_temporary_key_lives_between_a_quarter_of_an_hour_and_a_day() {
    let (_simulator, alice) = start();
    let ask = |change: &dyn Fn(&mut Value)| {
        let mut identity = assume("agency_name", "for-acme");
        change(&mut identity);
        alice.post(KEYS, &json!({ "auth": { "identity": identity } }))
    };
    let lasting = |seconds: i64| ask(&|identity| identity["assume_role"]["duration_seconds"] = json!(seconds));
    for (answer, expires) in [
        (ask(&|_| {}), "2026-01-01T00:15:10.000000Z"),
        (lasting(900), "2026-01-01T00:15:10.000000Z"),
        (lasting(86_400), "2026-01-02T00:00:10.000000Z"),
    ] {
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["credential"]["expires_at"], expires);
        assert_eq!(alice.dressed(&answer).items_of(PARTNER), (200, "ok".to_owned()));
        assert_eq!(alice.dressed(&answer).items_of(EU_DE).0, 403);
    }
    for (answer, status, code) in [
        (lasting(899), 400, "IAM.1102"),
        (lasting(86_401), 400, "IAM.1102"),
        (ask(&|identity| identity["methods"] = json!([])), 400, "IAM.1103"),
        (ask(&|identity| identity["methods"] = json!(["password"])), 400, "IAM.1102"),
        (ask(&|identity| identity["assume_role"] = Value::Null), 400, "IAM.1103"),
        (ask(&|identity| identity["assume_role"]["agency_name"] = json!("for-nobody")), 403, "IAM.0002"),
        (ask(&|identity| identity["assume_role"]["agency_name"] = json!("for-somebody")), 404, "IAM.0004"),
        (ask(&|identity| *identity = by_token("MIImade-up")), 401, "IAM.0067"),
        (alice.bare("POST", KEYS, &[], "not json"), 400, "IAM.0011"),
        (alice.bare("POST", KEYS, &[], &json!({ "auth": { "identity": assume("agency_name", "for-acme") } }).to_string()), 401, "IAM.0001"),
    ] {
        assert_eq!(said(&answer), (status, code.to_owned()), "{answer:?}");
        assert!(answer.header("x-iam-trace-id").is_some());
    }
}

#[test]
fn a_token_can_be_looked_at_by_those_of_its_domain() {
    let (_simulator, alice) = start();
    let token = alice.token(&project(EU_DE));
    let look = |with: &[(&str, &str)]| alice.bare("GET", "/v3/auth/tokens", with, "");
    let answer = look(&[("x-auth-token", &token), ("x-subject-token", &token)]);
    assert_eq!((answer.status, &answer.json()["token"]["project"]["id"]), (200, &json!(EU_DE)));
    assert_eq!(token_of(&answer), token);
    assert_eq!(look(&[("x-subject-token", &token)]).status, 401);
    assert_eq!(look(&[("x-auth-token", &token)]).status, 400);
    assert_eq!(look(&[("x-auth-token", &token), ("x-subject-token", "MIImade-up")]).status, 404);
}

#[test]
fn projects_and_domains_are_those_of_the_caller() {
    let (_simulator, alice) = start();
    let names = |answer: crate::client::Answer, list: &str| {
        let mut names: Vec<String> =
            answer.json()[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(alice.get("/v3/projects"), "projects"), ["cn-north-4", "eu-de", "eu-de_demo"]);
    assert_eq!(names(alice.get("/v3/projects?name=eu-de"), "projects"), ["eu-de"]);
    assert_eq!(names(alice.get("/v3/projects?name=eu-nl"), "projects"), Vec::<String>::new());
    assert_eq!(alice.get("/v3/auth/domains").json()["domains"][0]["id"], ACME);
    let token = alice.token(&Value::Null);
    assert_eq!(names(alice.get_with_token("/v3/auth/projects", &token), "projects").len(), 3);
    let key = alice.post(KEYS, &json!({ "auth": { "identity": assume("agency_name", "for-acme") } }));
    assert_eq!(names(alice.dressed(&key).get("/v3/projects"), "projects"), ["eu-de"], "the agency opens no other");
    assert_eq!(said(&alice.bare("GET", "/v3/projects", &[], "")), (401, "401".to_owned()));
    assert_eq!(said(&alice.get_with_token("/v3/projects", "MIImade-up")), (401, "401".to_owned()));
}

#[test]
fn versions_are_told_to_everybody() {
    let (_simulator, alice) = start();
    let own = json!(format!("http://{}/v3/", alice.wire.host));
    let all = alice.bare("GET", "/", &[], "");
    assert_eq!((all.status, &all.json()["versions"]["values"][0]["links"][0]["href"]), (300, &own));
    let one = alice.bare("GET", "/v3", &[], "");
    assert_eq!((one.status, &one.json()["version"]["links"][0]["href"]), (200, &own));
}
