//! Changes behind the client's back: passwords, keys, tokens and agencies; servers, their volumes and backups, and what is said of them.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::realm::Realm;
use super::realm::edit::{HuaweiPassword, HuaweiTokens};
use super::realm::seed::{HuaweiAgency, HuaweiKey};
use super::stock::Stock;
use super::stock::seed::{HuaweiBackup, HuaweiServer, HuaweiTask, HuaweiVerdict, HuaweiVolume};

/// One change at this vendor.
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
    /// Makes a server or changes what is said of it.
    Server(Box<HuaweiServer>),
    Attach(HuaweiAttachment),
    Detach(HuaweiDetachment),
    /// Makes a backup, under new ids unless it says them, or changes what is said of one that is there.
    Backup(Box<HuaweiBackup>),
    /// What is answered from now on instead of what follows from the state; replaces those that are there.
    Verdicts(Vec<HuaweiVerdict>),
    Delete(HuaweiObject),
}

/// A volume comes to a server; one of the same id is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HuaweiAttachment {
    pub server: String,
    pub volume: HuaweiVolume,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HuaweiDetachment {
    pub server: String,
    /// By its id.
    pub volume: String,
}

/// A key by its access id; an agency by its id or name; the others by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HuaweiObject {
    Key(String),
    Agency(String),
    /// Its backups stay.
    Server(String),
    /// The backup of one server: a checkpoint item.
    Backup(String),
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

    pub fn server(server: HuaweiServer) -> Self {
        Self::Server(Box::new(server))
    }

    /// In the words of Nova: `ACTIVE`, `SHUTOFF`, `RESIZE`, …
    pub fn server_status(id: impl Into<String>, status: impl Into<String>) -> Self {
        Self::server(HuaweiServer { id: id.into(), status: Some(status.into()), ..HuaweiServer::default() })
    }

    /// CSBS begins something with a server, or is done with it.
    pub fn server_task(id: impl Into<String>, task: HuaweiTask) -> Self {
        Self::server(HuaweiServer { id: id.into(), task: Some(task), ..HuaweiServer::default() })
    }

    pub fn attach(server: impl Into<String>, volume: HuaweiVolume) -> Self {
        Self::Attach(HuaweiAttachment { server: server.into(), volume })
    }

    pub fn detach(server: impl Into<String>, volume: impl Into<String>) -> Self {
        Self::Detach(HuaweiDetachment { server: server.into(), volume: volume.into() })
    }

    pub fn backup(backup: HuaweiBackup) -> Self {
        Self::Backup(Box::new(backup))
    }

    /// A new backup of all volumes of a server, made now.
    pub fn back_up(server: impl Into<String>) -> Self {
        Self::backup(HuaweiBackup { server: Some(server.into()), ..HuaweiBackup::default() })
    }

    /// The same, made at another time.
    pub fn back_up_at(server: impl Into<String>, created: Timestamp) -> Self {
        Self::backup(HuaweiBackup { server: Some(server.into()), created: Some(created), ..HuaweiBackup::default() })
    }

    /// `available`, `protecting`, `error`, …
    pub fn backup_status(id: impl Into<String>, status: impl Into<String>) -> Self {
        Self::backup(HuaweiBackup { id: Some(id.into()), status: Some(status.into()), ..HuaweiBackup::default() })
    }

    pub fn delete_server(id: impl Into<String>) -> Self {
        Self::Delete(HuaweiObject::Server(id.into()))
    }

    pub fn delete_backup(id: impl Into<String>) -> Self {
        Self::Delete(HuaweiObject::Backup(id.into()))
    }
}

pub(crate) fn edit(edit: &HuaweiEdit, realm: &mut Realm, stock: &mut Stock, now: Timestamp) -> Result<()> {
    match edit {
        HuaweiEdit::Password(change) => realm.change_password(change),
        HuaweiEdit::Key(key) => realm.put_key(key),
        HuaweiEdit::Revoke(tokens) => realm.revoke(tokens),
        HuaweiEdit::Agency(agency) => realm.put_agency(agency),
        HuaweiEdit::Server(server) => stock.put_server(server, realm),
        HuaweiEdit::Attach(change) => stock.attach(change),
        HuaweiEdit::Detach(change) => stock.detach(change),
        HuaweiEdit::Backup(backup) => stock.put_backup(backup, realm, now),
        HuaweiEdit::Verdicts(verdicts) => stock.put_verdicts(verdicts),
        HuaweiEdit::Delete(HuaweiObject::Key(access)) => {
            ensure!(realm.keys.remove(access).is_some(), "delete: there is no key {access}");
            Ok(())
        }
        HuaweiEdit::Delete(HuaweiObject::Agency(text)) => realm.delete_agency(text),
        HuaweiEdit::Delete(HuaweiObject::Server(id)) => {
            ensure!(stock.servers.remove(id).is_some(), "delete: there is no server {id}");
            Ok(())
        }
        HuaweiEdit::Delete(HuaweiObject::Backup(id)) => {
            ensure!(stock.items.remove(id).is_some(), "delete: there is no backup {id}");
            Ok(())
        }
    }
}
