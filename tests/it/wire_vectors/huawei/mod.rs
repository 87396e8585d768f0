//! Recordings of Huawei Cloud's and Open Telekom Cloud's clients. The requests to the identity and the backup service are made anew and the
//! answers read; the others, and these once more, are sent through our own request as they were recorded. Signatures are computed twice: by the client, and by
//! the second reading in `recomputed`.

mod backups;

use super::recomputed::Recomputed;
use super::{Report, directory};
use cloud_steward::cloud::huawei::iam::answers::{TemporaryKey, Token};
use cloud_steward::cloud::huawei::iam::requests::{self, Agency, DomainRef, Request as Question, TokenScope, UserRef};
use cloud_steward::cloud::huawei::request::{Attempt, Keys, Scope};
use cloud_steward::cloud::huawei::sign::{self, Parts};
use cloud_steward::cloud::transport::{HttpAnswer, HttpRequest, Method};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;
use url::{Url, form_urlencoded};

const SCHEME: &str = "SDK-HMAC-SHA256";

#[derive(Deserialize)]
struct Vector {
    service: String,
    operation: String,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    credentials: Map<String, Value>,
    #[serde(flatten)]
    last: Exchange,
    signing: Option<Signing>,
    /// All exchanges, where it took several.
    #[serde(default)]
    sequence: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    request: Request,
    #[serde(default)]
    response: Option<Response>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    host: String,
    path: String,
    /// As on the request line.
    query: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signing {
    algorithm: String,
    signed_headers: Vec<String>,
    canonical_request: String,
    canonical_request_sha256: String,
    string_to_sign: String,
    signature: String,
}

impl Vector {
    fn credential(&self, name: &str) -> Option<String> {
        self.credentials.get(name).and_then(Value::as_str).map(ToOwned::to_owned)
    }

    fn secret_key(&self) -> SecretString {
        SecretString::from(self.credential("sk").unwrap_or_default())
    }

    fn access_key(&self) -> Keys {
        Keys::AccessKey {
            access_key: self.credential("ak").unwrap_or_default(),
            secret_key: self.secret_key(),
            security_token: self.credential("securityToken").map(SecretString::from),
        }
    }

    fn exchanges(&self) -> Vec<&Exchange> {
        if self.sequence.is_empty() { vec![&self.last] } else { self.sequence.iter().collect() }
    }
}

impl Request {
    fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
    }

    fn pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default().as_bytes()
    }

    /// Where the recorded request acts, by its headers.
    fn scope(&self) -> Scope {
        let header = |name| self.header(name).map(ToOwned::to_owned);
        header("x-project-id").map(Scope::Project).or_else(|| header("x-domain-id").map(Scope::Domain)).unwrap_or(Scope::None)
    }
}

/// Whether this is the form of Huawei's recordings.
pub(super) fn recorded(raw: &Value) -> bool {
    raw.pointer("/request/headers").is_some_and(Value::is_object) && raw.pointer("/signing/scheme").is_none()
}

/// Compares one recording with what we would send.
pub(super) fn check(report: &mut Report, name: &str, raw: Value) {
    let vector: Vector = match serde_json::from_value(raw) {
        Ok(vector) => vector,
        Err(error) => return report.red.push(format!("{name}: not a vector of a form that we know: {error}")),
    };
    let mut found = check_signature(report, &vector);
    match vector.service.as_str() {
        "iam" => match questions(&vector) {
            Some(questions) => found.extend(check_questions(report, &vector, &questions)),
            None => report.lacks(format!("operation iam:{}", vector.operation)),
        },
        "csbs" | "organizations" | "signing" => {
            report.sent += 1;
            found.extend(as_sent(&vector));
            let ours = if vector.service == "csbs" { backups::check(report, &vector) } else { None };
            if let Some(differences) = ours {
                found.extend(differences);
            } else if vector.service != "signing" {
                report.lacks(format!("operation {}:{}", vector.service, vector.operation));
            }
        }
        _ => report.lacks(format!("operation {}:{}", vector.service, vector.operation)),
    }
    report.red.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
}

