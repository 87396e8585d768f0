//! Long walks: objects come, are edited and go in any order, the process crashes between any two of its calls, answers get lost, and what it sees
//! of the cloud and of other objects lags behind. Wherever a walk leads: once all objects are gone, everybody is in the groups that they were in before.

use super::*;
use crate::reconcile::kind::Removal;
use std::fmt::Write as _;

const NAMES: [&str; 3] = ["web", "api", "batch"];

/// Numbers that look like dice; the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap() % limit
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }
}

struct Walk {
    chance: Chance,
    /// As the API server has them.
    objects: BTreeMap<String, Membership>,
    /// As the watch brought them last.
    store: BTreeMap<String, Membership>,
    seen_since: BTreeMap<String, BTreeMap<String, Timestamp>>,
    failures: BTreeMap<String, BTreeMap<Part, Failure>>,
    cloud: Vec<Target>,
    /// The cloud as it was, and until when: reads may lag behind.
    past: Vec<(i64, Vec<Target>)>,
    /// From which second on the cloud is seen.
    sight_from: i64,
    second: i64,
    calm: bool,
    log: String,
}

fn cloud() -> Vec<Target> {
    vec![
        an_instance("i-1").of_role("web"),
        an_instance("i-2").of_role("web").in_groups(["sg-base", "sg-1"]),
        an_instance("i-3").in_groups(["sg-base", "sg-2"]),
    ]
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self {
            chance: Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            objects: BTreeMap::new(),
            store: BTreeMap::new(),
            seen_since: BTreeMap::new(),
            failures: BTreeMap::new(),
            cloud: cloud(),
            past: Vec::new(),
            sight_from: 0,
            second: 0,
            calm: false,
            log: String::new(),
        }
    }

    fn people(&mut self) {
        let name = NAMES[self.chance.below(NAMES.len())];
        let group = ["sg-1", "sg-2"][self.chance.below(2)];
        let pick = self.chance.below(6);
        let wanted = |object: Membership| {
            let object = match pick {
                0 => object.of(["i-1"]),
                1 => object.of(["i-1", "i-2"]),
                2 => object.of(["i-2", "i-3"]),
                3 => object.of(["eni-of-i-1", "eni-of-i-3"]),
                4 => object.of_role_web(|_| {}),
                _ => object.of(["i-1", "i-2", "i-3"]),
            };
            object.in_group(group).letting_go_of(&IntOrString::String("100%".to_owned()))
        };
        let going_since = Time(at(self.second));
        let object = self.objects.remove(name);
        let (what, object) = match object {
            None => ("made", wanted(a_membership().called(name).unseen())),
            Some(object) if object.0.metadata.deletion_timestamp.is_some() => ("left alone", object),
            Some(object) if self.chance.one_in(3) => {
                ("deleted", object.but(|object| object.metadata.deletion_timestamp = Some(going_since)))
            }
            Some(object) => ("edited", wanted(object)),
        };
        let _ = writeln!(self.log, "{}s: {name} is {what}: {group} {pick}", self.second);
        self.objects.insert(name.to_owned(), object);
    }

    fn crash(&mut self) {
        self.seen_since.clear();
        self.failures.clear();
        self.store = self.objects.clone();
    }

    fn look(&mut self, object: &Membership, just_done: BTreeSet<Part>, at_most: usize) -> Look {
        let name = object.0.metadata.name.clone().unwrap();
        let seen_since = self.seen_since.entry(name.clone()).or_default();
        let open = object.0.open_entries();
        seen_since.retain(|entry, _| open.contains_key(entry));
        for entry in open.into_keys() {
            seen_since.entry(entry).or_insert(at(self.second));
        }
        Look {
            cloud: self.cloud.clone(),
            peers: self.store.values().filter(|peer| peer.0.metadata.name.as_ref() != Some(&name)).map(|peer| peer.0.clone()).collect(),
            seen_since: seen_since.clone(),
            failures: self.failures.get(&name).cloned().unwrap_or_default(),
            just_done,
            at_most,
            now: at(self.second),
            ..looking(object.clone())
        }
    }

    /// The cloud as it is, or as it was at some moment of the last eight seconds.
    fn sight(&mut self) -> Vec<Target> {
        let lag = i64::try_from(self.chance.below(9)).unwrap();
        // What was seen once is not unseen again.
        self.sight_from = self.sight_from.max(self.second - lag);
        let then = self.past.iter().find(|(until, _)| *until > self.sight_from);
        then.map_or_else(|| self.cloud.clone(), |(_, cloud)| cloud.clone())
    }

    /// What the loop does with one object.
    fn pass(&mut self, name: &str) {
        let Some(object) = self.objects.get(name).cloned() else { return };
        // A pass is about what the watch brought: what people did to others before that, it has brought as well.
        let brought = |stored: &Membership| stored.0.spec == object.0.spec && stored.0.metadata == object.0.metadata;
        if !self.store.get(name).is_some_and(brought) {
            return;
        }
        let going = object.0.metadata.deletion_timestamp.is_some();
        if going && object.0.removal() == Removal::LetGo {
            self.objects.remove(name);
            return;
        }
        let at_most = 1 + self.chance.below(3);
        let look = Look { cloud: self.sight(), ..self.look(&object, BTreeSet::new(), at_most) };
        let seen = look.seen();
        let plan = look.plan_on(&seen);
        let _ = writeln!(self.log, "{}s: {name}: {:?}, then {:?}", self.second, steps(&plan), ledger(&plan));
        let mut object = object.after(&plan).but(|object| {
            let envelope = &mut object.status.get_or_insert_default().envelope;
            envelope.account_id = Some(ACCOUNT.to_owned());
            envelope.region = Some(REGION.to_owned());
        });
        self.objects.insert(name.to_owned(), object.clone());
        if plan.steps.is_empty() {
            if plan.next == Next::Gone {
                self.objects.remove(name);
            }
            return;
        }
        let mut just_done = BTreeSet::new();
        for step in &plan.steps {
            if !self.calm && self.chance.one_in(12) {
                let _ = writeln!(self.log, "a crash before {step}");
                return self.crash();
            }
            let outcome = self.call(step);
            if !self.calm && self.chance.one_in(12) {
                let _ = writeln!(self.log, "a crash after {step}");
                return self.crash();
            }
            let failures = self.failures.entry(name.to_owned()).or_default();
            match &outcome {
                Ok(_) => {
                    just_done.insert(step.part());
                    failures.remove(&step.part());
                }
                Err(error) => {
                    let failure = Failure { retry_at: at(self.second + 10), ..a_failure(error.class, 1, 0) };
                    failures.insert(step.part(), failure);
                }
            }
            if let (true, Some(since)) = (
                outcome.as_ref().map_or_else(|error| error.acted == Acted::Perhaps, |_| true),
                self.seen_since.get_mut(name).and_then(|seen| seen.get_mut(&step.part())),
            ) {
                *since = at(self.second);
            }
            object = object.noted(step, outcome.as_ref(), at(self.second));
        }
        // The loop plans once more on the sight from before, for its verdict.
        let again = self.look(&object, just_done, 0).plan_on(&seen);
        self.objects.insert(name.to_owned(), object.after(&again));
        if again.next == Next::Gone {
            self.objects.remove(name);
        }
    }

    fn call(&mut self, step: &SecurityGroupStep) -> Result<Receipt, CloudError> {
        let (group, id, joins) = match step {
            SecurityGroupStep::Join { group, target, .. } => (group, target, true),
            SecurityGroupStep::Leave { group, target } => (group, target, false),
        };
        let fate = if self.calm { 9 } else { self.chance.below(10) };
        match fate {
            0 => return Err(an_error(Class::Busy, Acted::No)),
            1 => return Err(an_error(Class::Unavailable, Acted::Perhaps)),
            _ => {}
        }
        self.past.push((self.second, self.cloud.clone()));
        let target = self.cloud.iter_mut().find(|target| target.id == *id).unwrap();
        let changed = target.groups.contains(group) != joins;
        target.groups.retain(|of| of != group);
        if joins {
            target.groups.push(group.clone());
        }
        if fate == 2 {
            return Err(an_error(Class::Unavailable, Acted::Perhaps));
        }
        Ok(Receipt { changed, ..receipt() })
    }

    fn second_by_second(&mut self) {
        self.second += i64::try_from(1 + self.chance.below(10)).unwrap();
        let first = self.chance.below(NAMES.len());
        for offset in 0..NAMES.len() {
            if self.calm || self.chance.one_in(2) {
                self.store = self.objects.clone();
            }
            self.pass(NAMES[(first + offset) % NAMES.len()]);
        }
    }
}

