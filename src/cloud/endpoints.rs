//! What every vendor's endpoints have in common: a region that cannot choose the host, and what a credential may say instead.
//! Whether a credential may say so is decided elsewhere, by the operator's allow-list.

use std::collections::BTreeMap;
use url::Url;

/// Why there is no endpoint for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("a region's name holds lower-case letters, digits and hyphens only")]
    Region,
    #[error("an endpoint is https:// or http:// and a host, without user, path, query or fragment")]
    Url,
    #[error("the provider does not have this service")]
    Service,
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

/// The base URL of a service: the override, or https and the host that the vendor's table has for it.
pub(super) fn base(
    service: &str,
    region: &str,
    overrides: &BTreeMap<String, Url>,
    host: impl FnOnce() -> Option<String>,
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
    let host = host().ok_or(EndpointError::Service)?;
    Url::parse(&format!("https://{host}/")).map_err(|_| EndpointError::Region)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(region: &str, overrides: &[(&str, &str)]) -> Result<String, EndpointError> {
        let overrides = overrides.iter().map(|(service, url)| ((*service).to_owned(), Url::parse(url).unwrap())).collect();
        base("ecs", region, &overrides, || Some(format!("ecs.{region}.example"))).map(|url| url.to_string())
    }

    #[test]
    fn a_region_cannot_choose_the_host() {
        for region in ["", "evil.example/", "cn-hangzhou.evil.example", "a@b", "a#", "CN-HANGZHOU", "-a", "a-", "a b", "日本"] {
            assert_eq!(found(region, &[]), Err(EndpointError::Region), "{region:?}");
            assert_eq!(found(region, &[("ecs", "https://ecs.example")]), Err(EndpointError::Region), "{region:?}");
        }
        assert_eq!(found("eu-west-101", &[]).as_deref(), Ok("https://ecs.eu-west-101.example/"));
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
            let expected = if usable { Ok(Url::parse(url).unwrap().to_string()) } else { Err(EndpointError::Url) };
            assert_eq!(found("r", &[("ecs", url)]), expected, "{url}");
            assert_eq!(found("r", &[("sts", url)]).as_deref(), Ok("https://ecs.r.example/"));
        }
    }

    #[test]
    fn a_service_that_the_provider_lacks_has_no_endpoint_unless_it_is_given_one() {
        let lacking = |overrides: &BTreeMap<String, Url>| base("organizations", "r", overrides, || None);
        assert_eq!(lacking(&BTreeMap::new()), Err(EndpointError::Service));
        assert!(lacking(&BTreeMap::from([("organizations".to_owned(), Url::parse("https://o.example").unwrap())])).is_ok());
    }
}
