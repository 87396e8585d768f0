//! Lists: versions, and the projects and domains in which clients look up ids.

use serde_json::{Value, json};

use super::{Ask, unauthenticated};
use crate::huawei::answer::{Done, Outcome};

pub(super) fn versions(ask: &Ask<'_>) -> Done {
    Done { status: 300, ..Done::read(json!({ "versions": { "values": [v3(ask)] } })) }
}

pub(super) fn version(ask: &Ask<'_>) -> Done {
    Done::read(json!({ "version": v3(ask) }))
}

fn v3(ask: &Ask<'_>) -> Value {
    json!({
        "id": "v3.6",
        "status": "stable",
        "updated": "2016-04-04T00:00:00Z",
        "links": [{ "rel": "self", "href": format!("{}/v3/", ask.base()) }],
        "media-types": [{ "base": "application/json", "type": "application/vnd.openstack.identity-v3+json" }],
    })
}

/// The projects that the caller may work in.
pub(super) fn projects(ask: &Ask<'_>) -> Outcome {
    let who = ask.who()?;
    let named = ask.query("name");
    let projects: Vec<Value> = ask
        .realm
        .projects
        .iter()
        .filter(|(id, project)| ask.realm.opens(who, id) && named.is_none_or(|name| name == project.name))
        .map(|(id, project)| {
            json!({ "id": id, "name": project.name, "domain_id": project.domain, "parent_id": project.domain, "is_domain": false,
                    "enabled": true, "description": "", "links": { "self": format!("{}/v3/projects/{id}", ask.base()) } })
        })
        .collect();
    Ok(Done::read(json!({ "projects": projects, "links": links(ask) })))
}

pub(super) fn domains(ask: &Ask<'_>) -> Outcome {
    let id = ask.realm.domain_of(ask.who()?).ok_or_else(unauthenticated)?;
    let domain = json!({ "id": id, "name": ask.realm.domain_name(id), "enabled": true, "description": "",
                         "links": { "self": format!("{}/v3/domains/{id}", ask.base()) } });
    Ok(Done::read(json!({ "domains": [domain], "links": links(ask) })))
}

fn links(ask: &Ask<'_>) -> Value {
    json!({ "self": format!("{}{}", ask.base(), ask.request.path), "previous": null, "next": null })
}
