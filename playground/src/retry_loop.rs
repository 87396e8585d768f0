//! What many scripts do: call, and if no answer comes, call again. Here to be compared with steward after the same mishap.

use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::hmac;
use steward_playground::http;

use crate::screen::say;

const TRIES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(2);
const SCRIPT: &str = "apt-get -y install --only-upgrade openssl";

/// Who calls.
pub(crate) struct Caller<'a> {
    pub(crate) url: &'a str,
    pub(crate) key_id: &'a str,
    pub(crate) key_secret: &'a str,
}

/// Runs a script on i-web1, and tries again until it hears of an answer.
pub(crate) fn run(caller: &Caller<'_>) -> Result<()> {
    let address = http::address(caller.url)?;
    for attempt in 1..=TRIES {
        match http::get(address, &path(caller, now()), PATIENCE) {
            Ok(answer) if answer.is_success() => {
                say(&format!("try {attempt}: {}", answer.body.trim()));
                return Ok(());
            }
            Ok(answer) => bail!("refused: {}", answer.body.trim()),
            Err(_) => say(&format!("try {attempt}: no answer; it cannot have worked, so once more")),
        }
    }
    bail!("no answer after {TRIES} tries")
}

#[allow(clippy::disallowed_methods, reason = "a script has no other clock")]
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// The call as a signed path, with the vendor's first signature, which needs nothing but a URL.
fn path(caller: &Caller<'_>, now: Duration) -> String {
    let date = Timestamp::from_second(i64::try_from(now.as_secs()).unwrap_or_default()).unwrap_or_default().to_string();
    let nonce = now.as_nanos().to_string();
    let mut parameters = vec![
        ("AccessKeyId", caller.key_id),
        ("Action", "RunCommand"),
        ("CommandContent", SCRIPT),
        ("Format", "json"),
        ("InstanceId.1", "i-web1"),
        ("Name", "retry-loop"),
        ("RegionId", "cn-hangzhou"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", &nonce),
        ("SignatureVersion", "1.0"),
        ("Timestamp", &date),
        ("Type", "RunShellScript"),
        ("Version", "2014-05-26"),
    ];
    parameters.sort_unstable();
    let query: Vec<String> = parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let query = query.join("&");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{}&", caller.key_secret).as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, format!("GET&%2F&{}", encode(&query)).as_bytes()));
    format!("/?{query}&Signature={}", encode(&signature))
}

/// As RFC 3986 has it.
fn encode(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_one_signed_line() {
        let caller = Caller { url: "", key_id: "id", key_secret: "secret" };
        let path = path(&caller, Duration::from_secs(1_700_000_000));
        assert!(
            path.starts_with("/?AccessKeyId=id&Action=RunCommand&CommandContent=apt-get%20-y%20install%20--only-upgrade%20openssl&"),
            "{path}"
        );
        assert!(path.contains("Timestamp=2023-11-14T22%3A13%3A20Z&"), "{path}");
        assert!(!path.contains("ClientToken"), "that is the point");
    }
}
