//! What a refusal looks like on the wire. The clouds of this family wrap code and message in five ways and put the request's id into one of three
//! headers, or into the body. What the code means is the catalogue's affair.

use crate::cloud::transport::HttpAnswer;
use serde_json::{Map, Value};

/// The longest code, or id, that is believed to be one.
const LONGEST_WORD: usize = 128;

/// How much of a message is kept, in characters. What tells variants of a code apart stands at its beginning.
const LONGEST_MESSAGE: usize = 1024;

/// How deep an envelope is looked for inside others.
const DEEPEST: usize = 4;

/// In the order in which they are believed.
const SHAPES: [(&str, &str); 3] = [("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message")];

const REQUEST_ID_HEADERS: [&str; 3] = ["X-Request-Id", "X-IAM-Trace-Id", "X-OpenStack-Request-Id"];

/// A refusal as it stood on the wire. Cannot be formatted: the message may repeat headers of the request, a session token among them.
#[derive(Default)]
pub struct Refusal {
    /// Raw; absent where the answer has none, or something that cannot be one.
    pub code: Option<String>,
    /// The vendor's words: to be looked at, never shown. Empty where there are none.
    pub message: String,
    pub request_id: Option<String>,
}

/// The refusal in an answer. `None` where the body is no JSON object: then it was not the service that answered.
pub fn refusal(answer: &HttpAnswer) -> Option<Refusal> {
    let body: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    let (code, message) = code_and_message(&body, answer.status, DEEPEST).unwrap_or_default();
    Some(Refusal { code, message, request_id: request_id(answer).or_else(|| word(body.get("request_id")?)) })
}

/// The id under which the vendor's support finds the request, where a header has one. Every answer may, not only refusals.
pub fn request_id(answer: &HttpAnswer) -> Option<String> {
    REQUEST_ID_HEADERS.iter().find_map(|name| sane(answer.header(name)?))
}

/// The first shape with a code; failing that, the first with a message; failing that, the same of the objects inside, `error` first.
fn code_and_message(object: &Map<String, Value>, status: u16, depth: usize) -> Option<(Option<String>, String)> {
    let depth = depth.checked_sub(1)?;
    let shapes = SHAPES.iter().map(|(code, message)| {
        let code = object.get(*code).and_then(word).filter(|code| *code != status.to_string());
        (code, object.get(*message).and_then(Value::as_str).map(beginning).unwrap_or_default())
    });
    let inner = object.get("error").into_iter().chain(object.values()).filter_map(Value::as_object);
    let inner = inner.filter_map(|object| code_and_message(object, status, depth));
    let mut told = None;
    for (code, message) in shapes.chain(inner) {
        if code.is_some() {
            return Some((code, message));
        }
        if !message.is_empty() && told.is_none() {
            told = Some((None, message));
        }
    }
    told
}

/// Codes and ids come as texts or as numbers. A code that only repeats the status, as Keystone's does, says nothing and is filtered by the caller.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => sane(text),
        Value::Number(number) => sane(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn sane(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:/".contains(c);
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST_WORD && text.chars().all(plain)).then(|| text.to_owned())
}

