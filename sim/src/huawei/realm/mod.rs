//! What IAM knows: domains (accounts) with their users, keys, projects and agencies, and the tokens and temporary keys that it gave out.

pub(crate) mod edit;
mod lay;
pub(crate) mod seed;
mod view;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::strikes::Strikes;
use crate::clock::later;
use crate::hex::hex;

/// Access ids of keys that were given out here begin with it.
const GIVEN_OUT: &str = "SIMTMP";
/// How long what has expired is still known for what it was.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Debug, Default)]
pub(crate) struct Realm {
    /// By id, as everything here but keys and tokens.
    pub(crate) domains: BTreeMap<String, Domain>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) projects: BTreeMap<String, Project>,
    pub(crate) agencies: BTreeMap<String, Agency>,
    pub(crate) keys: BTreeMap<String, Key>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) key_strikes: Strikes,
    pub(crate) user_strikes: Strikes,
    issued: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) name: String,
}

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) password: Option<String>,
    pub(crate) deny: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) region: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Agency {
    pub(crate) name: String,
    pub(crate) domain: String,
    /// Names of the domains whose users may assume it.
    pub(crate) trusts: Vec<String>,
    /// Ids of the projects that it opens; None: all of its domain.
    pub(crate) projects: Option<Vec<String>>,
}

/// Who stands behind a key or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    User(String),
    /// A user of another domain in the clothes of an agency.
    Agency {
        agency: String,
        user: String,
    },
}

impl Who {
    /// The user, whatever the clothes.
    pub(crate) fn user(&self) -> &str {
        match self {
            Self::User(id) | Self::Agency { user: id, .. } => id,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) who: Who,
    pub(crate) secret: String,
    pub(crate) security_token: Option<String>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) inactive: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) who: Who,
    pub(crate) methods: Vec<String>,
    pub(crate) scope: Scope,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
    /// It ended before its time: the password changed, or somebody revoked it.
    pub(crate) ended: bool,
}

impl Token {
    pub(crate) fn valid(&self, now: Timestamp) -> bool {
        !self.ended && self.expires > now
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    None,
    Project(String),
    Domain(String),
}

impl Realm {
    /// The domain in whose name somebody acts; None if user or agency is gone.
    pub(crate) fn domain_of(&self, who: &Who) -> Option<&str> {
        match who {
            Who::User(id) => self.users.get(id).map(|user| user.domain.as_str()),
            Who::Agency { agency, user } => {
                self.users.get(user)?;
                self.agencies.get(agency).map(|agency| agency.domain.as_str())
            }
        }
    }

    /// What somebody is called, for the log.
    pub(crate) fn name_of(&self, who: &Who) -> Option<&str> {
        match who {
            Who::User(id) => self.users.get(id).map(|user| user.name.as_str()),
            Who::Agency { agency, .. } => self.agencies.get(agency).map(|agency| agency.name.as_str()),
        }
    }

    pub(crate) fn denied_to(&self, who: &Who) -> &[String] {
        match who {
            Who::User(id) => self.users.get(id).map_or(&[], |user| &user.deny),
            Who::Agency { .. } => &[],
        }
    }

    /// Whether a project may be worked in.
    pub(crate) fn opens(&self, who: &Who, project: &str) -> bool {
        let domain = self.projects.get(project).map(|project| project.domain.as_str());
        let listed = match who {
            Who::User(_) => true,
            Who::Agency { agency, .. } => self
                .agencies
                .get(agency)
                .and_then(|agency| agency.projects.as_ref())
                .is_none_or(|projects| projects.iter().any(|id| id == project)),
        };
        listed && domain.is_some() && domain == self.domain_of(who)
    }

    /// A domain by its id, or else by its name.
    pub(crate) fn domain(&self, id: Option<&str>, name: Option<&str>) -> Option<&str> {
        let fits = |(known, domain): &(&String, &Domain)| match (id, name) {
            (Some(id), _) => known.as_str() == id,
            (None, Some(name)) => domain.name == name,
            (None, None) => false,
        };
        self.domains.iter().find(fits).map(|(id, _)| id.as_str())
    }

    pub(crate) fn domain_name(&self, id: &str) -> &str {
        self.domains.get(id).map_or("", |domain| domain.name.as_str())
    }

    pub(crate) fn user_named(&self, name: &str, domain: &str) -> Option<&str> {
        self.users.iter().find(|(_, user)| user.name == name && user.domain == domain).map(|(id, _)| id.as_str())
    }

    pub(crate) fn project_named(&self, name: &str, domain: &str) -> Option<&str> {
        self.projects.iter().find(|(_, project)| project.name == name && project.domain == domain).map(|(id, _)| id.as_str())
    }

    pub(crate) fn agency_named(&self, name: &str, domain: &str) -> Option<&str> {
        self.agencies.iter().find(|(_, agency)| agency.name == name && agency.domain == domain).map(|(id, _)| id.as_str())
    }

    /// Gives out a token; tokens here are long, as the vendor's are.
    pub(crate) fn issue_token(&mut self, token: Token) -> String {
        self.sweep(token.issued);
        let text = format!("MIIsim{}", (0..24).map(|_| self.mint("token", token.issued)).collect::<String>());
        self.tokens.insert(text.clone(), token);
        text
    }

    /// Gives out a temporary key; returns its access id beside it.
    pub(crate) fn issue_key(&mut self, who: Who, now: Timestamp, expires: Timestamp) -> (String, Key) {
        self.sweep(now);
        let access = format!("{GIVEN_OUT}{}", &self.mint("access", now).to_uppercase()[..14]);
        let key = Key {
            who,
            secret: self.mint("secret", now)[..40].to_owned(),
            security_token: Some((0..8).map(|_| self.mint("security token", now)).collect()),
            expires: Some(expires),
            inactive: false,
        };
        self.keys.insert(access.clone(), key.clone());
        (access, key)
    }

    /// A fresh text that is the same in every run of the same calls under a clock that is moved by hand.
    fn mint(&mut self, what: &str, now: Timestamp) -> String {
        self.issued += 1;
        hex(&Sha256::digest(format!("steward-cloudsim {what} {} {}", self.issued, now.as_nanosecond())))
    }

    fn sweep(&mut self, now: Timestamp) {
        self.tokens.retain(|_, token| later(token.expires, REMEMBERED) > now);
        let gone = |key: &Key| key.expires.is_some_and(|expires| later(expires, REMEMBERED) <= now);
        self.keys.retain(|access, key| !access.starts_with(GIVEN_OUT) || !gone(key));
    }
}
