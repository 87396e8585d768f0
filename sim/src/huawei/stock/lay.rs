//! Lays servers, backups and verdicts down: fills in what is not said, refuses what cannot be.

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;

use super::seed::{HuaweiBackup, HuaweiDisk, HuaweiServer, HuaweiTask, HuaweiVerdict, HuaweiVolume};
use super::{BARE_METAL, Disk, Item, SERVER, Server, Stock, is_id};
use crate::huawei::edit::{HuaweiAttachment, HuaweiDetachment};
use crate::huawei::realm::Realm;

const SERVER_STATUSES: [&str; 18] = [
    "ACTIVE",
    "BUILD",
    "DELETED",
    "ERROR",
    "HARD_REBOOT",
    "MIGRATING",
    "PASSWORD",
    "PAUSED",
    "REBOOT",
    "REBUILD",
    "RESIZE",
    "REVERT_RESIZE",
    "SHELVED",
    "SHUTOFF",
    "SOFT_DELETED",
    "SUSPENDED",
    "UNKNOWN",
    "VERIFY_RESIZE",
];
pub(crate) const ITEM_STATUSES: [&str; 9] =
    ["waiting_protect", "protecting", "available", "waiting_restore", "restoring", "error", "waiting_delete", "deleting", "deleted"];
const RESTORE_MODES: [&str; 3] = ["na", "snapshot", "backup"];
const COPY_STATUSES: [&str; 5] = ["na", "waiting_copy", "copying", "success", "fail"];
/// Of servers that do not say theirs.
const ZONE: &str = "eu-de-01";

impl Stock {
    pub(crate) fn put_server(&mut self, seed: &HuaweiServer, realm: &Realm) -> Result<()> {
        id("server", &seed.id)?;
        let mut server = match self.servers.get(&seed.id) {
            Some(known) => known.clone(),
            None => Server {
                id: seed.id.clone(),
                project: realm.project(seed.project.as_deref())?,
                name: format!("ecs-{}", &seed.id[..4]),
                kind: SERVER.to_owned(),
                status: "ACTIVE".to_owned(),
                task: HuaweiTask::None,
                zone: ZONE.to_owned(),
                ip: String::new(),
                policy: None,
                volumes: Vec::new(),
            },
        };
        if let Some(project) = &seed.project {
            server.project = realm.project(Some(project))?;
        }
        word("type", seed.kind.as_deref(), &[SERVER, BARE_METAL])?;
        word("status", seed.status.as_deref(), &SERVER_STATUSES)?;
        replace(&mut server.name, seed.name.as_ref());
        replace(&mut server.kind, seed.kind.as_ref());
        replace(&mut server.status, seed.status.as_ref());
        replace(&mut server.task, seed.task.as_ref());
        replace(&mut server.zone, seed.zone.as_ref());
        replace(&mut server.ip, seed.ip.as_ref());
        server.policy = policy(server.policy, seed.policy.as_ref())?;
        if let Some(volumes) = &seed.volumes {
            server.volumes.clear();
            for volume in volumes {
                put_volume(&mut server.volumes, volume)?;
            }
        }
        self.servers.insert(server.id.clone(), server);
        Ok(())
    }

    pub(crate) fn attach(&mut self, change: &HuaweiAttachment) -> Result<()> {
        put_volume(&mut self.server_mut(&change.server)?.volumes, &change.volume)
    }

    pub(crate) fn detach(&mut self, change: &HuaweiDetachment) -> Result<()> {
        let volumes = &mut self.server_mut(&change.server)?.volumes;
        let place = volumes.iter().position(|volume| volume.id == change.volume);
        volumes.remove(place.with_context(|| format!("{} has no volume {}", change.server, change.volume))?);
        Ok(())
    }

    fn server_mut(&mut self, id: &str) -> Result<&mut Server> {
        self.servers.get_mut(id).with_context(|| format!("there is no server {id}"))
    }

    pub(crate) fn put_backup(&mut self, seed: &HuaweiBackup, realm: &Realm, now: Timestamp) -> Result<()> {
        word("status", seed.status.as_deref(), &ITEM_STATUSES)?;
        word("restoreMode", seed.restore_mode.as_deref(), &RESTORE_MODES)?;
        word("copyStatus", seed.copy_status.as_deref(), &COPY_STATUSES)?;
        word("type", seed.kind.as_deref(), &[SERVER, BARE_METAL])?;
        let known = seed.id.as_ref().and_then(|id| self.items.get(id)).cloned();
        let is_new = known.is_none();
        let mut item = match known {
            Some(known) => known,
            None => self.new_item(seed, realm, now)?,
        };
        if let Some(checkpoint) = &seed.checkpoint {
            id("checkpoint", checkpoint)?;
            item.checkpoint.clone_from(checkpoint);
        }
        if let Some(server) = seed.server.as_ref().filter(|_| !is_new) {
            id("server", server)?;
            item.server.clone_from(server);
        }
        if let Some(project) = &seed.project {
            item.project = realm.project(Some(project))?;
        }
        replace(&mut item.name, seed.name.as_ref());
        replace(&mut item.description, seed.description.as_ref());
        replace(&mut item.status, seed.status.as_ref());
        replace(&mut item.kind, seed.kind.as_ref());
        replace(&mut item.zone, seed.zone.as_ref());
        if let Some(zone) = seed.zone.as_ref().filter(|_| is_new) {
            item.zones = vec![zone.clone()];
        }
        replace(&mut item.zones, seed.zones.as_ref());
        replace(&mut item.restore_mode, seed.restore_mode.as_ref());
        replace(&mut item.copy_status, seed.copy_status.as_ref());
        replace(&mut item.tags, seed.tags.as_ref());
        replace(&mut item.created, seed.created.as_ref());
        replace(&mut item.extra, seed.extra.as_ref());
        item.policy = policy(item.policy, seed.policy.as_ref())?;
        item.updated = seed.updated.unwrap_or(if is_new { item.created } else { now });
        if let Some(disks) = &seed.disks {
            item.disks = disks.iter().map(|disk| self.disk(disk)).collect::<Result<_>>()?;
        }
        self.items.insert(item.id.clone(), item);
        Ok(())
    }

