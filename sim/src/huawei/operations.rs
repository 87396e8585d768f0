//! Which operation a request means: one table of methods and paths. The names are those of the vendor's SDKs, shortened for IAM. Also operations
//! that are not simulated have a name, so that the log, the limits and the faults can speak of them.

use std::collections::BTreeMap;

use super::signature::decode;
use crate::request::Request;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Iam,
    Organizations,
    Csbs,
}

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Organizations => "organizations",
            Self::Csbs => "csbs",
        }
    }
}

/// The operation that a request means, and the variables of its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    pub(crate) variables: BTreeMap<String, String>,
}

/// The first row that fits, as (method, path, operation); None if the gateway knows no such API.
pub(crate) fn find(request: &Request) -> Option<Route> {
    let path = request.path.strip_suffix('/').unwrap_or(&request.path);
    let segments: Vec<String> = path.split('/').skip(1).map(decode).collect();
    let tables = [(Service::Iam, IAM), (Service::Organizations, ORGANIZATIONS), (Service::Csbs, CSBS)];
    tables.into_iter().find_map(|(service, table)| {
        table.iter().filter(|(method, ..)| *method == request.method).find_map(|(_, pattern, operation)| {
            let variables = fit(pattern, &segments)?;
            Some(Route { service, operation: by_body(operation, request), variables })
        })
    })
}

/// CSBS asks two questions at one address; the body tells them apart.
fn by_body(operation: &'static str, request: &Request) -> &'static str {
    let other = operation == "CheckRestorable"
        && serde_json::from_slice::<serde_json::Value>(&request.body).is_ok_and(|body| body.get("check_protectable").is_some());
    if other { "CheckProtectable" } else { operation }
}

fn fit(pattern: &str, segments: &[String]) -> Option<BTreeMap<String, String>> {
    let wanted: Vec<&str> = pattern.split('/').skip(1).collect();
    if wanted.len() != segments.len() {
        return None;
    }
    let mut variables = BTreeMap::new();
    for (wanted, actual) in wanted.into_iter().zip(segments) {
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !actual.is_empty() => {
                variables.insert(name.to_owned(), actual.clone());
            }
            None if wanted == actual => {}
            _ => return None,
        }
    }
    Some(variables)
}

type Table = &'static [(&'static str, &'static str, &'static str)];

const IAM: Table = &[
    ("GET", "", "ListVersions"),
    ("GET", "/v3", "ShowVersion"),
    ("POST", "/v3/auth/tokens", "CreateToken"),
    ("GET", "/v3/auth/tokens", "CheckToken"),
    ("GET", "/v3/auth/projects", "ListAuthProjects"),
    ("GET", "/v3/auth/domains", "ListAuthDomains"),
    ("GET", "/v3/projects", "ListProjects"),
    ("POST", "/v3.0/OS-CREDENTIAL/securitytokens", "CreateTemporaryKey"),
];