fn check_signature(report: &mut Report, vector: &Vector) -> Vec<String> {
    let Some(signing) = &vector.signing else { return Vec::new() };
    if signing.algorithm != SCHEME {
        report.lacks(format!("scheme {}", signing.algorithm));
        return Vec::new();
    }
    report.signatures += 1;
    let request = &vector.last.request;
    let headers: Vec<(String, String)> =
        signing.signed_headers.iter().map(|name| (name.clone(), request.header(name).unwrap_or_default().to_owned())).collect();
    let parts = Parts { method: &request.method, path: &request.path, query: &request.pairs(), headers: &headers, body: request.body() };
    let ours = sign::sign(&parts, &vector.secret_key());
    let again = Recomputed::of(&request.method, &request.path, &request.query, &headers, request.body(), &vector.secret_key());
    let authorization = sign::authorization(&ours, &vector.credential("ak").unwrap_or_default());
    let compared = [
        ("hash of the canonical request", ours.canonical_request_hash.as_str(), signing.canonical_request_sha256.as_str()),
        ("signature", &ours.signature, &signing.signature),
        ("authorization header", &authorization, request.header("authorization").unwrap_or_default()),
        ("canonical request, recomputed", &again.canonical, &signing.canonical_request),
        ("string to sign, recomputed", &again.to_sign, &signing.string_to_sign),
        ("signature, recomputed", &again.signature, &signing.signature),
    ];
    compared
        .iter()
        .filter(|(_, one, other)| one != other)
        .map(|(what, one, other)| format!("{what}: {one:?}, recorded {other:?}"))
        .collect()
}

/// What our client asks when it is told to do what the recorded client was told, and in whose name.
fn questions(vector: &Vector) -> Option<Vec<(Question, Keys)>> {
    let field = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let domain = |of: &Value, id: &str, name: &str| field(of, id).map(DomainRef::Id).or_else(|| field(of, name).map(DomainRef::Name));
    match vector.operation.as_str() {
        "keystone-create-token" => {
            let auth = vector.input.get("auth")?;
            let user = match field(auth, "user_id") {
                Some(id) => UserRef::Id(id),
                None => UserRef::Name { name: field(auth, "username")?, domain: domain(auth, "user_domain_id", "user_domain_name")? },
            };
            let password = SecretString::from(field(auth, "password")?);
            let project = |prefix: &str| {
                let name = |part: &str| format!("{prefix}project_{part}");
                let named = field(auth, &name("name"))
                    .map(|named| TokenScope::ProjectNamed { name: named, domain: domain(auth, &name("domain_id"), &name("domain_name")) });
                field(auth, &name("id")).map(TokenScope::Project).or(named)
            };
            match vector.input.get("authType")?.as_str()? {
                "v3password" | "password" => {
                    let scope = project("").or_else(|| domain(auth, "domain_id", "domain_name").map(TokenScope::Domain));
                    Some(vec![(requests::password_token(&user, &password, scope.as_ref()), Keys::None)])
                }
                "agency" => {
                    let domain = domain(auth, "target_domain_id", "target_domain_name")?;
                    let agency = Agency { name: field(auth, "target_agency_name")?, domain };
                    let own = vector.sequence.first()?.response.as_ref().and_then(|response| Token::read(&answer(response)).ok())?;
                    Some(vec![
                        (requests::password_token(&user, &password, None), Keys::None),
                        (requests::agency_token(&agency, project("target_").as_ref()), Keys::Token(own.token)),
                    ])
                }
                _ => None,
            }
        }
        "create_temporary_access_key_by_agency" => {
            let assumed = vector.input.pointer("/request/body/auth/identity/assume_role")?;
            let agency = Agency { name: field(assumed, "agency_name")?, domain: domain(assumed, "domain_id", "domain_name")? };
            let duration = Duration::from_secs(assumed.get("duration_seconds")?.as_u64()?);
            Some(vec![(requests::temporary_key(&agency, duration), vector.access_key())])
        }
        _ => None,
    }
}

