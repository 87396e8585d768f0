//! What IAM knows as JSON, for `GET /_sim/state`: everything but secrets and tokens.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Realm, Who};

impl Realm {
    pub(crate) fn view(&self, now: Timestamp) -> Value {
        let domains: Vec<Value> = self
            .domains
            .iter()
            .map(|(id, domain)| {
                json!({
                    "id": id,
                    "name": domain.name,
                    "users": self.users.iter().filter(|(_, user)| user.domain == *id).map(|(user, _)| self.view_user(user, now)).collect::<Vec<_>>(),
                    "projects": self.projects.iter().filter(|(_, project)| project.domain == *id)
                        .map(|(id, project)| json!({ "id": id, "name": project.name, "region": project.region })).collect::<Vec<_>>(),
                    "agencies": self.agencies.iter().filter(|(_, agency)| agency.domain == *id)
                        .map(|(id, agency)| json!({ "id": id, "name": agency.name, "trusts": agency.trusts, "projects": agency.projects }))
                        .collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({ "domains": domains })
    }

    fn view_user(&self, id: &str, now: Timestamp) -> Value {
        let user = &self.users[id];
        let own = |who: &Who| *who == Who::User(id.to_owned());
        let keys: Vec<Value> = self
            .keys
            .iter()
            .filter(|(_, key)| own(&key.who))
            .map(|(access, key)| {
                json!({ "access": access, "inactive": key.inactive, "temporary": key.security_token.is_some(), "expires": key.expires,
                        "lockedUntil": self.key_strikes.locked_until(access, now) })
            })
            .collect();
        let tokens = self.tokens.values().filter(|token| own(&token.who) && token.valid(now)).count();
        json!({ "id": id, "name": user.name, "deny": user.deny, "keys": keys, "tokens": tokens,
                "lockedUntil": self.user_strikes.locked_until(id, now) })
    }
}
