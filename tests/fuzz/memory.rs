//! The largest answers that the socket lets through, of the shapes that cost a parser most.

use super::{alone, case, parsers, peak_of};
use cloud_steward::cloud::transport::{TransportOptions, is_readable};
use serde_json::json;

/// How many times the longest answer its reading may take at its worst moment.
const TIMES: usize = 12;
/// Almost as many parts as an answer may have.
const MANY: usize = 99_900;

const RESULTS: &str = r#"{"RequestId":"R","Invocation":{"InvocationResults":{"InvocationResult":[{"InstanceId":"i","Output":""#;

/// One piece over and over, between head and tail.
fn filled(head: &str, piece: &str, tail: &str, length: usize) -> Vec<u8> {
    let room = length - head.len() - tail.len();
    format!("{head}{}{tail}", piece.repeat(room / piece.len())).into_bytes()
}

#[test]
fn the_largest_answers_take_a_bounded_multiple_of_their_size() {
    let _alone = alone();
    let cap = TransportOptions::default().body_cap;
    let shapes = [
        ("nested lists", "", "[", ""),
        ("nested maps", "", "{\"a\":", ""),
        ("nested lists, closed", "{\"RequestId\":\"R\",\"a\":", "[", "1"),
        ("a long text", "{\"RequestId\":\"R\",\"Message\":\"", "x", "\"}"),
        ("a long text of escapes", "{\"RequestId\":\"R\",\"Message\":\"", "\\u00fc", "\"}"),
        ("many numbers", "{\"RequestId\":\"R\",\"a\":[0", ",0", "]}"),
        ("many lists", "{\"RequestId\":\"R\",\"a\":[[]", ",[]", "]}"),
        ("many lists of one", "{\"RequestId\":\"R\",\"a\":[[0]", ",[0]", "]}"),
        ("many maps of one", "{\"RequestId\":\"R\",\"a\":[{\"\":0}", ",{\"\":0}", "]}"),
        ("many rows", "{\"RequestId\":\"R\",\"Instances\":{\"Instance\":[{\"InstanceId\":\"i\"}", ",{\"InstanceId\":\"i\"}", "]}}"),
        ("many tags", "{\"RequestId\":\"R\",\"Instances\":{\"Instance\":[{\"InstanceId\":\"i\",\"Tags\":{\"Tag\":[{}", ",{}", "]}}]}}"),
        ("many runs", "{\"RequestId\":\"R\",\"Invocations\":{\"Invocation\":[{\"InvokeId\":\"t\"}", ",{\"InvokeId\":\"t\"}", "]}}"),
        ("much output", RESULTS, "Cg==", "\"}]}}}"),
        ("output that is no text", RESULTS, "////", "\"}]}}}"),
        ("many projects", "{\"projects\":[{\"id\":\"p\"}", ",{\"id\":\"p\"}", "]}"),
        ("many services", "{\"token\":{\"expires_at\":\"2026-11-22T08:00:00Z\",\"catalog\":[{}", ",{}", "]}}"),
        ("one field again and again", "{\"RequestId\":\"R\"", ",\"a\":0", "}"),
        ("nothing", "", " ", ""),
        ("zeros", "", "\0", ""),
    ];
    let check = |name: &str, body: Vec<u8>| {
        assert!(body.len() <= cap, "{name}");
        for status in [200, 400] {
            let case = case(status, body.clone());
            let (_, peak) = peak_of(|| parsers::run_once(&case));
            assert!(peak <= TIMES * cap, "{name}, {status}: {} times as much memory as the longest answer", peak / cap);
        }
    };
    for (name, head, piece, tail) in shapes {
        check(name, filled(head, piece, tail, cap));
        // As many as are let through.
        let parts = piece.bytes().filter(|byte| b",{[".contains(byte)).count();
        if let Some(pieces) = MANY.checked_div(parts) {
            let body = filled(head, piece, tail, head.len() + tail.len() + pieces * piece.len());
            assert!(is_readable(&body), "{name}");
            check(name, body);
        }
    }
    // No two names are alike, so all are kept.
    let names: serde_json::Map<_, _> = (0..MANY).map(|number| (format!("{number:x}"), 0.into())).collect();
    let names = serde_json::Value::Object(names).to_string().into_bytes();
    assert!(is_readable(&names));
    check("many names", names);
}

#[test]
fn a_real_answer_is_far_from_the_limit() {
    let _alone = alone();
    let tags = vec![json!({"TagKey": "k", "TagValue": "v"}); 20];
    let fields: serde_json::Map<_, _> = (0..150).map(|number| (format!("Field{number}"), json!({"A": ["b"]}))).collect();
    let instance = json!({"InstanceId": "i-1", "Tags": {"Tag": tags}, "Others": fields});
    let page = json!({"RequestId": "R", "Instances": {"Instance": vec![instance; 150]}}).to_string();
    assert!(is_readable(page.as_bytes()), "more than the largest page");
}
