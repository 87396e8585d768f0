//! Answers that no cloud gives. Whatever arrives, the parsers neither panic nor take much more memory than the answer itself.
//!
//! `STEWARD_FUZZ_SECONDS` says for how long (20 by default), `STEWARD_FUZZ_SEED` repeats a run: every case follows from the seed and its number,
//! and a case that fails is printed with both. A process of its own, because it counts allocations.

mod corpus;
mod memory;
mod mutation;
mod parsers;

use mutation::Dice;
use parsers::Case;
use peak_alloc::PeakAlloc;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// One test at a time, or they would count each other's memory.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much more memory is in use at the worst moment of this than before it.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let done = work();
    (done, ALLOCATED.peak_usage().saturating_sub(before))
}

#[allow(clippy::disallowed_methods, reason = "whoever runs the tests says for how long")]
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| unreachable!("{name} is a number, not {text}")))
}

/// Past the test harness, which keeps what a test prints to itself when all is well.
fn say(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("stdout is open");
}

/// For every byte of an answer, and for an answer of none. Small ones are not worth a closer look.
const PER_BYTE: usize = 128;
const AT_LEAST: usize = 256 * 1024;

#[test]
fn no_answer_breaks_a_parser() {
    let _alone = alone();
    let time = Duration::from_secs(setting("STEWARD_FUZZ_SECONDS").unwrap_or(20));
    let seed = setting("STEWARD_FUZZ_SEED").unwrap_or_else(mutation::any_seed);
    let corpus = corpus::all();
    assert!(corpus.len() >= 20, "{} answers to begin with", corpus.len());
    say(&format!("fuzzing for {time:?} from {} answers with STEWARD_FUZZ_SEED={seed}", corpus.len()));
    // The answers themselves first: a parser that refuses them all would never be fuzzed beyond its first line.
    let accepted = corpus.iter().filter(|case| parsers::run(case) > 0).count();
    assert!(accepted >= 10, "only {accepted} of the {} real answers are read by anybody", corpus.len());
    let since = Instant::now();
    let (mut number, mut accepted) = (0_u64, 0);
    while since.elapsed() < time {
        let case = mutation::case(&corpus, &mut Dice::new(seed, number));
        let (outcome, peak) = peak_of(|| catch_unwind(AssertUnwindSafe(|| parsers::run(&case))));
        let told = || format!("STEWARD_FUZZ_SEED={seed}, case {number}: {case}");
        accepted += usize::from(outcome.unwrap_or_else(|_| unreachable!("a parser panicked. {}", told())) > 0);
        let bound = AT_LEAST + PER_BYTE * case.size();
        assert!(peak <= bound, "{peak} bytes of memory for {} of an answer. {}", case.size(), told());
        number += 1;
    }
    say(&format!("{number} cases, {accepted} answers among them were read"));
    assert!(number > 0 && accepted > 0, "nothing was tried");
}

#[test]
fn the_same_seed_makes_the_same_cases() {
    let _alone = alone();
    let corpus = corpus::recorded();
    let cases = |seed| -> Vec<String> { (0..50).map(|number| mutation::case(&corpus, &mut Dice::new(seed, number)).to_string()).collect() };
    assert_eq!(cases(7), cases(7));
    assert_ne!(cases(7), cases(8));
}

fn case(status: u16, body: Vec<u8>) -> Case {
    Case { status, headers: vec![("x-subject-token".to_owned(), b"token".to_vec())], body }
}
