//! End to end: what people type into kubectl, on a real API server, against real processes. Each test has a control plane of its own.
//! What only time or the cloud's moods can bring about is told in the stories; here is what only the real thing can show.

mod cloud_command;
mod cloud_command_once;
mod cloud_command_refusals;
mod cloud_command_rights;
mod deletion;
mod eci_scaling_config;
mod eci_scaling_config_refusals;
mod eci_scaling_config_secrets;
mod gate;
mod gitops;
mod keys;
mod load;
mod probes;
mod real;
mod refusals;
mod release;
mod replicas;
mod restore_check;
mod rights;
mod security_group_membership;
mod server_side_apply;
mod token_request;

/// One account with a few machines, all of which are in `sg-base`.
const SEED: &str = "
defaults: {resourceGroup: rg-1}
securityGroups: [{id: sg-base}, {id: sg-web}, {id: sg-db}]
instances:
  - {id: i-web1, groups: [sg-base], tags: {role: web}}
  - {id: i-web2, groups: [sg-base], tags: {role: web}}
  - {id: i-web3, groups: [sg-base], tags: {role: web}}
  - {id: i-there, groups: [sg-base, sg-web]}
  - {id: i-other, groups: [sg-base]}
";

/// `{securityGroupId: sg-web, targets: {instanceIds: […]}}`
fn web(instances: &[&str]) -> serde_json::Value {
    serde_json::json!({"securityGroupId": "sg-web", "targets": {"instanceIds": instances}})
}