    /// What a new backup is before anything else is said of it: the server as it is now.
    fn new_item(&mut self, seed: &HuaweiBackup, realm: &Realm, now: Timestamp) -> Result<Item> {
        let server = seed.server.clone().context("`server` is missing")?;
        id("server", &server)?;
        let new = match &seed.id {
            Some(id) => id.clone(),
            None => self.mint("item"),
        };
        id("id", &new)?;
        let source = self.servers.get(&server).cloned();
        let project = match &source {
            Some(source) => source.project.clone(),
            None => realm.project(seed.project.as_deref())?,
        };
        ensure!(source.is_some() || seed.disks.is_some(), "there is no server {server}, so `disks` must be said");
        let volumes = source.as_ref().filter(|_| seed.disks.is_none()).map_or(&[][..], |source| &source.volumes);
        let of_volume = |volume: &HuaweiVolume| Disk {
            id: self.mint("disk"),
            volume: volume.id.clone(),
            name: volume.name.clone(),
            size: volume.size,
            bootable: volume.bootable,
        };
        let disks = volumes.iter().map(of_volume).collect();
        let of_source =
            |field: fn(&Server) -> &String, otherwise: &str| source.as_ref().map_or(otherwise, |source| field(source)).to_owned();
        let zone = of_source(|server| &server.zone, ZONE);
        Ok(Item {
            name: format!("backup_{}", &new[..4]),
            id: new,
            checkpoint: self.mint("checkpoint"),
            project,
            description: String::new(),
            status: "available".to_owned(),
            server_name: of_source(|server| &server.name, ""),
            kind: of_source(|server| &server.kind, SERVER),
            ip: of_source(|server| &server.ip, ""),
            policy: source.as_ref().and_then(|source| source.policy.clone()),
            server,
            zones: vec![zone.clone()],
            zone,
            restore_mode: "backup".to_owned(),
            copy_status: "na".to_owned(),
            tags: [].into(),
            disks,
            created: now,
            updated: now,
            extra: [].into(),
        })
    }

    fn disk(&mut self, seed: &HuaweiDisk) -> Result<Disk> {
        let new = match &seed.id {
            Some(id) => id.clone(),
            None => self.mint("disk"),
        };
        id("disk", &new)?;
        id("volume", &seed.volume)?;
        Ok(Disk { id: new, volume: seed.volume.clone(), name: seed.name.clone(), size: seed.size, bootable: seed.bootable })
    }

    pub(crate) fn put_verdicts(&mut self, verdicts: &[HuaweiVerdict]) -> Result<()> {
        for verdict in verdicts {
            let good = verdict.status.is_none_or(|status| (400..=599).contains(&status));
            ensure!(good, "verdict: `status` is none of an error");
        }
        self.verdicts = verdicts.to_vec();
        Ok(())
    }
}

fn put_volume(volumes: &mut Vec<HuaweiVolume>, volume: &HuaweiVolume) -> Result<()> {
    id("volume", &volume.id)?;
    match volumes.iter_mut().find(|known| known.id == volume.id) {
        Some(known) => known.clone_from(volume),
        None => volumes.push(volume.clone()),
    }
    Ok(())
}

/// A policy by its id, where the empty text is none.
fn policy(known: Option<String>, said: Option<&String>) -> Result<Option<String>> {
    let Some(said) = said else {
        return Ok(known);
    };
    if said.is_empty() {
        return Ok(None);
    }
    id("policy", said)?;
    Ok(Some(said.clone()))
}

/// The service would take nothing else for an id.
fn id(what: &str, text: &str) -> Result<()> {
    ensure!(is_id(text), "{what}: {text:?} is not an id of the form 00000000-0000-0000-0000-000000000000");
    Ok(())
}

fn word(what: &str, text: Option<&str>, all: &[&str]) -> Result<()> {
    let known = text.is_none_or(|text| all.contains(&text));
    ensure!(known, "{what}: {} is none of {}", text.unwrap_or_default(), all.join(", "));
    Ok(())
}

fn replace<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}
