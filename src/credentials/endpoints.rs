//! Which endpoints a credential may point steward at: only what the operator's flags list. A tenant must not choose an inside address.

use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// The operator's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedEndpoints(Vec<Pattern>);

/// `scheme://host[:port]`; the host may begin with `*.`, which stands for one or more labels, and the port may be `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    scheme: String,
    host: Hosts,
    port: Port,
}

/// Hosts are compared as URLs have them: in lower case and punycode, with addresses in their one form, whichever way they were spelt.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    Only(Host),
    /// Names that end in a dot and this. Never an address: none has a name's labels.
    Below(String),
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

    /// The names that are on the list as they are. These may lead anywhere, also inside; what only fits a wildcard may not.
    pub fn names_in_full(&self) -> Vec<String> {
        let name = |pattern: &Pattern| match &pattern.host {
            Hosts::Only(Host::Domain(name)) => Some(name.clone()),
            Hosts::Only(Host::Ipv4(_) | Host::Ipv6(_)) | Hosts::Below(_) => None,
        };
        self.0.iter().filter_map(name).collect()
    }
}

impl Pattern {
    fn matches(&self, url: &Url) -> bool {
        let port_fits = match self.port {
            Port::Any => true,
            Port::Is(port) => url.port_or_known_default() == Some(port),
        };
        // What stands before an @ is a secret on its way to the wrong place, or a host that only looks like one.
        let anonymous = url.username().is_empty() && url.password().is_none();
        let host = url.host().map(|host| host.to_owned());
        anonymous && self.scheme == url.scheme() && port_fits && host.is_some_and(|host| self.host.have(&host))
    }
}

impl Hosts {
    fn have(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Only(only), _) => only == host,
            (Self::Below(parent), Host::Domain(name)) => {
                let labels = name.strip_suffix(parent.as_str()).and_then(|labels| labels.strip_suffix('.'));
                labels.is_some_and(|labels| labels.split('.').all(|label| !label.is_empty()))
            }
            (Self::Below(_), Host::Ipv4(_) | Host::Ipv6(_)) => false,
        }
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
        let (below, name) = host.strip_prefix("*.").map_or((false, host), |parent| (true, parent));
        if name.contains('*') {
            return Err(wrong());
        }
        let host = match (below, Host::parse(name).map_err(|_| wrong())?) {
            (false, host) => Hosts::Only(host),
            (true, Host::Domain(parent)) if !parent.starts_with('.') && !parent.ends_with('.') => Hosts::Below(parent),
            // The end of an address is no domain.
            (true, Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) => return Err(wrong()),
        };
        Ok(Self { scheme: scheme.to_owned(), host, port })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        match &self.host {
            Hosts::Only(host) => write!(f, "{host}:")?,
            Hosts::Below(parent) => write!(f, "*.{parent}:")?,
        }
        match self.port {
            Port::Any => f.write_str("*"),
            Port::Is(port) => write!(f, "{port}"),
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
    fn a_host_is_the_same_in_every_spelling() {
        for (pattern, url) in [
            ("http://127.0.0.1:*", "http://2130706433:9000"),
            ("http://127.0.0.1:*", "http://0x7f000001"),
            ("http://127.0.0.1:*", "http://017700000001"),
            ("http://127.0.0.1:*", "http://127.1"),
            ("http://127.0.0.1:*", "http://127.0.0.1."),
            ("http://0x7f.1:*", "http://127.0.0.1"),
            ("http://[0:0::1]:*", "http://[::1]"),
            ("http://[::FFFF:127.0.0.1]", "http://[::ffff:7f00:1]"),
            ("https://ECS.Example", "https://ecs.example"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://*.bücher.example", "https://a.B\u{fc}CHER.example"),
            ("http://localhost", "http://%6cocalhost"),
        ] {
            assert!(allows(pattern, url), "{pattern} means {url} as well");
        }
    }

    #[test]
    fn nothing_fits_by_accident() {
        for (pattern, url) in [
            // A dot at the end is another name, which may be looked up in another way.
            ("https://ecs.example", "https://ecs.example."),
            ("https://*.example", "https://ecs.example."),
            ("http://localhost", "http://localhost."),
            // One label, or an empty one.
            ("https://*.example", "https://example"),
            ("https://*.example", "https://.example"),
            ("https://*.example", "https://..example"),
            ("https://*.example", "https://a..example"),
            ("https://*.internal", "https://internal"),
            ("https://*.local", "https://localhost"),
            // Addresses fit no wildcard, and not the name that resolves to them.
            ("http://*.localhost:*", "http://127.0.0.1"),
            ("http://localhost:*", "http://127.0.0.1"),
            ("http://localhost:*", "http://[::1]"),
            ("http://127.0.0.1:*", "http://localhost"),
            ("http://127.0.0.1:*", "http://127.0.0.2"),
            ("http://127.0.0.1:*", "http://[::ffff:127.0.0.1]"),
            ("http://[::1]:*", "http://[::ffff:7f00:1]"),
            // What stands before an @ is not the host.
            ("https://ecs.example", "https://ecs.example@evil.test"),
            ("https://ecs.example", "https://evil.test\\@ecs.example"),
            ("https://ecs.example", "https://user@ecs.example"),
            ("https://ecs.example", "https://:secret@ecs.example"),
            // Letters that look alike.
            ("https://*.example", "https://ecs.ex\u{430}mple"),
        ] {
            assert!(!allows(pattern, url), "{pattern} must not allow {url}");
        }
    }

    #[test]
    fn only_names_without_a_wildcard_are_named_in_full() {
        let patterns =
            ["http://LocalHost:*", "https://*.gateway.example", "http://127.0.0.1:*", "http://[::1]", "https://sim.demo.svc:8443"];
        let allowed = AllowedEndpoints::new(patterns.iter().map(|pattern| pattern.parse().unwrap()).collect());
        assert_eq!(allowed.names_in_full(), ["localhost", "sim.demo.svc"]);
    }

    #[test]
    fn what_is_no_pattern_is_said_so() {
        for text in [
            "ecs.example",
            "ftp://ecs.example",
            "https://",
            "https://*",
            "https://*.",
            "https://*..example",
            "https://*.example.",
            "https://a*b",
            "https://a.*.b",
            "https://*.*.b",
            "https://user@host",
            "https://host/path",
            "https://host?a",
            "https://host#a",
            "https://host:port",
            "https://host:1:2",
            "http://*.0.0.1:*",
            "http://*.1",
            "http://*.0x7f",
            "http://*.[::1]",
            "http://::1",
            "http://256.0.0.1",
        ] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_written_as_it_is_read() {
        for text in ["https://ecs.example:443", "https://*.gateway.example:*", "http://[::1]:8080", "http://127.0.0.1:*"] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text);
        }
    }
}
