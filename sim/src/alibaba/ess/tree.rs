//! What a scaling configuration holds: texts, numbers and lists under the names of a Modify. Here they come in from a request, a seed or an edit;
//! how they go out again is the business of `answer`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields::{CONFIGURATION, CONTAINERS, Dialect, Field, What};

/// A configuration, or one entry of a list in it. Names of nested fields keep their dots.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tree(pub(super) BTreeMap<&'static str, Held>);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Held {
    One(Value),
    /// By their numbers on the wire, and so are the entries.
    Texts(BTreeMap<u32, String>),
    Items(BTreeMap<u32, Tree>),
}

/// Why a value was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Unknown,
    /// Not of the field's type.
    Malformed,
}

/// A field and its number in its list, as far down as a name leads; the number of what is in no list is 0.
type Way = Vec<(&'static Field, u32)>;

impl Tree {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Held::One(Value::String(text))) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn set_text(&mut self, name: &'static str, text: &str) {
        self.0.insert(name, Held::One(json!(text)));
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Held::One(json!(true)))
    }

    pub(super) fn default_number(&mut self, name: &'static str, number: i32) {
        self.0.entry(name).or_insert_with(|| Held::One(json!(number)));
    }

    /// Takes the value of one parameter; whatever stands beside it stays. An empty text is no number and no boolean: then nothing is said.
    pub(super) fn put(&mut self, name: &str, text: &str, dialect: Dialect) -> Result<(), Trouble> {
        let way = locate(name, dialect).ok_or(Trouble::Unknown)?;
        if let Some(held) = way.last().map(|(field, _)| held(&field.what, text)).transpose()?.flatten() {
            self.lay(&way, held);
        }
        Ok(())
    }

    fn lay(&mut self, way: &[(&'static Field, u32)], value: Value) {
        let Some(((field, number), rest)) = way.split_first() else {
            return;
        };
        match (&field.what, value) {
            (What::Items(_), value) => {
                if let Held::Items(items) = self.0.entry(field.name).or_insert_with(|| Held::Items(BTreeMap::new())) {
                    items.entry(*number).or_default().lay(rest, value);
                }
            }
            (What::Texts, Value::String(text)) => {
                if let Held::Texts(texts) = self.0.entry(field.name).or_insert_with(|| Held::Texts(BTreeMap::new())) {
                    texts.insert(*number, text);
                }
            }
            (_, value) => {
                self.0.insert(field.name, Held::One(value));
            }
        }
    }

    fn take(&mut self, way: &[(&'static Field, u32)]) {
        match (way, way.first().and_then(|(field, _)| self.0.get_mut(field.name))) {
            ([(_, number), rest @ ..], Some(Held::Items(items))) if !rest.is_empty() => {
                if let Some(item) = items.get_mut(number) {
                    item.take(rest);
                }
            }
            ([(_, number)], Some(Held::Texts(texts))) => {
                texts.remove(number);
            }
            ([(field, _)], Some(_)) => {
                self.0.remove(field.name);
            }
            _ => {}
        }
    }

    /// One value of a seed or an edit. A name of the first level replaces all that was there, null or an empty list takes it away; a name as on
    /// the wire (`Containers.1.Image`) changes that one place. The error names the field that is wrong.
    pub(crate) fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let unknown = |name: &str| format!("there is no field {name}");
        if let Some(field) = CONFIGURATION.iter().find(|field| field.name == name) {
            self.0.remove(field.name);
        } else if !name.contains('.') {
            return Err(unknown(name));
        } else if value.is_null() {
            self.take(&locate(name, Dialect::Modify).ok_or_else(|| unknown(name))?);
        }
        let mut pairs = Vec::new();
        flatten(name, value, &mut pairs);
        for (name, text) in pairs {
            self.put(&name, &text, Dialect::Modify).map_err(|trouble| match trouble {
                Trouble::Unknown => unknown(&name),
                Trouble::Malformed => format!("the value of {name} is not of its type"),
            })?;
        }
        Ok(())
    }

    /// Every list that was sent replaces the one that was there, as does every other field.
    pub(super) fn renew(&mut self, sent: Tree) {
        self.0.extend(sent.0);
    }

    /// As `renew`, but a container changes only where it was sent. Gives the number of a container that is not there.
    pub(super) fn increment(&mut self, mut sent: Tree) -> Result<(), u32> {
        let changes = sent.0.remove(CONTAINERS);
        self.renew(sent);
        let Some(Held::Items(changes)) = changes else {
            return Ok(());
        };
        let Some(Held::Items(containers)) = self.0.get_mut(CONTAINERS) else {
            return Err(changes.keys().next().copied().unwrap_or_default());
        };
        for (number, change) in changes {
            let known = containers.values_mut().find(|known| change.text("Name").is_some() && known.text("Name") == change.text("Name"));
            known.ok_or(number)?.renew(change);
        }
        Ok(())
    }

    /// As a person would write it, nested, without passwords.
    pub(crate) fn view(&self) -> Value {
        nested(self, CONFIGURATION, Some("(secret)"))
    }

    /// The same with them.
    pub(super) fn whole(&self) -> Value {
        nested(self, CONFIGURATION, None)
    }
}

fn locate(name: &str, dialect: Dialect) -> Option<Way> {
    let path: Vec<&str> = name.split('.').collect();
    locate_in(CONFIGURATION, &path, dialect)
}

fn locate_in(fields: &'static [Field], path: &[&str], dialect: Dialect) -> Option<Way> {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    fields.iter().find_map(|field| {
        let own: Vec<&str> = field.written(dialect).split('.').collect();
        match (&field.what, path.strip_prefix(own.as_slice())?) {
            (What::Items(fields), [first, rest @ ..]) => {
                let mut way = vec![(field, number(first)?)];
                way.extend(locate_in(fields, rest, dialect)?);
                Some(way)
            }
            (What::Texts, [only]) => Some(vec![(field, number(only)?)]),
            (What::Items(_) | What::Texts, _) => None,
            (_, rest) => rest.is_empty().then(|| vec![(field, 0)]),
        }
    })
}

