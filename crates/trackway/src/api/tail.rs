//! `GET /api/v1/tail`: events as they become visible, one server-sent event each.
//!
//! `dataset` and `filters` say which. An event `row` carries one; `skipped` says how many were left
//! out and why, because more came than a reader may be given or it came too late for what was in
//! memory; `error` says why the answer ends before its time: its key was revoked. `Last-Event-ID`
//! goes on where an earlier answer ended. A reader owns a place in the log and no queue: what it
//! has not taken is read again from memory when it does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use futures::stream;
use honeycomb::{language, render};
use model::{Error, Result};
use query::{Tail, TailPosition, TailQuery};
use registry::Permission;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::admit::{presented, still_admitted};
use super::events::{self, Frames};
use super::parameters::Parameters;
use super::{ALL_DATASETS, Failure, admit, datasets_of, wrong};
use crate::app::{App, blocking};

/// Most readers at once: each costs a thread for some milliseconds ten times a second.
const READERS_MAX: usize = 32;
/// Events that a reader is given in a second. Nobody reads more, and a browser that has to draw
/// more stands still; what is beyond is counted.
const ROWS_A_SECOND: u64 = 500;
/// How often a reader looks at most.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often a reader's key is judged again: as often as a request would find that it was revoked.
const JUDGE_EVERY: Duration = registry::CHECK_INTERVAL;
/// How often a sign of life is sent, so that proxies do not take the silence for an end.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// How long an answer goes on. Clients come again with their place.
const ANSWER_LASTS: Duration = Duration::from_secs(3_600);
/// Where a client says how far it has read.
const LAST_EVENT_ID: &str = "last-event-id";

/// `GET /api/v1/tail`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/tail", get(follow))
}

/// Places for readers.
#[derive(Debug)]
pub(crate) struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(READERS_MAX)))
    }
}

impl Readers {
    /// How many there are.
    pub(crate) fn present(&self) -> u64 {
        READERS_MAX.saturating_sub(self.0.available_permits()) as u64
    }

    fn enter(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| {
            Error::unavailable(
                HEARTBEAT_EVERY,
                format!("{READERS_MAX} readers follow events already, which is the most"),
            )
        })
    }
}

async fn follow(
    State(app): State<Arc<App>>,
    Query(given): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let environment = admit(&app, &headers, Permission::Query)?.environment;
    let presented = presented(&headers)?.map(str::to_owned);
    let parameters = Parameters::new(given, &["dataset", "filters", "filter_combination"])?;
    let filters = parameters.text("filters");
    let filter = language::read_filters(filters, parameters.text("filter_combination"));
    let filter = filter.map_err(wrong)?;
    let after = headers.get(LAST_EVENT_ID).map(|value| read_position(value.to_str().ok()));
    let after = after.transpose()?;
    let place = app.readers.enter()?;
    let snapshot = app.snapshot().await?;
    let dataset = parameters.text("dataset").unwrap_or(ALL_DATASETS);
    let datasets = datasets_of(&snapshot, environment, dataset)?;
    drop(snapshot);
    let query = TailQuery { environment, datasets, filter };
    // What comes from here on is told: a reader sees what is sent after it was let in.
    let published = app.published.clone();
    let tail = blocking({
        let app = Arc::clone(&app);
        move || Ok(Tail::new(&app.store, query, after))
    });
    let reader = Reader::new(&app, presented, tail.await?, published, place);
    Ok(events::answer(stream::unfold(reader, Reader::next)))
}

/// A place as it is written: the request, and how many of its rows were read.
fn write_position(position: TailPosition) -> String {
    match position.rows {
        None => position.request.to_string(),
        Some(rows) => format!("{}-{rows}", position.request),
    }
}

fn read_position(text: Option<&str>) -> Result<TailPosition, Failure> {
    let read = || {
        let text = text?;
        let (request, rows) = match text.split_once('-') {
            Some((request, rows)) => (request, Some(rows.parse().ok()?)),
            None => (text, None),
        };
        Some(TailPosition { request: request.parse().ok()?, rows })
    };
    read().ok_or_else(|| {
        let text = format!(
            "{LAST_EVENT_ID}: {:?} where the id of an event is expected, as it was sent",
            text.unwrap_or("what is no text")
        );
        Failure::new(StatusCode::BAD_REQUEST, text)
    })
}

