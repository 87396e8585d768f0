//! Which endpoints a credential may point steward at: only what the operator's flags list. A tenant must not choose an inside address.

use std::fmt;
use std::str::FromStr;
use url::Url;

/// The operator's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedEndpoints(Vec<Pattern>);

/// `scheme://host[:port]`; the host may begin with `*.`, which stands for one or more labels, and the port may be `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    scheme: String,
    host: String,
    port: Port,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Any,
    Is(u16),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no endpoint pattern: write scheme://host, scheme://host:port or scheme://host:*, where the host may begin with \"*.\"")]
pub struct PatternError(String);

impl AllowedEndpoints {
    pub fn new(patterns: Vec<Pattern>) -> Self {
        Self(patterns)
    }

    pub fn allow(&self, url: &Url) -> bool {
        self.0.iter().any(|pattern| pattern.matches(url))
    }
}

impl Pattern {
    fn matches(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let host_fits = match self.host.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|labels| labels.len() > 1 && labels.ends_with('.')),
            None => host == self.host,
        };
        let port_fits = match self.port {
            Port::Any => true,
            Port::Is(port) => url.port_or_known_default() == Some(port),
        };
        self.scheme == url.scheme() && host_fits && port_fits
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let wrong = || PatternError(text.to_owned());
        let (scheme, rest) = text.trim().trim_end_matches('/').split_once("://").ok_or_else(wrong)?;
        let default = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(wrong()),
        };
        // An IPv6 address has colons of its own.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let port = match port {
            Some("*") => Port::Any,
            Some(port) => Port::Is(port.parse().map_err(|_| wrong())?),
            None => Port::Is(default),
        };
        let name = host.strip_prefix("*.").unwrap_or(host);
        if name.is_empty() || name.contains(['*', '/', '@', '?', '#']) {
            return Err(wrong());
        }
        Ok(Self { scheme: scheme.to_owned(), host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Port::Any => write!(f, "{}://{}:*", self.scheme, self.host),
            Port::Is(port) => write!(f, "{}://{}:{port}", self.scheme, self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, url: &str) -> bool {
        AllowedEndpoints::new(vec![pattern.parse().unwrap()]).allow(&url.parse().unwrap())
    }

    #[test]
    fn only_what_is_listed_is_allowed() {
        assert!(allows("http://127.0.0.1:*", "http://127.0.0.1:18080"));
        assert!(allows("https://*.gateway.example", "https://ecs.gateway.example/"));
        assert!(allows("https://ecs.example:8443", "https://ECS.example:8443"));
        assert!(allows("http://[::1]:*", "http://[::1]:9000"));
        for (pattern, url) in [
            ("https://ecs.example", "http://ecs.example"),
            ("https://ecs.example", "https://ecs.example:8443"),
            ("https://ecs.example", "https://ecs.example.evil.test"),
            ("https://*.gateway.example", "https://gateway.example"),
            ("https://*.gateway.example", "https://evilgateway.example"),
            ("http://127.0.0.1:*", "http://127.0.0.1.evil.test:80"),
        ] {
            assert!(!allows(pattern, url), "{pattern} must not allow {url}");
        }
        assert!(!AllowedEndpoints::default().allow(&"https://ecs.example".parse().unwrap()));
    }

    #[test]
    fn what_is_no_pattern_is_said_so() {
        for text in ["ecs.example", "ftp://ecs.example", "https://", "https://*", "https://a*b", "https://user@host", "https://host:port"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
