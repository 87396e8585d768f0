//! The catalogue against the committed list of the vendor's codes and texts, and against everything that lies about itself.

use super::*;
use crate::cloud::error::Class::{
    Busy, Denied, Invalid, NotFound, Precondition, Quota, Retired, Throttled, Unauthenticated, Unavailable, Unexpected,
};
use crate::reason::Reason;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// One documented code, with the vendor's texts.
#[derive(Deserialize)]
struct Documented {
    service: String,
    status: u16,
    code: String,
    texts: Vec<String>,
}

fn documented() -> Vec<Documented> {
    serde_json::from_str(include_str!("../../../../tests/data/huawei-error-codes.json")).unwrap()
}

const CHECK: Operation = Operation { service: "csbs", name: "CheckRestorable", effect: Effect::Read };
const GET_ITEM: Operation = Operation { service: "csbs", name: "GetCheckpointItem", effect: Effect::Read };
const LOGIN: Operation = Operation { service: "iam", name: "CreateToken", effect: Effect::Read };
const ATTACH: Operation = Operation { service: "organizations", name: "AttachPolicy", effect: Effect::Repeatable };
const CREATE: Operation = Operation { service: "organizations", name: "CreateAccount", effect: Effect::Once };

#[test]
fn every_documented_code_has_a_row() {
    let documented = documented();
    let count = |service: &str| documented.iter().filter(|entry| entry.service == service).count();
    let counts = ["organizations", "csbs", "apigw", "iam", "http"].map(count);
    assert_eq!(counts, [97, 53, 41, 28, 7]);
    for entry in documented {
        let found = rows().any(|row| (row.service, row.code, row.http_status) == (&entry.service, &entry.code, Some(entry.status)));
        assert!(found, "{} {} is not in the catalogue", entry.status, entry.code);
    }
}

#[test]
fn no_row_is_of_a_code_that_nobody_documented() {
    let documented: HashSet<_> = documented().into_iter().map(|entry| (entry.service, entry.code, entry.status)).collect();
    for row in rows() {
        let key = (row.service.to_owned(), row.code.to_owned(), row.http_status.unwrap());
        assert!(documented.contains(&key), "{} {}", row.http_status.unwrap(), row.code);
    }
}

#[test]
fn no_text_repeats_six_words_of_the_vendors() {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let mut theirs = HashMap::new();
    for entry in documented() {
        for text in &entry.texts {
            for six in words(text).windows(6) {
                theirs.insert(six.to_vec(), entry.code.clone());
            }
        }
    }
    assert!(theirs.len() > 1000, "the vendor's texts are there to be compared with");
    for row in rows() {
        for text in [row.meaning, row.hint] {
            for six in words(text).windows(6) {
                assert_eq!(theirs.get(six), None, "{}: {text}", row.code);
            }
        }
    }
}

#[test]
fn no_text_stands_under_two_rows() {
    let mut seen = HashMap::new();
    for row in rows() {
        for text in [row.meaning, row.hint] {
            assert_eq!(seen.insert(text, row.code), None, "{}: {text}", row.code);
            assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", row.code);
        }
        assert!(row.meaning.len() < 160 && row.hint.len() < 300 && row.meaning.len() + row.hint.len() < 400, "{}", row.code);
    }
}

#[test]
fn no_row_hides_another() {
    let mut seen = HashSet::new();
    for row in coded().chain(http::ROWS) {
        assert!(seen.insert((row.operations, row.code, row.http_status)), "{} twice", row.code);
    }
}

