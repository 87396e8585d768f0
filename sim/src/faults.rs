//! Bad days on request: which calls a fault strikes, when, how often, and what it does. Carrying it out is left to `desk` and `http`.

use std::collections::{BTreeMap, VecDeque};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::hook::CallInfo;
use crate::huawei::answer::Envelope;
use crate::huawei::codes;

/// Something that goes wrong with certain calls. Faults are tried in the order in which they were added; one call meets at most one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The vendor's name of the operation, also of one that is not simulated; `*` for all.
    pub operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Parameters that the call must carry, by exact value.
    #[serde(default, rename = "match", skip_serializing_if = "BTreeMap::is_empty")]
    pub matching: BTreeMap<String, String>,
    #[serde(default)]
    pub when: When,
    pub what: What,
    /// How many calls it strikes; `"forever"` (here: `None`) has no end.
    #[serde(default = "once", with = "times")]
    pub times: Option<u32>,
    /// How many matching calls it lets pass first.
    #[serde(default)]
    pub skip: u32,
    /// By the simulator's clock, before anything else happens.
    #[serde(default, skip_serializing_if = "SignedDuration::is_zero")]
    pub delay: SignedDuration,
}

/// Before the operation was carried out, or after: the client cannot see the difference, the cloud can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    #[default]
    Before,
    After,
}

