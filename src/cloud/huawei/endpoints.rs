//! Where a service of a region is reached: the hosts of the two providers.

use crate::cloud::endpoints::{self, EndpointError};
use std::collections::BTreeMap;
use url::Url;

/// Who runs the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    HuaweiCloud,
    OpenTelekomCloud,
}

/// The base URL of a service. Without an override it is always https.
pub fn endpoint(provider: Provider, service: &str, region: &str, overrides: &BTreeMap<String, Url>) -> Result<Url, EndpointError> {
    endpoints::base(service, region, overrides, || host(provider, service, region))
}

fn host(provider: Provider, service: &str, region: &str) -> Option<String> {
    match (provider, service) {
        (Provider::OpenTelekomCloud, "iam" | "csbs") => Some(format!("{service}.{region}.otc.t-systems.com")),
        (Provider::HuaweiCloud, "iam" | "csbs" | "organizations") => {
            // The European site has a domain of its own, and one region.
            let european = region == "eu-west-101";
            let domain = if european { "myhuaweicloud.eu" } else { "myhuaweicloud.com" };
            let global = service == "organizations" || (service == "iam" && european);
            Some(if global { format!("{service}.{domain}") } else { format!("{service}.{region}.{domain}") })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_the_hosts_that_the_vendors_clients_use() {
        use Provider::{HuaweiCloud, OpenTelekomCloud};
        let table = [
            (HuaweiCloud, "iam", "cn-north-4", Some("https://iam.cn-north-4.myhuaweicloud.com/")),
            (HuaweiCloud, "csbs", "cn-north-4", Some("https://csbs.cn-north-4.myhuaweicloud.com/")),
            (HuaweiCloud, "organizations", "cn-north-4", Some("https://organizations.myhuaweicloud.com/")),
            (HuaweiCloud, "iam", "eu-west-101", Some("https://iam.myhuaweicloud.eu/")),
            (HuaweiCloud, "csbs", "eu-west-101", Some("https://csbs.eu-west-101.myhuaweicloud.eu/")),
            (HuaweiCloud, "organizations", "eu-west-101", Some("https://organizations.myhuaweicloud.eu/")),
            (OpenTelekomCloud, "iam", "eu-de", Some("https://iam.eu-de.otc.t-systems.com/")),
            (OpenTelekomCloud, "csbs", "eu-nl", Some("https://csbs.eu-nl.otc.t-systems.com/")),
            (OpenTelekomCloud, "organizations", "eu-de", None),
            (HuaweiCloud, "ecs", "cn-north-4", None),
        ];
        for (provider, service, region, expected) in table {
            let found = endpoint(provider, service, region, &BTreeMap::new()).map(|url| url.to_string());
            assert_eq!(found, expected.map(ToOwned::to_owned).ok_or(EndpointError::Service), "{provider:?} {service} {region}");
        }
    }
}
