//! A scaling configuration as a value: a tree whose shape is `CONFIGURATION`, read from what people write and from what the cloud answers,
//! and written as the parameters of a request. What should be in it, and what a difference means, is decided elsewhere.

mod fields;
mod read;
mod write;

pub use fields::CONFIGURATION;
pub use read::Source;
pub use write::Operation;

use secrecy::{ExposeSecret as _, SecretString};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One field, below the configuration itself or below an entry of one of its lists.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// In spec. A dot nests.
    pub name: &'static str,
    /// In `ModifyEciScalingConfiguration`; a dot nests.
    pub modify: &'static str,
    /// In `CreateEciScalingConfiguration`; a dot nests.
    pub create: &'static str,
    /// In the answer of `DescribeEciScalingConfigurations`, where nothing nests.
    pub describe: &'static str,
    pub shape: Shape,
    /// What the vendor's document says it is if nobody says anything.
    pub usual: Option<&'static str>,
    /// Its value is nobody's business who only may see the object's status.
    pub hidden: bool,
    /// The vendor's document calls it unavailable: it may be sent, and need not come back.
    pub unavailable: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Text,
    /// A JSON object in a text.
    Json,
    Whole,
    /// The vendor computes in single precision.
    Number,
    /// A number with three decimals.
    Price,
    Flag,
    /// Write-only, whatever an answer shows.
    Secret,
    /// A list that is one value: its order matters, and it is replaced as a whole.
    Texts,
    Entries(&'static Entries),
}

/// A list whose entries are told apart by one or two of their fields.
#[derive(Debug)]
pub struct Entries {
    pub key: &'static [&'static str],
    pub order: Order,
    pub fields: &'static [Field],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Matters,
    Free,
}

/// The values of one level: the configuration itself, or an entry of a list. What is absent is not here.
#[derive(Clone, Default)]
pub struct Item {
    values: BTreeMap<&'static str, Value>,
    /// Fields of an answer that this release does not know, and that hold something: they cannot be sent back.
    unknown: BTreeSet<String>,
}

#[derive(Clone)]
pub enum Value {
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    /// Came from a Secret, or is one.
    Secret(SecretString),
    Texts(Vec<String>),
    Items(Vec<Item>),
}

/// Names only: values may be secrets that the cloud shows in clear.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Field {
    pub fn entries(&self) -> Option<&'static Entries> {
        match self.shape {
            Shape::Entries(entries) => Some(entries),
            Shape::Text | Shape::Json | Shape::Whole | Shape::Number | Shape::Price | Shape::Flag | Shape::Secret | Shape::Texts => None,
        }
    }

    /// Whether both mean the same. `None` is as good as zero, false or an empty text: the vendor writes either for what was never set.
    pub fn is_same(&self, one: Option<&Value>, other: Option<&Value>) -> bool {
        let (one, other) = (one.filter(|value| !value.is_empty()), other.filter(|value| !value.is_empty()));
        match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => match self.shape {
                Shape::Json => same_json(&one.as_text(), &other.as_text()),
                Shape::Number => one.as_number().map(single) == other.as_number().map(single),
                Shape::Price => one.as_number().map(thousandths) == other.as_number().map(thousandths),
                Shape::Text | Shape::Whole | Shape::Flag | Shape::Secret | Shape::Texts => one.is(other),
                // Entries are compared one by one.
                Shape::Entries(_) => false,
            },
            _ => false,
        }
    }

    /// Whether it says what the document says anyway.
    pub fn is_usual(&self, value: &Value) -> bool {
        self.usual.is_some_and(|usual| value.as_text() == usual)
    }
}

impl Item {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The fields that are set.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.values.keys().copied()
    }

    pub fn set(&mut self, field: &Field, value: Value) {
        self.values.insert(field.name, value);
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn entries(&self, name: &str) -> &[Item] {
        match self.get(name) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.unknown.is_empty()
    }

    /// Puts a value where this path of names leads: fields and keys of entries in turn. Nothing happens if there is no such place.
    pub fn put(&mut self, fields: &'static [Field], path: &[String], value: Value) {
        let [name, rest @ ..] = path else { return };
        let Some(field) = fields.iter().find(|field| field.name == name) else { return };
        match (rest, field.entries(), self.values.get_mut(field.name)) {
            ([], _, _) => self.set(field, value),
            ([key, rest @ ..], Some(entries), Some(Value::Items(items))) => {
                if let Some(item) = items.iter_mut().find(|item| item.key(entries) == *key) {
                    item.put(entries.fields, rest, value);
                }
            }
            _ => {}
        }
    }

    /// Fields of an answer that this release does not know.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    /// What tells this entry from the others of its list; empty where the answer has none.
    pub fn key(&self, entries: &Entries) -> String {
        let field = |name: &&str| entries.fields.iter().find(|field| field.name == *name);
        let part = |name: &&str| {
            let said = self.get(name).filter(|value| !value.is_empty()).map(Value::as_text);
            said.or_else(|| field(name)?.usual.map(str::to_owned)).unwrap_or_default()
        };
        entries.key.iter().map(part).collect::<Vec<_>>().join("/")
    }
}

impl Value {
    /// What the vendor writes for what was never set.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Whole(number) => *number == 0,
            Self::Number(number) => *number == 0.0,
            Self::Flag(flag) => !flag,
            Self::Secret(secret) => secret.expose_secret().is_empty(),
            Self::Texts(texts) => texts.is_empty(),
            Self::Items(items) => items.is_empty(),
        }
    }

    /// Stars in the place of a password are not the password.
    pub fn is_masked(&self) -> bool {
        matches!(self, Self::Secret(secret) if secret.expose_secret().bytes().all(|byte| byte == b'*'))
    }

    /// As what cannot be shown.
    pub fn secret(&self) -> SecretString {
        self.as_text().into()
    }

    /// As a parameter of a request has it; lists have no such form and are told apart by it only.
    fn as_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => single(*number).to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Secret(secret) => secret.expose_secret().to_owned(),
            Self::Texts(texts) => texts.join("\n"),
            Self::Items(_) => String::new(),
        }
    }

    /// For people: never what is secret.
    pub fn shown(&self) -> String {
        match self {
            Self::Secret(_) => "(hidden)".to_owned(),
            Self::Texts(texts) => format!("[{}]", texts.join(", ")),
            Self::Items(items) => format!("{} entries", items.len()),
            Self::Text(_) | Self::Whole(_) | Self::Number(_) | Self::Flag(_) => self.as_text(),
        }
    }

    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Whole(_) | Self::Flag(_) | Self::Secret(_) | Self::Texts(_) | Self::Items(_) => None,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Texts(one), Self::Texts(other)) => one == other,
            (Self::Texts(_) | Self::Items(_), _) | (_, Self::Texts(_) | Self::Items(_)) => false,
            (one, other) => one.as_text() == other.as_text(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the vendor's numbers are of single precision")]
fn single(number: f64) -> f32 {
    number as f32
}

#[expect(clippy::cast_possible_truncation, reason = "far below the limits of a price; out of range, it saturates")]
fn thousandths(number: f64) -> i64 {
    (number * 1000.0).round() as i64
}

fn same_json(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}

#[cfg(test)]
mod tests;
