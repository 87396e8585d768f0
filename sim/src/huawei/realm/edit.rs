//! Changes behind the client's back: passwords, keys, tokens, agencies.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::seed::{HuaweiAgency, HuaweiKey};
use super::{Realm, Who};

/// One change of what IAM knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HuaweiEdit {
    /// A new password, which ends the tokens of the user.
    Password(HuaweiPassword),
    /// Makes a key or changes what is said of it (a rotation: a new `secret`).
    Key(HuaweiKey),
    /// Ends tokens before their time.
    Revoke(HuaweiTokens),
    /// Makes an agency, or puts another in its place.
    Agency(HuaweiAgency),
    Delete(HuaweiObject),
}

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

/// A key by its access id; an agency by its id or name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HuaweiObject {
    Key(String),
    Agency(String),
}

impl HuaweiEdit {
    pub fn password(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Password(HuaweiPassword { user: user.into(), domain: None, password: password.into() })
    }

    /// The key keeps its id and gets a new secret.
    pub fn rotate(access: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Key(HuaweiKey { access: access.into(), secret: Some(secret.into()), ..HuaweiKey::default() })
    }

    /// Ends all tokens of everybody.
    pub fn revoke_all() -> Self {
        Self::Revoke(HuaweiTokens::default())
    }
}

impl Realm {
    pub(crate) fn edit(&mut self, edit: &HuaweiEdit) -> Result<()> {
        match edit {
            HuaweiEdit::Password(change) => {
                let id = self.user(&change.user, change.domain.as_deref())?;
                if let Some(user) = self.users.get_mut(&id) {
                    user.password = Some(change.password.clone());
                }
                self.end_tokens(|who| who.user() == id);
                Ok(())
            }
            HuaweiEdit::Key(key) => self.put_key(key),
            HuaweiEdit::Revoke(tokens) => self.revoke(tokens),
            HuaweiEdit::Agency(agency) => self.put_agency(agency),
            HuaweiEdit::Delete(HuaweiObject::Key(access)) => {
                ensure!(self.keys.remove(access).is_some(), "delete: there is no key {access}");
                Ok(())
            }
            HuaweiEdit::Delete(HuaweiObject::Agency(text)) => {
                let named = |(id, agency): &(&String, &super::Agency)| *id == text || agency.name == *text;
                let id = self.agencies.iter().find(named).map(|(id, _)| id.clone());
                let id = id.with_context(|| format!("delete: there is no agency {text}"))?;
                let gone = |who: &Who| matches!(who, Who::Agency { agency, .. } if *agency == id);
                self.end_tokens(gone);
                self.keys.retain(|_, key| !gone(&key.who));
                self.agencies.remove(&id);
                Ok(())
            }
        }
    }

    fn revoke(&mut self, tokens: &HuaweiTokens) -> Result<()> {
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
