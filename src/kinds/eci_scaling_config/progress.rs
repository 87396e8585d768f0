//! What status remembers from one look at the cloud to the next: which paths are ours, what is under way and how often it was sent, which values
//! from elsewhere the cloud is known to hold. Whether it is time for a call, and what is said of it, is the plan's.

use super::difference::{Change, Difference, Path, Question, difference};
use crate::api::eci_scaling_config::EciScalingConfigStatus;
use crate::api::eci_scaling_config::status::{Convergence, MAX_APPLIED_BYTES, MAX_SECRETS, MAX_SECRETS_BYTES, Pursued, SecretPrint};
use crate::api::envelope::Time;
use crate::api::paths::Paths;
use crate::cloud::alibaba::ess::configuration::Item;
use jiff::{SignedDuration, Timestamp};

/// Lists in status that are there to be read.
pub(super) const SHOWN: usize = 32;

/// What a call says. Values may be secrets, so they are neither shown nor compared.
#[derive(Debug)]
pub struct Content {
    pub item: Item,
    /// What is known of the values from elsewhere, once the cloud has taken them.
    pub prints: Vec<SecretPrint>,
    /// What the call changes, for people.
    pub paths: Vec<String>,
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        (&self.paths, &self.prints) == (&other.paths, &other.prints)
    }
}

/// The most bytes of a path in one of the lists.
const LONGEST_PATH: usize = 256;
/// After a call that the cloud accepted: when its reads are looked at for it to hold.
const READ_BACKS: [i64; 6] = [1, 2, 4, 8, 16, 30];

/// What spec asks for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub item: &'a Item,
    /// One for each value from elsewhere.
    pub prints: &'a [SecretPrint],
    pub exclusive: bool,
    pub allow_override: bool,
}

/// Which generation of spec is pursued, and when somebody looks.
#[derive(Clone, Copy)]
pub struct Look {
    pub generation: i64,
    pub now: Timestamp,
}

/// What was under way and is seen to hold.
#[derive(Debug, Default)]
pub struct Made {
    pub paths: Vec<String>,
    /// Those of them that somebody else had changed.
    pub set_right: Vec<String>,
}

/// How spec and cloud differ, by what is remembered.
pub fn compare(status: &EciScalingConfigStatus, wanted: &Wanted<'_>, observed: &Item) -> Difference {
    let known = wanted.prints.iter().filter(|print| status.secrets.contains(print)).map(|print| print.path.clone());
    let prints = wanted.prints.iter().chain(&status.secrets);
    difference(&Question {
        desired: wanted.item,
        observed,
        owned: &owned(status),
        exclusive: wanted.exclusive,
        allow_override: wanted.allow_override,
        sent: &known.collect(),
        secret: &prints.map(|print| print.path.clone()).collect(),
    })
}

/// What is ours. What the cloud has taken and was not seen to hold yet is too, if spec drops it meanwhile. A try that failed may have set nothing:
/// what is there may be somebody else's still.
pub fn owned(status: &EciScalingConfigStatus) -> Paths {
    match &status.convergence {
        Some(convergence) if convergence.sent > 0 => status.applied.and(&convergence.sets),
        Some(_) | None => status.applied.clone(),
    }
}

/// What was seen to hold is ours, and what has gone is not any more.
pub fn learn(status: &mut EciScalingConfigStatus, difference: &Difference, look: Look) -> Made {
    let sets = status.convergence.as_ref().map(|convergence| convergence.sets.clone()).unwrap_or_default();
    status.applied = difference.owned(&status.applied, &sets);
    let nothing_is_due = difference.sayable().all(|change| change.unavailable) && still_unseen(status, look).is_none();
    let Some(convergence) = &mut status.convergence else { return Made::default() };
    let differs = |pursued: &Pursued, change: &Change| {
        let path = change.path.as_str();
        brief(path) == pursued.path || leads_to(path, &pursued.path)
    };
    // What cannot be sent at the moment has not come true by that: when it can, it is not the first time.
    let in_vain = |pursued: &Pursued| difference.changes.iter().any(|change| !change.unavailable && differs(pursued, change));
    let is_all = nothing_is_due && !convergence.paths.iter().any(in_vain);
    // A call that was refused has changed nothing; one in doubt has, if what it was for is so.
    let may_have_acted = convergence.sent > 0 || !convergence.sets.is_empty() && convergence.generation == look.generation;
    let for_good = until_read_back(convergence.since.get(), look.now).is_none();
    if for_good {
        // What left spec meanwhile and is gone is not ours any more, while something else is still under way.
        convergence.sets = difference.owned(&convergence.sets, &Paths::default());
    }
    let mut made = Made::default();
    for pursued in &mut convergence.paths {
        let differs = difference.changes.iter().any(|change| differs(pursued, change));
        if !(is_all || for_good && !differs) {
            continue;
        }
        let is_news = pursued.held.replace(convergence.since).is_none();
        if is_news && may_have_acted {
            made.paths.push(pursued.path.clone());
            made.set_right.extend(pursued.corrects.then(|| pursued.path.clone()));
        }
    }
    if is_all {
        status.convergence = None;
    }
    made
}

