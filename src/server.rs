//! What others ask over HTTP: is it alive, does it see, what does it count.

use crate::metrics::Metrics;
use crate::reconcile::sight::Sights;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use tokio::net::TcpListener;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Asked {
    metrics: Arc<Metrics>,
    sights: Sights,
}

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, metrics: Arc<Metrics>, sights: Sights) -> std::io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .with_state(Asked { metrics, sights });
    axum::serve(listener, router).await
}

/// Ready means: every kind can be seen, and so can what steward needs to begin. Whether this replica leads makes no difference, or a rollout of two would hang.
async fn ready(State(asked): State<Asked>) -> Response {
    let blind = asked.sights.blind();
    if blind.is_empty() {
        "ok\n".into_response()
    } else {
        let text = format!("not seen: {}\nAre the CRDs installed, and does the API server let steward see them?\n", blind.join(", "));
        (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
    }
}

async fn numbers(State(asked): State<Asked>) -> Response {
    match asked.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