fn check_questions(report: &mut Report, vector: &Vector, questions: &[(Question, Keys)]) -> Vec<String> {
    let exchanges = vector.exchanges();
    let mut found = Vec::new();
    if exchanges.len() != questions.len() {
        found.push(format!("we ask {} times, they {}", questions.len(), exchanges.len()));
    }
    for (exchange, (question, keys)) in exchanges.iter().zip(questions) {
        report.requests += 1;
        let recorded = &exchange.request;
        let body = question.body.as_ref().map(ExposeSecret::expose_secret);
        let json = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
        let asked = Asked { method: &question.method, path: question.path, query: &question.query, body, keys };
        if body.and_then(json) != json(recorded.body()) {
            found.push(format!("the body of {} differs from the recorded one", question.operation));
        }
        found.extend(as_built(vector, recorded, &asked));
        if let Some(response) = exchange.response.as_ref().filter(|response| response.status < 300) {
            report.answers += 1;
            found.extend(as_read(question, response));
        }
    }
    found
}

/// The recorded request, sent through ours: everything but the operation itself.
fn as_sent(vector: &Vector) -> Vec<String> {
    let recorded = &vector.last.request;
    let keys = match (&vector.signing, recorded.header("x-auth-token")) {
        (Some(_), _) => vector.access_key(),
        (None, Some(token)) => Keys::Token(SecretString::from(token)),
        (None, None) => Keys::None,
    };
    let Ok(method) = Method::from_bytes(recorded.method.as_bytes()) else {
        return vec![format!("{:?} is not a method", recorded.method)];
    };
    let body = recorded.body.as_ref().map(|_| recorded.body());
    as_built(vector, recorded, &Asked { method: &method, path: &recorded.path, query: &recorded.pairs(), body, keys: &keys })
}

/// What a request of ours is built from, but for time and place.
struct Asked<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a [(String, String)],
    body: Option<&'a [u8]>,
    keys: &'a Keys,
}

/// The request as the client builds it, against the recorded one.
fn as_built(vector: &Vector, recorded: &Request, asked: &Asked<'_>) -> Vec<String> {
    let date = recorded.header("x-sdk-date").unwrap_or("20250102T030405Z");
    let date = DateTime::strptime("%Y%m%dT%H%M%SZ", date).and_then(|date| TimeZone::UTC.to_timestamp(date));
    let (Ok(endpoint), Ok(date)) = (Url::parse(&format!("http://{}/", recorded.host)), date) else {
        return vec!["the recorded host or date is none".to_owned()];
    };
    let scope = recorded.scope();
    let Asked { method, path, query, body, keys } = *asked;
    let attempt = Attempt { method: method.clone(), endpoint: &endpoint, path, query, body, keys, scope: &scope, date, deadline: None };
    let built = match attempt.build() {
        Ok(built) => built,
        Err(error) => return vec![format!("the request cannot be built: {error}")],
    };
    let mut found = Vec::new();
    if (built.method.as_str(), built.url.path()) != (recorded.method.as_str(), recorded.path.as_str()) {
        found.push(format!("we send {} {}, they {} {}", built.method, built.url.path(), recorded.method, recorded.path));
    }
    let sorted = |mut pairs: Vec<(String, String)>| {
        pairs.sort();
        pairs
    };
    let ours = built.url.query().unwrap_or_default();
    // Clients that do not sign leave the query in their own order and encoding.
    let same_query = match vector.signing {
        Some(_) => ours == recorded.query,
        None => sorted(built.url.query_pairs().into_owned().collect()) == sorted(recorded.pairs()),
    };
    if !same_query {
        found.push(format!("we send the query {ours:?}, they {:?}", recorded.query));
    }
    if built.body != body.unwrap_or_default() {
        found.push("the body changed on its way into the request".to_owned());
    }
    for name in ["x-auth-token", "x-project-id", "x-domain-id", "x-security-token", "x-sdk-date"] {
        if sent_header(&built, name) != recorded.header(name) {
            found.push(format!("our {name} differs from the recorded one"));
        }
    }
    if body.is_some() && sent_header(&built, "content-type") != Some("application/json") {
        found.push("the body is not said to be JSON".to_owned());
    }
    found.extend(as_signed(vector, &built, &recorded.host));
    found
}