const ORGANIZATIONS: Table = &[
    ("POST", "/v1/organizations", "CreateOrganization"),
    ("GET", "/v1/organizations", "ShowOrganization"),
    ("DELETE", "/v1/organizations", "DeleteOrganization"),
    ("POST", "/v1/organizations/leave", "LeaveOrganization"),
    ("GET", "/v1/organizations/roots", "ListRoots"),
    ("POST", "/v1/organizations/organizational-units", "CreateOrganizationalUnit"),
    ("GET", "/v1/organizations/organizational-units", "ListOrganizationalUnits"),
    ("GET", "/v1/organizations/organizational-units/{organizational_unit_id}", "ShowOrganizationalUnit"),
    ("PATCH", "/v1/organizations/organizational-units/{organizational_unit_id}", "UpdateOrganizationalUnit"),
    ("DELETE", "/v1/organizations/organizational-units/{organizational_unit_id}", "DeleteOrganizationalUnit"),
    ("POST", "/v1/organizations/accounts", "CreateAccount"),
    ("POST", "/v2/organizations/accounts", "CreateResourceAccount"),
    ("GET", "/v1/organizations/accounts", "ListAccounts"),
    ("POST", "/v1/organizations/accounts/invite", "InviteAccount"),
    ("GET", "/v1/organizations/accounts/{account_id}", "ShowAccount"),
    ("PATCH", "/v1/organizations/accounts/{account_id}", "UpdateAccount"),
    ("POST", "/v1/organizations/accounts/{account_id}/move", "MoveAccount"),
    ("POST", "/v1/organizations/accounts/{account_id}/remove", "RemoveAccount"),
    ("POST", "/v1/organizations/accounts/{account_id}/close", "CloseAccount"),
    ("GET", "/v1/organizations/accounts/{account_id}/delegated-services", "ListDelegatedServices"),
    ("GET", "/v1/organizations/create-account-status", "ListCreateAccountStatuses"),
    ("GET", "/v1/organizations/create-account-status/{create_account_status_id}", "ShowCreateAccountStatus"),
    ("GET", "/v1/organizations/close-account-status", "ListCloseAccountStatuses"),
    ("GET", "/v1/organizations/handshakes", "ListHandshakes"),
    ("GET", "/v1/organizations/handshakes/{handshake_id}", "ShowHandshake"),
    ("POST", "/v1/organizations/handshakes/{handshake_id}/cancel", "CancelHandshake"),
    ("GET", "/v1/received-handshakes", "ListReceivedHandshakes"),
    ("POST", "/v1/received-handshakes/{handshake_id}/accept", "AcceptHandshake"),
    ("POST", "/v1/received-handshakes/{handshake_id}/decline", "DeclineHandshake"),
    ("POST", "/v1/organizations/policies", "CreatePolicy"),
    ("GET", "/v1/organizations/policies", "ListPolicies"),
    ("POST", "/v1/organizations/policies/enable", "EnablePolicyType"),
    ("POST", "/v1/organizations/policies/disable", "DisablePolicyType"),
    ("GET", "/v1/organizations/policies/{policy_id}", "ShowPolicy"),
    ("PATCH", "/v1/organizations/policies/{policy_id}", "UpdatePolicy"),
    ("DELETE", "/v1/organizations/policies/{policy_id}", "DeletePolicy"),
    ("POST", "/v1/organizations/policies/{policy_id}/attach", "AttachPolicy"),
    ("POST", "/v1/organizations/policies/{policy_id}/detach", "DetachPolicy"),
    ("GET", "/v1/organizations/policies/{policy_id}/attached-entities", "ListEntitiesForPolicy"),
    ("GET", "/v1/organizations/entities", "ListEntities"),
    ("GET", "/v1/organizations/entities/effective-policies", "ShowEffectivePolicies"),
    ("GET", "/v1/organizations/services", "ListServices"),
    ("GET", "/v1/organizations/trusted-services", "ListTrustedServices"),
    ("POST", "/v1/organizations/trusted-services/enable", "EnableTrustedService"),
    ("POST", "/v1/organizations/trusted-services/disable", "DisableTrustedService"),
    ("GET", "/v1/organizations/delegated-administrators", "ListDelegatedAdministrators"),
    ("POST", "/v1/organizations/delegated-administrators/register", "RegisterDelegatedAdministrator"),
    ("POST", "/v1/organizations/delegated-administrators/deregister", "DeregisterDelegatedAdministrator"),
    ("GET", "/v1/organizations/quotas", "ListQuotas"),
    ("GET", "/v1/organizations/resources/{resource_id}/tags", "ListTagsForResource"),
    ("POST", "/v1/organizations/resources/{resource_id}/tag", "TagResource"),
    ("POST", "/v1/organizations/resources/{resource_id}/untag", "UntagResource"),
    ("GET", "/v1/organizations/{resource_type}/tags", "ListResourceTags"),
    ("GET", "/v1/organizations/{resource_type}/{resource_id}/tags", "ListTagResources"),
    ("POST", "/v1/organizations/{resource_type}/{resource_id}/tags/create", "CreateTagResource"),
    ("POST", "/v1/organizations/{resource_type}/{resource_id}/tags/delete", "DeleteTagResource"),
    ("POST", "/v1/organizations/{resource_type}/resource-instances/filter", "ListResourceInstances"),
    ("POST", "/v1/organizations/{resource_type}/resource-instances/count", "ShowResourceInstancesCount"),
];

