//! What the simulated cloud ran: its ledger of accepted commands as a table.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use steward_playground::simulator::Admin;
use steward_playground::wait::until;

use crate::table;

const WIDTH: usize = 100;
const INSTANCES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(30);

/// From the simulator's state.
pub(crate) fn table(state: &str) -> Result<String> {
    let mut rows = vec![["INVOCATION", "AT", "NAME", "INSTANCES"].map(str::to_owned)];
    for one in all(state)? {
        let on = |target: &Value| {
            let ran = target["ran"].as_array().map_or(0, Vec::len);
            format!("{} ({} {ran}×)", text(&target["instance"]), text(&target["status"]))
        };
        let targets: Vec<String> = one["targets"].as_array().into_iter().flatten().map(on).collect();
        let at = text(&one["at"]);
        let time = at.get(11..19).unwrap_or(&at).to_owned();
        rows.push([table::cut(&text(&one["invokeId"]), 12), time, text(&one["name"]), targets.join(", ")]);
    }
    Ok(table::of(&rows, WIDTH, INSTANCES))
}

/// Waits until so many commands were accepted.
pub(crate) fn wait_for(admin: &Admin, count: usize) -> Result<()> {
    until(PATIENCE, &format!("the simulated cloud had not accepted {count} commands"), || {
        Ok((all(&admin.get("/_sim/state")?)?.len() >= count).then_some(()))
    })
}

fn all(state: &str) -> Result<Vec<Value>> {
    let state: Value = serde_json::from_str(state).context("the simulator's state")?;
    Ok(state["invocations"].as_array().context("the simulator's state has no invocations")?.clone())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_invocation_is_one_line() {
        let state = r#"{"invocations": [{"invokeId": "t-1", "at": "2026-11-22T08:00:01Z", "name": "n", "targets": [
            {"instance": "i-1", "status": "Success", "ran": ["2026-11-22T08:00:01Z"]}, {"instance": "i-2", "status": "Pending", "ran": []}]}]}"#;
        let said = table(state).unwrap();
        assert_eq!(said.lines().nth(1), Some("t-1         08:00:01  n     i-1 (Success 1×), i-2 (Pending 0×)"));
        assert!(table("{}").is_err());
    }
}
