//! What a seed says of this vendor. Each part is laid by the room that it belongs to.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde::Deserialize;

use super::realm::Realm;
use super::realm::seed::DomainSeed;
use super::stock::Stock;
use super::stock::seed::{HuaweiBackup, HuaweiServer, HuaweiVerdict};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct HuaweiSeed {
    domains: Vec<DomainSeed>,
    servers: Vec<HuaweiServer>,
    backups: Vec<HuaweiBackup>,
    /// Replaces those that are there.
    verdicts: Option<Vec<HuaweiVerdict>>,
}

pub(crate) fn lay(seed: HuaweiSeed, realm: &mut Realm, stock: &mut Stock, now: Timestamp) -> Result<()> {
    realm.lay(seed.domains)?;
    for server in seed.servers {
        stock.servers.remove(&server.id);
        stock.put_server(&server, realm).with_context(|| format!("huawei server {}", server.id))?;
    }
    for backup in seed.backups {
        if let Some(id) = &backup.id {
            stock.items.remove(id);
        }
        let name = || format!("huawei backup {}", backup.id.as_deref().unwrap_or_default());
        stock.put_backup(&backup, realm, now).with_context(name)?;
    }
    if let Some(verdicts) = seed.verdicts {
        stock.put_verdicts(&verdicts)?;
    }
    Ok(())
}
