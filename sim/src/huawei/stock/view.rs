//! Servers and backups as JSON, for `GET /_sim/state`.

use serde_json::{Value, json};

use super::Stock;

impl Stock {
    /// Beside what is said of the vendor's accounts.
    pub(crate) fn view(&self, vendor: &mut Value) {
        vendor["servers"] = json!(self.servers.values().collect::<Vec<_>>());
        vendor["backups"] = json!(self.items.values().collect::<Vec<_>>());
        vendor["verdicts"] = json!(self.verdicts);
    }
}
