//! What can be said of the types without an API server: the largest status fits, nothing of a newer release is refused or lost, the manifests
//! that people write are read and written back as they are, and the rules in the schema refuse what they should with a sentence about the field.

use super::envelope::{Drift, Envelope, HistoryEntry, LastError, Problem, Time};
use super::security_group_membership::{LedgerEntry, LedgerPage, LedgerState, MAX_MEMBERS, SecurityGroupMembershipStatus};
use super::*;
use crate::reason::Reason;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use kube::core::cel::Validator;
use serde_json::Value;

/// A status that is larger makes every watch event and every write of the object heavy, and ends at etcd's limit.
pub(super) const LARGEST_STATUS: usize = 256 * 1024;

/// The longest id that the schema admits.
pub(super) fn id(prefix: &str, number: usize) -> String {
    format!("{prefix}{number:0width$}", width = 32 - prefix.len())
}

pub(super) fn at(second: i64) -> Time {
    Timestamp::from_second(1_800_000_000 + second).unwrap().into()
}

pub(super) fn letters(count: usize) -> String {
    "m".repeat(count)
}

pub(super) fn fullest_envelope() -> Envelope {
    let condition = |type_: &str| meta::Condition {
        type_: type_.to_owned(),
        status: "Unknown".to_owned(),
        reason: Reason::AwaitingConsistency.to_string(),
        message: format!("{}…", letters(1023)),
        observed_generation: Some(i64::MAX),
        last_transition_time: meta::Time(at(0).get()),
    };
    let call = |number: i64| HistoryEntry {
        time: at(number),
        generation: i64::MAX,
        operation: "DescribeEciScalingConfigurations".to_owned(),
        external_id: format!("{}/{}", id("sg-", 0), id("eni-", 0)),
        request_id: Some(letters(128)),
        outcome: "already a member".to_owned(),
    };
    Envelope {
        observed_generation: Some(i64::MAX),
        conditions: ["Ready", "Synced", "Drifted", "Reconciling", "Stalled", "Suspended"].map(condition).to_vec(),
        account_id: Some(letters(64)),
        region: Some(letters(64)),
        external_id: Some(id("sg-", 0)),
        last_sync_time: Some(at(0)),
        last_handled_reconcile_at: Some(letters(256)),
        last_error: Some(LastError {
            code: Some(letters(128)),
            class: "Unauthenticated".to_owned(),
            operation: "DescribeEciScalingConfigurations".to_owned(),
            message: letters(512),
            request_id: Some(letters(128)),
            http_status: Some(i32::MAX),
            hint: letters(512),
            count: i64::MAX,
            first_seen: at(0),
            last_seen: at(0),
        }),
        history: (0..10).map(call).collect(),
    }
}

/// Sixteen groups and two thousand entries between them, each in the longest state that the plan writes.
fn fullest_ledger() -> Vec<LedgerPage> {
    let entry = |number: usize| {
        let joining = number < MAX_MEMBERS;
        LedgerEntry {
            target: id("eni-", number),
            state: if joining { LedgerState::Adding } else { LedgerState::Added },
            since: joining.then(|| at(0)),
            unmatched_since: (!joining).then(|| at(0)),
        }
    };
    let page = |group: usize| LedgerPage {
        security_group_id: id("sg-", group),
        entries: (0..2000).filter(|number| number % 16 == group).map(entry).collect(),
    };
    (0..16).map(page).collect()
}

#[test]
fn the_fullest_status_stays_below_its_limit() {
    let drift = |number| Drift {
        path: format!("spec.targets[{}]", id("eni-", number)),
        desired: format!("no member of {}", id("sg-", 0)),
        observed: "a member by steward's doing".to_owned(),
    };
    let problem = |number| Problem {
        target: id("eni-", number),
        reason: Reason::DependencyNotReady,
        message: letters(640),
        code: Some(letters(128)),
    };
    let status = SecurityGroupMembershipStatus {
        envelope: fullest_envelope(),
        members: Some(i32::MAX),
        joined: Some(i32::MAX),
        drift: (0..32).map(drift).collect(),
        problems: (0..32).map(problem).collect(),
        ledger: fullest_ledger(),
    };
    let length = serde_json::to_string(&status).unwrap().len();
    assert!(length < LARGEST_STATUS, "{length} bytes");
    assert!(length > LARGEST_STATUS * 3 / 4, "it is meant to be full: {length} bytes");
    assert_eq!(serde_json::from_value::<SecurityGroupMembershipStatus>(serde_json::to_value(&status).unwrap()).unwrap(), status);
}

