//! A wire that is listened to: what the operator says to the cloud, byte for byte. The simulator's log hides what is secret; this does not.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Hands everything on, and remembers what went towards the cloud.
pub(crate) struct Tap {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    pub(crate) fn on(url: &str) -> Self {
        let cloud = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own = format!("http://{}", listener.local_addr().expect("an address"));
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let ear = Arc::clone(&heard);
        // It ends with the process: a test has few of them.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&cloud) else { continue };
                let (there, back) = ((client.try_clone(), server.try_clone()), (server, client));
                if let (Ok(client), Ok(server)) = there {
                    let ear = Arc::clone(&ear);
                    thread::spawn(move || hand_on(client, server, |bytes| ear.lock().expect("an ear").extend(bytes)));
                }
                thread::spawn(move || hand_on(back.0, back.1, |_| {}));
            }
        });
        Self { url: own, heard }
    }

    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().expect("an ear")).into_owned()
    }

    pub(crate) fn forget(&self) {
        self.heard.lock().expect("an ear").clear();
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, listen: impl Fn(&[u8])) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        listen(&bytes[..length]);
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
