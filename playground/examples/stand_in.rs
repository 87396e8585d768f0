//! A program for the tests of `workload`: says what it was started with, and answers its probes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

fn main() -> std::io::Result<()> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::json!({"arguments": arguments, "environment": environment}))?;

    let address = environment.get("LISTEN").ok_or_else(|| std::io::Error::other("LISTEN is not set"))?;
    for stream in TcpListener::bind(address)?.incoming() {
        // A client that gave up in the meantime (this program may have been stopped) is not our problem.
        let _ = stream.and_then(answer);
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = String::new();
    BufReader::new(&stream).read_line(&mut request)?;
    let status = if request.starts_with("GET /readyz ") { "200 OK" } else { "404 Not Found" };
    write!(stream, "HTTP/1.0 {status}\r\n\r\n")
}