#[test]
fn no_explanation_is_longer_than_the_fullest_status_reckons_with() {
    for row in crate::cloud::explain::rows() {
        assert!(row.code.len() <= 128 && row.meaning.len() + row.hint.len() <= 512, "{}", row.code);
    }
}

#[test]
fn a_ledger_state_of_a_newer_release_comes_back_as_it_went() {
    for word in ["Adding", "Added", "PreExisting", "Lent", ""] {
        let state: LedgerState = serde_json::from_value(json!(word)).unwrap();
        assert_eq!(matches!(state, LedgerState::Unknown(_)), matches!(word, "Lent" | ""), "{word}");
        assert_eq!(serde_json::to_value(&state).unwrap(), word);
    }
}

#[test]
fn a_status_of_a_newer_release_can_be_read() {
    let newer = json!({
        "observedGeneration": 3, "somethingNew": {"a": 1},
        "conditions": [{"type": "Novel", "status": "True", "reason": "Novelty", "message": "", "lastTransitionTime": "2026-11-22T08:00:00Z"}],
        "lastError": {"class": "Novel", "operation": "DoIt", "message": "m", "hint": "h", "count": 1,
                      "firstSeen": "2026-11-22T08:00:00Z", "lastSeen": "2026-11-22T08:00:00Z"},
        "problems": [{"target": "i-1", "reason": "Novelty", "message": "m"}],
        "ledger": [{"securityGroupId": "sg-1", "entries": [{"target": "i-1", "state": "Lent", "since": "2026-11-22T08:00:00.123456Z"}]}]
    });
    let read: SecurityGroupMembershipStatus = serde_json::from_value(newer).unwrap();
    assert_eq!(read.problems[0].reason, Reason::UnknownError);
    assert_eq!(read.ledger[0].entries[0].state, LedgerState::Unknown("Lent".to_owned()));
    assert_eq!(serde_json::to_value(read.ledger[0].entries[0].since).unwrap(), "2026-11-22T08:00:00Z");
}

#[test]
fn no_enum_in_a_status_closes_the_schema_to_a_newer_release() {
    fn enums(schema: &Value, path: &str, found: &mut Vec<String>) {
        if schema.get("enum").is_some() {
            found.push(path.to_owned());
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            enums(property, &format!("{path}.{name}"), found);
        }
        if let Some(items) = schema.get("items") {
            enums(items, &format!("{path}[]"), found);
        }
    }
    for crd in crds() {
        let mut found = Vec::new();
        enums(&schema_of(&crd)["properties"]["status"], "status", &mut found);
        // The status of a condition is Kubernetes' own, and has been these three words for good.
        assert_eq!(found, ["status.conditions[].status"], "{}", crd.spec.names.kind);
    }
}

#[test]
fn a_status_that_nobody_has_written_yet_says_so() {
    for crd in crds() {
        assert_eq!(schema_of(&crd)["properties"]["status"]["default"], json!({"observedGeneration": -1}));
    }
    let unseen: SecurityGroupMembershipStatus = serde_json::from_value(json!({"observedGeneration": -1})).unwrap();
    assert_eq!(unseen.envelope.observed_generation, Some(-1));
}

// ── manifests ───────────────────────────────────────────────────────────────────────────────────────────────

const LEAST_CREDENTIAL: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: CloudCredential
metadata: {name: default}
spec: {provider: AlibabaCloud, region: cn-hangzhou, auth: {accessKey: {secretRef: {name: aliyun}}}}
";

const ROLE_CREDENTIAL: &str = r#"
apiVersion: cloudsteward.dev/v1alpha1
kind: CloudCredential
metadata: {name: prod}
spec:
  provider: AlibabaCloud
  auth:
    oidc: {roleArn: "acs:ram::1:role/steward", oidcProviderArn: "acs:ram::1:oidc-provider/c1", serviceAccountName: steward, audience: sts.aliyuncs.com, sessionDuration: 1h}
  expectedAccountId: "1"
  region: cn-hangzhou
  endpointNetwork: VPC
"#;

const PASSWORD_CREDENTIAL: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: CloudCredential
metadata: {name: otc}
spec: {provider: OpenTelekomCloud, region: eu-de, project: {name: eu-de_prod}, auth: {password: {secretRef: {name: otc}, userName: steward, domainName: OTC-EU-DE-1}}}
";

const LEAST_MEMBERSHIP: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: SecurityGroupMembership
metadata: {name: web-1}
spec: {securityGroupId: sg-web, targets: {instanceIds: [i-web1]}}
";

