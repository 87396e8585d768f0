//! Free ports on loopback.
//!
//! A port is free until somebody else takes it: whoever starts a program on one must be ready to try another.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// As many different ports as asked for, all free a moment ago.
pub(crate) fn free<const N: usize>() -> Result<[u16; N]> {
    // All are held before the first is let go, or the system could hand out the same one twice.
    let mut ports = [0; N];
    let mut held = Vec::with_capacity(N);
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on loopback")?;
        *port = listener.local_addr().context("a listener without an address")?.port();
        held.push(listener);
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_one_request_differ() {
        let mut ports = free::<16>().unwrap().to_vec();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 16);
    }
}
