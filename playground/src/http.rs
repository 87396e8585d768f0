//! The little HTTP that probes and the simulator's admin endpoint need: one request, one answer, loopback, no TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// An answer: its status code and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// What a probe counts as success.
    pub fn is_success(&self) -> bool {
        (200..400).contains(&self.status)
    }

    /// The body of a success; of anything else, an error that quotes it.
    pub fn success(self) -> Result<String> {
        ensure!(self.is_success(), "HTTP {}: {}", self.status, self.body.trim());
        Ok(self.body)
    }
}

/// `GET http://ADDRESS/PATH`
pub fn get(address: SocketAddr, path: &str, limit: Duration) -> Result<Answer> {
    send(address, "GET", path, "", limit)
}

/// Any method, with a JSON body where there is one.
pub fn send(address: SocketAddr, method: &str, path: &str, body: &str, limit: Duration) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    // HTTP/1.0: the answer ends where the connection does, and never comes in chunks.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    parse(&answer)
}

/// The address in `http://ADDRESS`.
pub fn address(url: &str) -> Result<SocketAddr> {
    url.strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .and_then(|address| address.parse().ok())
        .with_context(|| format!("{url:?} is not http://ADDRESS:PORT"))
}

fn parse(answer: &str) -> Result<Answer> {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        bail!("the answer was cut off");
    };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("the answer has no status line")?;
    Ok(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_its_body() {
        let answer = parse("HTTP/1.1 503 Service Unavailable\r\nx: y\r\n\r\nnot yet\r\n\r\n").unwrap();
        assert_eq!(answer, Answer { status: 503, body: "not yet\r\n\r\n".to_owned() });
        assert!(!answer.is_success());
    }

    #[test]
    fn an_answer_without_an_end_of_its_head_is_refused() {
        assert!(parse("HTTP/1.1 200 OK\r\nx: y").is_err());
    }

    #[test]
    fn only_plain_addresses_are_taken_from_a_url() {
        assert_eq!(address("http://127.0.0.1:80/").unwrap(), "127.0.0.1:80".parse().unwrap());
        assert!(address("https://127.0.0.1:80").is_err());
        assert!(address("http://localhost:80").is_err());
    }
}