#[test]
fn codes_mean_what_they_mean() {
    use Acted::{No, Perhaps};
    let table = [
        // Lasting facts that come with 500, and states that come with 400.
        (CHECK, 500, "CSBS.6019", Invalid, No),
        (CHECK, 500, "CSBS.6023", Invalid, No),
        (GET_ITEM, 500, "CSBS.6019", Invalid, No),
        (CHECK, 500, "CSBS.1001", Busy, No),
        (CHECK, 400, "CSBS.4000", Busy, No),
        (CHECK, 500, "CSBS.9999", Unavailable, No),
        (ATTACH, 400, "Organizations.1616", Busy, No),
        (ATTACH, 400, "Organizations.1617", Unavailable, No),
        // One code, two meanings; of an unlisted status, the one that is likelier.
        (CHECK, 403, "CSBS.9009", Denied, No),
        (CHECK, 400, "CSBS.9009", Invalid, No),
        (CHECK, 200, "CSBS.9009", Denied, No),
        // The credential is fine; nothing is missing but a header.
        (ATTACH, 401, "Organizations.1001", Denied, No),
        (ATTACH, 401, "Organizations.1002", Denied, No),
        (ATTACH, 401, "Organizations.1015", Denied, No),
        (ATTACH, 401, "Organizations.1018", Denied, No),
        (ATTACH, 404, "Organizations.1010", Invalid, No),
        (ATTACH, 404, "Organizations.1600", NotFound, No),
        // 409 is three things.
        (ATTACH, 409, "Organizations.1003", Busy, No),
        (CREATE, 409, "Organizations.1306", Invalid, No),
        (ATTACH, 409, "Organizations.1603", Precondition, No),
        (CREATE, 400, "Organizations.1305", Quota, No),
        (CREATE, 400, "Organizations.1008", Unexpected, No),
        // Whoever was called, the gateway or a guard rail may answer.
        (CHECK, 403, "Organizations.1007", Denied, No),
        (CREATE, 429, "APIGW.0308", Throttled, No),
        (CHECK, 400, "BackupService.4008", Retired, No),
        // One code, six statuses.
        (CREATE, 400, "APIGW.0201", Invalid, No),
        (CREATE, 413, "APIGW.0201", Invalid, No),
        (CREATE, 414, "APIGW.0201", Invalid, No),
        (CREATE, 494, "APIGW.0201", Invalid, No),
        (CREATE, 502, "APIGW.0201", Unavailable, Perhaps),
        (CREATE, 504, "APIGW.0201", Unavailable, Perhaps),
        (CREATE, 503, "APIGW.0201", Unavailable, Perhaps),
        (CHECK, 504, "APIGW.0201", Unavailable, No),
        // The gateway's other names, with statuses of their own.
        (CHECK, 500, "APIG.0103", Invalid, No),
        (CHECK, 500, "APIC.0105", Invalid, No),
        (CHECK, 401, "APIG.0307", Unauthenticated, No),
        // A limit that calls itself a forbidden method; identities that are shut out, not rights that are missing.
        (CREATE, 405, "APIGW.0501", Quota, No),
        (LOGIN, 403, "IAM.0080", Unauthenticated, No),
        (LOGIN, 403, "IAM.0002", Denied, No),
        (LOGIN, 410, "IAM.0020", Unavailable, No),
        // A failure inside may come after the act.
        (CREATE, 500, "APIGW.0601", Unavailable, Perhaps),
        (ATTACH, 500, "IAM.0006", Unavailable, Perhaps),
        // Not in the catalogue: only what can mean one thing is read from the status.
        (CREATE, 400, "Brand.New", Unexpected, Perhaps),
        (CREATE, 403, "Organizations.1325", Unexpected, Perhaps),
        (CHECK, 404, "CSBS.6099", Unexpected, No),
        (CHECK, 200, "CSBS.6099", Unexpected, No),
        (CREATE, 409, "Brand.New", Busy, Perhaps),
        (CREATE, 401, "Brand.New", Unauthenticated, No),
        (CREATE, 429, "Brand.New", Throttled, No),
        (CREATE, 502, "Brand.New", Unavailable, Perhaps),
    ];
    for (operation, status, code, class, acted) in table {
        assert_eq!(classify(operation, status, Some(code)), (class, acted), "{operation} {status} {code}");
    }
}

#[test]
fn an_answer_without_a_code_is_judged_by_its_status() {
    use Acted::{No, Perhaps};
    let table = [
        (400, Invalid, No),
        (401, Unauthenticated, No),
        (403, Denied, No),
        (404, NotFound, No),
        (409, Busy, Perhaps),
        (418, Unexpected, Perhaps),
        (429, Throttled, No),
        (500, Unavailable, Perhaps),
        (502, Unavailable, Perhaps),
        (503, Unavailable, Perhaps),
    ];
    for (status, class, acted) in table {
        assert_eq!(classify(CREATE, status, None), (class, acted), "{status}");
        assert_eq!(classify(CHECK, status, None), (class, No), "{status}");
    }
    assert!(explain(CHECK, 200, None).ok);
}

#[test]
fn the_table_of_statuses_answers_for_no_code() {
    // A service whose code is "404" has not said what is missing.
    assert_eq!(classify(CHECK, 400, Some("404")).0, Unexpected);
}

#[test]
fn the_check_takes_for_a_verdict_what_speaks_of_restoring() {
    let failures = HashSet::from([
        "CSBS.0001",
        "CSBS.1001",
        "CSBS.1002",
        "CSBS.2001",
        "CSBS.2003",
        "CSBS.2004",
        "CSBS.7000",
        "CSBS.8001",
        "CSBS.8008",
        "CSBS.9001",
        "CSBS.9006",
        "CSBS.9009",
        "CSBS.9998",
        "CSBS.9999",
        "BackupService.4008",
    ]);
    let mut asked_again = Vec::new();
    for entry in documented().into_iter().filter(|entry| entry.service == "csbs") {
        let code = entry.code.as_str();
        // The same within a good answer as with the status that is documented.
        for status in [200, entry.status] {
            let found = explain(CHECK, status, Some(code));
            assert_eq!(found.ok, !failures.contains(code), "{status} {code}");
            assert_eq!(found.ok, found.reason == Reason::NotRestorable, "{status} {code}");
            assert_eq!(found.acted, Acted::No);
        }
        let found = explain(CHECK, entry.status, Some(code));
        if found.ok && found.class == Busy {
            asked_again.push(entry.code.clone());
        }
        // Nobody but the check asked for a verdict.
        let elsewhere = explain(GET_ITEM, entry.status, Some(code));
        assert!(!elsewhere.ok && elsewhere.reason == elsewhere.class.reason(), "{code}");
    }
    asked_again.sort();
    assert_eq!(asked_again, ["CSBS.4000", "CSBS.6005", "CSBS.6015", "CSBS.6030", "CSBS.6031"]);
}

