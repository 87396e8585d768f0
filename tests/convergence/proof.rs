//! What must hold whatever was there and whatever spec says: compared is what the simulator holds before and after, by a walk that knows nothing
//! of how the product compares.

use crate::guess::{Manners, Policies};
use crate::steward::{Said, Settled, is_said};
use crate::table::{Field, Kind, NEVER_EMPTY, fields};
use crate::tree::{Level, Seen, entries, has_a_price_limit, holds_something, key, plain_key, says, tidy, unordered};
use cloud_steward::api::paths::Paths;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use steward_cloudsim::ListOrder;

/// One spec that was made so.
pub(crate) struct Proof<'a> {
    pub(crate) manners: Manners,
    pub(crate) policies: Policies,
    pub(crate) spec: &'a Level,
    pub(crate) before: &'a Level,
    pub(crate) after: &'a Level,
    /// What was steward's before, and what is now.
    pub(crate) owned: (&'a Paths, &'a Paths),
    pub(crate) settled: &'a Settled,
    /// What nobody knows in an answer, before, and the answer.
    pub(crate) novelties: (&'a BTreeMap<String, Value>, &'a Value),
}

type Held = Result<(), String>;

fn demand(holds: bool, what: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(what()) }
}

fn with(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

impl Proof<'_> {
    pub(crate) fn check(&self) -> Held {
        for (place, field) in fields().iter().enumerate() {
            let (before, after) = (self.before.get(&place), self.after.get(&place));
            if self.is_kept_at_home(field) {
                let same = one(self.before, place) == one(self.after, place);
                demand(same, || format!("{} cannot be sent, and has changed: {before:?} -> {after:?}", field.name))?;
            } else {
                self.field(place, field, self.before, self.after, Some(self.spec), &[], false)?;
            }
        }
        self.novelties_are_kept()?;
        self.ownership()
    }

    /// Whether spec has a number 0, which looks like none.
    pub(crate) fn has_an_unseen_zero(&self) -> bool {
        has_a_zero(self.spec, fields())
    }

    /// Whether a container goes on mounting this volume although spec does not say so.
    fn is_mounted(&self, list: &List<'_>, volume: &str) -> bool {
        list.path == ["volumes"]
            && fields().iter().enumerate().any(|(place, field)| match &field.kind {
                Kind::Entries { key: keys, fields } if field.name.to_lowercase().ends_with("containers") => {
                    entries(self.after, place).iter().any(|container| {
                        let same = |wanted: &&Level| key(wanted, keys, fields) == key(container, keys, fields);
                        mounts(container, fields, volume, entries(self.spec, place).iter().find(same))
                    })
                }
                _ => false,
            })
    }

    fn is_told_to_stay(&self, path: &[String]) -> Held {
        let text = text_of(path);
        let told = self.settled.left.mounted.iter().any(|(volume, _)| volume.as_str() == text);
        demand(told, || format!("{text} stays, and nobody says so"))
    }

    fn one_call(&self) -> Option<&Said> {
        self.settled.calls.first()
    }

    fn overrode(&self) -> bool {
        self.one_call().is_some_and(|call| call.contains_key("Override"))
    }

    /// Its list cannot be sent, or not as it should be.
    fn is_kept_at_home(&self, field: &Field) -> bool {
        let merge = self.settled.left.cannot_merge.iter().any(|path| path.top() == field.name);
        merge || self.settled.left.cannot_clear.iter().any(|path| path.as_str() == field.name)
    }

    #[allow(clippy::too_many_arguments, reason = "three trees, and where in them")]
    fn field(
        &self,
        place: usize,
        field: &Field,
        before: &Level,
        after: &Level,
        spec: Option<&Level>,
        path: &[String],
        exclusive: bool,
    ) -> Held {
        let named = spec.and_then(|spec| spec.get(&place));
        if let Kind::Entries { key, fields } = &field.kind {
            let top = ["containers", "initContainers"].contains(&field.name.as_str()) && path.is_empty() && named.is_some();
            let exclusive = exclusive || self.policies.exclusive && top;
            let wanted = spec.map_or(&[][..], |spec| entries(spec, place));
            let list = List { field, key, fields, path: with(path, &field.name), wanted, exclusive };
            return self.entries(&list, entries(before, place), entries(after, place));
        }
        let path = with(path, &field.name);
        let shown = || format!("{}: {:?} -> {:?}", path.join("/"), before.get(&place), after.get(&place));
        let (was, is) = (says(before.get(&place)), says(after.get(&place)));
        let no_more = is.is_none_or(|is| is_default(field, is));
        // Where there was none, the cloud puts in its own.
        let filled_in = self.overrode() && path.len() == 1 && was.is_none() && (no_more || NEVER_EMPTY.contains(&field.request.as_str()));
        if let Some(named) = named {
            let unseen =
                matches!(field.kind, Kind::Secret) && !self.one_call().is_some_and(|call| is_said(call, "ImageRegistryCredentials"));
            let text = if let Seen::One(Value::String(text)) = named { text } else { "-" };
            let unheard = self.manners.is_deaf(path.len(), text) && was == is;
            return demand(unseen || unheard || same(field, Some(named), is), || format!("{} is not as spec has it, {named:?}", shown()));
        }
        // Beside another strategy the price does not read back, so it comes to light with this one and goes with it.
        if field.request == "SpotPriceLimit" && !(has_a_price_limit(self.before) && has_a_price_limit(self.after)) {
            return Ok(());
        }
        if exclusive {
            return demand(no_more || field.name == "image" && is == was, || format!("{} is not in spec, and stays", shown()));
        }
        if self.owned.0.contains(&path) {
            let text = text_of(&path);
            let stuck = self.settled.left.cannot_clear.iter().any(|stuck| stuck.as_str() == text);
            let gone = no_more || filled_in || stuck && is == was;
            demand(gone, || {
                format!("{} was ours, left spec, and stays; cannot be cleared: {:?}", shown(), self.settled.left.cannot_clear)
            })?;
            return demand(!stuck || field.name == "image" || path.len() == 1, || format!("{} could be cleared", shown()));
        }
        demand(same_as_before(was, is) || filled_in, || format!("{} is neither in spec nor ours, and has changed", shown()))
    }

    fn entries(&self, list: &List<'_>, before: &[Level], after: &[Level]) -> Held {
        let name = |entry: &&Level| key(entry, list.key, list.fields);
        let before: Vec<&Level> = before.iter().filter(|entry| holds_something(entry)).collect();
        let after: Vec<&Level> = after.iter().filter(|entry| holds_something(entry)).collect();
        let names: BTreeSet<String> = before.iter().chain(&after).map(name).chain(list.wanted.iter().map(|entry| name(&entry))).collect();
        for one in &names {
            let path = with(&list.path, one);
            let wanted = list.wanted.iter().find(|entry| name(entry) == *one);
            let (was, is): (Vec<&Level>, Vec<&Level>) = (
                before.iter().copied().filter(|entry| name(entry) == *one).collect(),
                after.iter().copied().filter(|entry| name(entry) == *one).collect(),
            );
            let shown = || format!("{}: {was:?} -> {is:?}", path.join("/"));
            match wanted {
                Some(wanted) if was.is_empty() => {
                    demand(is.len() == 1, || format!("{} should have been added once", shown()))?;
                    self.entry(list, &Level::new(), is[0], Some(wanted), &path)?;
                }
                Some(wanted) => {
                    demand(is.len() == was.len(), || format!("{} is named by spec, and their number has changed", shown()))?;
                    was.iter().zip(&is).try_for_each(|(was, is)| self.entry(list, was, is, Some(wanted), &path))?;
                }
                None if self.owned.0.contains(&path) && self.is_mounted(list, one) => {
                    let (was, is): (Vec<Level>, Vec<Level>) =
                        (was.iter().map(|level| tidy(level)).collect(), is.iter().map(|level| tidy(level)).collect());
                    demand(was == is, || format!("{} is mounted and has changed", shown()))?;
                    self.is_told_to_stay(&path)?;
                }
                None if list.exclusive || self.owned.0.contains(&path) => {
                    demand(is.is_empty(), || format!("{} should have gone", shown()))?;
                }
                None => self.unnamed(list, &was, &is, &path)?,
            }
        }
        self.order(list, &before, &after)
    }

    /// Nothing of it goes but what was ours; and all of it, if nothing else is left.
    fn unnamed(&self, list: &List<'_>, was: &[&Level], is: &[&Level], path: &[String]) -> Held {
        let mut left = is.iter();
        for was in was {
            let all_ours = self.is_all_ours(list, was, path);
            let is_mounted = all_ours && self.is_mounted(list, &path[path.len() - 1]);
            if all_ours && !is_mounted {
                continue;
            }
            let Some(is) = left.next() else {
                return Err(format!("{} is lost: {was:?}; ours were {:?}", path.join("/"), self.owned.0.members()));
            };
            if is_mounted {
                demand(tidy(was) == tidy(is), || format!("{} is mounted and has changed: {was:?} -> {is:?}", path.join("/")))?;
                self.is_told_to_stay(path)?;
                continue;
            }
            self.entry(list, was, is, None, path)?;
        }
        demand(left.next().is_none(), || format!("{} is nobody's, or should have gone: {is:?}", path.join("/")))
    }

    /// Whether a field of it was ours, and nothing in it was anybody else's.
    fn is_all_ours(&self, list: &List<'_>, entry: &Level, path: &[String]) -> bool {
        let mut some = false;
        let foreign = list.fields.iter().enumerate().any(|(place, field)| {
            let path = with(path, &field.name);
            if let Kind::Entries { key: keys, fields } = &field.kind {
                let inner = List { field, key: keys, fields, path: path.clone(), wanted: &[], exclusive: false };
                return entries(entry, place).iter().filter(|entry| holds_something(entry)).any(|entry| {
                    let path = with(&path, &key(entry, keys, fields));
                    let ours = self.owned.0.contains(&path) || self.is_all_ours(&inner, entry, &path);
                    some |= ours;
                    !ours
                });
            }
            let says_something = says(entry.get(&place)).is_some_and(|seen| !is_default(field, seen));
            let ours = self.owned.0.contains(&path);
            // Of a password nobody can say that it is not there.
            some |= ours && (says_something || matches!(field.kind, Kind::Secret));
            !ours && says_something && !list.key.contains(&place)
        });
        some && !foreign
    }

    fn entry(&self, list: &List<'_>, before: &Level, after: &Level, spec: Option<&Level>, path: &[String]) -> Held {
        for (place, field) in list.fields.iter().enumerate() {
            if list.key.contains(&place) {
                continue;
            }
            self.field(place, field, before, after, spec, path, list.exclusive)?;
        }
        Ok(())
    }

    /// What is not named keeps its order, and what is named has spec's where order counts.
    fn order(&self, list: &List<'_>, before: &[&Level], after: &[&Level]) -> Held {
        let name = |entry: &&Level| key(entry, list.key, list.fields);
        let is_wanted = |one: &String| list.wanted.iter().any(|entry| name(&entry) == *one);
        let ordered = ["containers", "initContainers"].contains(&list.field.name.as_str());
        if !ordered && self.manners.list_order != ListOrder::Kept {
            return Ok(());
        }
        let counts = list.field.name == "initContainers";
        let (was, is): (Vec<String>, Vec<String>) = (before.iter().map(name).collect(), after.iter().map(name).collect());
        let once = |list: &[String], one: &String| list.iter().filter(|other| *other == one).count() == 1;
        let stays = |one: &&String| once(&is, one) && once(&was, one) && !(counts && is_wanted(one));
        let (kept, order): (Vec<&String>, Vec<&String>) = (was.iter().filter(stays).collect(), is.iter().filter(stays).collect());
        demand(kept == order, || format!("{}: the order of others has changed: {was:?} -> {is:?}", list.path.join("/")))?;
        let wanted: Vec<String> = list.wanted.iter().map(|entry| name(&entry)).collect();
        let mut named: Vec<&String> = is.iter().filter(|one| is_wanted(one)).collect();
        named.dedup();
        let twice = named.len() != wanted.len();
        demand(!counts || twice || named == wanted.iter().collect::<Vec<_>>(), || {
            format!("{}: not in the order of spec: {is:?}", list.path.join("/"))
        })
    }

    /// What answers carry, and nobody knows, was in no list that was sent, unless its entry was to go.
    fn novelties_are_kept(&self) -> Held {
        let (novelties, answer) = self.novelties;
        for path in novelties.keys() {
            let parts: Vec<&str> = path.split('.').collect();
            let Some(call) = self.one_call() else { continue };
            if parts.len() == 1 {
                demand(!self.overrode(), || format!("{path} was there, and everything was overridden"))?;
            }
            // An edit may have taken away what it was in.
            let is_there = parts.iter().try_fold(answer, |place, part| match part.parse::<usize>() {
                Ok(number) => place.get(number - 1),
                Err(_) => place.get(part),
            });
            if parts.len() == 1 || is_there.is_none() || !is_said(call, parts[0]) {
                continue;
            }
            let Some((place, field)) = fields().iter().enumerate().find(|(_, field)| field.request == parts[0]) else { continue };
            let Kind::Entries { key: keys, fields } = &field.kind else { continue };
            let exclusive = self.policies.exclusive
                && ["containers", "initContainers"].contains(&field.name.as_str())
                && self.spec.contains_key(&place);
            let entry = &answer[parts[0]][parts[1].parse::<usize>().unwrap_or_default() - 1];
            if exclusive {
                continue;
            }
            let part = |place: &usize| plain_key(&fields[*place].name, &plain(&entry[fields[*place].request.as_str()]));
            let name = keys.iter().map(part).collect::<Vec<_>>().join("/");
            let its_entry = vec![field.name.clone(), name];
            let inner =
                parts.get(2).filter(|_| parts.len() > 3).and_then(|list| fields.iter().find(|field| list.starts_with(&field.request)));
            let inner = inner.and_then(|field| match &field.kind {
                Kind::Entries { key: keys, fields } => {
                    let entry = &entry[parts[2]][parts[3].parse::<usize>().unwrap_or_default() - 1];
                    let parts = keys.iter().map(|place| (&fields[*place], &entry[fields[*place].request.as_str()]));
                    let name = parts.map(|(field, value)| match plain(value) {
                        none if field.name == "protocol" && none.is_empty() => "TCP".to_owned(),
                        text => plain_key(&field.name, &text),
                    });
                    Some([its_entry.clone(), vec![field.name.clone(), name.collect::<Vec<_>>().join("/")]].concat())
                }
                _ => None,
            });
            let to_go = [Some(its_entry), inner].into_iter().flatten().any(|path| self.owned.0.contains(&path));
            demand(to_go, || format!("{path} was lost"))?;
        }
        Ok(())
    }

    /// What is ours is what spec names and a call has set, and what should go and has not.
    fn ownership(&self) -> Held {
        let (owned, now) = self.owned;
        let mut named = Named::default();
        named.walk(self.spec, fields(), &[]);
        for path in named.leaves.iter().chain(&named.entries) {
            // Of two entries with one key, one may be new and the other not.
            if self.manners.untidy && named.entries.contains(path) {
                continue;
            }
            // The cloud has taken it, and nobody can see whether it holds.
            if self.settled.left.sayable().any(|change| change.path.names() == path) {
                continue;
            }
            let is_new = named.leaves.contains(path) || !is_there(self.before, fields(), path);
            let expected = owned.contains(path) || is_new && self.was_set(&path[0]);
            demand(now.contains(path) == expected, || {
                format!("{} is {}ours; it was: {}", path.join("/"), if expected { "not " } else { "" }, owned.contains(path))
            })?;
        }
        for path in now.members().iter().filter(|path| !named.leaves.contains(*path) && !named.entries.contains(*path)) {
            demand(owned.contains(path), || format!("{} was neither ours before nor in spec, and is now", path.join("/")))?;
            let at_home = fields().iter().any(|field| field.name == path[0] && self.is_kept_at_home(field));
            // All of a volume that should go is remembered until it goes.
            let stays = self.settled.left.mounted.iter().any(|(volume, _)| path.starts_with(volume.names()));
            demand(at_home || stays || is_there(self.after, fields(), path), || format!("{} is gone, and still ours", path.join("/")))?;
        }
        Ok(())
    }

    /// Whether a call had to say something about this field of the configuration.
    fn was_set(&self, top: &str) -> bool {
        let Some(call) = self.one_call() else { return false };
        let Some((place, field)) = fields().iter().enumerate().find(|(_, field)| field.name == top) else { return false };
        let changed = unordered(&one(self.before, place), fields()) != unordered(&one(self.after, place), fields());
        let unseen = field.name == "imageRegistryCredentials" || field.name == "spotPriceLimit" && !has_a_price_limit(self.before);
        self.overrode()
            || is_said(call, &field.request)
                && (changed || unseen || self.spec.get(&place).is_some_and(|seen| has_a_zero(&[(place, seen.clone())].into(), fields())))
    }
}

