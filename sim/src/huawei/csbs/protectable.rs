//! Whether a server can be backed up. One that is bound to a policy can, and the answer mentions it.

use serde_json::json;

use super::question::{Protectable, Protection, body};
use super::{Ask, Entry, No, inside};
use crate::huawei::answer::{Done, Outcome};
use crate::huawei::stock::seed::HuaweiTask;
use crate::huawei::stock::{BARE_METAL, SERVER, Server};

pub(super) fn check(ask: &Ask<'_>) -> Outcome {
    let questions = body::<Protectable>(ask)?.questions()?;
    let mut answers = Vec::new();
    for question in &questions {
        let (result, said) = match judge(ask, question) {
            Ok(server) => (true, server.policy.as_ref().map(|_| No::because("CSBS.6004", &[&server.id]))),
            Err(no) => (false, inside(Some(no), ask.csbs.refusals)?),
        };
        let entry = Entry { kind: &question.resource_type, resource: &question.resource_id, result, said };
        answers.push(entry.write(ask.csbs.blanks));
    }
    Ok(Done::read(json!({ "protectable": answers })))
}

fn judge<'a>(ask: &Ask<'a>, question: &Protection) -> Result<&'a Server, No> {
    let (id, kind) = (&question.resource_id, &question.resource_type);
    if ![SERVER, BARE_METAL].contains(&kind.as_str()) {
        return Err(No::because("CSBS.6003", &[id, kind]));
    }
    let server = ask.server(id).filter(|server| server.kind == *kind).ok_or_else(|| No::because("CSBS.6000", &[]))?;
    if server.task != HuaweiTask::None {
        return Err(No::because("CSBS.6005", &[id]));
    }
    if !server.is_at_rest() {
        return Err(No::because("CSBS.6006", &[id, &server.status]));
    }
    if server.volumes.is_empty() {
        return Err(No::because("CSBS.6007", &[id]));
    }
    match server.volumes.iter().find(|volume| volume.shareable) {
        Some(volume) => Err(No::because("CSBS.6010", &[&volume.id, id])),
        None => Ok(server),
    }
}
