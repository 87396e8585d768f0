//! The truth as JSON, for `GET /_sim/state`: everything but secrets.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::World;

impl World {
    pub(crate) fn view(&self, now: Timestamp) -> Value {
        let accounts: Vec<Value> = self
            .accounts
            .iter()
            .map(|account| {
                let keys: Vec<Value> = self
                    .keys
                    .iter()
                    .filter(|(_, key)| key.account == *account)
                    .map(|(id, key)| {
                        json!({ "id": id, "inactive": key.inactive, "deny": key.deny,
                                "temporary": key.security_token.is_some(), "role": key.role, "expires": key.expires,
                                "revoked": key.revoked })
                    })
                    .collect();
                let roles: Vec<_> = self.roles.values().filter(|role| role.account == *account).collect();
                let providers: Vec<_> = self.oidc_providers.values().filter(|provider| provider.account == *account).collect();
                json!({ "id": account, "keys": keys, "roles": roles, "oidcProviders": providers })
            })
            .collect();
        let instances: Vec<Value> = self
            .instances
            .values()
            .map(|instance| {
                let mut value = json!(instance);
                value["groups"] = json!(self.groups_of(&instance.id));
                value
            })
            .collect();
        let mut huawei = self.huawei.view(now);
        self.stock.view(&mut huawei);
        json!({
            "accounts": accounts,
            "regions": self.regions,
            "settings": self.settings,
            "instances": instances,
            "interfaces": self.interfaces.values().collect::<Vec<_>>(),
            "securityGroups": self.groups.values().collect::<Vec<_>>(),
            "scalingGroups": self.scaling_groups.values().collect::<Vec<_>>(),
            "scalingConfigurations": self.view_configurations(),
            "commandOutcomes": self.commands.outcomes,
            "invocations": self.commands.ledger(now),
            "huawei": huawei,
        })
    }

    /// The groups of an instance (of its primary interface) or of an interface, in the order of joining.
    pub(crate) fn groups_of(&self, id: &str) -> Vec<String> {
        self.interface_of(id).map(|interface| interface.groups.truth().clone()).unwrap_or_default()
    }
}
