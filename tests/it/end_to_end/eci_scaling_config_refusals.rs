//! What the API server makes of an `EciScalingConfig` by itself: which are taken as they are, which are refused and with what words. Steward does
//! not run here. The rules have a table of their own beside the types; here is what only a real API server says: limits of numbers and lists,
//! words that do not exist, fields that do not exist, and that the rules are cheap enough for it.

use super::real::{ExpectSuccess as _, applied, read};
use super::refusals::control_plane;
use serde_json::{Value, json};
use steward_playground::Said;
use steward_playground::repository;

/// As people write them: bound by id, and found by name in a group.
const MANIFESTS: &str = r#"
apiVersion: cloudsteward.dev/v1alpha1
kind: EciScalingConfig
metadata: {name: web}
spec:
  scalingConfigurationId: asc-1
  configuration: {containers: [{name: nginx, image: "registry.example/nginx:1.27"}]}
---
apiVersion: cloudsteward.dev/v1alpha1
kind: EciScalingConfig
metadata: {name: web-full}
spec:
  scalingGroupId: asg-1
  deletionPolicy: Retain
  containerOwnership: Merge
  configuration:
    scalingConfigurationName: web
    securityGroupId: sg-web
    containerGroupName: web
    cpu: 2
    memory: 4
    spotStrategy: SpotWithPriceLimit
    spotPriceLimit: 0.025
    tags: [{key: team, value: a}]
    imageRegistryCredentials: [{server: registry.example, dockerConfigSecretRef: {name: pull}}]
    containers:
    - name: nginx
      image: "registry.example/nginx:1.27"
      cpu: 0.5
      memory: 0.5
      ports: [{port: 80}]
      environmentVars: [{key: MODE, value: prod}, {key: TOKEN, valueFrom: {secretKeyRef: {name: app, key: token}}}]
      livenessProbe: {httpGet: {path: /healthz, port: 80, scheme: HTTP}, periodSeconds: 5}
      volumeMounts: [{name: conf, mountPath: /etc/app, readOnly: true}]
    initContainers: [{name: warm, image: "registry.example/warm:3", args: ["--fast"], initContainerEnvironmentVars: [{key: A, value: b}]}]
    volumes:
    - name: conf
      type: ConfigFileVolume
      configFileVolumeConfigFileToPath: [{path: app.yaml, contentFrom: {configMapKeyRef: {name: app, key: app.yaml}}}]
    - {name: share, type: NFSVolume, nfsVolume: {server: nas.example, path: /share}}
"#;

fn object(spec: &Value) -> String {
    json!({"apiVersion": "cloudsteward.dev/v1alpha1", "kind": "EciScalingConfig", "metadata": {"name": "bad", "namespace": "default"}, "spec": spec})
        .to_string()
}

/// Bound by id, with this configuration.
fn bound(configuration: &Value) -> String {
    object(&json!({"scalingConfigurationId": "asc-1", "configuration": configuration}))
}

fn container(field: &str, value: &Value) -> Value {
    json!({"containers": [{"name": "a", field: value}]})
}

fn probe(field: &str, value: i64) -> Value {
    container("readinessProbe", &json!({field: value}))
}

fn words(count: usize) -> Value {
    json!(vec!["word"; count])
}

