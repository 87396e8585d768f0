//! Configurations and specs at random. What is generated is a list of small numbers, which shrinks well; what they mean depends on the table of
//! fields. Each case looks at a few fields only, so that spec and cloud speak of the same ones often enough.

use crate::table::{Field, Kind, fields, place};
use crate::tree::{Level, Names, Seen, entries, key, read, write};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt;
use steward_cloudsim::{EmptyFields, EmptyStrings, ListOrder, Passwords};

/// The numbers that a level is made from.
#[derive(Clone, Debug)]
pub(crate) struct Genes {
    who: u8,
    fields: Vec<(u8, u8, Vec<Genes>)>,
}

/// How the cloud answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    pub(crate) empty_fields: EmptyFields,
    pub(crate) empty_strings: EmptyStrings,
    pub(crate) list_order: ListOrder,
    pub(crate) passwords: Passwords,
    /// Numbers come as texts.
    pub(crate) numbers_as_texts: bool,
    /// Entries may be there twice, or have no key.
    pub(crate) untidy: bool,
}

impl Manners {
    /// Whether it takes this text, so deep, for nothing said. In a list there is nothing to be kept instead.
    pub(crate) fn is_deaf(self, depth: usize, text: &str) -> bool {
        self.empty_strings == EmptyStrings::Ignore && depth == 1 && text.is_empty()
    }
}

/// What spec may decide beside the configuration.
#[allow(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policies {
    pub(crate) exclusive: bool,
    pub(crate) allow_override: bool,
    /// The first call comes to nothing.
    pub(crate) first_call_fails: bool,
    /// Values of variables and contents of files stand in Secrets.
    pub(crate) from_secrets: bool,
}

/// Two specs after each other, and somebody else in between.
#[derive(Clone)]
pub(crate) struct Journey {
    pub(crate) manners: Manners,
    pub(crate) there: Level,
    /// Where an answer has something that nobody knows, and what.
    pub(crate) novelties: Vec<(u8, u8)>,
    pub(crate) first: (Level, Policies),
    /// Tops that are replaced.
    pub(crate) edit: Option<Level>,
    pub(crate) second: (Level, Policies),
}

/// As it would be written.
impl fmt::Debug for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cloud = |level: &Level| write(level, fields(), Names::Cloud);
        let spec = |(level, policies): &(Level, Policies)| format!("{policies:?} {}", write(level, fields(), Names::Spec));
        writeln!(f, "{:?}", self.manners)?;
        writeln!(f, "there: {}, with novelties {:?}", cloud(&self.there), self.novelties)?;
        writeln!(f, "first: {}", spec(&self.first))?;
        writeln!(f, "edit: {:?}", self.edit.as_ref().map(|edit| cloud(edit).to_string()))?;
        writeln!(f, "second: {}", spec(&self.second))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Author {
    Spec,
    Cloud { untidy: bool },
}

pub(crate) fn journey() -> impl Strategy<Value = Journey> {
    let step = || (genes(2, 7), policies());
    (manners(), any::<u16>(), genes(2, 7), novelties(), step(), prop::option::of(genes(2, 4)), step()).prop_map(
        |(manners, focus, there, novelties, first, edit, second)| {
            let cloud = Author::Cloud { untidy: manners.untidy };
            Journey {
                there: cloud_level(&there, focus, cloud),
                first: (spec(&first.0, focus), first.1),
                edit: edit.map(|edit| cloud_level(&edit, focus, cloud)),
                second: (spec(&second.0, focus), second.1),
                manners,
                novelties,
            }
        },
    )
}

/// One that dice bring too seldom: a volume that we brought is mounted by hand, and then leaves spec.
pub(crate) fn mounted_by_hand() -> Journey {
    let containers = json!({"Containers": [{"Name": "a", "VolumeMounts": [{"MountPath": "/a", "Name": "b"}]}]});
    let manners = Manners {
        empty_fields: EmptyFields::Omitted,
        empty_strings: EmptyStrings::Clear,
        list_order: ListOrder::Kept,
        passwords: Passwords::Shown,
        numbers_as_texts: false,
        untidy: false,
    };
    let spec = |spec: &Value| (read(spec, fields(), Names::Spec), Policies::default());
    Journey {
        manners,
        there: read(&json!({"Containers": [{"Name": "a"}]}), fields(), Names::Cloud),
        novelties: Vec::new(),
        first: spec(&json!({"volumes": [{"name": "b", "type": "EmptyDirVolume"}]})),
        edit: Some(read(&containers, fields(), Names::Cloud)),
        second: spec(&json!({})),
    }
}

