//! What becomes of passwords, tokens and agencies when somebody changes them.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::{Realm, Who};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HuaweiPassword {
    /// By id, or by name if only one has it.
    pub user: String,
    /// Tells users of one name apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    pub password: String,
}

/// Whose tokens: a user's, all of a domain's users and agencies, or, with neither, everybody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiTokens {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

impl Realm {
    pub(crate) fn change_password(&mut self, change: &HuaweiPassword) -> Result<()> {
        let id = self.user(&change.user, change.domain.as_deref())?;
        if let Some(user) = self.users.get_mut(&id) {
            user.password = Some(change.password.clone());
        }
        self.end_tokens(|who| who.user() == id);
        Ok(())
    }

    /// By id or name; its tokens and keys go with it.
    pub(crate) fn delete_agency(&mut self, text: &str) -> Result<()> {
        let named = |(id, agency): &(&String, &super::Agency)| *id == text || agency.name == *text;
        let id = self.agencies.iter().find(named).map(|(id, _)| id.clone());
        let id = id.with_context(|| format!("delete: there is no agency {text}"))?;
        let gone = |who: &Who| matches!(who, Who::Agency { agency, .. } if *agency == id);
        self.end_tokens(gone);
        self.keys.retain(|_, key| !gone(&key.who));
        self.agencies.remove(&id);
        Ok(())
    }

    pub(crate) fn revoke(&mut self, tokens: &HuaweiTokens) -> Result<()> {
        let user = tokens.user.as_deref().map(|user| self.user(user, tokens.domain.as_deref())).transpose()?;
        let domain = match tokens.domain.as_deref().filter(|_| user.is_none()) {
            Some(text) => {
                let found = self.domain(Some(text), None).or_else(|| self.domain(None, Some(text)));
                Some(found.with_context(|| format!("revoke: there is no domain {text}"))?.to_owned())
            }
            None => None,
        };
        let picked: Vec<Who> = self
            .tokens
            .values()
            .map(|token| token.who.clone())
            .filter(|who| user.as_deref().is_none_or(|user| who.user() == user))
            .filter(|who| domain.is_none() || self.domain_of(who) == domain.as_deref())
            .collect();
        self.end_tokens(|who| picked.contains(who));
        Ok(())
    }
}
