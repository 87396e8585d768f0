//! Other tools own spec, steward owns status and its finalizer: neither gets into the other's way.

use super::SEED;
use super::real::{ExpectSuccess as _, Real};
use serde_json::Value;

const OBJECT: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: SecurityGroupMembership
metadata: {name: web}
spec: {securityGroupId: sg-web, targets: {instanceIds: [i-web1]}}
";

#[test]
fn another_manager_applies_again_without_a_conflict_after_steward_wrote() {
    let real = Real::new(SEED);
    let flux = ["apply", "--server-side", "--field-manager=flux", "-f", "-"];
    let apply =
        |manifest: &str| real.playground.control_plane().kubectl().run_with_input(&flux, manifest).expect("kubectl runs").expect_success();
    apply(OBJECT);
    real.until_ready("web", "True/InSync");
    let before = real.get("web").expect("it exists");
    assert_eq!(before["metadata"]["finalizers"], serde_json::json!(["cloudsteward.dev/undo"]));

    apply(OBJECT);
    let again = real.get("web").expect("it exists");
    assert_eq!(again["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"], "the same once more changes nothing");

    apply(&OBJECT.replace("[i-web1]", "[i-web1, i-web2]"));
    real.until_ready("web", "True/InSync");
    let after = real.get("web").expect("it exists");
    assert_eq!(after["metadata"]["finalizers"], before["metadata"]["finalizers"]);
    assert_eq!(real.groups_of("i-web2"), ["sg-base", "sg-web"]);

    let owned = real.kubectl(&["get", "sgm", "web", "-o", "json", "--show-managed-fields"]);
    let owned: Value = serde_json::from_str(&owned).expect("JSON");
    let fields_of = |manager: &str| -> Vec<String> {
        let entries = owned["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let mut fields: Vec<_> = entries
            .iter()
            .filter(|entry| entry["manager"] == manager)
            .flat_map(|entry| entry["fieldsV1"].as_object().cloned().unwrap_or_default())
            .map(|(field, _)| field)
            .collect();
        fields.sort();
        fields
    };
    assert_eq!(fields_of("flux"), ["f:spec"]);
    assert_eq!(fields_of("steward"), ["f:metadata", "f:status"], "steward owns nothing of spec");
}
