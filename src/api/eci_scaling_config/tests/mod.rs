//! The configuration has a place for each field that the cloud has, under the cloud's name and of its type (`fields`); the rules refuse what cannot
//! be meant (`rules`); the fullest status fits (`status`).

mod fields;
mod rules;
mod status;

use crate::api::crds;
use crate::api::tests::schema_of;
use serde_json::Value;

const BY_ID: &str = r#"
apiVersion: cloudsteward.dev/v1alpha1
kind: EciScalingConfig
metadata: {name: web}
spec:
  scalingConfigurationId: asc-1
  configuration: {containers: [{name: nginx, image: "registry.example/nginx:1.27"}]}
"#;

const BY_NAME: &str = r#"
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

fn schema() -> Value {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "EciScalingConfig").unwrap();
    schema_of(&crd)
}

fn configuration_schema() -> Value {
    schema()["properties"]["spec"]["properties"]["configuration"].clone()
}
