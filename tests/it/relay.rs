//! A wire in between: hands on what two sides say to each other, and lets a test listen to it, or hold it up.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Gives the address at which connections to `to` begin. `there` is told what is on its way to the server, `back` what is on its way to the client,
/// each before it is handed on, and for as long as it takes to tell them.
pub(crate) fn relay(to: &str, there: impl Fn(&[u8]) + Clone + Send + 'static, back: impl Fn(&[u8]) + Clone + Send + 'static) -> SocketAddr {
    relay_each(to, move || (there.clone(), back.clone()))
}

/// The same with a pair of listeners for each connection.
pub(crate) fn relay_each<T, B>(to: &str, mut listeners: impl FnMut() -> (T, B) + Send + 'static) -> SocketAddr
where
    T: Fn(&[u8]) + Send + 'static,
    B: Fn(&[u8]) + Send + 'static,
{
    let to = to.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let own = listener.local_addr().expect("an address");
    // It ends with the process: a test has few of them.
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&to) else { continue };
            let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else { continue };
            let (there, back) = listeners();
            thread::spawn(move || hand_on(client, server, there));
            thread::spawn(move || hand_on(server_too, client_too, back));
        }
    });
    own
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, tell: impl Fn(&[u8])) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        tell(&bytes[..length]);
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