/// Our own choice of signed headers, verified as the gateway would do it.
fn as_signed(vector: &Vector, built: &HttpRequest, host: &str) -> Option<String> {
    let authorization = sent_header(built, "authorization");
    if vector.signing.is_none() {
        return authorization.map(|_| "we sign what they send without a signature".to_owned());
    }
    let Some(rest) = authorization.and_then(|text| text.strip_prefix("SDK-HMAC-SHA256 ")) else {
        return Some("we do not sign what they sign".to_owned());
    };
    let fields: BTreeMap<&str, &str> = rest.split(", ").filter_map(|field| field.split_once('=')).collect();
    let field = |name: &str| fields.get(name).copied().unwrap_or_default();
    let names: Vec<String> = field("SignedHeaders").split(';').map(ToOwned::to_owned).collect();
    let unsigned = built.headers.iter().map(|(name, _)| name.as_str()).chain(["host"]);
    let unsigned: Vec<&str> =
        unsigned.filter(|name| !["accept", "authorization"].contains(name) && !names.iter().any(|signed| signed == name)).collect();
    if !unsigned.is_empty() {
        return Some(format!("we send {unsigned:?} unsigned"));
    }
    let value = |name: &str| if name == "host" { Some(host) } else { sent_header(built, name) };
    let headers: Vec<(String, String)> = names.iter().map(|name| (name.clone(), value(name).unwrap_or_default().to_owned())).collect();
    let query = built.url.query().unwrap_or_default();
    let again = Recomputed::of(built.method.as_str(), built.url.path(), query, &headers, &built.body, &vector.secret_key());
    let valid = field("Signature") == again.signature && vector.credential("ak").as_deref() == Some(field("Access"));
    (!valid).then(|| format!("our own signature of {names:?} is not valid"))
}

fn sent_header<'a>(built: &'a HttpRequest, wanted: &str) -> Option<&'a str> {
    built.headers.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.to_str().ok())
}

