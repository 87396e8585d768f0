//! The simulator's own doors, below `/_sim/`: JSON in, JSON out, no signature. They do by HTTP what `Simulator` does by method.

use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::faults::Fault;
use crate::log::Call;
use crate::world::edit::Edit;

pub(crate) const ROOT: &str = "/_sim/";

type Answer = (u16, Value);

pub(crate) fn serve(engine: &Engine, parts: &Parts, body: &[u8]) -> Answer {
    let path = parts.uri.path();
    let door = path.strip_prefix(ROOT).unwrap_or(path);
    let query = Query::of(parts.uri.query().unwrap_or_default());
    let answer = match (parts.method.as_str(), door) {
        ("POST", "seed") => seed(engine, &query, body),
        ("GET", "state") => Ok(state(engine)),
        ("POST", "state") => edit(engine, body),
        ("GET", "calls") => calls(engine, &query),
        ("DELETE", "calls") => {
            engine.lock().log.clear();
            Ok(json!({}))
        }
        ("GET", "clock") => Ok(clock(engine)),
        ("POST", "clock") => move_clock(engine, body),
        ("GET", "faults") => Ok(json!(engine.lock().faults.all().collect::<Vec<_>>())),
        ("POST", "faults") => add_faults(engine, body),
        ("DELETE", "faults") => {
            engine.lock().faults.clear();
            Ok(json!({}))
        }
        (_, "seed" | "state" | "calls" | "clock" | "faults") => {
            return (405, json!({ "error": "this door does not take that method" }));
        }
        _ => {
            return (404, json!({ "error": "doors: seed, state, calls, clock, faults" }));
        }
    };
    match answer {
        Ok(value) => (200, value),
        Err(message) => (400, json!({ "error": message })),
    }
}

fn seed(engine: &Engine, query: &Query, body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let replace = query.get("replace") == Some("true");
    engine.seed(text, replace).map_err(|error| format!("{error:#}"))?;
    let inside = engine.lock();
    Ok(json!({
        "accounts": inside.world.accounts.len(),
        "instances": inside.world.instances.len(),
        "interfaces": inside.world.interfaces.len(),
        "securityGroups": inside.world.groups.len(),
    }))
}

fn state(engine: &Engine) -> Value {
    engine.settled().world_view()
}

fn edit(engine: &Engine, body: &[u8]) -> Result<Value, String> {
    let edits: Vec<Edit> = one_or_many(body)?;
    engine.edit(&edits).map_err(|error| format!("{error:#}"))?;
    Ok(json!({ "edits": edits.len() }))
}

fn calls(engine: &Engine, query: &Query) -> Result<Value, String> {
    let since: Option<Timestamp> = query.get("since").map(|text| text.parse().map_err(|error| format!("since: {error}"))).transpose()?;
    let wanted = |name: &str, actual: Option<&str>| query.get(name).is_none_or(|value| actual == Some(value));
    let inside = engine.lock();
    let found: Vec<&Call> = inside
        .log
        .calls()
        .filter(|call| {
            wanted("operation", Some(&call.operation))
                && wanted("vendor", Some(&call.vendor))
                && wanted("service", Some(&call.service))
                && wanted("account", call.account.as_deref())
                && wanted("accessKeyId", call.access_key_id.as_deref())
                && wanted("user", call.user.as_deref())
                && wanted("project", call.project.as_deref())
                && wanted("region", call.region.as_deref())
                && since.is_none_or(|since| call.time >= since)
        })
        .collect();
    Ok(json!(found))
}

fn clock(engine: &Engine) -> Value {
    let inside = engine.lock();
    json!({ "now": inside.clock.now(), "manual": inside.clock.is_manual() })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Motion {
    Advance(SignedDuration),
    Set(Timestamp),
}

fn move_clock(engine: &Engine, body: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice(body).map_err(|error| error.to_string())? {
        Motion::Advance(by) if by.is_negative() => {
            return Err("advance: time does not run backwards; use `set`".to_owned());
        }
        Motion::Advance(by) => engine.advance(by),
        Motion::Set(to) => engine.set_now(to),
    }
    Ok(clock(engine))
}

fn add_faults(engine: &Engine, body: &[u8]) -> Result<Value, String> {
    let faults: Vec<Fault> = one_or_many(body)?;
    let added = faults.len();
    let mut inside = engine.lock();
    for fault in faults {
        inside.faults.add(fault);
    }
    Ok(json!({ "faults": added }))
}

fn one_or_many<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let list = if value.is_array() { serde_json::from_value(value).map_err(|error| error.to_string())? } else { vec![value] };
    list.into_iter().map(|one| serde_json::from_value(one).map_err(|error| error.to_string())).collect()
}

struct Query(Vec<(String, String)>);

impl Query {
    fn of(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