struct List<'a> {
    field: &'a Field,
    key: &'a [usize],
    fields: &'a [Field],
    path: Vec<String>,
    wanted: &'a [Level],
    exclusive: bool,
}

/// The paths that a spec names: what it sets, and in which entries.
#[derive(Default)]
struct Named {
    leaves: BTreeSet<Vec<String>>,
    entries: BTreeSet<Vec<String>>,
}

impl Named {
    fn walk(&mut self, level: &Level, fields: &[Field], path: &[String]) {
        for (place, field) in fields.iter().enumerate().filter(|(place, _)| level.contains_key(place)) {
            let path = with(path, &field.name);
            let Kind::Entries { key: keys, fields } = &field.kind else {
                self.leaves.insert(path);
                continue;
            };
            for entry in entries(level, place) {
                let path = with(&path, &key(entry, keys, fields));
                let rest: Level =
                    entry.iter().filter(|(place, _)| !keys.contains(place)).map(|(place, seen)| (*place, seen.clone())).collect();
                self.walk(&rest, fields, &path);
                self.entries.insert(path);
            }
        }
    }
}

/// Whether there is something at this place.
fn is_there(level: &Level, fields: &[Field], path: &[String]) -> bool {
    let [name, rest @ ..] = path else { return false };
    let Some((place, field)) = fields.iter().enumerate().find(|(_, field)| field.name == *name) else { return false };
    match (&field.kind, rest) {
        (Kind::Entries { key: keys, fields }, [name, rest @ ..]) => {
            let mut here = entries(level, place).iter().filter(|entry| holds_something(entry) && key(entry, keys, fields) == *name);
            here.any(|entry| rest.is_empty() || is_there(entry, fields, rest))
        }
        _ => says(level.get(&place)).is_some(),
    }
}

