//! Which addresses a host name may lead to. Whoever writes a CloudCredential, or a DNS record, chooses names: one that leads to the machine
//! itself, to its own link or to the service that vouches for it gets nothing sent. Which names may be used at all is decided elsewhere.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Where clouds tell a machine who it is, with keys: link-local ones are barred anyway.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// Turns a host name into addresses. The default asks the machine.
#[derive(Clone)]
pub struct NameService(Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>);

impl NameService {
    pub fn new<F>(ask: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        Self(Arc::new(move |host| ask(host).boxed()))
    }

    fn ask(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        (self.0)(host.to_owned())
    }
}

impl Default for NameService {
    fn default() -> Self {
        Self::new(async |host| Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()))
    }
}

impl fmt::Debug for NameService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameService")
    }
}

/// Every address of a name is one that nothing is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name leads inside only")]
pub(super) struct LeadsInside;

/// The resolver of the socket.
///
/// The check and the connection cannot see different answers: the addresses that are checked here are handed to the connector, which asks
/// nobody again. A name that changes its address afterwards (DNS rebinding) is checked when the next connection is made; a connection
/// that is used once more leads to where it led when it was checked.
pub(super) struct Guard {
    pub(super) names: NameService,
    /// Hosts that may lead anywhere: the operator named each of them in full. In lower case.
    pub(super) trusted: BTreeSet<String>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let trusted = self.trusted.contains(&name.as_str().to_ascii_lowercase());
        let asked = self.names.ask(name.as_str());
        Box::pin(async move {
            let found = asked.await?;
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            let usable: Vec<SocketAddr> =
                found.into_iter().filter(|address| trusted || !is_barred(*address)).map(|address| SocketAddr::new(address, 0)).collect();
            if usable.is_empty() { Err(LeadsInside.into()) } else { Ok(Box::new(usable.into_iter()) as Addrs) }
        })
    }
}

/// Private addresses are not barred: in a VPC, and in a cluster, that is where the clouds' endpoints and gateways are.
fn is_barred(address: IpAddr) -> bool {
    METADATA.contains(&address)
        || match address {
            // The whole of 0.0.0.0/8 means this machine or this network.
            IpAddr::V4(v4) => v4.octets()[0] == 0 || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast(),
            IpAddr::V6(v6) => {
                v6.is_unspecified()
                    || v6.is_loopback()
                    || v6.is_unicast_link_local()
                    || v6.is_multicast()
                    || inner(v6).is_some_and(|v4| is_barred(v4.into()))
            }
        }
}

/// The IPv4 address that packets to an IPv6 address end at. A prefix that a network chose for its own NAT64 cannot be known.
fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        // Mapped, translated, and the old "compatible" form; NAT64 by the well-known prefix, and by the one for local use.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        // 6to4.
        | [0x2002, high, low, ..] => Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_inside_is_barred_in_every_spelling() {
        let v4 = [
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "169.254.0.23",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "239.255.255.255",
            "255.255.255.255",
        ];
        for address in v4 {
            assert!(is_barred(ip(address)), "{address}");
            let IpAddr::V4(v4) = ip(address) else { unreachable!("these are IPv4") };
            let [a, b, c, d] = v4.octets();
            let low = format!("{a:02x}{b:02x}:{c:02x}{d:02x}");
            for prefix in ["::ffff:", "::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "64:ff9b:1:7::"] {
                assert!(is_barred(ip(&format!("{prefix}{low}"))), "{prefix}{low}");
            }
            assert!(is_barred(ip(&format!("2002:{low}::1"))), "2002:{low}::1");
        }
        for address in ["::", "::1", "fe80::1", "febf::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254"] {
            assert!(is_barred(ip(address)), "{address}");
        }
    }

    #[test]
    fn what_is_outside_or_private_is_not() {
        for address in [
            "8.8.8.8",
            "10.96.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "100.100.100.201",
            "100.100.0.5",
            "169.253.1.1",
            "192.0.0.191",
            "240.0.0.1",
            "2001:db8::1",
            "fd00:ec2::253",
            "fd12::1",
            "::ffff:10.0.0.1",
            "64:ff9b::808:808",
            "64:ff9b:1::a60:1",
            "2002:a60:1::1",
            "64:ff9b:2::7f00:1",
        ] {
            assert!(!is_barred(ip(address)), "{address}");
        }
    }

    fn guard(answers: &'static [&'static [&'static str]], trusted: &[&str]) -> (Guard, Arc<Mutex<Vec<String>>>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let names = NameService::new(move |host| {
            let mut asked = log.lock().unwrap();
            let answer = answers[asked.len().min(answers.len() - 1)];
            asked.push(host);
            std::future::ready(Ok(answer.iter().map(|address| ip(address)).collect()))
        });
        (Guard { names, trusted: trusted.iter().map(|host| (*host).to_owned()).collect() }, asked)
    }

    async fn resolved(guard: &Guard, host: &str) -> Result<Vec<String>, String> {
        match guard.resolve(host.parse().unwrap()).await {
            Ok(addresses) => Ok(addresses.map(|address| address.ip().to_string()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn of_several_addresses_those_outside_are_left() {
        let (guard, _) =
            guard(&[&["127.0.0.1", "10.0.0.1", "::1", "192.0.2.7", "fe80::1"], &["169.254.169.254", "::ffff:127.0.0.1"], &[]], &[]);
        assert_eq!(resolved(&guard, "ecs.example").await.unwrap(), ["10.0.0.1", "192.0.2.7"]);
        assert_eq!(resolved(&guard, "ecs.example").await, Err(LeadsInside.to_string()));
        assert_eq!(resolved(&guard, "ecs.example").await, Err("the name has no address".to_owned()));
    }

    #[tokio::test]
    async fn a_host_that_the_operator_named_in_full_may_lead_anywhere_and_no_other() {
        let (guard, _) = guard(&[&["127.0.0.1"]], &["localhost", "sim.example"]);
        for host in ["localhost", "LocalHost", "sim.example"] {
            assert_eq!(resolved(&guard, host).await.unwrap(), ["127.0.0.1"], "{host}");
        }
        for host in ["localhost.", "a.localhost", "a.sim.example", "xsim.example", "sim.example.evil.test", "127.1", "0x7f.1", "2130706433"]
        {
            assert!(resolved(&guard, host).await.is_err(), "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_that_changes_its_address_between_check_and_connection_gains_nothing() {
        let (guard, asked) = guard(&[&["203.0.113.7"], &["127.0.0.1"]], &[]);
        assert_eq!(resolved(&guard, "rebound.example").await.unwrap(), ["203.0.113.7"], "what was checked is what is connected to");
        assert_eq!(asked.lock().unwrap().len(), 1, "nobody is asked a second time for one connection");
        assert!(resolved(&guard, "rebound.example").await.is_err(), "the next connection is checked anew");
    }
}