fn beginning(message: &str) -> String {
    message.chars().take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &[u8]) -> HttpAnswer {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::from_static(value))).collect();
        HttpAnswer { status, headers, body: body.to_vec() }
    }

    fn read(status: u16, body: &str) -> Option<(Option<String>, String)> {
        refusal(&answer(status, &[], body.as_bytes())).map(|refusal| (refusal.code, refusal.message))
    }

    #[test]
    fn every_envelope_is_opened() {
        let table = [
            (400, r#"{"error_code":"CSBS.9001","error_msg":"provider invalid"}"#, Some("CSBS.9001"), "provider invalid"),
            (
                403,
                r#"{"error_code":"Organizations.1007","error_msg":"no","encoded_authorization_message":"AAAA"}"#,
                Some("Organizations.1007"),
                "no",
            ),
            (401, r#"{"error":{"code":401,"message":"wrong","title":"Unauthorized"}}"#, None, "wrong"),
            (401, r#"{"error":{"code":"401","message":"wrong"}}"#, None, "wrong"),
            (400, r#"{"error":{"code":"IAM.0011","message":"bad"}}"#, Some("IAM.0011"), "bad"),
            (400, r#"{"code":"Common.0001","message":"bad"}"#, Some("Common.0001"), "bad"),
            (400, r#"{"errorCode":"Old.1","errorMsg":"bad"}"#, Some("Old.1"), "bad"),
            (400, r#"{"error_code":4007,"error_msg":"bad"}"#, Some("4007"), "bad"),
            // Their order, where an answer has several.
            (400, r#"{"code":"C.3","message":"c","errorCode":"B.2","errorMsg":"b","error_code":"A.1","error_msg":"a"}"#, Some("A.1"), "a"),
            (400, r#"{"code":"C.3","message":"c","errorCode":"B.2","errorMsg":"b"}"#, Some("B.2"), "b"),
            (400, r#"{"error":{"error_code":"Inner.1","error_msg":"i"},"code":"Outer.1","message":"o"}"#, Some("Outer.1"), "o"),
            (400, r#"{"error_code":"","error_msg":"","code":"C.3","message":"c"}"#, Some("C.3"), "c"),
            (400, r#"{"error_code":null,"error_msg":null,"result":{"error_code":"Deep.1","error_msg":"d"}}"#, Some("Deep.1"), "d"),
            (400, r#"{"a":{"code":"A.1","message":"a"},"error":{"code":"E.1","message":"e"}}"#, Some("E.1"), "e"),
            (400, r#"{"a":{"b":{"c":{"d":{"code":"TooDeep.1"}}}}}"#, None, ""),
            // One half is missing, or is no such thing.
            (400, r#"{"error_code":"CSBS.6000"}"#, Some("CSBS.6000"), ""),
            (400, r#"{"error_code":"CSBS.6000","error_msg":{"text":"no"}}"#, Some("CSBS.6000"), ""),
            (400, r#"{"error_code":"two words","error_msg":"m"}"#, None, "m"),
            (400, r#"{"error_code":"<script>","error_msg":"m"}"#, None, "m"),
            (400, r#"{"error_code":["CSBS.6000"],"error_msg":"m"}"#, None, "m"),
            (400, "{}", None, ""),
        ];
        for (status, body, code, message) in table {
            assert_eq!(read(status, body), Some((code.map(str::to_owned), message.to_owned())), "{body}");
        }
    }

    #[test]
    fn what_is_no_object_is_not_the_services() {
        for body in
            ["", "<html><body>502 Bad Gateway</body></html>", "upstream timed out", "null", "[]", "\"CSBS.6000\"", "503", "{", "\u{feff}{}"]
        {
            assert!(read(502, body).is_none(), "{body}");
        }
        assert!(refusal(&answer(502, &[], &[0xff, 0xfe, 0x00])).is_none());
    }

    #[test]
    fn the_request_id_is_taken_from_the_headers_before_the_body() {
        let body = br#"{"error_code":"APIGW.0308","error_msg":"m","request_id":"of-the-body"}"#;
        let id = |headers: &[(&'static str, &'static str)]| refusal(&answer(429, headers, body)).and_then(|refusal| refusal.request_id);
        let (gateway, iam, openstack) = (("x-request-id", "g"), ("x-iam-trace-id", "i"), ("x-openstack-request-id", "req-1"));
        assert_eq!(id(&[openstack, iam, gateway]).as_deref(), Some("g"));
        assert_eq!(id(&[openstack, iam]).as_deref(), Some("i"));
        assert_eq!(id(&[openstack]).as_deref(), Some("req-1"));
        assert_eq!(id(&[("x-request-id", "not an id")]).as_deref(), Some("of-the-body"));
        assert_eq!(id(&[]).as_deref(), Some("of-the-body"));
    }

    #[test]
    fn recorded_refusals_are_read() {
        let table = [
            (include_str!("../../../../tests/vectors/huawei/apigw-throttled.json"), "APIGW.0308", "fake0000000000000000000000000006"),
            (include_str!("../../../../tests/vectors/huawei/csbs-check-restorable-token-400.json"), "CSBS.9001", "req-fake-0002"),
            (
                include_str!("../../../../tests/vectors/huawei/organizations-create-ou-concurrent.json"),
                "Organizations.1003",
                "fake0000000000000000000000000005",
            ),
        ];
        for (vector, code, request_id) in table {
            let recorded = &serde_json::from_str::<Value>(vector).unwrap()["response"];
            let named = |(name, value): (&String, &Value)| (HeaderName::try_from(name).unwrap(), value.as_str().unwrap().parse().unwrap());
            let answer = HttpAnswer {
                status: recorded["status"].as_u64().unwrap().try_into().unwrap(),
                headers: recorded["headers"].as_object().unwrap().iter().map(named).collect(),
                body: recorded["body"].to_string().into_bytes(),
            };
            let read = refusal(&answer).unwrap();
            assert_eq!((read.code.as_deref(), read.request_id.as_deref()), (Some(code), Some(request_id)));
        }
    }

    #[test]
    fn codes_and_messages_are_bounded() {
        let body = |code: &str, message: &str| serde_json::json!({"error_code": code, "error_msg": message}).to_string();
        let (code, message) = read(400, &body(&"A".repeat(128), &"ü".repeat(5000))).unwrap();
        assert_eq!((code.map(|code| code.len()), message.chars().count()), (Some(128), 1024));
        assert_eq!(read(400, &body(&"A".repeat(129), "m")).unwrap(), (None, "m".to_owned()));
    }

    fn json() -> impl Strategy<Value = Value> {
        let name = prop_oneof![
            Just("error".to_owned()),
            Just("error_code".to_owned()),
            Just("error_msg".to_owned()),
            Just("errorCode".to_owned()),
            Just("code".to_owned()),
            Just("message".to_owned()),
            Just("request_id".to_owned()),
            ".{0,8}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,200}".prop_map(Value::from),
            "[A-Za-z]{1,14}\\.[0-9]{4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::hash_map(name.clone(), inner, 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(body in proptest::collection::vec(any::<u8>(), 0..512), status in 0u16..1000) {
            let read = refusal(&answer(status, &[], &body));
            prop_assert_eq!(read.is_some(), serde_json::from_slice::<Map<String, Value>>(&body).is_ok());
        }

        #[test]
        fn whatever_the_json_what_is_read_is_bounded(value in json(), status in 0u16..1000) {
            let read = refusal(&answer(status, &[], value.to_string().as_bytes()));
            prop_assert_eq!(read.is_some(), value.is_object());
            if let Some(read) = read {
                for word in [&read.code, &read.request_id].into_iter().flatten() {
                    prop_assert!(!word.is_empty() && word.len() <= LONGEST_WORD && word.chars().all(|c| c.is_ascii_graphic()));
                }
                prop_assert!(read.code.is_none_or(|code| code != status.to_string()));
                prop_assert!(read.message.chars().count() <= LONGEST_MESSAGE);
            }
        }
    }
}