/// What our client makes of the recorded answer, against the answer's own words.
fn as_read(question: &Question, response: &Response) -> Option<String> {
    let answer = answer(response);
    let said = |pointer: &str| response.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let time = |pointer: &str| said(pointer).parse::<jiff::Timestamp>().ok();
    let read = if question.path == "/v3/auth/tokens" {
        Token::read(&answer).map(|token| {
            answer.header("x-subject-token") == Some(token.token.expose_secret())
                && time("/token/expires_at") == Some(token.expires_at)
                && token.user.name == said("/token/user/name")
                && token.user.domain.id == said("/token/user/domain/id")
                && token.project.map_or_else(String::new, |project| project.id) == said("/token/project/id")
                && token.catalog.iter().any(|entry| entry.endpoints.iter().any(|at| at.url == said("/token/catalog/0/endpoints/0/url")))
        })
    } else {
        TemporaryKey::read(&answer).map(|key| {
            key.access == said("/credential/access")
                && key.secret.expose_secret() == said("/credential/secret")
                && key.security_token.expose_secret() == said("/credential/securitytoken")
                && time("/credential/expires_at") == Some(key.expires_at)
        })
    };
    match read {
        Ok(true) => None,
        Ok(false) => Some("we read something else than the answer says".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

fn answer(response: &Response) -> HttpAnswer {
    let headers = response
        .headers
        .iter()
        .map(|(name, value)| (name.parse().expect("a recorded header has a name"), value.parse().expect("a recorded header has a value")));
    HttpAnswer { status: response.status, headers: headers.collect(), body: response.body.to_string().into_bytes() }
}

#[test]
fn every_recording_of_the_identity_and_the_backup_service_is_one_of_our_requests() {
    let report = Report::of(&directory("huawei"));
    assert!(report.red.is_empty(), "{:?}", report.red);
    let lacking: Vec<&String> = report
        .unimplemented
        .keys()
        .filter(|what| ["scheme", "operation iam", "operation csbs"].iter().any(|ours| what.starts_with(ours)))
        .collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    assert_eq!((report.requests, report.answers, report.sent, report.signatures), (15, 7, 17, 13));
}

#[test]
fn a_recording_that_differs_from_us_is_red() {
    let agency = include_str!("../../../vectors/huawei/keystone-agency-token.json");
    let password = include_str!("../../../vectors/huawei/keystone-password-project-name.json");
    let key = include_str!("../../../vectors/huawei/iam-temporary-key-by-agency.json");
    let signed = include_str!("../../../vectors/huawei/csbs-check-restorable-aksk-temporary.json");
    let by_token = include_str!("../../../vectors/huawei/csbs-list-checkpoint-items-token.json");
    let damages = [
        (agency, "xrole_name\\\"", "agency_name\\\""),
        (agency, "\"X-Auth-Token\": \"FAKE", "\"X-Auth-Token\": \"OTHER"),
        (agency, "\"target_project_name\": \"eu-de\"", "\"target_project_id\": \"eu-de\""),
        (agency, "\"path\": \"/v3/auth/tokens\"", "\"path\": \"/v3/auth/token\""),
        (agency, "\"method\": \"POST\"", "\"method\": \"PUT\""),
        (password, "\"password\": \"fake-password", "\"password\": \"other"),
        (password, "\"query\": \"\"", "\"query\": \"nocatalog=true\""),
        (password, "\"expires_at\"", "\"ends_at\""),
        (password, "\"X-Subject-Token\"", "\"X-Other-Token\""),
        (key, "\"X-Domain-Id\": \"fedc", "\"X-Project-Id\": \"fedc"),
        (key, "\"securitytoken\"", "\"token\""),
        (key, "\"duration_seconds\": 3600,", "\"duration_seconds\": 900,"),
        (signed, "\"signature\": \"726d", "\"signature\": \"736d"),
        (signed, "Signature=726d", "Signature=736d"),
        (signed, "\"sk\": \"fake", "\"sk\": \"other"),
        (signed, "\"ak\": \"FAKE", "\"ak\": \"OTHER"),
        (signed, "\"canonicalRequestSha256\": \"1224", "\"canonicalRequestSha256\": \"2224"),
        (signed, "POST\\n", "post\\n"),
        (signed, "X-Security-Token\": \"FAKE", "X-Security-Token\": \"OTHER"),
        (signed, "resources/action\",", "resources/actions\","),
        (signed, "\\\"target\\\"", "\\\"targets\\\""),
        (by_token, "\"Connection\": \"keep-alive\"", "\"X-Project-Id\": \"p\""),
        (by_token, "\"path\": \"/v1/", "\"path\": \"/v1/../"),
    ];
    for text in [agency, password, key, signed, by_token] {
        let mut report = Report::default();
        report.check("whole", text);
        assert!(report.red.is_empty(), "{:?}", report.red);
    }
    for (text, from, to) in damages {
        let mut report = Report::default();
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from} is not in the vector");
        report.check("damaged", &changed);
        assert!(!report.red.is_empty(), "{from} -> {to} went unnoticed");
    }
}

#[test]
fn an_operation_that_nobody_knows_is_counted_and_its_signature_checked() {
    let text = include_str!("../../../vectors/huawei/organizations-attach-policy.json");
    let unknown = text.replace("\"service\": \"organizations\"", "\"service\": \"vpc\"");
    let mut report = Report::default();
    report.check("unknown", &unknown);
    assert_eq!((report.red.len(), report.signatures, report.sent), (0, 1, 0));
    assert_eq!(report.unimplemented, BTreeMap::from([("operation vpc:attach_policy".to_owned(), 1)]));
    report.check("damaged", &unknown.replace("Signature=2531", "Signature=3531"));
    assert_eq!(report.red.len(), 1);
}
