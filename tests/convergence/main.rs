//! Whatever a scaling configuration holds and whatever spec says of it: one call makes it so, the next look finds nothing to say, and nothing is
//! lost that is somebody else's.
//!
//! `STEWARD_PROPERTY_CASES` says how many cases (10,000 by default), `STEWARD_PROPERTY_SEED` repeats a run; the seed is printed. A case that
//! fails is made small before it is shown, in `STEWARD_PROPERTY_SHRINK` steps at most.

#![allow(clippy::wildcard_enum_match_arm, reason = "what has nothing below it is all the same to a walk over a tree")]

mod guess;
mod proof;
mod steward;
mod table;
mod tree;
mod wire;

use guess::{Journey, Manners, Policies, count};
use proof::{Proof, never_cleared};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::sync::Mutex;
use steward::{Cloud, Steward, knows_passwords};
use table::fields;
use tree::{Level, tidy};

#[allow(clippy::disallowed_methods, reason = "whoever runs the tests says for how long")]
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| unreachable!("{name} is a number, not {text}")))
}

/// The cases are tried in so many parts at a time, each with a seed of its own that follows from the one that is printed.
const PARTS: u32 = 4;

/// Tries every case of `strategy`, and panics with the smallest that fails.
fn try_all<S: Strategy>(what: &str, strategy: fn() -> S, holds: impl Fn(S::Value) -> Result<(), String> + Sync) {
    let seed = setting("STEWARD_PROPERTY_SEED").unwrap_or_else(|| RandomState::new().hash_one(what));
    let cases = u32::try_from(setting("STEWARD_PROPERTY_CASES").unwrap_or(10_000)).expect("so many cases fit");
    // Past the test harness, which keeps what a test prints to itself when all is well.
    writeln!(std::io::stdout(), "{what}: {cases} cases with STEWARD_PROPERTY_SEED={seed}").expect("stdout is open");
    let part = |number: u32| {
        let config = Config {
            cases: cases.div_ceil(PARTS),
            rng_seed: RngSeed::Fixed(seed.wrapping_add(number.into())),
            failure_persistence: None,
            max_shrink_iters: u32::try_from(setting("STEWARD_PROPERTY_SHRINK").unwrap_or(20_000)).expect("so many steps fit"),
            ..Config::default()
        };
        let outcome = TestRunner::new(config).run(&strategy(), |case| holds(case).map_err(TestCaseError::fail));
        outcome.map_err(|error| error.to_string())
    };
    let failed = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..PARTS).map(|number| scope.spawn(move || part(number))).collect();
        parts.into_iter().find_map(|part| part.join().expect("a part ends").err())
    });
    if let Some(error) = failed {
        unreachable!("{error}");
    }
}

/// How often what happened, so that it can be seen that all of it did.
#[derive(Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    fn note(&mut self, what: &str, happened: bool) {
        *self.0.entry(what.to_owned()).or_default() += usize::from(happened);
    }

    fn add(&mut self, other: Self) {
        for (what, times) in other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    fn never(&self) -> Vec<&str> {
        self.0.iter().filter(|(_, times)| **times == 0).map(|(what, _)| what.as_str()).collect()
    }
}

fn step(
    cloud: &mut Cloud,
    steward: &mut Steward,
    manners: Manners,
    (spec, policies): &(Level, Policies),
    tally: &mut Tally,
) -> Result<(), String> {
    let (before, owned, novelties, answer) = (cloud.holds(), steward.owned(), cloud.novelties.clone(), cloud.answer());
    let settled = steward.settle(cloud, spec, *policies)?;
    let (after, owned_now) = (cloud.holds(), steward.owned());
    let proof = Proof {
        manners,
        policies: *policies,
        spec,
        before: &before,
        after: &after,
        owned: (&owned, &owned_now),
        settled: &settled,
        novelties: (&novelties, &answer),
    };
    proof.check().and_then(|()| never_cleared(&settled, *policies, novelties.len())).map_err(|flaw| {
        format!("{flaw}\ncalls: {:#?}\nours before: {:?}\nours now: {:?}", settled.calls, owned.members(), owned_now.members())
    })?;
    tally.note("a call", !settled.calls.is_empty());
    tally.note("no call", settled.calls.is_empty());
    tally.note("an override", settled.calls.iter().any(|call| call.contains_key("Override")));
    tally.note("something that cannot be cleared", !settled.left.cannot_clear.is_empty());
    tally.note("something that cannot be merged", !settled.left.cannot_merge.is_empty());
    tally.note("something of ours that went", owned.members().iter().any(|path| !owned_now.contains(path)));
    tally.note("an empty text that is not heard", settled.left.sayable().next().is_some());
    tally.note("a volume that stays because it is mounted", !settled.left.mounted.is_empty());
    tally.note("a zero that cannot be seen", proof.has_an_unseen_zero());
    count(spec, fields(), "spec ", &mut tally.0);
    count(&before, fields(), "cloud ", &mut tally.0);
    Ok(())
}

fn travel(journey: &Journey, tally: &mut Tally) -> Result<(), String> {
    let mut cloud = Cloud::new(&journey.there, &journey.novelties, journey.manners);
    let mut steward = Steward::default();
    step(&mut cloud, &mut steward, journey.manners, &journey.first, tally).map_err(|flaw| format!("the first spec: {flaw}"))?;
    if let Some(edit) = &journey.edit {
        cloud.edit(edit);
    }
    step(&mut cloud, &mut steward, journey.manners, &journey.second, tally).map_err(|flaw| format!("the second spec: {flaw}"))
}

#[test]
fn whatever_is_there_and_whatever_spec_says_one_call_makes_it_so_and_loses_nothing() {
    let tally = Mutex::new(Tally::default());
    travel(&guess::mounted_by_hand(), &mut tally.lock().expect("nobody has it")).expect("a volume that somebody mounts stays");
    try_all("convergence", guess::journey, |journey| {
        let mut seen = Tally::default();
        travel(&journey, &mut seen)?;
        tally.lock().expect("nobody panics with it").add(seen);
        Ok(())
    });
    let tally = tally.into_inner().expect("nobody panicked with it");
    assert_eq!(tally.never(), Vec::<&str>::new(), "the cases are not about everything");
    // Each of the 153 fields in specs and in clouds, and nine things that may happen.
    assert_eq!(tally.0.len(), 2 * 153 + 9, "{:?}", tally.0);
}

#[test]
fn a_spec_that_says_what_is_there_needs_no_call() {
    try_all("no call", guess::found, |(manners, there)| {
        let mut cloud = Cloud::new(&there, &[], manners);
        let spec = tidy(&cloud.holds());
        let mut steward = knows_passwords(&spec);
        let settled = steward.settle(&mut cloud, &spec, Policies::default())?;
        let changes: Vec<&str> = settled.left.changes.iter().map(|change| change.path.as_str()).collect();
        let quiet = settled.calls.is_empty() && settled.left.is_settled() && changes.is_empty() && steward.owned().is_empty();
        if quiet { Ok(()) } else { Err(format!("{changes:?}, {:?}", settled.calls)) }
    });
}
