//! A request's body that is handed to the socket in time or not at all. The socket asks for it when the connection stands, and writes the
//! request's head together with it: what is withheld here leaves nothing on the wire. (Where streams share a connection, the head may go
//! first; without its body, of which it bears the hash, nobody can act on it.)

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::time::Instant;

pub(super) struct Timely {
    bytes: Option<Bytes>,
    begin_by: Instant,
    withheld: Withheld,
}

/// Whether the body was asked for too late. Said beside the socket's error, which does not always carry the reason.
#[derive(Clone, Default)]
pub(super) struct Withheld(Arc<AtomicBool>);

impl Withheld {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it is too late to begin")]
pub(super) struct TooLate;

impl Timely {
    /// Whoever has no such limit gets a plain body.
    pub(super) fn body(bytes: Vec<u8>, begin_by: Option<Instant>) -> (reqwest::Body, Withheld) {
        let withheld = Withheld::default();
        let body = match begin_by {
            None => bytes.into(),
            Some(begin_by) => reqwest::Body::wrap(Self { bytes: Some(bytes.into()), begin_by, withheld: withheld.clone() }),
        };
        (body, withheld)
    }
}

impl Body for Timely {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        let this = self.get_mut();
        if this.bytes.is_some() && Instant::now() > this.begin_by {
            this.withheld.0.store(true, Ordering::SeqCst);
            return Poll::Ready(Some(Err(TooLate)));
        }
        Poll::Ready(this.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