/// What the client gets instead of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum What {
    /// The true answer, but only after so long; without a time, none ever.
    Timeout(Option<SignedDuration>),
    /// The connection closes without an answer.
    Reset,
    Garble(Garble),
    /// The vendor's flow control.
    Throttle,
    /// This answer.
    Error {
        status: u16,
        code: String,
        message: String,
        /// Huawei: the form of the body; by default the one that such a code comes in.
        envelope: Option<Envelope>,
        /// Huawei: goes into the body beside code and message.
        encoded_authorization_message: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Garble {
    /// A proxy's page with status 502.
    Html,
    /// The right head and half a body, then the connection closes.
    Half,
}

impl Fault {
    /// Strikes the next call of `operation`, before it acts.
    pub fn on(operation: impl Into<String>, what: What) -> Self {
        Self {
            operation: operation.into(),
            service: None,
            account: None,
            region: None,
            matching: BTreeMap::new(),
            when: When::Before,
            what,
            times: Some(1),
            skip: 0,
            delay: SignedDuration::ZERO,
        }
    }

    #[must_use]
    pub fn after(mut self) -> Self {
        self.when = When::After;
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    #[must_use]
    pub fn skip(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    #[must_use]
    pub fn delayed(mut self, delay: SignedDuration) -> Self {
        self.delay = delay;
        self
    }

    #[must_use]
    pub fn of_account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.matching.insert(name.into(), value.into());
        self
    }

    fn concerns(&self, call: &CallInfo) -> bool {
        let fits = |wanted: &Option<String>, actual: Option<&str>| wanted.as_deref().is_none_or(|text| Some(text) == actual);
        (self.operation == "*" || self.operation == call.operation)
            && fits(&self.service, Some(&call.service))
            && fits(&self.account, call.account.as_deref())
            && fits(&self.region, call.region.as_deref())
            && self.matching.iter().all(|(name, value)| call.parameters.get(name) == Some(value))
    }
}

impl What {
    pub fn error(status: u16, code: impl Into<String>) -> Self {
        let code = code.into();
        let message = format!("{code} (a fault of the simulator)");
        Self::Error { status, code, message, envelope: None, encoded_authorization_message: None }
    }

    /// A code of Huawei's Organizations or CSBS as documented: with its HTTP status and, where denials carry one, an opaque reason. None if it
    /// is not documented.
    pub fn documented(code: impl Into<String>) -> Option<Self> {
        let code = code.into();
        let status = codes::status_of(&code)?;
        let opaque = (code == codes::DENIED).then(|| "simulated-denial".to_owned());
        let message = codes::csbs(&code).map(|(_, message)| codes::fill(message, &[]));
        let mut what = Self::error(status, code);
        if let Self::Error { message: said, encoded_authorization_message, .. } = &mut what {
            *encoded_authorization_message = opaque;
            if let Some(message) = message {
                *said = message;
            }
        }
        Some(what)
    }

    /// In this envelope, which only Huawei's answers have.
    #[must_use]
    pub fn in_envelope(mut self, form: Envelope) -> Self {
        if let Self::Error { envelope, .. } = &mut self {
            *envelope = Some(form);
        }
        self
    }
}

impl TryFrom<Value> for What {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        const FORMS: &str = "what: one of \"timeout\", {\"timeout\": \"5s\"}, \"reset\", \"garble\", {\"garble\": \"html\"|\"half\"}, \"throttle\", {\"status\": 500, \"code\": \"…\", \"message\": \"…\"}";
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Plain {
            status: Option<u16>,
            code: String,
            message: Option<String>,
            envelope: Option<Envelope>,
            encoded_authorization_message: Option<String>,
        }
        if let Some(word) = value.as_str() {
            return match word {
                "timeout" => Ok(Self::Timeout(None)),
                "reset" => Ok(Self::Reset),
                "garble" => Ok(Self::Garble(Garble::Html)),
                "throttle" => Ok(Self::Throttle),
                _ => Err(FORMS.to_owned()),
            };
        }
        let single = value.as_object().filter(|fields| fields.len() == 1);
        if let Some(after) = single.and_then(|fields| fields.get("timeout")) {
            return serde_json::from_value(after.clone())
                .map(|after| Self::Timeout(Some(after)))
                .map_err(|error| format!("what.timeout: {error}"));
        }
        if let Some(how) = single.and_then(|fields| fields.get("garble")) {
            return serde_json::from_value(how.clone()).map(Self::Garble).map_err(|error| format!("what.garble: {error}"));
        }
        let plain: Plain = serde_json::from_value(value).map_err(|error| format!("{error}; {FORMS}"))?;
        let mut what = match plain.status {
            Some(status) if (200..=599).contains(&status) => Self::error(status, plain.code),
            Some(status) => return Err(format!("what.status: {status} is no status of an answer")),
            None => Self::documented(&plain.code).ok_or_else(|| format!("what.status: that of {} is not known here", plain.code))?,
        };
        if let Self::Error { message, envelope, encoded_authorization_message, .. } = &mut what {
            if let Some(text) = plain.message {
                *message = text;
            }
            *envelope = plain.envelope;
            if plain.encoded_authorization_message.is_some() {
                *encoded_authorization_message = plain.encoded_authorization_message;
            }
        }
        Ok(what)
    }
}

impl From<What> for Value {
    fn from(what: What) -> Self {
        match what {
            What::Timeout(None) => json!("timeout"),
            What::Timeout(Some(after)) => json!({ "timeout": after }),
            What::Reset => json!("reset"),
            What::Garble(how) => json!({ "garble": how }),
            What::Throttle => json!("throttle"),
            What::Error { status, code, message, envelope, encoded_authorization_message } => {
                let mut all = json!({ "status": status, "code": code, "message": message });
                if let Some(envelope) = envelope {
                    all["envelope"] = json!(envelope);
                }
                if let Some(encoded) = encoded_authorization_message {
                    all["encodedAuthorizationMessage"] = json!(encoded);
                }
                all
            }
        }
    }
}

#[allow(clippy::unnecessary_wraps, reason = "serde wants a default of the field's type")]
fn once() -> Option<u32> {
    Some(1)
}

mod times {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Count(u32),
        Word(String),
    }

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(times: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
        match times {
            Some(count) => serializer.serialize_u32(*count),
            None => serializer.serialize_str("forever"),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
        match Form::deserialize(deserializer) {
            Ok(Form::Count(count)) => Ok(Some(count)),
            Ok(Form::Word(word)) if word == "forever" => Ok(None),
            _ => Err(D::Error::custom("times: a number, or \"forever\"")),
        }
    }
}

/// The faults that are set, with what is left of each.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push_back(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The fault that this call meets, used up by one.
    pub(crate) fn strike(&mut self, call: &CallInfo) -> Option<Fault> {
        for fault in &mut self.0 {
            if fault.times == Some(0) || !fault.concerns(call) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(left) = &mut fault.times {
                *left -= 1;
            }
            return Some(fault.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_call(operation: &str) -> CallInfo {
        CallInfo {
            number: 1,
            vendor: "alibaba".to_owned(),
            service: "ecs".to_owned(),
            operation: operation.to_owned(),
            account: Some("1".to_owned()),
            access_key_id: None,
            user: None,
            project: None,
            region: Some("cn-hangzhou".to_owned()),
            parameters: BTreeMap::from([("InstanceId".to_owned(), "i-1".to_owned())]),
        }
    }

    #[test]
    fn a_fault_skips_then_strikes_then_is_used_up() {
        let mut faults = Faults::default();
        faults.add(Fault::on("RunCommand", What::Throttle).skip(1).times(2));
        let struck: Vec<bool> = (0..4).map(|_| faults.strike(&a_call("RunCommand")).is_some()).collect();
        assert_eq!(struck, [false, true, true, false]);
        assert!(faults.strike(&a_call("StopInvocation")).is_none());
    }

    #[test]
    fn account_region_and_parameters_narrow_a_fault() {
        let fault = || Fault::on("*", What::Reset).forever();
        for (fault, expected) in [
            (fault(), true),
            (fault().of_account("1"), true),
            (fault().of_account("2"), false),
            (fault().in_region("cn-beijing"), false),
            (fault().with_parameter("InstanceId", "i-1"), true),
            (fault().with_parameter("InstanceId", "i-2"), false),
        ] {
            let mut faults = Faults::default();
            faults.add(fault.clone());
            assert_eq!(faults.strike(&a_call("Any")).is_some(), expected, "{fault:?}");
        }
    }

    #[test]
    fn every_form_of_what_survives_json() {
        for text in [
            r#""timeout""#,
            r#"{"timeout":"PT5S"}"#,
            r#""reset""#,
            r#"{"garble":"half"}"#,
            r#""throttle""#,
            r#"{"code":"InternalError","message":"m","status":500}"#,
            r#"{"code":"CSBS.9998","encodedAuthorizationMessage":"e","envelope":"nested","message":"m","status":500}"#,
        ] {
            let what: What = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&what).unwrap(), text);
        }
    }

    #[test]
    fn a_fault_that_cannot_be_is_refused_with_the_reason() {
        for (text, reason) in [
            (r#"{"operation":"A","what":"explode"}"#, "one of"),
            (r#"{"operation":"A","what":{"status":99,"code":"X"}}"#, "no status"),
            (r#"{"operation":"A","what":{"code":"CSBS.1"}}"#, "that of CSBS.1 is not known"),
            (r#"{"operation":"A","what":"reset","often":1}"#, "often"),
            (r#"{"operation":"A","what":"reset","times":"always"}"#, "forever"),
        ] {
            let error = serde_json::from_str::<Fault>(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
