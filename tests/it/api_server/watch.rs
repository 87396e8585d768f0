//! An open watch: a response body that delivers the history of a resource from a position on,
//! bookmarks on the way, and ends by tokio's clock.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame};
use serde_json::{Value, json};
use tokio::time::{Instant, Sleep, sleep};

use super::{
    kind::{Kind, Resource},
    meta,
    refusal::Refusal,
    request::{Query, RequestInfo},
    select::Selector,
    store::{State, Store, Watching},
};

/// Real servers choose between half an hour and an hour when the client names no time.
const DEFAULT_TIMEOUT: u64 = 1800;
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How a watch begins: with a body that stays open, or with the one event that refuses it.
pub(crate) enum Opened {
    Watch(Box<WatchBody>),
    Refused(Vec<u8>),
}

pub(crate) struct WatchBody {
    store: Arc<Store>,
    id: u64,
    resource: Resource,
    kind: Arc<Kind>,
    namespace: String,
    selector: Selector,
    metadata_only: bool,
    first: Option<Bytes>,
    bookmarks: bool,
    next_bookmark: Pin<Box<Sleep>>,
    deadline: Pin<Box<Sleep>>,
    ended: bool,
}

fn line(kind: &str, object: &Value) -> Vec<u8> {
    let mut line = json!({"type": kind, "object": object}).to_string().into_bytes();
    line.push(b'\n');
    line
}

fn bookmark(kind: &Kind, version: u64, initial_end: bool) -> Vec<u8> {
    let mut object = json!({
        "kind": kind.name, "apiVersion": kind.api_version(),
        "metadata": {"resourceVersion": version.to_string(), "creationTimestamp": null},
    });
    if initial_end {
        object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    line("BOOKMARK", &object)
}

impl WatchBody {
    /// Begins a watch. An unknown version in the query is a bad request, one that is too old an
    /// ERROR event inside an answer that is otherwise fine.
    pub(crate) fn open(
        store: &Arc<Store>,
        state: &mut State,
        kind: &Arc<Kind>,
        info: &RequestInfo,
        query: &Query,
        selector: Selector,
    ) -> Result<Opened, Refusal> {
        let resource = kind.resource();
        let Some(stock) = state.stock(&resource) else {
            return Err(Refusal::no_such_path());
        };
        let horizon = stock.frozen.unwrap_or(state.version);
        let metadata_only = query.metadata_only;
        let shown = |object: &Value| {
            if metadata_only { meta::only(object) } else { object.clone() }
        };
        let asked = query.get("resourceVersion");
        let (position, first) = if matches!(asked, "" | "0") {
            let objects = stock.at(horizon);
            let here = objects.iter().filter(|(key, _)| info.namespace.is_empty() || key.0 == info.namespace);
            let mut first: Vec<u8> =
                here.filter(|(_, object)| selector.matches(object)).flat_map(|(_, object)| line("ADDED", &shown(object))).collect();
            if query.flag("sendInitialEvents") {
                first.extend(bookmark(kind, horizon, true));
            }
            (horizon, first)
        } else {
            let Ok(position) = asked.parse::<u64>() else {
                return Err(Refusal::bare(&format!(
                    "resourceVersion: Invalid value: {asked:?}: strconv.ParseUint: parsing {asked:?}: invalid syntax"
                )));
            };
            if position < stock.oldest {
                let why = format!("too old resource version: {position} ({})", stock.oldest);
                return Ok(Opened::Refused(line("ERROR", &Refusal::expired(&why).body)));
            }
            (position, Vec::new())
        };
        let id = state.draw();
        let watching = Watching { resource: resource.clone(), position, broken: false, waker: None };
        state.watches.insert(id, watching);
        let timeout = query.number("timeoutSeconds").filter(|seconds| *seconds > 0).unwrap_or(DEFAULT_TIMEOUT);
        Ok(Opened::Watch(Box::new(WatchBody {
            store: store.clone(),
            id,
            resource,
            kind: kind.clone(),
            namespace: info.namespace.clone(),
            selector,
            metadata_only,
            first: (!first.is_empty()).then(|| Bytes::from(first)),
            bookmarks: query.flag("allowWatchBookmarks"),
            next_bookmark: Box::pin(sleep(BOOKMARK_EVERY)),
            deadline: Box::pin(sleep(Duration::from_secs(timeout))),
            ended: false,
        })))
    }

    /// What happened since the last look; `None` once the watch was broken. The waker is kept for
    /// the next change.
    fn news(&self, state: &mut State, waker: &Waker) -> Option<Vec<u8>> {
        let watching = state.watches.get_mut(&self.id)?;
        if watching.broken {
            return None;
        }
        let stock = state.stocks.get(&self.resource)?;
        let horizon = stock.frozen.unwrap_or(state.version);
        let mut lines = Vec::new();
        let seen = stock.changes.partition_point(|change| change.version <= watching.position);
        for change in stock.changes[seen..].iter().take_while(|change| change.version <= horizon) {
            if !self.namespace.is_empty() && change.key.0 != self.namespace {
                continue;
            }
            let before = change.before.as_deref().is_some_and(|before| self.selector.matches(before));
            let after = !change.deleted && self.selector.matches(&change.object);
            let kind = match (before, after) {
                (false, true) => "ADDED",
                (true, true) => "MODIFIED",
                (true, false) => "DELETED",
                (false, false) => continue,
            };
            // What leaves the selection goes as it last was inside.
            let mut object = match &change.before {
                Some(before) if kind == "DELETED" && !change.deleted => Value::clone(before),
                _ => Value::clone(&change.object),
            };
            meta::set(&mut object, "resourceVersion", json!(change.version.to_string()));
            let object = if self.metadata_only { meta::only(&object) } else { object };
            lines.extend(line(kind, &object));
        }
        watching.position = watching.position.max(horizon);
        watching.waker = Some(waker.clone());
        Some(lines)
    }

    fn bookmark(&self) -> Bytes {
        let position = self.store.with(|state| state.watches.get(&self.id).map_or(0, |watching| watching.position));
        Bytes::from(bookmark(&self.kind, position, false))
    }
}

impl Body for WatchBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let frame = |bytes: Bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        if this.ended {
            return Poll::Ready(None);
        }
        if let Some(first) = this.first.take() {
            return frame(first);
        }
        match this.store.with(|state| this.news(state, context.waker())) {
            None => {
                this.ended = true;
                return Poll::Ready(None);
            }
            Some(lines) if !lines.is_empty() => return frame(Bytes::from(lines)),
            Some(_) => {}
        }
        if this.deadline.as_mut().poll(context).is_ready() {
            this.ended = true;
            // The last word says how far the client has come, so that it goes on from there.
            return if this.bookmarks { frame(this.bookmark()) } else { Poll::Ready(None) };
        }
        if this.bookmarks && this.next_bookmark.as_mut().poll(context).is_ready() {
            this.next_bookmark.as_mut().reset(Instant::now() + BOOKMARK_EVERY);
            // The new timer must be polled once to be armed.
            context.waker().wake_by_ref();
            return frame(this.bookmark());
        }
        Poll::Pending
    }
}

impl Drop for WatchBody {
    fn drop(&mut self) {
        self.store.with(|state| state.watches.remove(&self.id));
    }
}
