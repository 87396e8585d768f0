//! The fields of a scaling configuration as the tests know them: from the list of names in `tests/data`, and from the schema that the API server
//! checks specs by. Nothing here is taken from the table that the product goes by.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One field of a level.
#[derive(Debug)]
pub(crate) struct Field {
    /// Below its level, by the name of a Modify; a dot nests.
    pub(crate) request: String,
    /// The same in spec.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What spec may say.
    pub(crate) schema: Value,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Text,
    Secret,
    Flag,
    Whole,
    Number,
    Texts,
    Entries {
        /// Which of the fields tell the entries apart.
        key: Vec<usize>,
        fields: Vec<Field>,
    },
}

/// Which fields tell the entries of a list apart.
const KEYS: [(&str, &[&str]); 16] = [
    ("acrRegistryInfos", &["instanceId"]),
    ("configFileVolumeConfigFileToPath", &["path"]),
    ("containers", &["name"]),
    ("dnsConfigOptions", &["name"]),
    ("environmentVars", &["key"]),
    ("hostAliases", &["ip"]),
    ("imageRegistryCredentials", &["server"]),
    ("initContainerEnvironmentVars", &["key"]),
    ("initContainerPorts", &["port", "protocol"]),
    ("initContainerVolumeMounts", &["mountPath"]),
    ("initContainers", &["name"]),
    ("ports", &["port", "protocol"]),
    ("securityContextSysCtls", &["name"]),
    ("tags", &["key"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
];

/// What is so if nobody says anything, according to the vendor's document.
const DEFAULTS: [(&str, &str); 6] = [
    ("Protocol", "TCP"),
    ("MountPropagation", "None"),
    ("Probe.PeriodSeconds", "10"),
    ("Probe.TimeoutSeconds", "1"),
    ("Probe.SuccessThreshold", "1"),
    ("Probe.FailureThreshold", "3"),
];

/// What the cloud puts in by itself, where a configuration is made or overridden without it.
const FILLED_IN: [(&str, &str); 4] =
    [("RestartPolicy", "Always"), ("SpotStrategy", "NoSpot"), ("LoadBalancerWeight", "50"), ("EipBandwidth", "5")];

/// What the cloud never is without.
pub(crate) const NEVER_EMPTY: [&str; 2] = ["ScalingConfigurationName", "SecurityGroupId"];

impl Field {
    /// Whether this value is as good as none.
    pub(crate) fn is_default(&self, value: &Value) -> bool {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let nested = DEFAULTS.iter().any(|(name, default)| self.request.ends_with(name) && text == *default);
        nested || FILLED_IN.contains(&(self.request.as_str(), text.as_str()))
    }
}

/// All fields, in the order of the list.
pub(crate) fn fields() -> &'static [Field] {
    static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
        let rows: Vec<BTreeMap<String, String>> =
            serde_json::from_str(include_str!("../data/eci-fields.json")).expect("the list of fields is JSON");
        let rows: Vec<[&str; 3]> = rows.iter().map(|row| [&row["request"], &row["field"], &row["type"]].map(String::as_str)).collect();
        level(&rows, &schema())
    });
    &FIELDS
}

/// The schema of `spec.configuration`.
pub(crate) fn schema() -> Value {
    let crds = cloud_steward::api::crds();
    let crd = crds.into_iter().find(|crd| crd.spec.names.kind == "EciScalingConfig").expect("there is such a kind");
    let crd = serde_json::to_value(crd).expect("a CRD is JSON");
    crd.pointer("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/configuration").expect("it has a configuration").clone()
}

/// The field of this name.
pub(crate) fn place(fields: &[Field], request: &str) -> usize {
    fields.iter().position(|field| field.request == request).unwrap_or_else(|| unreachable!("there is a field {request}"))
}

fn level(rows: &[[&str; 3]], schema: &Value) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut rest = rows;
    while let Some([request, name, kind]) = rest.first() {
        let Some((list, _)) = request.split_once("[].") else {
            fields.push(leaf(request, name, kind, schema));
            rest = &rest[1..];
            continue;
        };
        let prefix = format!("{list}[].");
        // The rows of a list need not stand together.
        let of_list = rows.iter().filter(|row| row[0].starts_with(&prefix));
        let taken = fields.iter().any(|field| field.request == list);
        if !taken {
            let (name, _) = name.split_once("[].").expect("spec and cloud nest alike");
            let schema = below(schema, name);
            let rows: Vec<_> = of_list.map(|[request, field, kind]| [&request[prefix.len()..], &field[name.len() + 3..], *kind]).collect();
            let inner = level(&rows, &schema["items"]);
            let (_, key) = KEYS.iter().find(|(list, _)| *list == name).unwrap_or_else(|| unreachable!("{name} has a key"));
            let key = key.iter().map(|key| inner.iter().position(|field| field.name == *key).expect("a key is a field")).collect();
            fields.push(Field {
                request: list.to_owned(),
                name: name.to_owned(),
                kind: Kind::Entries { key, fields: inner },
                schema: schema.clone(),
            });
        }
        rest = &rest[1..];
    }
    fields
}

fn leaf(request: &str, name: &str, kind: &str, schema: &Value) -> Field {
    let (request, name, texts) = match (request.strip_suffix("[]"), name.strip_suffix("[]")) {
        (Some(request), Some(name)) => (request, name, true),
        _ => (request, name, false),
    };
    let kind = match kind {
        _ if texts => Kind::Texts,
        "string" if request == "Password" => Kind::Secret,
        "string" => Kind::Text,
        "boolean" => Kind::Flag,
        "int32" | "int64" => Kind::Whole,
        "float32" => Kind::Number,
        other => unreachable!("there is no type {other}"),
    };
    Field { request: request.to_owned(), name: name.to_owned(), kind, schema: below(schema, name).clone() }
}

fn below<'a>(schema: &'a Value, name: &str) -> &'a Value {
    name.split('.').fold(schema, |schema, part| &schema["properties"][part])
}

#[test]
fn all_153_fields_are_known_and_all_but_the_password_are_in_the_schema() {
    fn leaves<'a>(fields: &'a [Field], into: &mut Vec<&'a Field>) {
        for field in fields {
            match &field.kind {
                Kind::Entries { fields, .. } => leaves(fields, into),
                _ => into.push(field),
            }
        }
    }
    let mut all = Vec::new();
    leaves(fields(), &mut all);
    let strangers: Vec<&str> = all.iter().filter(|field| field.schema.is_null()).map(|field| field.request.as_str()).collect();
    assert_eq!((all.len(), strangers), (153, vec!["Password"]));
}
