//! The only socket: one request out, one answer in, with deadlines and a cap on what is read.
//! Knows nothing of vendors, signatures or repeating; it only says whether anything can have been sent.
//! `addresses` keeps it from going where a name should not lead.

mod addresses;
mod timely;

use super::error::Acted;
use addresses::{Guard, LeadsInside};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use timely::Timely;
use tokio::time::Instant;
use url::Url;

pub use addresses::NameService;
pub use reqwest::{Certificate, Method};

/// How the socket behaves; the defaults are those of the product.
#[derive(Clone, Debug)]
pub struct TransportOptions {
    /// Who runs this, in the user agent's brackets.
    pub user_agent_suffix: String,
    pub connect_timeout: Duration,
    /// The longest silence while an answer is awaited or read.
    pub read_timeout: Duration,
    /// From the first byte of the connection to the last of the answer.
    pub total_timeout: Duration,
    /// Answers that are longer are cut off and count as broken.
    pub body_cap: usize,
    /// Whether `HTTPS_PROXY` and its relatives count. What goes through a proxy is resolved by the proxy.
    pub proxy_from_environment: bool,
    /// Host names that may lead to the machine itself or to its own link: each one that the operator wrote out in full.
    pub trusted_hosts: Vec<String>,
    /// Further roots, beside the machine's own.
    pub roots: Vec<Certificate>,
    pub names: NameService,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            user_agent_suffix: "operator".to_owned(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            body_cap: 8 * 1024 * 1024,
            proxy_from_environment: false,
            trusted_hosts: Vec::new(),
            roots: Vec::new(),
            names: NameService::default(),
        }
    }
}

/// One request, complete: what is in it goes out as it is. It holds signatures and tokens, so it cannot be formatted.
pub struct HttpRequest {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Vec<u8>,
    /// A shorter limit than the socket's own, for this request.
    pub deadline: Option<Duration>,
}

/// One answer, whatever its status.
pub struct HttpAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// A header's value, if there is one and it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// No answer. The variants are the stages at which it ended.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error("it was too late to begin")]
    NotBegun,
    #[error("the http client cannot be set up")]
    SetUp(#[source] reqwest::Error),
    #[error("the name of the endpoint leads to where nothing is sent")]
    LeadsInside(#[source] reqwest::Error),
    #[error("the name of the endpoint cannot be resolved")]
    Resolve(#[source] reqwest::Error),
    #[error("no connection to the endpoint")]
    Connect(#[source] reqwest::Error),
    #[error("no answer in time")]
    TimedOut(#[source] reqwest::Error),
    #[error("the connection broke")]
    Broken(#[source] reqwest::Error),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the answer has more parts than any that is meant to be read")]
    TooManyParts,
}

impl TransportError {
    /// `No` only where it is certain that no byte of the request left: until the connection stood, TLS included.
    pub fn acted(&self) -> Acted {
        match self {
            Self::NotBegun | Self::SetUp(_) | Self::LeadsInside(_) | Self::Resolve(_) | Self::Connect(_) => Acted::No,
            Self::TimedOut(_) | Self::Broken(_) | Self::TooLong(_) | Self::TooManyParts => Acted::Perhaps,
        }
    }

    /// The word in metric labels.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotBegun => "NotBegun",
            Self::SetUp(_) => "SetUpFailed",
            Self::LeadsInside(_) => "EndpointNotAllowed",
            Self::Resolve(_) => "ResolveFailed",
            Self::Connect(_) => "ConnectFailed",
            Self::TimedOut(_) => "TimedOut",
            Self::Broken(_) => "ConnectionBroken",
            Self::TooLong(_) | Self::TooManyParts => "AnswerTooLong",
        }
    }

    fn of(error: reqwest::Error) -> Self {
        // The URL carries the parameters: it is no part of an error that may be logged.
        let error = error.without_url();
        if error.is_builder() {
            Self::SetUp(error)
        } else if leads_inside(&error) {
            Self::LeadsInside(error)
        } else if error.is_dns() {
            Self::Resolve(error)
        } else if error.is_connect() {
            Self::Connect(error)
        } else if error.is_timeout() {
            Self::TimedOut(error)
        } else {
            Self::Broken(error)
        }
    }
}

fn leads_inside(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<LeadsInside>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether an answer can be taken apart in a bounded multiple of its own memory: a tiny value costs its reader a hundred times what it
/// costs its writer, and the largest real answers, of a hundred instances, have some ten thousand. What separates values in JSON is counted
/// wherever it stands.
pub fn is_readable(body: &[u8]) -> bool {
    const MOST_PARTS: usize = 100_000;
    body.iter().filter(|byte| b",{[".contains(byte)).count() <= MOST_PARTS
}

/// The socket. One for the whole process: connections are pooled inside.
pub struct Transport {
    client: reqwest::Client,
    body_cap: usize,
    total_timeout: Duration,
    in_flight: AtomicUsize,
}

impl Transport {
    pub fn new(options: TransportOptions) -> Result<Self, TransportError> {
        let TransportOptions {
            user_agent_suffix,
            connect_timeout,
            read_timeout,
            total_timeout,
            body_cap,
            proxy_from_environment,
            trusted_hosts,
            roots,
            names,
        } = options;
        let trusted = trusted_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        // The process may have chosen a provider already; any choice is as good as ours.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = reqwest::Client::builder()
            .user_agent(format!("cloud-steward/{} ({user_agent_suffix})", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect_timeout)
            .read_timeout(read_timeout)
            .timeout(total_timeout)
            .dns_resolver(Guard { names, trusted })
            // Whoever answers does not choose who is told our keys next.
            .redirect(reqwest::redirect::Policy::none())
            // Each attempt needs a nonce of its own, so the layer below must not repeat anything.
            .retry(reqwest::retry::never())
            .referer(false);
        if !roots.is_empty() {
            builder = builder.tls_certs_merge(roots);
        }
        if !proxy_from_environment {
            builder = builder.no_proxy();
        }
        Ok(Self { client: builder.build().map_err(TransportError::SetUp)?, body_cap, total_timeout, in_flight: AtomicUsize::new(0) })
    }

    /// Sends one request, once.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, TransportError> {
        self.send_by(request, None).await
    }

    /// Sends one request, once, if it can be begun by then: resolving, connecting and TLS may take their time, and come before.
    pub async fn send_by(&self, request: HttpRequest, begin_by: Option<Instant>) -> Result<HttpAnswer, TransportError> {
        if begin_by.is_some_and(|by| Instant::now() > by) {
            return Err(TransportError::NotBegun);
        }
        let _counted = InFlight::enter(&self.in_flight);
        let deadline = request.deadline.map_or(self.total_timeout, |asked| asked.min(self.total_timeout));
        let mut builder = self.client.request(request.method, request.url).timeout(deadline);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let (body, withheld) = Timely::body(request.body, begin_by);
        let sent = builder.body(body).send().await;
        let mut answer = sent.map_err(|error| if withheld.get() { TransportError::NotBegun } else { TransportError::of(error) })?;
        let status = answer.status().as_u16();
        let headers = std::mem::take(answer.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(TransportError::of)? {
            if body.len() + chunk.len() > self.body_cap {
                return Err(TransportError::TooLong(self.body_cap));
            }
            body.extend_from_slice(&chunk);
        }
        if is_readable(&body) { Ok(HttpAnswer { status, headers, body }) } else { Err(TransportError::TooManyParts) }
    }

    /// How many requests are out at this moment.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
}

/// Counts while it lives, so that a caller that gives up is counted out as well.
struct InFlight<'a>(&'a AtomicUsize);

impl<'a> InFlight<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