const FULL_MEMBERSHIP: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: SecurityGroupMembership
metadata: {name: web-all}
spec:
  credentialRef: {name: prod}
  region: cn-hangzhou
  securityGroupId: sg-web
  targets: {instanceSelector: {tags: [{key: role, value: web}], vpcId: vpc-1, resourceGroupId: rg-1}}
  maxRemovals: 10%
  managementPolicy: Manage
  deletionPolicy: Delete
  syncInterval: 10m
  suspend: false
";

pub(super) fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Reads a manifest as the kind and writes it again.
pub(super) fn through<K: serde::de::DeserializeOwned + serde::Serialize>(manifest: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<K>(manifest.clone()).unwrap()).unwrap()
}

/// Whether everything in `part` is in `whole`, and what `whole` has more of.
pub(super) fn additions(whole: &Value, part: &Value, path: &str) -> Vec<String> {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            let missing = part.keys().filter(|key| !whole.contains_key(*key)).map(|key| format!("{path}.{key} is lost"));
            let more = whole.keys().filter(|key| !part.contains_key(*key)).map(|key| format!("{path}.{key}={}", whole[key]));
            let both = part
                .keys()
                .filter(|key| whole.contains_key(*key))
                .flat_map(|key| additions(&whole[key], &part[key], &format!("{path}.{key}")));
            missing.chain(more).chain(both).collect()
        }
        _ if whole == part => Vec::new(),
        _ => vec![format!("{path}: {part} became {whole}")],
    }
}

