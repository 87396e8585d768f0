//! What the schema's rules let pass, and what they say about the rest.

use super::{BY_ID, BY_NAME};
use crate::api::tests::{refusals, yaml};
use serde_json::{Value, json};

fn bound_with(configuration: &Value) -> Value {
    let mut object = yaml(BY_ID);
    object["spec"]["configuration"] = configuration.clone();
    object
}

fn spec(spec: &Value) -> Value {
    let mut object = yaml(BY_ID);
    object["spec"] = spec.clone();
    object
}

#[test]
fn what_can_be_meant_is_allowed() {
    for manifest in [BY_ID, BY_NAME] {
        assert_eq!(refusals("EciScalingConfig", &yaml(manifest), None), Vec::<String>::new());
    }
    for allowed in [
        json!({}),
        json!({"scalingConfigurationName": "网站-1"}),
        json!({"scalingConfigurationName": "1.web_a-b"}),
        json!({"containerGroupName": "w1"}),
        json!({"tags": [{"key": "team"}]}),
        json!({"imageRegistryCredentials": [{"server": "r", "userName": "u", "passwordSecretRef": {"name": "pull", "key": "password"}}]}),
        json!({"containers": [{"name": "a", "securityContext": {"readOnlyRootFilesystem": true}}]}),
        json!({"initContainers": [{"name": "a", "securityContext": {"readOnlyRootFilesystem": false}}]}),
        json!({"containers": [{"name": "a", "environmentVars": [{"key": "_A1"}, {"key": "B", "value": ""}, {"key": "C", "fieldRef": {"fieldPath": "x"}}]}]}),
        json!({"volumes": [{"name": "a", "type": "EmptyDirVolume"}]}),
        json!({"volumes": [{"name": "a", "nfsVolume": {"path": "/share"}}]}),
        json!({"volumes": [{"name": "a", "type": "DiskVolume", "diskVolume": {"diskSize": 20}}]}),
        json!({"volumes": [{"name": "a", "type": "FlexVolume", "flexVolume": {"driver": "alicloud/disk"}}]}),
        json!({"volumes": [{"name": "a", "type": "HostPathVolume", "hostPathVolume": {"path": "/var/log"}}]}),
        json!({"volumes": [{"name": "a", "type": "ConfigFileVolume", "configFileVolumeDefaultMode": 420, "configFileVolumeConfigFileToPath": [{"path": "a"}]}]}),
    ] {
        assert_eq!(refusals("EciScalingConfig", &bound_with(&allowed), None), Vec::<String>::new(), "{allowed}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_sentence_about_the_field() {
    let variable = |variable: Value| json!({"containers": [{"name": "a", "environmentVars": [variable]}]});
    let volume = |mut volume: Value| {
        volume["name"] = json!("v");
        json!({"volumes": [volume]})
    };
    let login = |mut login: Value| {
        login["server"] = json!("registry.example");
        json!({"imageRegistryCredentials": [login]})
    };
    let secret = json!({"name": "pull", "key": "password"});
    let table = [
        (json!({"scalingConfigurationName": "-web"}), "scalingConfigurationName", "begin with a letter"),
        (json!({"scalingConfigurationName": "we b"}), "scalingConfigurationName", "'_', '-' and '.'"),
        (json!({"containerGroupName": "Web"}), "containerGroupName", "lower-case letters"),
        (json!({"containerGroupName": "web-"}), "containerGroupName", "no '-' at either end"),
        (json!({"tags": [{"key": "acs:team"}]}), "tags[0].key", "must not begin with acs:"),
        (json!({"tags": [{"key": "a-https://b"}]}), "tags[0].key", "nor contain http://"),
        (login(json!({})), "imageRegistryCredentials[0]", "exactly one of passwordSecretRef"),
        (login(json!({"userName": "u"})), "imageRegistryCredentials[0]", "the password itself cannot be written here"),
        (login(json!({"passwordSecretRef": secret})), "imageRegistryCredentials[0]", "userName and passwordSecretRef go together"),
        (
            login(json!({"userName": "u", "passwordSecretRef": secret, "dockerConfigSecretRef": {"name": "pull"}})),
            "imageRegistryCredentials[0]",
            "exactly one of passwordSecretRef",
        ),
        (
            login(json!({"userName": "u", "dockerConfigSecretRef": {"name": "pull"}})),
            "imageRegistryCredentials[0]",
            "userName and passwordSecretRef go together",
        ),
        (variable(json!({"key": "1A"})), "containers[0].environmentVars[0].key", "not begin with a digit"),
        (variable(json!({"key": "A-B"})), "containers[0].environmentVars[0].key", "letters, digits and '_'"),
        (
            variable(json!({"key": "A", "value": "", "valueFrom": {"secretKeyRef": secret}})),
            "containers[0].environmentVars[0]",
            "only one of value, valueFrom and fieldRef",
        ),
        (
            variable(json!({"key": "A", "value": "", "fieldRef": {}})),
            "containers[0].environmentVars[0]",
            "only one of value, valueFrom and fieldRef",
        ),
        (variable(json!({"key": "A", "valueFrom": {}})), "containers[0].environmentVars[0].valueFrom", "exactly one of secretKeyRef"),
        (
            variable(json!({"key": "A", "valueFrom": {"secretKeyRef": secret, "configMapKeyRef": secret}})),
            "containers[0].environmentVars[0].valueFrom",
            "exactly one of secretKeyRef",
        ),
        (
            json!({"initContainers": [{"name": "a", "initContainerEnvironmentVars": [{"key": ""}]}]}),
            "initContainers[0].initContainerEnvironmentVars[0].key",
            "must be 1 to 128",
        ),
        (
            json!({"initContainers": [{"name": "a", "initContainerVolumeMounts": [{"mountPath": "data"}]}]}),
            "initContainers[0].initContainerVolumeMounts[0].mountPath",
            "absolute path",
        ),
        (
            json!({"containers": [{"name": "a", "volumeMounts": [{"mountPath": "data"}]}]}),
            "containers[0].volumeMounts[0].mountPath",
            "absolute path",
        ),
        (
            json!({"containers": [{"name": "a", "securityContext": {"readOnlyRootFilesystem": false}}]}),
            "containers[0].securityContext",
            "can only be true",
        ),
        (volume(json!({"hostPathVolume": {"path": "var"}})), "volumes[0].hostPathVolume.path", "absolute path"),
        (volume(json!({"nfsVolume": {}, "diskVolume": {}})), "volumes[0]", "a volume is of one kind"),
        (volume(json!({"configFileVolumeDefaultMode": 1, "flexVolume": {}})), "volumes[0]", "a volume is of one kind"),
        (volume(json!({"type": "NFSVolume", "emptyDirVolume": {}})), "volumes[0]", "type must name what is set"),
        (volume(json!({"type": "EmptyDirVolume", "nfsVolume": {}})), "volumes[0]", "type must name what is set"),
        (volume(json!({"type": "EmptyDirVolume", "configFileVolumeDefaultMode": 1})), "volumes[0]", "type must name what is set"),
        (volume(json!({"type": "EmptyDirVolume", "configFileVolumeConfigFileToPath": []})), "volumes[0]", "type must name what is set"),
        (volume(json!({"type": "EmptyDirVolume", "flexVolume": {}})), "volumes[0]", "type must name what is set"),
        (volume(json!({"type": "EmptyDirVolume", "hostPathVolume": {}})), "volumes[0]", "type must name what is set"),
        (volume(json!({"type": "EmptyDirVolume", "diskVolume": {}})), "volumes[0]", "type must name what is set"),
        (
            volume(json!({"configFileVolumeConfigFileToPath": [{"path": "a", "content": "", "contentFrom": {"secretKeyRef": secret}}]})),
            "volumes[0].configFileVolumeConfigFileToPath[0]",
            "only one of content and contentFrom",
        ),
    ];
    for (change, field, sentence) in table {
        let refused = refusals("EciScalingConfig", &bound_with(&change), None);
        let field = format!("spec.configuration.{field}: ");
        assert!(refused.iter().any(|refusal| refusal.starts_with(&field) && refusal.contains(sentence)), "{change}: {refused:?}");
    }
}

#[test]
fn an_object_says_in_one_way_which_configuration_it_means() {
    let table = [
        (json!({"configuration": {}}), "exactly one of scalingConfigurationId"),
        (
            json!({"scalingConfigurationId": "asc-1", "scalingGroupId": "asg-1", "configuration": {"scalingConfigurationName": "web", "securityGroupId": "sg-1"}}),
            "exactly one of scalingConfigurationId",
        ),
        (
            json!({"scalingGroupId": "asg-1", "configuration": {"securityGroupId": "sg-1"}}),
            "also set configuration.scalingConfigurationName",
        ),
        (
            json!({"scalingGroupId": "asg-1", "configuration": {"scalingConfigurationName": "web"}}),
            "also set configuration.securityGroupId",
        ),
        (json!({"scalingConfigurationId": "asc-1", "syncInterval": "29s", "configuration": {}}), "at least 30s"),
    ];
    for (written, sentence) in table {
        let refused = refusals("EciScalingConfig", &spec(&written), None);
        assert!(refused.len() == 1 && refused[0].contains(sentence), "{written}: {refused:?}");
    }
}

#[test]
fn region_and_identity_are_for_good_and_everything_else_is_not() {
    let by_id = json!({"scalingConfigurationId": "asc-1", "region": "cn-hangzhou", "configuration": {}});
    let by_name = json!({"scalingGroupId": "asg-1", "configuration": {"scalingConfigurationName": "web", "securityGroupId": "sg-1"}});
    let changed = |spec: &Value, field: &str, value: Value| {
        let mut spec = spec.clone();
        if value.is_null() {
            spec.as_object_mut().unwrap().remove(field);
        } else {
            spec[field] = value;
        }
        spec
    };
    let table = [
        (&by_id, changed(&by_id, "region", json!("cn-beijing")), "spec.region"),
        (&by_id, changed(&by_id, "region", Value::Null), "spec.region"),
        (&by_name, changed(&by_name, "region", json!("cn-beijing")), "spec.region"),
        (&by_id, changed(&by_id, "scalingConfigurationId", json!("asc-2")), "spec.scalingConfigurationId"),
        (&by_name, changed(&by_name, "scalingGroupId", json!("asg-2")), "spec.scalingGroupId"),
        (&by_name, json!({"scalingConfigurationId": "asc-1", "configuration": by_name["configuration"]}), "spec.scalingGroupId"),
        (&by_name, json!({"scalingConfigurationId": "asc-1", "configuration": by_name["configuration"]}), "spec.scalingConfigurationId"),
    ];
    for (old, new, field) in table {
        let refused = refusals("EciScalingConfig", &spec(&new), Some(&spec(old)));
        let sentence = format!("{field} cannot be added, changed or removed");
        assert!(refused.iter().any(|refusal| refusal.contains(&sentence)), "{new}: {refused:?}");
    }
    let edited = json!({
        "scalingGroupId": "asg-1", "deletionPolicy": "Delete", "containerOwnership": "Exclusive", "allowOverride": true, "suspend": true,
        "configuration": {"scalingConfigurationName": "shop", "securityGroupId": "sg-2", "cpu": 1}
    });
    assert_eq!(refusals("EciScalingConfig", &spec(&edited), Some(&spec(&by_name))), Vec::<String>::new());
}
