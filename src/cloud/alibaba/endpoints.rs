//! Where a service of a region is reached: the vendor's table, and what a credential says instead.
//! Whether a credential may say so is decided elsewhere, by the operator's allow-list.

use std::collections::BTreeMap;
use url::Url;

/// Which of the two networks the endpoints are reached through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointNetwork {
    Public,
    /// From inside the cloud, without the internet.
    Vpc,
}

/// Why there is no endpoint for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("a region's name holds lower-case letters, digits and hyphens only")]
    Region,
    #[error("an endpoint is https:// or http:// and a host, without user, path, query or fragment")]
    Url,
}

/// A usable override: the services live at `/`, and a path in front of it would not be what is signed.
pub fn check_endpoint(url: &Url) -> Result<(), EndpointError> {
    let plain = matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain { Ok(()) } else { Err(EndpointError::Url) }
}

/// The base URL of a service. Without an override it is always https.
pub(super) fn endpoint(
    service: &str,
    region: &str,
    network: EndpointNetwork,
    overrides: &BTreeMap<String, Url>,
) -> Result<Url, EndpointError> {
    // The region is a user's word and becomes part of a host name: with a slash in it, it would choose the host.
    let proper = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.is_empty() || region.len() > 40 || !region.bytes().all(proper) || region.starts_with('-') || region.ends_with('-') {
        return Err(EndpointError::Region);
    }
    if let Some(url) = overrides.get(service) {
        check_endpoint(url)?;
        return Ok(url.clone());
    }
    let host = match network {
        EndpointNetwork::Vpc => format!("{service}-vpc.{region}.aliyuncs.com"),
        EndpointNetwork::Public => central(service, region).map_or_else(|| format!("{service}.{region}.aliyuncs.com"), ToOwned::to_owned),
    };
    Url::parse(&format!("https://{host}/")).map_err(|_| EndpointError::Region)
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

    #[test]
    fn a_region_cannot_choose_the_host() {
        for region in ["", "evil.example/", "cn-hangzhou.evil.example", "a@b", "a#", "CN-HANGZHOU", "-a", "a-", "a b", "日本"] {
            let found = endpoint("ecs", region, EndpointNetwork::Public, &BTreeMap::new());
            assert_eq!(found, Err(EndpointError::Region), "{region:?}");
        }
    }

    #[test]
    fn an_override_wins_for_its_service_and_must_be_plain() {
        let table = [
            ("http://127.0.0.1:18080", true),
            ("https://ecs.example/", true),
            ("https://ecs.example/prefix", false),
            ("https://ecs.example/?a=b", false),
            ("https://ecs.example/#a", false),
            ("https://user@ecs.example/", false),
            ("https://:secret@ecs.example/", false),
            ("ftp://ecs.example/", false),
        ];
        for (url, usable) in table {
            let overrides = BTreeMap::from([("ecs".to_owned(), Url::parse(url).unwrap())]);
            let found = endpoint("ecs", "cn-hangzhou", EndpointNetwork::Vpc, &overrides);
            assert_eq!(found.is_ok(), usable, "{url}");
            let other = endpoint("sts", "cn-hangzhou", EndpointNetwork::Public, &overrides).unwrap();
            assert_eq!(other.as_str(), "https://sts.cn-hangzhou.aliyuncs.com/");
        }
    }
}
