//! Whether a backup can be put onto a server: what follows from backup, server and volumes as they are, unless a test has laid down an answer.

use serde_json::json;

use super::question::{Mapping, Restorable, Restoration, body};
use super::{Ask, Entry, No, inside};
use crate::huawei::answer::{Done, Outcome};
use crate::huawei::codes;
use crate::huawei::stock::seed::{HuaweiTask, HuaweiVerdict, HuaweiVolume};
use crate::huawei::stock::{BARE_METAL, Disk, Item, SERVER, Server};

pub(super) fn check(ask: &Ask<'_>) -> Outcome {
    let questions = body::<Restorable>(ask)?.questions()?;
    let mut answers = Vec::new();
    for question in &questions {
        let target = &question.target;
        let kind = &target.resource_type;
        let scripted = ask.stock.verdicts.iter().find(|verdict| concerns(verdict, question));
        let Some(verdict) = scripted else {
            let no = inside(judge(ask, question).err(), ask.csbs.refusals)?;
            answers.push(Entry { kind, resource: &target.resource_id, result: no.is_none(), said: no });
            continue;
        };
        let said = said(verdict, question);
        let form = verdict.form.unwrap_or(ask.csbs.refusals);
        let said = if verdict.result { said } else { inside(said, form)? };
        if !verdict.dropped {
            let resource = verdict.resource_id.as_ref().unwrap_or(&target.resource_id);
            answers.push(Entry { kind, resource, result: verdict.result, said });
        }
    }
    let answers: Vec<_> = answers.into_iter().map(|entry| entry.write(ask.csbs.blanks)).collect();
    Ok(Done::read(json!({ "restorable": answers })))
}

fn concerns(verdict: &HuaweiVerdict, question: &Restoration) -> bool {
    let fits = |wanted: &Option<String>, actual: &String| wanted.as_ref().is_none_or(|id| id == actual);
    fits(&verdict.backup, &question.checkpoint_item_id) && fits(&verdict.server, &question.target.resource_id)
}

/// What was laid down to be said. A documented message names the target wherever it has to name something.
fn said(verdict: &HuaweiVerdict, question: &Restoration) -> Option<No> {
    if verdict.code.is_empty() && verdict.message.is_none() {
        return None;
    }
    let (status, message) = codes::csbs(&verdict.code).unwrap_or((codes::status_of(&verdict.code).unwrap_or(400), ""));
    let documented = || codes::fill(message, &[&question.target.resource_id]).replace("{checkpoint_item_id}", &question.checkpoint_item_id);
    Some(No {
        code: verdict.code.clone().into(),
        message: verdict.message.clone().unwrap_or_else(documented),
        status: verdict.status.unwrap_or(status),
    })
}

/// The first thing that is in the way: the backup and the target, their kinds and places, what is going on, the mapping, and its volumes.
fn judge(ask: &Ask<'_>, question: &Restoration) -> Result<(), No> {
    let (item, target) = parties(ask, question)?;
    fit(item, target, question)?;
    at_rest(item, target)?;
    if target.volumes.is_empty() {
        return Err(No::because("CSBS.6020", &[&target.id]));
    }
    let pairs = mapped(item, &question.target.volumes)?;
    volumes(target, &pairs)
}

fn parties<'a>(ask: &Ask<'a>, question: &Restoration) -> Result<(&'a Item, &'a Server), No> {
    let wanted = &question.target;
    let item = ask.item(&question.checkpoint_item_id);
    let item = item.ok_or_else(|| No::because("CSBS.3001", &[&question.checkpoint_item_id]))?;
    if ![SERVER, BARE_METAL].contains(&wanted.resource_type.as_str()) {
        return Err(No::because("CSBS.6013", &[&wanted.resource_id, &wanted.resource_type]));
    }
    let target = ask.server(&wanted.resource_id).ok_or_else(|| No::because("CSBS.6000", &[]))?;
    Ok((item, target))
}

fn fit(item: &Item, target: &Server, question: &Restoration) -> Result<(), No> {
    if item.kind != target.kind {
        return Err(No::because("CSBS.6019", &[&item.server, &item.kind, &target.id, &target.kind]));
    }
    if target.kind != SERVER || question.target.resource_type != target.kind {
        return Err(No::because("CSBS.6016", &[]));
    }
    if !item.zones.contains(&target.zone) {
        return Err(No::because("CSBS.6025", &[&item.id, &target.id]));
    }
    Ok(())
}

fn at_rest(item: &Item, target: &Server) -> Result<(), No> {
    if target.task == HuaweiTask::Restoring {
        return Err(No::because("CSBS.6015", &[]));
    }
    if target.task == HuaweiTask::Protecting || !target.is_at_rest() {
        return Err(No::because("CSBS.6005", &[&target.id]));
    }
    if item.status != "available" || item.restore_mode == "na" {
        return Err(No::because("CSBS.4000", &[]));
    }
    Ok(())
}

/// Every disk backup with the volume that it goes to.
fn mapped<'a>(item: &'a Item, mapping: &'a [Mapping]) -> Result<Vec<(&'a Disk, &'a str)>, No> {
    let disk_of = |pair: &Mapping| item.disks.iter().find(|disk| disk.id == pair.backup_id);
    let strange: Vec<&str> = mapping.iter().filter(|pair| disk_of(pair).is_none()).map(|pair| pair.backup_id.as_str()).collect();
    if !strange.is_empty() {
        return Err(No::because("CSBS.6017", &[&strange.join(", "), &item.id]));
    }
    let is_mapped = |disk: &Disk| mapping.iter().any(|pair| pair.backup_id == disk.id);
    let left: Vec<&str> = item.disks.iter().filter(|disk| !is_mapped(disk)).map(|disk| disk.id.as_str()).collect();
    if !left.is_empty() {
        return Err(No::because("CSBS.6018", &[&left.join(", ")]));
    }
    Ok(mapping.iter().filter_map(|pair| Some((disk_of(pair)?, pair.volume_id.as_str()))).collect())
}

fn volumes(target: &Server, pairs: &[(&Disk, &str)]) -> Result<(), No> {
    let attached = |id: &str| target.volumes.iter().find(|volume| volume.id == id);
    let missing: Vec<&str> = pairs.iter().map(|(_, id)| *id).filter(|id| attached(id).is_none()).collect();
    if !missing.is_empty() {
        return Err(No::because("CSBS.6014", &[&missing.join(", ")]));
    }
    let pairs: Vec<(&Disk, &HuaweiVolume)> = pairs.iter().filter_map(|(disk, id)| Some((*disk, attached(id)?))).collect();
    if let Some((_, volume)) = pairs.iter().find(|(_, volume)| volume.shareable) {
        return Err(No::because("CSBS.6021", &[&volume.id, &target.id]));
    }
    if pairs.iter().any(|(disk, volume)| volume.bootable && !disk.bootable) {
        return Err(No::because("CSBS.6023", &[&target.id]));
    }
    if let Some((disk, volume)) = pairs.iter().find(|(disk, volume)| volume.size < disk.size) {
        let (have, need) = (volume.size.to_string(), disk.size.to_string());
        return Err(No::because("CSBS.6024", &[&volume.id, &have, &disk.id, &need]));
    }
    Ok(())
}