/// What the cloud is seen to hold of values from Secrets is known by its print, whoever set it: should spec say something else one day, it must not
/// be shown.
pub fn keep_prints(status: &mut EciScalingConfigStatus, difference: &Difference, wanted: &[SecretPrint]) {
    if difference.sayable().all(|change| change.unavailable) {
        status.secrets.retain(|print| wanted.iter().any(|wanted| wanted.path == print.path));
    }
    let is_so = |print: &&SecretPrint| difference.changes.iter().all(|change| !leads_to(change.path.as_str(), &print.path));
    let seen: Vec<SecretPrint> = wanted.iter().filter(is_so).cloned().collect();
    remember(&mut status.secrets, &seen);
}

/// Who only looks cannot find out whether the cloud holds what it never shows. Only of what was sent once is it known that it is not this.
pub(super) fn leave_out_what_nobody_can_see(status: &EciScalingConfigStatus, difference: &mut Difference) {
    let was_sent = |path: &Path| status.secrets.iter().any(|print| print.path == path.as_str());
    difference.changes.retain(|change| !change.unseen || was_sent(&change.path));
}

/// What steward knows the cloud to hold. Earlier ones only tell what must not be shown: they stay as far as there is room.
pub(super) fn remember(prints: &mut Vec<SecretPrint>, sent: &[SecretPrint]) {
    prints.retain(|print| sent.iter().all(|sent| sent.path != print.path));
    let (mut number, mut bytes) = (sent.len(), sent.iter().map(bytes_of).sum::<usize>());
    prints.retain(|print| {
        number += 1;
        bytes += bytes_of(print);
        number <= MAX_SECRETS && bytes <= MAX_SECRETS_BYTES
    });
    prints.extend(sent.iter().cloned());
    prints.sort_by(|one, other| one.path.cmp(&other.path));
}

/// The room that a print takes in status.
pub(super) fn bytes_of(print: &SecretPrint) -> usize {
    print.path.len() + print.hmac.len() + 32
}

/// How long what was sent before spec was edited may not be visible yet: what is seen may be older than it, and as spec has it by chance.
pub(super) fn still_unseen(status: &EciScalingConfigStatus, look: Look) -> Option<SignedDuration> {
    let convergence = status.convergence.as_ref()?;
    if convergence.generation == look.generation || convergence.sent == 0 {
        return None;
    }
    until_read_back(convergence.since.get(), look.now)
}

/// How long until what was sent then is looked for next.
pub(super) fn until_read_back(since: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    // Another process may have written it, by a clock that was ahead.
    let age = now.duration_since(since).abs();
    let next = READ_BACKS.iter().map(|after| SignedDuration::from_secs(*after)).find(|after| *after > age);
    next.map(|next| next.saturating_sub(age))
}

/// How often this very difference was sent. One that was there again although it had held, after the last call and for longer than reads lag
/// behind, is somebody else's doing, and a new one. One that comes back with a call may be the call's: two values that undo each other would else
/// be sent in turn for ever.
pub(super) fn tries(status: &EciScalingConfigStatus, path: &Path, look: Look) -> i32 {
    let Some(convergence) = status.convergence.as_ref().filter(|convergence| convergence.generation == look.generation) else { return 0 };
    match pursued(convergence, path.as_str()) {
        Some(pursued) if pursued.held == Some(convergence.since) => 0,
        Some(pursued) => pursued.sent,
        // What finds no room in the list counts like all of it.
        None if convergence.paths.len() == SHOWN => convergence.sent,
        None => 0,
    }
}

/// Whether this difference is no part of what is under way. What a creation leaves to be done is part of it.
pub(super) fn is_new(status: &EciScalingConfigStatus, path: &Path, look: Look) -> bool {
    let Some(convergence) = status.convergence.as_ref().filter(|convergence| convergence.generation == look.generation) else {
        return true;
    };
    match pursued(convergence, path.as_str()) {
        Some(pursued) => pursued.held == Some(convergence.since),
        None => !convergence.paths.is_empty() && convergence.paths.len() < SHOWN,
    }
}