/// One reader.
struct Reader {
    app: Arc<App>,
    /// The key that it came with.
    presented: Option<String>,
    tail: Option<Tail>,
    published: watch::Receiver<()>,
    look: Interval,
    tick: Interval,
    /// When the answer ends, its key is judged again and a sign of life is due, and when events
    /// were last counted against the bound, by the clock that never jumps.
    ends: Duration,
    judged: Duration,
    heartbeat: Duration,
    counted: Duration,
    /// Events that may be given at once.
    allowance: u64,
    is_new: bool,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    fn new(
        app: &Arc<App>,
        presented: Option<String>,
        tail: Tail,
        mut published: watch::Receiver<()>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let every = |time| {
            let mut interval = interval(time);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        };
        let now = app.clock.elapsed();
        // The first look is at once: a reader that comes again may find something.
        published.mark_changed();
        Self {
            app: Arc::clone(app),
            presented,
            tail: Some(tail),
            published,
            look: every(LOOK_EVERY),
            tick: every(JUDGE_EVERY),
            ends: now.saturating_add(ANSWER_LASTS),
            judged: now.saturating_add(JUDGE_EVERY),
            heartbeat: now.saturating_add(HEARTBEAT_EVERY),
            counted: now,
            allowance: ROWS_A_SECOND,
            is_new: true,
            _place: place,
        }
    }

    /// The next part of the answer; none at its end.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let mut frames = Frames::default();
        if self.is_new {
            // The head and a place are sent at once, so that a client knows that it is heard.
            self.is_new = false;
            frames.place(&write_position(self.tail.as_ref()?.position()));
            return Some((Ok(frames.bytes()), self));
        }
        while frames.is_empty() {
            let now = self.app.clock.elapsed();
            if now >= self.ends {
                return None;
            }
            if now >= self.judged {
                self.judged = now.saturating_add(JUDGE_EVERY);
                if let Err(failure) = still_admitted(&self.app, self.presented.as_deref()) {
                    frames.event("error", &failure.told());
                    // It is the last that is sent.
                    self.ends = now;
                    break;
                }
            }
            if now >= self.heartbeat {
                self.heartbeat = now.saturating_add(HEARTBEAT_EVERY);
                frames.heartbeat();
                break;
            }
            tokio::select! {
                biased;
                () = self.app.readiness.stopping() => return None,
                // The sender gone means that the server ends.
                changed = self.published.changed() => changed.ok()?,
                _ = self.tick.tick() => continue,
            }
            tokio::select! {
                () = self.app.readiness.stopping() => return None,
                _ = self.look.tick() => {}
            }
            self.turn(&mut frames).await?;
        }
        Some((Ok(frames.bytes()), self))
    }

    /// Reads on. Nothing if the reader failed, which its client sees as an end.
    async fn turn(&mut self, frames: &mut Frames) -> Option<()> {
        let rows_max = self.refill() as usize;
        let mut tail = self.tail.take()?;
        let app = Arc::clone(&self.app);
        let read = blocking(move || {
            let turn = tail.turn(&app.store, rows_max)?;
            Ok((tail, turn))
        });
        let (tail, turn) = match read.await {
            Ok(read) => read,
            Err(error) => {
                tracing::warn!("following events: {error}");
                return None;
            }
        };
        let skipped = |rows: Option<u64>, why: String| json!({"rows": rows, "why": why});
        if turn.is_behind {
            let why = "events were moved from memory to disk before they were read here; a query \
                       finds them";
            frames.event("skipped", &skipped(None, why.to_owned()));
        }
        for found in &turn.rows {
            let place = write_position(found.position);
            frames.event_at(&place, "row", &render::event(&found.row, &found.dataset));
        }
        if turn.passed_over > 0 {
            let why = format!("more than {ROWS_A_SECOND} events a second; a filter makes it fewer");
            frames.event("skipped", &skipped(Some(turn.passed_over), why));
        }
        if !frames.is_empty() {
            frames.place(&write_position(tail.position()));
        }
        self.allowance -= turn.rows.len() as u64;
        if turn.has_more {
            self.published.mark_changed();
        }
        self.tail = Some(tail);
        Some(())
    }

    /// Events that may be given now: what was not used in the last second, and no more than a
    /// second's.
    fn refill(&mut self) -> u64 {
        let now = self.app.clock.elapsed();
        let millis = now.saturating_sub(self.counted).as_millis() as u64;
        let more = millis * ROWS_A_SECOND / 1_000;
        if more > 0 {
            self.counted = now;
            self.allowance = (self.allowance + more).min(ROWS_A_SECOND);
        }
        self.allowance
    }
}