/// Who is in which group, whatever the order.
fn memberships(cloud: &[Target]) -> Vec<(String, BTreeSet<String>)> {
    cloud.iter().map(|target| (target.id.clone(), target.groups.iter().cloned().collect())).collect()
}

#[test]
fn wherever_a_walk_leads_once_all_objects_are_gone_everybody_is_where_they_were() {
    for seed in 1..=300 {
        let mut walk = Walk::new(seed);
        for _ in 0..30 {
            if walk.chance.one_in(3) {
                walk.people();
            }
            walk.second_by_second();
        }
        for object in walk.objects.values_mut() {
            object.0.metadata.deletion_timestamp.get_or_insert(Time(at(walk.second)));
        }
        let _ = writeln!(walk.log, "{}s: all are deleted", walk.second);
        walk.calm = true;
        for _ in 0..60 {
            walk.second_by_second();
        }
        assert!(walk.objects.is_empty(), "seed {seed}: not all could go\n{}", walk.log);
        assert_eq!(memberships(&walk.cloud), memberships(&cloud()), "seed {seed}\n{}", walk.log);
    }
}

#[test]
fn wherever_a_walk_leads_objects_that_are_left_alone_come_to_rest() {
    for seed in 1..=100 {
        let mut walk = Walk::new(seed);
        for _ in 0..30 {
            if walk.chance.one_in(3) {
                walk.people();
            }
            walk.second_by_second();
        }
        walk.calm = true;
        for _ in 0..60 {
            walk.second_by_second();
        }
        let before = walk.objects.clone();
        walk.second_by_second();
        for (name, object) in &walk.objects.clone() {
            assert_eq!(object.0, before[name].0, "seed {seed}: {name} is still being written\n{}", walk.log);
            let wanted = walk.look(object, BTreeSet::new(), 100).seen().wanted;
            let group = &object.0.spec.security_group_id;
            assert!(wanted.values().all(|target| target.groups.contains(group)), "seed {seed}: {name} is not as spec has it\n{}", walk.log);
        }
    }
}