/// `containers[a].image`
pub(crate) fn text_of(path: &[String]) -> String {
    let mut text = Vec::new();
    for (depth, name) in path.iter().enumerate() {
        match depth {
            0 => text.push(name.clone()),
            _ if depth % 2 == 1 => text.push(format!("[{name}]")),
            _ => text.push(format!(".{name}")),
        }
    }
    text.concat()
}

/// One field, without what says nothing.
fn one(level: &Level, place: usize) -> Level {
    tidy(&level.iter().filter(|(other, _)| **other == place).map(|(place, seen)| (*place, seen.clone())).collect())
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_default(field: &Field, seen: &Seen) -> bool {
    matches!(seen, Seen::One(value) if field.is_default(value))
}

fn same_as_before(was: Option<&Seen>, is: Option<&Seen>) -> bool {
    match (was, is) {
        (Some(Seen::One(was)), Some(Seen::One(is))) => same_value(was, is),
        (was, is) => was == is,
    }
}

fn same_value(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-6,
        _ => one == other,
    }
}

/// Whether the cloud has what spec says.
fn same(field: &Field, spec: Option<&Seen>, cloud: Option<&Seen>) -> bool {
    let meant = |seen: Option<&Seen>| says(seen).filter(|seen| !is_default(field, seen)).cloned();
    let json = |value: &Value| value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match (meant(spec), meant(cloud)) {
        (Some(Seen::One(spec)), Some(Seen::One(cloud))) if field.name == "flexVolume.options" => json(&spec) == json(&cloud),
        (spec, cloud) => same_as_before(spec.as_ref(), cloud.as_ref()),
    }
}

