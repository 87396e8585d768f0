//! What a scaling configuration of the simulated cloud makes: its containers, in their order.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::table;

const WIDTH: usize = 100;
const IMAGE: usize = 1;

/// From the simulator's state.
pub(crate) fn table(state: &str, id: &str) -> Result<String> {
    let state: Value = serde_json::from_str(state).context("the simulator's state")?;
    let all = state["scalingConfigurations"].as_array().context("the simulator's state has no scaling configurations")?;
    let one = all.iter().find(|one| one["id"] == id).with_context(|| format!("the simulated cloud has no scaling configuration {id}"))?;
    let mut rows = vec![["NAME", "IMAGE", "CPU", "MEMORY"].map(str::to_owned)];
    for container in one["configuration"]["Containers"].as_array().into_iter().flatten() {
        rows.push(["Name", "Image", "Cpu", "Memory"].map(|field| text(&container[field])));
    }
    Ok(table::of(&rows, WIDTH, IMAGE))
}

fn text(value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_container_is_one_line() {
        let state = r#"{"scalingConfigurations": [
            {"id": "asc-2", "configuration": {}},
            {"id": "asc-1", "configuration": {"Containers": [{"Name": "nginx", "Image": "nginx:1.26", "Cpu": 0.5}, {"Name": "more"}]}}
        ]}"#;
        assert_eq!(table(state, "asc-1").unwrap(), "NAME   IMAGE       CPU  MEMORY\nnginx  nginx:1.26  0.5\nmore\n");
        assert_eq!(table(state, "asc-2").unwrap(), "NAME  IMAGE  CPU  MEMORY\n");
        assert!(table(state, "asc-3").unwrap_err().to_string().contains("asc-3"));
    }
}