#[test]
fn the_manifests_that_people_write_come_back_as_they_were_with_the_defaults_beside() {
    let full = yaml(FULL_MEMBERSHIP);
    // Go's notation knows several words for one length of time.
    assert_eq!(additions(&through::<SecurityGroupMembership>(&full), &full, ""), [r#".spec.syncInterval: "10m" became "600s""#]);
    let least = yaml(LEAST_MEMBERSHIP);
    let defaults = [
        r#".spec.credentialRef={"name":"default"}"#,
        r#".spec.deletionPolicy="Delete""#,
        r#".spec.managementPolicy="Manage""#,
        r#".spec.maxRemovals="10%""#,
        ".spec.suspend=false",
    ];
    let mut added = additions(&through::<SecurityGroupMembership>(&least), &least, "");
    added.sort();
    assert_eq!(added, defaults);
    let credential = yaml(LEAST_CREDENTIAL);
    assert_eq!(additions(&through::<CloudCredential>(&credential), &credential, ""), [r#".spec.endpointNetwork="Public""#]);
    let role = yaml(ROLE_CREDENTIAL);
    assert_eq!(additions(&through::<CloudCredential>(&role), &role, ""), [r#".spec.auth.oidc.sessionDuration: "1h" became "3600s""#]);
    let password = yaml(PASSWORD_CREDENTIAL);
    assert_eq!(additions(&through::<CloudCredential>(&password), &password, ""), [r#".spec.endpointNetwork="Public""#]);
}

#[test]
fn the_defaults_of_the_types_are_those_of_the_schema() {
    let [credential, _, _, membership, _] = crds().try_into().unwrap_or_else(|_| unreachable!("five kinds"));
    for (crd, manifest, read) in [
        (&credential, yaml(LEAST_CREDENTIAL), through::<CloudCredential>(&yaml(LEAST_CREDENTIAL))),
        (&membership, yaml(LEAST_MEMBERSHIP), through::<SecurityGroupMembership>(&yaml(LEAST_MEMBERSHIP))),
    ] {
        let defaulted = kube::core::cel::apply_defaults(&schema_of(crd), &manifest);
        assert_eq!(defaulted["spec"], read["spec"]);
    }
}

// ── rules ───────────────────────────────────────────────────────────────────────────────────────────────────

pub(super) fn schema_of(crd: &CustomResourceDefinition) -> Value {
    serde_json::to_value(crd.spec.versions[0].schema.as_ref().unwrap().open_api_v3_schema.as_ref().unwrap()).unwrap()
}

/// `field: sentence`, of every rule that does not hold.
pub(super) fn refusals(kind: &str, object: &Value, old: Option<&Value>) -> Vec<String> {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
    match Validator::new().validate(&schema_of(&crd), object, old) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
    }
}

fn membership_with(change: &Value) -> Value {
    let mut object = yaml(LEAST_MEMBERSHIP);
    for (field, value) in change.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    object
}

#[test]
fn what_people_write_in_the_manifests_is_allowed() {
    for manifest in [LEAST_CREDENTIAL, ROLE_CREDENTIAL, PASSWORD_CREDENTIAL] {
        assert_eq!(refusals("CloudCredential", &yaml(manifest), None), Vec::<String>::new());
    }
    for manifest in [LEAST_MEMBERSHIP, FULL_MEMBERSHIP] {
        assert_eq!(refusals("SecurityGroupMembership", &yaml(manifest), None), Vec::<String>::new());
    }
    for allowed in [
        json!({"targets": {"networkInterfaceIds": ["eni-1"]}}),
        json!({"maxRemovals": 0}),
        json!({"maxRemovals": 25}),
        json!({"maxRemovals": "25"}),
        json!({"maxRemovals": "0%"}),
        json!({"maxRemovals": "100%"}),
        json!({"syncInterval": "30s"}),
        json!({"syncInterval": "1h30m"}),
    ] {
        assert_eq!(refusals("SecurityGroupMembership", &membership_with(&allowed), None), Vec::<String>::new(), "{allowed}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_sentence_about_the_field() {
    let table = [
        (json!({"securityGroupId": "web"}), "spec.securityGroupId", "id of a security group"),
        (json!({"targets": {}}), "spec.targets", "exactly one of"),
        (json!({"targets": {"instanceIds": ["i-1"], "networkInterfaceIds": ["eni-1"]}}), "spec.targets", "exactly one of"),
        (json!({"targets": {"instanceIds": ["eni-1"]}}), "spec.targets.instanceIds", "ids of instances"),
        (json!({"targets": {"networkInterfaceIds": ["i-1"]}}), "spec.targets.networkInterfaceIds", "ids of network interfaces"),
        (json!({"maxRemovals": "101%"}), "spec.maxRemovals", "from 0% to 100%"),
        (json!({"maxRemovals": "many"}), "spec.maxRemovals", "a number of members"),
        (json!({"maxRemovals": -1}), "spec.maxRemovals", "a number of members"),
        (json!({"syncInterval": "29s"}), "spec.syncInterval", "at least 30s"),
    ];
    for (change, field, sentence) in table {
        let refused = refusals("SecurityGroupMembership", &membership_with(&change), None);
        assert!(
            refused.iter().any(|refusal| refusal.starts_with(&format!("{field}: ")) && refusal.contains(sentence)),
            "{change}: {refused:?}"
        );
    }
}

#[test]
fn a_credential_proves_its_identity_in_one_way_that_its_cloud_knows() {
    let key = json!({"secretRef": {"name": "keys"}});
    let role = json!({"secretRef": {"name": "keys"}, "roleArn": "acs:ram::1:role/steward"});
    let oidc =
        json!({"roleArn": "acs:ram::1:role/steward", "oidcProviderArn": "acs:ram::1:oidc-provider/c1", "serviceAccountName": "steward"});
    let password = json!({"secretRef": {"name": "keys"}, "userId": "u"});
    let agency = json!({"secretRef": {"name": "keys"}, "agencyName": "a", "domainId": "d"});
    let table = [
        ("AlibabaCloud", json!({}), Some("exactly one of")),
        ("AlibabaCloud", json!({"accessKey": key, "assumeRole": role}), Some("exactly one of")),
        ("AlibabaCloud", json!({"password": password}), Some("AlibabaCloud takes")),
        ("AlibabaCloud", json!({"agency": agency}), Some("AlibabaCloud takes")),
        ("HuaweiCloud", json!({"oidc": oidc}), Some("OpenTelekomCloud take accessKey")),
        ("OpenTelekomCloud", json!({"assumeRole": role}), Some("OpenTelekomCloud take accessKey")),
        ("AlibabaCloud", json!({"oidc": oidc}), None),
        ("AlibabaCloud", json!({"assumeRole": role}), None),
        ("HuaweiCloud", json!({"accessKey": key}), None),
        ("OpenTelekomCloud", json!({"password": password}), None),
        ("HuaweiCloud", json!({"agency": agency}), None),
    ];
    for (provider, auth, sentence) in table {
        let mut object = yaml(PASSWORD_CREDENTIAL);
        object["spec"] = json!({"provider": provider, "region": "eu-de", "auth": auth, "endpointNetwork": "Public"});
        let refused = refusals("CloudCredential", &object, None);
        assert_eq!(refused.is_empty(), sentence.is_none(), "{provider} {auth}: {refused:?}");
        assert!(refused.iter().all(|refusal| refusal.contains(sentence.unwrap_or_default())), "{provider} {auth}: {refused:?}");
    }
}

#[test]
fn the_region_is_for_good_and_group_and_targets_are_not() {
    let without = membership_with(&json!({}));
    let hangzhou = membership_with(&json!({"region": "cn-hangzhou"}));
    let beijing = membership_with(&json!({"region": "cn-beijing"}));
    for (old, new) in [(&without, &hangzhou), (&hangzhou, &without), (&hangzhou, &beijing)] {
        let refused = refusals("SecurityGroupMembership", new, Some(old));
        assert!(refused.iter().any(|refusal| refusal.contains("spec.region cannot be added, changed or removed")), "{refused:?}");
    }
    let edited =
        membership_with(&json!({"region": "cn-hangzhou", "securityGroupId": "sg-db", "targets": {"networkInterfaceIds": ["eni-1"]}}));
    assert_eq!(refusals("SecurityGroupMembership", &edited, Some(&hangzhou)), Vec::<String>::new());
}

#[test]
fn an_endpoint_is_scheme_host_and_port() {
    let with = |url: &str| {
        let mut object = yaml(LEAST_CREDENTIAL);
        object["spec"]["endpoints"] = json!([{"service": "ecs", "url": url}]);
        object
    };
    for url in ["https://ecs.gateway.example", "http://127.0.0.1:8080", "https://ecs.gateway.example/"] {
        assert_eq!(refusals("CloudCredential", &with(url), None), Vec::<String>::new(), "{url}");
    }
    for url in [
        "ecs.gateway.example",
        "https://key@ecs.gateway.example",
        "https://ecs.gateway.example/path",
        "https://ecs.example?x=1",
        "ftp://ecs.example",
    ] {
        assert!(!refusals("CloudCredential", &with(url), None).is_empty(), "{url}");
    }
}

#[test]
fn every_field_is_explained_and_every_list_and_string_of_spec_is_bounded() {
    fn unbounded(schema: &Value, path: &str, found: &mut Vec<String>) {
        match schema["type"].as_str() {
            Some("array") if schema.get("maxItems").is_none() => found.push(format!("{path}: no maxItems")),
            Some("string") if ["maxLength", "enum"].iter().all(|bound| schema.get(*bound).is_none()) => {
                found.push(format!("{path}: no maxLength"));
            }
            _ => {}
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            unbounded(property, &format!("{path}.{name}"), found);
        }
        if let Some(items) = schema.get("items") {
            unbounded(items, &format!("{path}[]"), found);
        }
    }
    for crd in crds() {
        let schema = schema_of(&crd);
        let mut found = Vec::new();
        unbounded(&schema["properties"]["spec"], "spec", &mut found);
        assert_eq!(found, Vec::<String>::new(), "the cost of the rules is reckoned from these bounds");
        for (name, property) in schema["properties"]["spec"]["properties"].as_object().unwrap() {
            assert!(property.get("description").is_some(), "kubectl explain has nothing to say of spec.{name} of {}", crd.spec.names.kind);
        }
    }
}

#[test]
fn the_columns_begin_with_ready_and_reason() {
    let columns = |kind: &str| {
        let crd = crds().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
        let columns = crd.spec.versions[0].additional_printer_columns.clone().unwrap();
        columns
            .into_iter()
            .filter(|column| column.priority.unwrap_or_default() == 0)
            .map(|column| column.name.to_uppercase())
            .collect::<Vec<_>>()
    };
    assert_eq!(columns("SecurityGroupMembership"), ["READY", "REASON", "GROUP", "MEMBERS", "JOINED", "AGE"]);
    assert_eq!(columns("CloudCommand"), ["READY", "REASON", "DONE", "FAILED", "LAST-RUN", "NEXT-RUN", "AGE"]);
    assert_eq!(columns("CloudCredential")[..2], ["READY", "REASON"]);
    assert_eq!(columns("EciScalingConfig"), ["READY", "REASON", "DRIFT", "GROUP", "CPU", "MEMORY", "IMAGE", "AGE"]);
}

#[test]
fn a_null_that_the_schema_admits_can_be_read() {
    let spec = json!({"securityGroupId": "sg-web", "targets": {"instanceIds": ["i-1"]}, "maxRemovals": null, "region": null, "syncInterval": null});
    let spec: crate::api::security_group_membership::SecurityGroupMembershipSpec = serde_json::from_value(spec).unwrap();
    assert_eq!(
        (spec.max_removals, spec.region, spec.sync_interval),
        (k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::String("10%".to_owned()), None, None)
    );
}
