//! The server as a tower service: what `kube::Client` talks to. Here a request is logged, faults
//! are done to it, and it is counted while it is under way.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header, response::Builder};
use http_body_util::{Either, Full};
use kube::client::Body;

use super::{
    ApiServer, Moment, Verdict,
    answer::{self, Answer},
    refusal::Refusal,
    request::{self, RequestInfo},
    watch::{Opened, WatchBody},
};

type AnswerBody = Either<Full<Bytes>, WatchBody>;
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Response<AnswerBody>, Failure>> + Send>>;

pub(crate) struct Wire {
    pub(crate) server: Arc<ApiServer>,
    pub(crate) agent: String,
}

/// Counts a request from its arrival until its answer, or until nobody waits for it any more.
struct UnderWay(Arc<ApiServer>);

impl UnderWay {
    fn new(server: &Arc<ApiServer>) -> Self {
        server.in_flight.fetch_add(1, Ordering::SeqCst);
        UnderWay(server.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl tower::Service<Request<Body>> for Wire {
    type Response = Response<AnswerBody>;
    type Error = Failure;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        let server = self.server.clone();
        let under_way = UnderWay::new(&server);
        let (parts, body) = request.into_parts();
        let (info, query) = request::read(&parts, &self.agent);
        Box::pin(async move {
            let _under_way = under_way;
            let number = server.note_arrival(&info);
            let early = faulted(&server, &info, Moment::Before).await?;
            let body = body.collect_bytes().await?;
            let mut answer = match early {
                Some(refusal) => Err(refusal),
                None => server.store.with(|state| answer::to(&server.store, state, &info, &query, &body)),
            };
            if let Some(refusal) = faulted(&server, &info, Moment::After).await? {
                answer = Err(refusal);
            }
            let response = respond(answer)?;
            server.note_answer(number, response.status().as_u16());
            Ok(response)
        })
    }
}

/// What the test wants done to the request: an error to answer, a connection that breaks, or
/// silence for ever.
async fn faulted(server: &ApiServer, info: &RequestInfo, moment: Moment) -> Result<Option<Refusal>, Failure> {
    match server.verdict(info, moment) {
        Verdict::Go => Ok(None),
        Verdict::Fail(code) => Ok(Some(Refusal::injected(code))),
        Verdict::Disconnect => Err("the connection was closed by a test".into()),
        Verdict::Hang => {
            let never: Infallible = std::future::pending().await;
            match never {}
        }
        Verdict::Late(by) => {
            tokio::time::sleep(by).await;
            Ok(None)
        }
    }
}

fn respond(answer: Result<Answer, Refusal>) -> Result<Response<AnswerBody>, http::Error> {
    let whole = |builder: Builder, bytes: Vec<u8>| builder.body(Either::Left(Full::new(Bytes::from(bytes))));
    let typed = |code: u16, media: &str| Response::builder().status(code).header(header::CONTENT_TYPE, media);
    match answer {
        Ok(Answer::Json(code, value)) => whole(typed(code, "application/json"), value.to_string().into_bytes()),
        Ok(Answer::Text(code, text)) => whole(typed(code, "text/plain; charset=utf-8"), text.into_bytes()),
        Ok(Answer::Watch(Opened::Refused(line))) => whole(typed(200, "application/json"), line),
        Ok(Answer::Watch(Opened::Watch(body))) => typed(200, "application/json").body(Either::Right(*body)),
        Err(Refusal { code, body }) => match body.as_str() {
            Some(text) => whole(typed(code, "text/plain; charset=utf-8"), text.as_bytes().to_vec()),
            None => whole(typed(code, "application/json"), body.to_string().into_bytes()),
        },
    }
}