/// A configuration, and how the cloud answers.
pub(crate) fn found() -> impl Strategy<Value = (Manners, Level)> {
    (manners(), any::<u16>(), genes(2, 10)).prop_map(|(manners, focus, genes)| {
        let manners = Manners { untidy: false, ..manners };
        (manners, cloud_level(&genes, focus, Author::Cloud { untidy: false }))
    })
}

fn manners() -> impl Strategy<Value = Manners> {
    let empty_fields = prop_oneof![Just(EmptyFields::Omitted), Just(EmptyFields::Zero), Just(EmptyFields::Null)];
    let list_order = prop_oneof![Just(ListOrder::Kept), Just(ListOrder::Sorted), Just(ListOrder::Reversed)];
    let passwords = prop_oneof![Just(Passwords::Shown), Just(Passwords::Masked), Just(Passwords::Hidden)];
    let empty_strings = prop_oneof![Just(EmptyStrings::Clear), Just(EmptyStrings::Ignore)];
    (empty_fields, empty_strings, list_order, passwords, any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(empty_fields, empty_strings, list_order, passwords, numbers_as_texts, untidy)| {
            // Which of two entries of one key is which, nobody could say otherwise.
            let list_order = if untidy { ListOrder::Kept } else { list_order };
            // An entry that has nothing but an empty text could not be said.
            let empty_strings = if untidy { EmptyStrings::Clear } else { empty_strings };
            Manners { empty_fields, empty_strings, list_order, passwords, numbers_as_texts, untidy }
        },
    )
}

fn policies() -> impl Strategy<Value = Policies> {
    (prop::bool::weighted(0.3), prop::bool::weighted(0.3), prop::bool::weighted(0.2), any::<bool>()).prop_map(
        |(exclusive, allow_override, first_call_fails, from_secrets)| Policies {
            exclusive,
            allow_override,
            first_call_fails,
            from_secrets,
        },
    )
}

fn novelties() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop_oneof![3 => Just(Vec::new()), 1 => vec(any::<(u8, u8)>(), 1..3)]
}

fn genes(depth: u8, most: usize) -> BoxedStrategy<Genes> {
    let below = if depth == 0 { Just(Vec::new()).boxed() } else { vec(genes(depth - 1, 5), 0..4).boxed() };
    (0..4_u8, vec((any::<u8>(), any::<u8>(), below), 0..most)).prop_map(|(who, fields)| Genes { who, fields }).boxed()
}

fn spec(genes: &Genes, focus: u16) -> Level {
    let mut level = grow(genes, fields(), focus, Author::Spec, true);
    // The price reads back only beside this strategy.
    if level.contains_key(&place(fields(), "SpotPriceLimit")) {
        level.insert(place(fields(), "SpotStrategy"), Seen::One(json!("SpotWithPriceLimit")));
    }
    level
}

fn cloud_level(genes: &Genes, focus: u16, author: Author) -> Level {
    grow(genes, fields(), focus, author, true)
}

fn grow(genes: &Genes, fields: &[Field], focus: u16, author: Author, top: bool) -> Level {
    let palette = palette(fields, focus, top);
    let mut level = Level::new();
    for (which, what, below) in &genes.fields {
        let place = palette[usize::from(*which) % palette.len()];
        let seen = match &fields[place].kind {
            Kind::Entries { key, fields } => Seen::Entries(list(below, key, fields, focus, author)),
            Kind::Texts => Seen::Texts(texts(*what)),
            _ => match value(&fields[place], *what, author) {
                Some(value) => Seen::One(value),
                None => continue,
            },
        };
        level.insert(place, seen);
    }
    level
}

/// The few fields that this case is about.
fn palette(fields: &[Field], focus: u16, top: bool) -> Vec<usize> {
    let first = usize::from(focus) % fields.len();
    let mut palette: Vec<usize> = (0..fields.len().min(6)).map(|step| (first + step) % fields.len()).collect();
    if top {
        palette.extend(["Containers", "InitContainers", "Containers"].map(|name| place(fields, name)));
        let lists: Vec<usize> = (0..fields.len()).filter(|place| matches!(fields[*place].kind, Kind::Entries { .. })).collect();
        palette.push(lists[usize::from(focus >> 5) % lists.len()]);
    }
    palette
}