fn held(what: &What, text: &str) -> Result<Option<Value>, Trouble> {
    let said = Some(text).filter(|text| !text.is_empty());
    let read = |value: Option<Value>| value.map(Some).ok_or(Trouble::Malformed);
    match (what, said) {
        (What::Text | What::Secret | What::Texts | What::Items(_), _) => Ok(Some(json!(text))),
        (_, None) => Ok(None),
        (What::Bool, Some(text)) => read(text.to_ascii_lowercase().parse::<bool>().ok().map(Value::from)),
        (What::Int, Some(text)) => read(text.parse::<i32>().ok().map(Value::from)),
        (What::Long(_), Some(text)) => read(text.parse::<i64>().ok().map(Value::from)),
        (What::Float, Some(text)) => read(single(text)),
    }
}

/// Rounded to single precision, and written with as many digits as that has.
fn single(text: &str) -> Option<Value> {
    let value: f32 = text.parse().ok()?;
    let shown: f64 = value.to_string().parse().ok()?;
    serde_json::Number::from_f64(shown).map(Value::Number)
}

fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => pairs.push((name.to_owned(), value.to_string())),
        Value::Array(list) => list.iter().zip(1..).for_each(|(one, number): (_, u32)| flatten(&format!("{name}.{number}"), one, pairs)),
        Value::Object(map) => map.iter().for_each(|(part, one)| flatten(&format!("{name}.{part}"), one, pairs)),
    }
}

fn nested(tree: &Tree, fields: &'static [Field], for_secrets: Option<&str>) -> Value {
    let mut root = Map::new();
    for field in fields {
        let value = match (tree.0.get(field.name), &field.what) {
            (Some(Held::One(value)), What::Secret) => for_secrets.map_or_else(|| value.clone(), Value::from),
            (Some(Held::Items(items)), What::Items(fields)) => items.values().map(|item| nested(item, fields, for_secrets)).collect(),
            (Some(Held::Texts(texts)), _) => texts.values().cloned().collect(),
            (Some(Held::One(value)), _) => value.clone(),
            (None | Some(Held::Items(_)), _) => continue,
        };
        insert(&mut root, field.name, value);
    }
    Value::Object(root)
}

fn insert(map: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            if let Value::Object(inner) = map.entry(first).or_insert_with(|| json!({})) {
                insert(inner, rest, value);
            }
        }
    }
}
