//! Sockets and bytes: accepts connections, reads requests, writes answers, and breaks off where a fault wants it. What to answer is decided in
//! `desk` and `admin`.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::desk;
use crate::engine::{Engine, Flight};
use crate::reply::Reply;
use crate::request::Request;
use crate::{admin, alibaba};

/// Larger than any seed or script that a person would send.
const MOST_BYTES: usize = 64 << 20;

/// Serves until the caller drops the future.
pub(crate) async fn serve(listener: TcpListener, engine: Arc<Engine>) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, engine.clone()));
            }
            // Out of descriptors, most likely: let others finish.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
}

async fn connection(stream: TcpStream, engine: Arc<Engine>) {
    // Nagle's wait would be added to every answer.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| answer(request, engine.clone()));
    // An error here is the client leaving, or a fault closing the door.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

/// The connection closes without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        text.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

async fn answer(request: http::Request<Incoming>, engine: Arc<Engine>) -> Result<Response<Answering>, Closed> {
    if request.uri().path().starts_with(admin::ROOT) {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MOST_BYTES).collect().await else {
            return Err(Closed);
        };
        let (status, body) = admin::serve(&engine, &parts, &body.to_bytes());
        return Ok(json(status, &body, &[], None));
    }
    let flight = Flight::arrive(&engine);
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MOST_BYTES).collect().await else {
        return Err(Closed);
    };
    let request = Request::new(&parts, body.to_bytes());
    let reply = desk::serve(&engine, &flight, &request).await;
    let date = http_date(engine.lock().cloud_now());
    match reply {
        Reply::Json { status, body, request_id, headers } => {
            let mut all = vec![("date", date.as_str()), (alibaba::REQUEST_ID, &request_id)];
            all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
            Ok(json(status, &body, &all, Some(flight)))
        }
        Reply::Page { status, text } => {
            Ok(with_head(status, "text/html", &[("date", &date)], Answering::whole(Bytes::from_static(text.as_bytes()), Some(flight))))
        }
        Reply::Half { status, body, request_id } => {
            let text = body.to_string();
            let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
            Ok(with_head(
                status,
                JSON,
                &[("date", &date), (alibaba::REQUEST_ID, &request_id), ("content-length", &text.len().to_string())],
                Answering { bytes: Some(half), whole: false, _flight: Some(flight) },
            ))
        }
        Reply::Written(written) => {
            let kind = if written.plain { "text/plain;charset=utf-8" } else { JSON };
            let length = written.text.len();
            let whole = Bytes::from(written.text);
            let mut headers: Vec<(&str, &str)> = written.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            headers.push(("date", &date));
            let announced = length.to_string();
            if written.half {
                headers.push(("content-length", &announced));
                let body = Answering { bytes: Some(whole.slice(..length / 2)), whole: false, _flight: Some(flight) };
                return Ok(with_head(written.status, kind, &headers, body));
            }
            Ok(with_head(written.status, kind, &headers, Answering::whole(whole, Some(flight))))
        }
        Reply::Nothing => Err(Closed),
    }
}

const JSON: &str = "application/json;charset=utf-8";

fn json(status: u16, body: &Value, headers: &[(&str, &str)], flight: Option<Flight>) -> Response<Answering> {
    let bytes = Bytes::from(body.to_string());
    with_head(status, JSON, headers, Answering::whole(bytes, flight))
}

fn with_head(status: u16, kind: &'static str, headers: &[(&str, &str)], body: Answering) -> Response<Answering> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let all = response.headers_mut();
    all.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(*name), header::HeaderValue::try_from(*value)) {
            all.insert(name, value);
        }
    }
    response
}

fn http_date(now: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default()
}

/// A body that may break off, and that keeps its request in flight until it is gone.
struct Answering {
    bytes: Option<Bytes>,
    whole: bool,
    _flight: Option<Flight>,
}

impl Answering {
    fn whole(bytes: Bytes, flight: Option<Flight>) -> Self {
        Self { bytes: Some(bytes), whole: true, _flight: flight }
    }
}

impl Body for Answering {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        match self.bytes.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.whole => Poll::Ready(None),
            None => Poll::Ready(Some(Err(Closed))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.whole && self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.bytes {
            Some(bytes) if self.whole => SizeHint::with_exact(bytes.len() as u64),
            Some(_) => SizeHint::default(),
            None => SizeHint::with_exact(0),
        }
    }
}