fn has_a_zero(level: &Level, fields: &[Field]) -> bool {
    level.iter().any(|(place, seen)| match (seen, &fields[*place].kind) {
        (Seen::One(value), Kind::Whole | Kind::Number) => value.as_f64() == Some(0.0),
        (Seen::Entries(entries), Kind::Entries { fields, .. }) => entries.iter().any(|entry| has_a_zero(entry, fields)),
        _ => false,
    })
}

/// Whether a container mounts this volume by an entry that spec, if it names the container, says nothing of.
fn mounts(container: &Level, fields: &[Field], volume: &str, spec: Option<&Level>) -> bool {
    fields.iter().enumerate().any(|(place, field)| match &field.kind {
        Kind::Entries { key: keys, fields } if field.name.to_lowercase().ends_with("volumemounts") => {
            let name = fields.iter().position(|field| field.name == "name").unwrap_or_default();
            let all = entries(container, place).iter().filter(|mount| holds_something(mount));
            let mut its = all.filter(|mount| mount.get(&name) == Some(&Seen::One(Value::from(volume))));
            its.any(|mount| {
                let same = |wanted: &&Level| key(wanted, keys, fields) == key(mount, keys, fields);
                let wanted = spec.and_then(|spec| entries(spec, place).iter().find(same));
                wanted.is_none_or(|wanted| !wanted.contains_key(&name))
            })
        }
        _ => false,
    })
}

/// What cannot be cleared even by overriding, in the order of the table.
pub(crate) fn never_cleared(settled: &Settled, policies: Policies, novelties: usize) -> Held {
    let left = &settled.left;
    let tops = left.cannot_clear.iter().filter(|path| path.names().len() == 1);
    let strange: Vec<&str> = tops
        .filter(|path| !fields().iter().any(|field| field.name == path.as_str() && NEVER_EMPTY.contains(&field.request.as_str())))
        .map(cloud_steward::kinds::eci_scaling_config::difference::Path::as_str)
        .collect();
    let may = !policies.allow_override || !left.cannot_merge.is_empty() || novelties > 0;
    demand(may || strange.is_empty(), || format!("could have been overridden: {strange:?}"))
}