/// A configuration that is refused, the field, and more words that the refusal has.
fn refused() -> Vec<(Value, &'static str, &'static str)> {
    let eleven = words(11);
    vec![
        (container("args", &eleven), "containers[0].args", "at most 10"),
        (probe("successThreshold", 2), "containers[0].readinessProbe.successThreshold", "less than or equal to 1"),
        (probe("periodSeconds", 0), "containers[0].readinessProbe.periodSeconds", "greater than or equal to 1"),
        (probe("timeoutSeconds", 0), "containers[0].readinessProbe.timeoutSeconds", "greater than or equal to 1"),
        (container("readinessProbe", &json!({"tcpSocket": {"port": 65_536}})), "readinessProbe.tcpSocket.port", "65535"),
        (container("ports", &json!([{"port": 0}])), "containers[0].ports[0].port", "greater than or equal to 1"),
        (container("ports", &json!([{"port": 1, "protocol": "ICMP"}])), "containers[0].ports[0].protocol", "UDP"),
        (container("ports", &json!([{"port": 1}, {"port": 1, "protocol": "TCP"}])), "containers[0].ports[1]", "Duplicate value"),
        (container("imagePullPolicy", &json!("Sometimes")), "containers[0].imagePullPolicy", "IfNotPresent"),
        (container("cpu", &json!(0)), "containers[0].cpu", "greater than 0"),
        (container("environmentVars", &json!([{"key": "A", "value": "v".repeat(257)}])), "environmentVars[0].value", "256"),
        (container("environmentVars", &json!([{"key": "1A"}])), "environmentVars[0].key", "not begin with a digit"),
        (container("securityContext", &json!({"capability": {"adds": ["SYS_ADMIN"]}})), "capability.adds[0]", "NET_RAW"),
        (
            container("volumeMounts", &json!([{"mountPath": "/a", "mountPropagation": "HostToContainer"}])),
            "mountPropagation",
            "HostToCotainer",
        ),
        (json!({"containers": [{"name": "a"}, {"name": "a"}]}), "containers[1]", "Duplicate value"),
        (json!({"containers": [{"image": "a"}]}), "containers[0].name", "Required value"),
        (json!({"cpu": 0}), "cpu", "greater than 0"),
        (json!({"spotPriceLimit": -0.1}), "spotPriceLimit", "greater than 0"),
        (json!({"spotStrategy": "SpotPriceLimit"}), "spotStrategy", "SpotWithPriceLimit"),
        (json!({"restartPolicy": "Sometimes"}), "restartPolicy", "OnFailure"),
        (json!({"dnsPolicy": "ClusterFirst"}), "dnsPolicy", "Default"),
        (json!({"instanceFamilyLevel": "Cheap"}), "instanceFamilyLevel", "CreditEntryLevel"),
        (json!({"dataCachePL": "PL4"}), "dataCachePL", "PL3"),
        (json!({"dataCacheProvisionedIops": 50_001}), "dataCacheProvisionedIops", "50000"),
        (json!({"loadBalancerWeight": 101}), "loadBalancerWeight", "less than or equal to 100"),
        (json!({"loadBalancerWeight": 0}), "loadBalancerWeight", "greater than or equal to 1"),
        (json!({"activeDeadlineSeconds": 0}), "activeDeadlineSeconds", "greater than or equal to 1"),
        (json!({"activeDeadlineSeconds": 2_147_483_648_u32}), "activeDeadlineSeconds", "less than or equal to"),
        (json!({"terminationGracePeriodSeconds": 2_147_483_648_u32}), "terminationGracePeriodSeconds", "less than or equal to"),
        (json!({"cpuOptionsCore": 0}), "cpuOptionsCore", "greater than or equal to 1"),
        (json!({"cpuOptionsThreadsPerCore": 0}), "cpuOptionsThreadsPerCore", "greater than or equal to 1"),
        (json!({"instanceTypes": words(6)}), "instanceTypes", "at most 5"),
        (json!({"tags": [{"key": "acs:a"}]}), "tags[0].key", "must not begin with acs:"),
        (json!({"scalingConfigurationName": "-web"}), "scalingConfigurationName", "begin with a letter"),
        (json!({"scalingConfigurationName": "w"}), "scalingConfigurationName", "at least 2 chars"),
        (json!({"containerGroupName": "web-"}), "containerGroupName", "no '-' at either end"),
        (json!({"volumes": [{"name": "a", "type": "Nfs"}]}), "volumes[0].type", "NFSVolume"),
        (json!({"volumes": [{"name": "a", "type": "NFSVolume", "emptyDirVolume": {}}]}), "volumes[0]", "type must name what is set"),
        (json!({"volumes": [{"name": "a", "emptyDirVolume": {"medium": "Memory"}}]}), "volumes[0].emptyDirVolume.medium", "\"memory\""),
        (json!({"volumes": [{"name": "a", "hostPathVolume": {"path": "var"}}]}), "volumes[0].hostPathVolume.path", "absolute path"),
        (
            json!({"volumes": [{"name": "a", "configFileVolumeConfigFileToPath": [{"path": "a", "content": "c".repeat(32_769)}]}]}),
            "configFileVolumeConfigFileToPath[0].content",
            "32768",
        ),
        (
            json!({"imageRegistryCredentials": [{"server": "r", "userName": "u", "password": "literal"}]}),
            "imageRegistryCredentials[0].password",
            "unknown field",
        ),
        (json!({"imageRegistryCredentials": [{"server": "r"}]}), "imageRegistryCredentials[0]", "exactly one of passwordSecretRef"),
        (json!({"cpus": 1}), "cpus", "unknown field"),
    ]
}

fn complaint(what: &Value, said: &Said, words: &[&str]) -> Option<String> {
    let missing: Vec<_> = words.iter().filter(|word| !said.stderr.contains(**word)).collect();
    // A person reads this in a terminal.
    let readable = said.stderr.len() <= 1000;
    let fine = !said.success && missing.is_empty() && readable;
    (!fine).then(|| {
        format!("{what}: accepted: {}, not said: {missing:?}, said: {}", said.success, said.stderr.chars().take(600).collect::<String>())
    })
}