fn pursued<'a>(convergence: &'a Convergence, path: &str) -> Option<&'a Pursued> {
    let path = brief(path);
    convergence.paths.iter().find(|pursued| pursued.path == path)
}

/// What is wanted there is not what was sent.
pub(super) fn forget(status: &mut EciScalingConfigStatus, path: &Path) {
    if let Some(convergence) = &mut status.convergence {
        let path = brief(path.as_str());
        convergence.paths.retain(|pursued| pursued.path != path);
    }
}

/// Whether what is under way sets something right, instead of making what spec newly asks for.
pub(super) fn sets_right(status: &EciScalingConfigStatus) -> bool {
    let under_way = status.convergence.iter().flat_map(|convergence| &convergence.paths);
    under_way.into_iter().any(|pursued| pursued.corrects && pursued.held.is_none())
}

/// Puts down what is about to be sent, and makes the call's content.
pub fn begin(status: &mut EciScalingConfigStatus, due: &[&Change], difference: &Difference, prints: &[SecretPrint], look: Look) -> Content {
    let now: Time = look.now.into();
    let before = status.convergence.take();
    let sets = before.as_ref().map_or_else(|| difference.sets.clone(), |before| with_room(&difference.sets, &before.sets));
    let same = before.filter(|before| before.generation == look.generation);
    let sent = same.as_ref().map_or(0, |before| before.sent).saturating_add(1);
    let since = same.as_ref().map(|before| before.since);
    let mut paths = same.map(|before| before.paths).unwrap_or_default();
    let is_due = |pursued: &Pursued| due.iter().any(|change| brief(change.path.as_str()) == pursued.path);
    if paths.len() + due.len() > SHOWN {
        paths.retain(|pursued| pursued.held.is_none() || is_due(pursued));
    }
    for change in due {
        let path = brief(change.path.as_str());
        let set_right = status.corrections.iter().any(|correction| correction.path == path && correction.times.last() == Some(&now));
        let known = paths.iter().position(|pursued| pursued.path == path).map(|place| paths.remove(place));
        let (sent, corrects) = match known {
            Some(pursued) if pursued.held.is_none() || pursued.held != since => (pursued.sent, pursued.corrects),
            Some(_) | None => (0, false),
        };
        paths.push(Pursued { path, sent: sent.saturating_add(1), held: None, corrects: corrects || set_right });
    }
    paths.truncate(SHOWN);
    status.pursued_generation = Some(look.generation);
    status.convergence = Some(Convergence { generation: look.generation, sent, since: now, paths, sets });
    // What is not in the call has not been sent.
    let prints = prints.iter().filter(|print| difference.call.get(top(&print.path)).is_some()).cloned().collect();
    let paths = due.iter().map(|change| change.path.as_str().to_owned()).collect();
    Content { item: difference.call.clone(), prints, paths }
}

/// The first set, with as much of the second as there is room for in status.
fn with_room(sets: &Paths, earlier: &Paths) -> Paths {
    let mut both = sets.clone();
    let mut bytes = bytes_in(sets);
    for path in earlier.members() {
        // Written with what is above it, in quotes, with braces, colon and comma.
        bytes += path.iter().map(|name| name.len() + 6).sum::<usize>();
        if bytes > MAX_APPLIED_BYTES {
            break;
        }
        both.insert(&path);
    }
    if bytes_in(&both) <= MAX_APPLIED_BYTES { both } else { sets.clone() }
}

/// The room that paths take in status.
pub(super) fn bytes_in(paths: &Paths) -> usize {
    serde_json::to_string(paths).map_or(usize::MAX, |text| text.len())
}

/// A path as it is remembered in lists: a long one without its middle.
pub(super) fn brief(path: &str) -> String {
    if path.len() <= LONGEST_PATH {
        return path.to_owned();
    }
    let half = LONGEST_PATH / 2 - 2;
    let is_border = |at: &usize| path.is_char_boundary(*at);
    let head = (0..=half).rev().find(is_border).unwrap_or_default();
    let tail = (path.len() - half..path.len()).find(is_border).unwrap_or(path.len());
    format!("{}…{}", &path[..head], &path[tail..])
}

/// Whether the first path is the second one, or one that it begins with.
fn leads_to(first: &str, path: &str) -> bool {
    path.strip_prefix(first).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The field of the configuration that a path in text leads into.
fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}
