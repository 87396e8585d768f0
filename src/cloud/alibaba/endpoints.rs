//! Where a service of a region is reached: the vendor's table.

use crate::cloud::endpoints::{self, EndpointError};
use std::collections::BTreeMap;
use url::Url;

/// Which of the two networks the endpoints are reached through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointNetwork {
    Public,
    /// From inside the cloud, without the internet.
    Vpc,
}

/// The base URL of a service. Without an override it is always https.
pub(super) fn endpoint(
    service: &str,
    region: &str,
    network: EndpointNetwork,
    overrides: &BTreeMap<String, Url>,
) -> Result<Url, EndpointError> {
    endpoints::base(service, region, overrides, || {
        Some(match network {
            EndpointNetwork::Vpc => format!("{service}-vpc.{region}.aliyuncs.com"),
            EndpointNetwork::Public => {
                central(service, region).map_or_else(|| format!("{service}.{region}.aliyuncs.com"), ToOwned::to_owned)
            }
        })
    })
}

/// The regions whose public endpoint does not carry their name, as the vendor's own clients have them.
fn central(service: &str, region: &str) -> Option<&'static str> {
    match (service, region) {
        ("ecs", "cn-hangzhou" | "cn-shanghai-finance-1" | "cn-shenzhen-finance-1") => Some("ecs-cn-hangzhou.aliyuncs.com"),
        ("ecs", "cn-north-2-gov-1" | "cn-hangzhou-finance" | "cn-beijing-gov-1" | "cn-wuhan" | "cn-zhangbei") => Some("ecs.aliyuncs.com"),
        (
            "ess",
            "cn-qingdao"
            | "cn-beijing"
            | "cn-hangzhou"
            | "cn-shanghai"
            | "cn-shenzhen"
            | "cn-hongkong"
            | "ap-southeast-1"
            | "us-east-1"
            | "us-west-1"
            | "cn-hangzhou-finance"
            | "cn-shanghai-finance-1"
            | "cn-shenzhen-finance-1"
            | "cn-north-2-gov-1",
        ) => Some("ess.aliyuncs.com"),
        ("sts", "ap-south-1" | "ap-southeast-2" | "cn-beijing-gov-1" | "cn-wuhan" | "cn-zhangbei") => Some("sts.aliyuncs.com"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_the_hosts_that_the_vendors_clients_use() {
        let table = [
            ("ecs", "cn-shanghai", EndpointNetwork::Public, "https://ecs.cn-shanghai.aliyuncs.com/"),
            ("ecs", "cn-hangzhou", EndpointNetwork::Public, "https://ecs-cn-hangzhou.aliyuncs.com/"),
            ("ecs", "cn-hangzhou", EndpointNetwork::Vpc, "https://ecs-vpc.cn-hangzhou.aliyuncs.com/"),
            ("sts", "cn-hangzhou", EndpointNetwork::Public, "https://sts.cn-hangzhou.aliyuncs.com/"),
            ("sts", "ap-south-1", EndpointNetwork::Public, "https://sts.aliyuncs.com/"),
            ("sts", "ap-south-1", EndpointNetwork::Vpc, "https://sts-vpc.ap-south-1.aliyuncs.com/"),
            ("ess", "cn-hangzhou", EndpointNetwork::Public, "https://ess.aliyuncs.com/"),
            ("ess", "ap-southeast-5", EndpointNetwork::Public, "https://ess.ap-southeast-5.aliyuncs.com/"),
        ];
        for (service, region, network, expected) in table {
            assert_eq!(endpoint(service, region, network, &BTreeMap::new()).unwrap().as_str(), expected);
        }
    }
}
