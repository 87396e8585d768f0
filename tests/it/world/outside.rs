//! What a process has around it that most stories do not care about: how its socket behaves, and the page with its numbers.

use super::World;
use cloud_steward::cloud::transport::TransportOptions;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use tokio::net::TcpListener;

/// In the runtime of the life that begins.
pub(super) fn listener() -> TcpListener {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    TcpListener::from_std(listener).expect("a runtime")
}

impl World {
    /// Changes the socket of lives that begin later.
    pub(crate) fn configure_socket(&mut self, change: impl FnOnce(&mut TransportOptions)) {
        change(&mut self.socket);
    }

    /// Lives that begin later show their numbers.
    pub(crate) fn show_numbers(&mut self) {
        self.counted = true;
    }

    /// What a scrape of the present life brings.
    pub(crate) fn numbers(&self) -> String {
        let text = self.ask("/metrics");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        text
    }

    /// Whether the present life, which shows its numbers, says that it is ready, and in which words.
    pub(crate) fn readiness(&self) -> (bool, String) {
        let text = self.ask("/readyz");
        (text.starts_with("HTTP/1.1 200"), text)
    }

    fn ask(&self, path: &'static str) -> String {
        let life = self.life.as_ref().expect("a life");
        let address = life.numbers.expect("a life that shows its numbers");
        let scrape = std::thread::spawn(move || {
            let mut text = String::new();
            let mut socket = TcpStream::connect(address)?;
            socket.write_all(format!("GET {path} HTTP/1.1\r\nhost: story\r\nconnection: close\r\n\r\n").as_bytes())?;
            socket.read_to_string(&mut text).map(|_| text)
        });
        while !scrape.is_finished() {
            life.runtime.block_on(tokio::task::yield_now());
        }
        scrape.join().expect("a scrape").expect("an answer")
    }
}
