//! From answers that clouds give to answers that they don't. Everything follows from a seed and a number.

use crate::parsers::Case;
use serde_json::Value;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// `SplitMix64`: small, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        Self(seed ^ number.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not zero.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.throw() % u64::try_from(end.max(1)).expect("a size")).expect("below a size")
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }
}

/// Another one each time.
pub(crate) fn any_seed() -> u64 {
    RandomState::new().build_hasher().finish() % 1_000_000_007
}

/// Texts at which parsers of JSON, numbers, dates and headers have stumbled somewhere.
const NASTY: [&str; 40] = [
    "null",
    "true",
    "[]",
    "{}",
    "[[]]",
    "{\"\":{}}",
    "\"\"",
    "0",
    "-0",
    "-1",
    "1e400",
    "-1e-400",
    "1E+2",
    "18446744073709551616",
    "9223372036854775808",
    "0.1e1",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u0000\"",
    "\"\u{fdd0}\u{10ffff}\"",
    "\"\u{202e}\u{feff}\"",
    "\u{feff}",
    "NaN",
    "Infinity",
    "\"<script>\"",
    "\"../../etc\"",
    "\"%s%n\"",
    "\"-1\"",
    "\"9999-12-31T23:59:60Z\"",
    "\"+999999-01-01T00:00:00Z\"",
    "\"2026-11-22T08:00:00+99:99\"",
    "\"0000-00-00\"",
    "\"2026-11-22T08:00:00.99999999999999999999Z\"",
    ",",
    ":",
    "\"",
    "\\",
    "}",
    "]",
    "{\"a\":1,\"a\":2}",
];

const HEADERS: [&str; 14] = [
    "date",
    "retry-after",
    "x-acs-retry-after",
    "x-ratelimit-user-api",
    "x-ratelimit-user",
    "x-subject-token",
    "x-request-id",
    "x-iam-trace-id",
    "x-openstack-request-id",
    "content-type",
    "content-length",
    "content-encoding",
    "x-acs-request-id",
    "location",
];

const VALUES: [&[u8]; 18] = [
    b"",
    b" ",
    b"0",
    b"-1",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1e9",
    b"Limit:1,Remain:0,TimeLeft:99999999999999999999,Reset:1",
    b"TimeLeft:",
    b"TimeLeft: 5",
    b"TimeLeft:\xff",
    b"Fri, 31 Dec 9999 23:59:60 GMT",
    b"Sun, 06 Nov 1994 08:49:37 +9999",
    b"\xff\xfe",
    b"\xc3\x28",
    b"a, b",
    b"gzip",
    b"\t",
];

const FIELDS: [&str; 32] = [
    "Code",
    "Message",
    "RequestId",
    "NextToken",
    "Instances",
    "Instance",
    "InstanceId",
    "InvokeId",
    "Invocations",
    "Invocation",
    "InvokeInstances",
    "InvocationResults",
    "InvocationStatus",
    "ExitCode",
    "Output",
    "Credentials",
    "Expiration",
    "SecurityToken",
    "AccountId",
    "error",
    "code",
    "message",
    "error_code",
    "error_msg",
    "errorCode",
    "token",
    "expires_at",
    "project",
    "domain",
    "credential",
    "projects",
    "id",
];

/// One answer that is almost one of these.
pub(crate) fn case(corpus: &[Case], dice: &mut Dice) -> Case {
    let mut case = dice.of(corpus).clone();
    for _ in 0..=dice.below(4) {
        match dice.below(10) {
            0 => case.status = *dice.of(&[200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503, 100, 599, 999]),
            1 => {
                let name = (*dice.of(&HEADERS)).to_owned();
                let value = (*dice.of(&VALUES)).to_vec();
                case.headers.push((name, value));
            }
            2..=5 => in_the_tree(&mut case.body, dice),
            _ => in_the_bytes(&mut case.body, &dice.of(corpus).body.clone(), dice),
        }
    }
    case
}

/// Another value, or another name, somewhere in the JSON.
fn in_the_tree(body: &mut Vec<u8>, dice: &mut Dice) {
    let Ok(mut tree) = serde_json::from_slice::<Value>(body) else { return in_the_bytes(body, b"{}", dice) };
    let mut node = &mut tree;
    loop {
        let stop = dice.one_in(4);
        let size = match node {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        };
        if stop || size == 0 {
            break;
        }
        let at = dice.below(size);
        node = match node {
            Value::Array(items) => &mut items[at],
            Value::Object(members) => members.values_mut().nth(at).expect("one of them"),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => unreachable!("they hold nothing"),
        };
    }
    match dice.below(6) {
        0 => *node = Value::Null,
        1 => *node = (0..dice.below(3)).map(|_| node.clone()).collect(),
        2 => *node = Value::Object([((*dice.of(&FIELDS)).to_owned(), node.take())].into_iter().collect()),
        3 => *node = "x".repeat(1 << dice.below(14)).into(),
        4 => {
            for _ in 0..dice.below(140) {
                *node = Value::Array(vec![node.take()]);
            }
        }
        _ => {
            let text = *dice.of(&NASTY);
            *node = serde_json::from_str(text).unwrap_or_else(|_| (*dice.of(&FIELDS)).into());
        }
    }
    *body = tree.to_string().into_bytes();
}

fn in_the_bytes(body: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(body.len() + 1);
    let end = (at + dice.below(64)).min(body.len());
    match dice.below(8) {
        0 => body.truncate(at),
        1 => drop(body.drain(at..end)),
        2 => drop(body.splice(at..end, dice.of(&NASTY).bytes())),
        3 => drop(body.splice(at..at, body[at..end].to_vec())),
        4 => {
            let from = dice.below(other.len() + 1);
            drop(body.splice(at..end, other[from..].iter().copied().take(4096)));
        }
        5 => drop(body.splice(at..at, std::iter::repeat_n(*dice.of(b"[{\"\\ 9"), dice.below(2000)))),
        6 => *body = (0..dice.below(256)).map(|_| u8::try_from(dice.below(256)).expect("a byte")).collect(),
        _ => {
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
}