fn list(genes: &[Genes], keys: &[usize], fields: &[Field], focus: u16, author: Author) -> Vec<Level> {
    let mut list: Vec<Level> = Vec::new();
    for one in genes {
        let mut entry = grow(one, fields, focus, author, false);
        for place in keys {
            let field = &fields[*place];
            let key = match (&field.kind, field.name.as_str()) {
                (Kind::Whole, _) => json!(1 + one.who / 2),
                (_, "protocol") if matches!(author, Author::Cloud { .. }) && one.fields.len() == 2 => {
                    json!(["tcp", "Udp"][usize::from(one.who % 2)])
                }
                (_, "protocol") => json!(["TCP", "UDP"][usize::from(one.who % 2)]),
                (_, "mountPath") if one.fields.len() == 2 => json!(["/a/", "/b/", "/c/", "/"][usize::from(one.who % 4)]),
                (_, "mountPath") => json!(["/a", "/b", "/c", "/"][usize::from(one.who % 4)]),
                _ => json!(["a", "b", "c", "d"][usize::from(one.who % 4)]),
            };
            entry.insert(*place, Seen::One(key));
            let untidy = author == Author::Cloud { untidy: true };
            let defaulted =
                matches!(author, Author::Cloud { .. }) && field.name == "protocol" && one.fields.len() % 2 == 1 && one.who % 2 == 0;
            if defaulted || untidy && one.fields.len() == 3 {
                entry.remove(place);
            }
        }
        for (place, field) in fields.iter().enumerate() {
            // A login without a password, or a password without a user, is refused at the door.
            if author == Author::Spec && ["password", "userName"].contains(&field.name.as_str()) {
                entry.entry(place).or_insert_with(|| Seen::One(json!("p")));
            }
        }
        let twice = list.iter().any(|other| key(other, keys, fields) == key(&entry, keys, fields));
        if !twice || author == (Author::Cloud { untidy: true }) {
            list.push(entry);
        }
    }
    list
}

fn texts(what: u8) -> Vec<String> {
    let lists: [&[&str]; 6] = [&["a"], &["a", "b"], &["b", "a"], &[], &["", "a"], &["c d&=%ü"]];
    lists[usize::from(what) % lists.len()].iter().map(|text| (*text).to_owned()).collect()
}

/// None if spec may say none of the values that there are.
fn value(field: &Field, what: u8, author: Author) -> Option<Value> {
    let words = || field.schema["enum"].as_array().map(|words| words.iter().filter(|word| word.is_string()).cloned().collect::<Vec<_>>());
    let all: Vec<Value> = match &field.kind {
        Kind::Flag => vec![json!(true), json!(false)],
        Kind::Whole => [1, 2, 3, 10, 50, 0, 700].map(Value::from).into(),
        Kind::Number => [0.5, 1.0, 2.0, 0.1, 0.025, 0.0].map(Value::from).into(),
        Kind::Secret => ["p", "q", ""].map(Value::from).into(),
        _ if field.name == "flexVolume.options" => {
            [r#"{"x":1,"y":[2]}"#, r#"{ "y": [2], "x": 1 }"#, r#"{"x":2}"#, ""].map(Value::from).into()
        }
        _ => match (words(), author) {
            (Some(words), Author::Spec) => words,
            (Some(words), Author::Cloud { .. }) => words.into_iter().chain(["", "unheard-of"].map(Value::from)).collect(),
            (None, _) => ["a", "b", "", "c d&=%ü"].map(Value::from).into(),
        },
    };
    let allowed: Vec<Value> = all.into_iter().filter(|value| author != Author::Spec || may_be_said(value, field)).collect();
    (!allowed.is_empty()).then(|| allowed[usize::from(what) % allowed.len()].clone())
}

fn may_be_said(value: &Value, field: &Field) -> bool {
    let schema = &field.schema;
    let is_long_enough = value.as_str().is_none_or(|text| !text.is_empty() || schema["minLength"].as_u64().unwrap_or(0) == 0);
    let is_large_enough = value.as_f64().is_none_or(|number| {
        let least = schema["minimum"].as_f64().unwrap_or(f64::MIN);
        if schema["exclusiveMinimum"] == true { number > least } else { number >= least }
    });
    let is_small_enough = value.as_f64().is_none_or(|number| number <= schema["maximum"].as_f64().unwrap_or(f64::MAX));
    let is_password = matches!(field.kind, Kind::Secret) && value == "";
    is_long_enough && is_large_enough && is_small_enough && !is_password
}

/// Which fields a level names, at any depth.
pub(crate) fn count(level: &Level, fields: &[Field], prefix: &str, into: &mut std::collections::BTreeMap<String, usize>) {
    for (place, field) in fields.iter().enumerate().filter(|(place, _)| level.contains_key(place)) {
        let path = format!("{prefix}{}", field.request);
        match &field.kind {
            Kind::Entries { fields, .. } => {
                for entry in entries(level, place) {
                    count(entry, fields, &format!("{path}[]."), into);
                }
            }
            _ => *into.entry(path).or_default() += 1,
        }
    }
}