#[test]
fn a_configuration_that_the_cloud_could_not_use_is_refused_with_a_message_that_names_the_field() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    let mut wrong = Vec::new();
    for (configuration, field, word) in refused() {
        let said = applied(kubectl, &bound(&configuration));
        wrong.extend(complaint(&configuration, &said, &[field, word]));
    }
    let group = json!({"scalingConfigurationName": "web", "securityGroupId": "sg-1"});
    let identities = [
        (json!({"configuration": {}}), "set exactly one of scalingConfigurationId"),
        (
            json!({"scalingConfigurationId": "asc-1", "scalingGroupId": "asg-1", "configuration": group}),
            "set exactly one of scalingConfigurationId",
        ),
        (
            json!({"scalingGroupId": "asg-1", "configuration": {"securityGroupId": "sg-1"}}),
            "also set configuration.scalingConfigurationName",
        ),
        (
            json!({"scalingGroupId": "asg-1", "configuration": {"scalingConfigurationName": "web"}}),
            "also set configuration.securityGroupId",
        ),
        (json!({"scalingConfigurationId": "asc_1", "configuration": {}}), "spec.scalingConfigurationId"),
        (json!({"scalingConfigurationId": "asc-1", "syncInterval": "10s", "configuration": {}}), "must be at least 30s"),
        (json!({"scalingConfigurationId": "asc-1", "containerOwnership": "Shared", "configuration": {}}), "Exclusive"),
    ];
    for (spec, word) in identities {
        wrong.extend(complaint(&spec, &applied(kubectl, &object(&spec)), &[word]));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_manuals_manifests_apply_as_they_are_and_a_password_is_not_kept_even_where_strictness_is_off() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    applied(kubectl, MANIFESTS).expect_success();
    let page = read(&repository().join("docs/eci-scaling-config.md"));
    let (_, shown) = page.split_once("```yaml\n").expect("the page begins with manifests");
    applied(kubectl, shown.split_once("```").expect("and they end").0).expect_success();
    let get =
        |name: &str| -> Value { serde_json::from_str(&kubectl.ok(&["get", "esc", name, "-o", "json"]).expect("it exists")).expect("JSON") };
    let web = get("web");
    let spec = json!({
        "credentialRef": {"name": "default"}, "scalingConfigurationId": "asc-1", "containerOwnership": "Merge", "allowOverride": false,
        "configuration": {"containers": [{"name": "nginx", "image": "registry.example/nginx:1.27"}]},
        "managementPolicy": "Manage", "deletionPolicy": "Retain", "suspend": false,
    });
    assert_eq!(web["spec"], spec, "nothing is filled in that was not written, but the policies");
    assert_eq!(web["status"], json!({"observedGeneration": -1}));
    assert_eq!(get("web-full")["spec"]["configuration"]["containers"][0]["ports"], json!([{"port": 80, "protocol": "TCP"}]));
    let listed = kubectl.ok(&["get", "steward"]).expect("a list");
    assert!(listed.contains("eciscalingconfig.cloudsteward.dev/web-full"), "{listed}");
    let columns =
        kubectl.ok(&["get", "esc"]).expect("a list").lines().next().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(columns.as_deref(), Some("NAME READY REASON DRIFT GROUP CPU MEMORY IMAGE AGE"));

    let literal = bound(&json!({"imageRegistryCredentials": [
        {"server": "r", "userName": "u", "password": "literal", "passwordSecretRef": {"name": "pull", "key": "password"}}
    ]}));
    let said = kubectl.run_with_input(&["create", "--validate=false", "-f", "-"], &literal).expect("kubectl runs");
    assert!(said.success, "{}", said.stderr);
    assert!(!get("bad").to_string().contains("literal"), "an unknown field is not stored");
}

#[test]
fn what_an_object_stands_for_is_chosen_once() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    applied(kubectl, MANIFESTS).expect_success();
    let refused = [
        ("web", json!({"scalingConfigurationId": "asc-2"}), "spec.scalingConfigurationId"),
        ("web", json!({"region": "cn-hangzhou"}), "spec.region"),
        ("web", json!({"scalingConfigurationId": null, "scalingGroupId": "asg-1"}), "spec.scalingConfigurationId"),
        ("web-full", json!({"scalingGroupId": "asg-2"}), "spec.scalingGroupId"),
        ("web-full", json!({"scalingConfigurationId": "asc-1", "scalingGroupId": null}), "spec.scalingGroupId"),
    ];
    for (name, change, field) in refused {
        let said = kubectl.run(&["patch", "esc", name, "--type=merge", "-p", &json!({"spec": change}).to_string()]).expect("kubectl runs");
        let words = [field, "delete the object and create it anew"];
        assert_eq!(complaint(&change, &said, &words), None);
    }
    // The name is a field like others once the configuration is found, and so is everything below `configuration`.
    let edit = json!({"spec": {"deletionPolicy": "Delete", "configuration": {"scalingConfigurationName": "shop", "cpu": 1.5}}}).to_string();
    kubectl.ok(&["patch", "esc", "web-full", "--type=merge", "-p", &edit]).expect("an edit");
}