const CSBS: Table = &[
    ("GET", "/v1/{project_id}/checkpoint_items", "ListCheckpointItems"),
    ("GET", "/v1/{project_id}/checkpoint_items/count", "CountCheckpointItems"),
    ("GET", "/v1/{project_id}/checkpoint_items/{checkpoint_item_id}", "ShowCheckpointItem"),
    ("POST", "/v1/{project_id}/providers/{provider_id}/resources/action", "CheckRestorable"),
    ("POST", "/v1/{project_id}/providers/{provider_id}/resources/{resource_id}/action", "ProtectResource"),
    ("DELETE", "/v1/{project_id}/providers/{provider_id}/checkpoints/{checkpoint_id}", "DeleteCheckpoint"),
    ("POST", "/v1/{project_id}/restores", "CreateRestore"),
    ("GET", "/v1/{project_id}/policies", "ListBackupPolicies"),
    ("GET", "/v1/{project_id}/policies/{policy_id}", "ShowBackupPolicy"),
    ("GET", "/v1/{project_id}/quotas", "ListBackupQuotas"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn named(method: &str, path: &str, body: &str) -> Option<(&'static str, &'static str)> {
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: BTreeMap::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
        };
        find(&request).map(|route| (route.service.name(), route.operation))
    }

    #[test]
    fn method_and_path_name_the_operation() {
        for (method, path, expected) in [
            ("GET", "/", Some(("iam", "ListVersions"))),
            ("GET", "/v3/", Some(("iam", "ShowVersion"))),
            ("POST", "/v3/auth/tokens", Some(("iam", "CreateToken"))),
            ("DELETE", "/v3/auth/tokens", None),
            ("GET", "/v1/organizations/quotas", Some(("organizations", "ListQuotas"))),
            ("GET", "/v1/0123/quotas", Some(("csbs", "ListBackupQuotas"))),
            ("GET", "/v1/organizations/organizations%3Aous/ou-1/tags", Some(("organizations", "ListTagResources"))),
            ("GET", "/v1/organizations/resources/ou-1/tags", Some(("organizations", "ListTagsForResource"))),
            ("GET", "/v1/0123/checkpoint_items", Some(("csbs", "ListCheckpointItems"))),
            ("GET", "/v1/0123/checkpoint_items/", Some(("csbs", "ListCheckpointItems"))),
            ("GET", "/v1//checkpoint_items", None),
            ("GET", "/v1/0123/checkpoint_items/8986", Some(("csbs", "ShowCheckpointItem"))),
            ("GET", "/v1/0123/v1/0123/checkpoint_items", None),
            ("GET", "/v2/0123/checkpoint_items", None),
        ] {
            assert_eq!(named(method, path, ""), expected, "{method} {path}");
        }
    }

    #[test]
    fn the_two_questions_of_one_address_are_told_apart() {
        let path = "/v1/0123/providers/fc4d5750/resources/action";
        assert_eq!(named("POST", path, r#"{"check_restorable": []}"#), Some(("csbs", "CheckRestorable")));
        assert_eq!(named("POST", path, r#"{"check_protectable": []}"#), Some(("csbs", "CheckProtectable")));
    }

    #[test]
    fn no_row_is_hidden_behind_an_earlier_one() {
        let mut seen = std::collections::BTreeSet::new();
        for (method, pattern, operation) in [IAM, ORGANIZATIONS, CSBS].concat() {
            let path = if pattern.is_empty() { "/" } else { pattern };
            assert_eq!(named(method, path, "").map(|(_, name)| name), Some(operation), "{method} {pattern}");
            assert!(seen.insert(operation), "{operation} is there twice");
        }
    }
}
