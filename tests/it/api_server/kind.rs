//! The kinds that the server serves: their names, their scope, and in what the built-in ones
//! differ from custom resources. A kind is served in one version.
//!
//! What a schema means is in `schema.rs` and `validate.rs`.

use std::sync::Arc;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};

use super::{rules::Rules, schema::Schema};

/// Group and plural: what a kind is stored under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) plural: String,
}

impl Resource {
    pub(crate) fn new(group: &str, plural: &str) -> Self {
        Resource { group: group.to_owned(), plural: plural.to_owned() }
    }
}

/// What only custom resources have.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) schema: Schema,
    pub(crate) rules: Rules,
    pub(crate) status_subresource: bool,
    /// Field selectors beyond name and namespace, without the leading dot.
    pub(crate) selectable: Vec<String>,
}

/// How a built-in kind treats PUT. Custom resources insist on a version and never create.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PutHabits {
    /// PUT without a resourceVersion overwrites.
    pub(crate) unconditional: bool,
    /// PUT of a missing object creates it.
    pub(crate) creates: bool,
}

#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) version: String,
    /// Such as `Secret`.
    pub(crate) name: String,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    pub(crate) put: PutHabits,
    pub(crate) custom: Option<Custom>,
}

impl Kind {
    pub(crate) fn resource(&self) -> Resource {
        Resource::new(&self.group, &self.plural)
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `things.example.com`, or only `secrets` in the core group.
    pub(crate) fn qualified(&self) -> String {
        qualify(&self.plural, &self.group)
    }

    /// `Thing.example.com`.
    pub(crate) fn qualified_kind(&self) -> String {
        qualify(&self.name, &self.group)
    }

    /// The `details` of most refusals.
    pub(crate) fn details(&self, name: &str) -> Value {
        let mut details = serde_json::Map::new();
        details.insert("name".to_owned(), json!(name));
        if !self.group.is_empty() {
            details.insert("group".to_owned(), json!(self.group));
        }
        details.insert("kind".to_owned(), json!(self.plural));
        Value::Object(details)
    }

    pub(crate) fn has_status_subresource(&self) -> bool {
        self.custom.as_ref().is_none_or(|custom| custom.status_subresource)
    }

    /// Reads a definition; what this server cannot do is an error that says so.
    pub(crate) fn from_definition(definition: &CustomResourceDefinition) -> Result<Kind, String> {
        let spec = &definition.spec;
        let version = spec.versions.iter().find(|version| version.storage).ok_or("the definition has no storage version")?;
        let schema =
            version.schema.as_ref().and_then(|schema| schema.open_api_v3_schema.as_ref()).ok_or("the definition has no openAPIV3Schema")?;
        let schema = serde_json::to_value(schema).map_err(|error| error.to_string())?;
        let selectable = version.selectable_fields.iter().flatten();
        Ok(Kind {
            group: spec.group.clone(),
            version: version.name.clone(),
            name: spec.names.kind.clone(),
            plural: spec.names.plural.clone(),
            namespaced: spec.scope == "Namespaced",
            put: PutHabits { unconditional: false, creates: false },
            custom: Some(Custom {
                schema: Schema::parse(&schema)?,
                rules: Rules::compile(&schema),
                status_subresource: version.subresources.as_ref().is_some_and(|sub| sub.status.is_some()),
                selectable: selectable.map(|field| field.json_path.trim_start_matches('.').to_owned()).collect(),
            }),
        })
    }
}

fn qualify(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

/// The kinds that are there before any definition is installed.
pub(crate) fn built_in() -> Vec<Arc<Kind>> {
    let rows = [
        // group, version, kind, plural, namespaced, PUT without version, PUT creates
        ("", "v1", "Namespace", "namespaces", false, true, false),
        ("", "v1", "Secret", "secrets", true, true, false),
        ("", "v1", "ConfigMap", "configmaps", true, true, false),
        ("", "v1", "ServiceAccount", "serviceaccounts", true, true, false),
        ("events.k8s.io", "v1", "Event", "events", true, true, true),
        ("coordination.k8s.io", "v1", "Lease", "leases", true, false, true),
        ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, false, false),
    ];
    rows.into_iter()
        .map(|(group, version, name, plural, namespaced, unconditional, creates)| {
            Arc::new(Kind {
                group: group.to_owned(),
                version: version.to_owned(),
                name: name.to_owned(),
                plural: plural.to_owned(),
                namespaced,
                put: PutHabits { unconditional, creates },
                custom: None,
            })
        })
        .collect()
}
