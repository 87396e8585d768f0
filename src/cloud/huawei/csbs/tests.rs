//! The client against a server on loopback that answers from a script.

use super::*;
use crate::ambient::{Clock, Dice};
use crate::cloud::budget::{Budget, Limits};
use crate::cloud::client::{NoObserver, Surroundings};
use crate::cloud::huawei::{Auth, Huawei, HuaweiOptions, ProjectRef, Proof, Provider};
use crate::cloud::transport::{Transport, TransportOptions};
use crate::reason::Reason;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;

#[derive(Default)]
struct Script {
    replies: Mutex<VecDeque<(u16, String)>>,
    asked: Mutex<Vec<String>>,
}

async fn answer(State(script): State<Arc<Script>>, uri: Uri) -> Response {
    script.asked.lock().unwrap().push(uri.to_string());
    let (status, body) = script.replies.lock().unwrap().pop_front().unwrap_or((418, "the script is over".to_owned()));
    (StatusCode::from_u16(status).unwrap(), [("x-openstack-request-id", "req-1")], body).into_response()
}

async fn service(replies: impl IntoIterator<Item = (u16, Value)>) -> (Csbs, Arc<Script>) {
    let replies = replies.into_iter().map(|(status, body)| (status, body.to_string())).collect();
    let script = Arc::new(Script { replies: Mutex::new(replies), ..Script::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: url::Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = axum::Router::new().fallback(answer).with_state(Arc::clone(&script));
    tokio::spawn(async move { axum::serve(listener, server).await });
    let clock = Clock::new(|| Timestamp::from_second(1_800_000_000).unwrap());
    let throws = AtomicU64::new(0);
    let huawei = Huawei::new(HuaweiOptions {
        provider: Provider::OpenTelekomCloud,
        auth: Auth::Own(Proof::AccessKey { access_key: "AK".to_owned(), secret_key: "SK".into(), security_token: None }),
        region: "eu-de".to_owned(),
        project: ProjectRef::Id("p-own".to_owned()),
        endpoints: [("csbs".to_owned(), url)].into(),
        around: Surroundings {
            tenant: "default/credential".to_owned(),
            transport: Arc::new(Transport::new(TransportOptions::default()).unwrap()),
            budget: Budget::new(clock.clone(), Limits::default()),
            clock,
            dice: Dice::new(move || u128::from(throws.fetch_add(1, Ordering::SeqCst)).to_be_bytes()),
            observer: Arc::new(NoObserver),
        },
    });
    (huawei.csbs("d-1", "eu-de", Some("p-1"), Lane::Edit), script)
}

fn question() -> Question {
    let target = requests::Target { resource_type: "OS::Nova::Server".to_owned(), resource_id: "s-1".to_owned(), volumes: Vec::new() };
    Question { checkpoint_item_id: "c-1".to_owned(), target }
}

async fn asked(status: u16, body: Value) -> Result<Answer, CloudError> {
    let (csbs, _) = service([(status, body.clone()), (status, body.clone()), (status, body)]).await;
    csbs.check_restorable(PROVIDER_ID, &question()).await
}

fn no(code: &str) -> Value {
    json!({"restorable": [{"result": false, "resource_type": "OS::Nova::Server", "resource_id": "s-2", "error_code": code, "error_msg": "%s"}]})
}

#[tokio::test]
async fn a_yes_keeps_the_server_that_the_answer_names_and_the_remark_that_it_makes() {
    let body = json!({"restorable": [{"result": true, "resource_type": "OS::Nova::Server", "resource_id": "s-other", "error_code": "CSBS.6004", "error_msg": "bound"}]});
    let answer = asked(200, body).await.unwrap();
    assert!(answer.restorable && answer.error.is_none());
    assert_eq!(
        (answer.resource_id.as_deref(), answer.code.as_deref(), answer.request_id.as_deref()),
        (Some("s-other"), Some("CSBS.6004"), Some("req-1"))
    );
}

#[tokio::test]
async fn a_no_is_the_same_whether_it_comes_as_an_answer_or_as_an_error_of_any_status() {
    for code in ["CSBS.3001", "CSBS.4000", "CSBS.6000", "CSBS.6014", "CSBS.6018", "CSBS.6019", "CSBS.6023", "CSBS.6024", "CSBS.6030"] {
        let told = |answer: Answer| {
            answer.error.map(|error| (answer.restorable, error.class, error.reason, error.meaning, error.hint.into_owned()))
        };
        let inside = asked(200, no(code)).await.unwrap();
        assert_eq!((inside.restorable, inside.code.as_deref(), inside.resource_id.as_deref()), (false, Some(code), Some("s-2")));
        let inside = told(inside);
        assert_eq!(inside.as_ref().map(|told| told.2), Some(Reason::NotRestorable), "{code}");
        for status in [400, 404, 500] {
            let as_error = asked(status, json!({"error_code": code, "error_msg": "m"})).await.unwrap();
            assert_eq!(told(as_error), inside, "{code} with {status}");
        }
    }
}

#[tokio::test]
async fn a_no_without_a_reason_or_with_one_that_nobody_knows_is_a_no() {
    for (code, known) in [("", true), ("CSBS.7777", false)] {
        let error = asked(200, no(code)).await.unwrap().error.unwrap();
        assert_eq!((error.reason, error.known, error.code.as_deref().unwrap_or_default()), (Reason::NotRestorable, known, code));
    }
}

#[tokio::test]
async fn what_does_not_answer_the_question_is_an_error_however_it_comes() {
    let table = [
        ("CSBS.9001", Class::Invalid, Reason::InvalidSpec),
        ("CSBS.9998", Class::Unavailable, Reason::CloudUnavailable),
        ("BackupService.4008", Class::Retired, Reason::ServiceRetired),
        ("Organizations.1007", Class::Denied, Reason::AccessDenied),
    ];
    for (code, class, reason) in table {
        for (status, body) in [(200, no(code)), (400, json!({"error_code": code, "error_msg": "m"}))] {
            let error = asked(status, body).await.unwrap_err();
            assert_eq!((error.class, error.reason, error.code.as_deref()), (class, reason, Some(code)), "{code} with {status}");
        }
    }
    for body in [json!({"restorable": []}), json!({"restorable": [{"result": true}, {"result": false}]}), json!([]), json!("<html>")] {
        assert_eq!(asked(200, body).await.unwrap_err().class, Class::Unavailable);
    }
    let nowhere = asked(404, json!({"error_code": "APIGW.0101", "error_msg": "no such API", "request_id": "r"})).await.unwrap_err();
    assert_eq!((nowhere.class, nowhere.reason), (Class::Invalid, Reason::InvalidSpec));
}

fn item(number: usize, created: &str) -> Value {
    json!({"id": format!("c-{number}"), "status": "available", "resource_id": "s-1", "created_at": created, "extend_info": {"volume_backups": []}})
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_the_newest_is_first_whatever_the_order() {
    let full: Vec<_> = (0..PAGE).map(|number| item(number, "2026-11-01T00:00:00.000001")).collect();
    let mut last = vec![item(PAGE - 1, "2026-11-01T00:00:00"), item(900, "2026-11-09T00:00:00.5"), item(901, "2026-11-08T00:00:00")];
    last.push(json!({"id": "c-foreign", "status": "available", "resource_id": "s-2", "created_at": "2026-11-20T00:00:00"}));
    last.push(json!({"id": "c-broken", "status": "error", "resource_id": "s-1", "created_at": "2026-11-21T00:00:00"}));
    let (csbs, script) = service([(200, json!({"checkpoint_items": full})), (200, json!({"checkpoint_items": last}))]).await;
    let items = csbs.available_items("s-1").await.unwrap();
    assert_eq!(items.len(), PAGE + 2, "each once, and only what was asked for");
    assert_eq!(items[0].id, "c-900");
    let asked = script.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].starts_with("/v1/p-1/checkpoint_items?limit=200&resource_id=s-1&sort=created_at%3Adesc&status=available"),
        "{asked:?}"
    );
    assert!(asked[1].contains(&format!("marker=c-{}", PAGE - 1)), "{asked:?}");
}

#[tokio::test]
async fn a_service_that_does_not_heed_the_marker_is_not_asked_for_ever() {
    let page = json!({"checkpoint_items": (0..PAGE).map(|number| item(number, "2026-11-01T00:00:00")).collect::<Vec<_>>()});
    let (csbs, script) = service([(200, page.clone()), (200, page.clone()), (200, page)]).await;
    let error = csbs.available_items("s-1").await.unwrap_err();
    assert_eq!((error.class, script.asked.lock().unwrap().len()), (Class::Unavailable, 2));
}

#[tokio::test]
async fn a_backup_that_is_gone_means_what_the_service_would_say_of_it() {
    let (csbs, _) = service([
        (404, json!({"error_code": "CSBS.3001", "error_msg": "m"})),
        (200, json!({"checkpoint_item": item(1, "2026-11-01T00:00:00")})),
    ])
    .await;
    let Item::Gone(error) = csbs.checkpoint_item("c-1").await.unwrap() else { unreachable!("it is gone") };
    assert!(error.ok && error.reason == Reason::NotRestorable && error.code.as_deref() == Some("CSBS.3001"));
    let Item::Found(found) = csbs.checkpoint_item("c-1").await.unwrap() else { unreachable!("it is there") };
    assert_eq!(found.id, "c-1");
}