#[test]
fn a_backup_that_is_gone_is_a_verdict_to_the_check_and_not_found_to_a_look() {
    assert_eq!((explain(CHECK, 404, Some("CSBS.3001")).ok, explain(CHECK, 404, Some("CSBS.3001")).class), (true, NotFound));
    let looked = explain(GET_ITEM, 404, Some("CSBS.3001"));
    assert_eq!((looked.ok, looked.class, looked.reason), (false, NotFound, Reason::NotFound));
    assert_ne!(looked.hint, explain(CHECK, 404, Some("CSBS.3001")).hint);
}

#[test]
fn what_is_so_already_is_no_failure() {
    let fine: Vec<_> = organizations::rows().filter(|row| row.ok).map(|row| row.code.trim_start_matches("Organizations.")).collect();
    assert_eq!(fine.len(), 8);
    for code in ["1101", "1307", "1501", "1601", "1603", "1702", "1901", "2002"] {
        assert!(fine.contains(&code), "{code}");
    }
}

#[test]
fn a_closer_reason_is_shown_where_there_is_one() {
    let table = [
        (401, "Organizations.1001", Reason::AccountMismatch),
        (401, "Organizations.1015", Reason::AccountMismatch),
        (404, "Organizations.1010", Reason::InternalError),
        (403, "Organizations.1007", Reason::AccessDenied),
        (400, "APIGW.0607", Reason::EndpointNotAllowed),
        (400, "BackupService.4008", Reason::ServiceRetired),
        (401, "APIGW.0301", Reason::CredentialRejected),
        (400, "Brand.New", Reason::UnknownError),
    ];
    for (status, code, reason) in table {
        assert_eq!(explain(CHECK, status, Some(code)).reason, reason, "{code}");
    }
}

/// The messages as the gateway sends them, some with what they repeat of the request behind the cause.
const REFUSED_SIGNATURES: [(&str, &str); 10] = [
    (
        "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:POST|/v1/x/||x-note:token expires|x-security-token:hidden",
        "does not belong",
    ),
    ("Incorrect IAM authentication information: AK access failed to reach the limit,forbidden.", "locked"),
    ("Incorrect IAM authentication information: signature expired, signature time:20250102T030405Z", "15 minutes"),
    ("Incorrect IAM authentication information: Get secretKey failed,ak:AK,err:ak not exist", "does not know the access key"),
    ("Incorrect IAM authentication information: ak not exist", "does not know the access key"),
    ("Incorrect IAM authentication information: decrypt token fail", "cannot be read"),
    ("Incorrect IAM authentication information: token expires, expires_at:2025-01-02", "24 hours"),
    ("Incorrect IAM authentication information: token expires, x-note: verify aksk signature fail", "24 hours"),
    ("Incorrect IAM authentication information: x-auth-token not found", "without token"),
    ("Incorrect IAM authentication information", "does not accept"),
];

#[test]
fn a_refused_signature_is_looked_at_more_closely() {
    for (message, meaning) in REFUSED_SIGNATURES {
        for code in ["APIGW.0301", "APIG.0301"] {
            let error = error(CHECK, 401, Some(code), message);
            assert_eq!(
                (error.class, error.reason, error.code.as_deref()),
                (Unauthenticated, Reason::CredentialRejected, Some(code)),
                "{message}"
            );
            assert!(error.meaning.contains(meaning), "{message}: {}", error.meaning);
        }
        // The message of another code tells nothing.
        assert_eq!(error(CHECK, 403, Some("APIGW.0302"), message).meaning, explain(CHECK, 403, Some("APIGW.0302")).meaning);
    }
}

#[test]
fn the_message_goes_nowhere() {
    let error = error(CHECK, 401, Some("APIGW.0301"), REFUSED_SIGNATURES[0].0);
    assert!(!format!("{error:?} {error}").contains("hidden"));
}

#[test]
fn an_unknown_code_is_kept_as_it_came() {
    let error = error(CHECK, 404, Some("BackupService.9999"), "told");
    assert_eq!((error.code.as_deref(), error.http_status, error.ok), (Some("BackupService.9999"), Some(404), false));
}
