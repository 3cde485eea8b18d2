//! Traffic until something happens: senders on several connections, and one that counts meanwhile.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde_json::Value;

use super::finding::Finding;
use super::http::{self, Answer};
use super::ledger::{Fate, Ledger};
use super::pulse::Pulse;
use super::reading;
use super::request::{BATCH, CONTENT_TYPE, Draft, EVENTS, LOGS, Post, Source};
use super::server::Happening;
use crate::grpc;

/// Connections that send at the same time.
const SENDERS: usize = 4;
/// Between two requests of a sender. Together they send some 3,000 events a second: enough to pass
/// every stage within a second or two, and little enough to read everything back after each kill.
const PAUSE: Duration = Duration::from_millis(12);
/// The same once a server has acknowledged [`CALM_EVENTS`].
const PAUSE_CALM: Duration = Duration::from_millis(100);
/// Events after which a server gets less: what it still waits for is time, not events.
const CALM_EVENTS: u64 = 4_000;
/// Between two counts.
const PAUSE_COUNT: Duration = Duration::from_millis(150);
/// Broken connections after which a sender gives up on a server that nobody has killed.
const BREAKS_MAX: u32 = 20;

/// What comes to a server between its start and its kill.
pub(super) struct Traffic<'a> {
    /// Where requests come from.
    pub(super) source: Source,
    /// Where they are written down.
    pub(super) ledger: &'a Mutex<Ledger>,
    /// Host and port that events go to.
    pub(super) otlp: &'a str,
    /// Host and port that questions go to.
    pub(super) main: &'a str,
    /// Told when [`Traffic::enough`] is reached.
    pub(super) happenings: SyncSender<Happening>,
    /// Requests to acknowledge until then.
    pub(super) enough: Option<u64>,
    pulse: Pulse,
    acknowledged: AtomicU64,
    counts: AtomicU64,
    findings: Mutex<Vec<Finding>>,
}

/// What was seen while the traffic ran.
#[derive(Debug, Default)]
pub(super) struct Sight {
    /// Counts asked for and answered.
    pub(super) counts: u64,
    /// What was wrong.
    pub(super) findings: Vec<Finding>,
}

impl<'a> Traffic<'a> {
    /// Traffic to the server at `main` and `otlp`, not running yet.
    pub(super) fn new(
        source: Source,
        ledger: &'a Mutex<Ledger>,
        (main, otlp): (&'a str, &'a str),
        happenings: SyncSender<Happening>,
        enough: Option<u64>,
    ) -> Self {
        Self {
            source,
            ledger,
            otlp,
            main,
            happenings,
            enough,
            pulse: Pulse::default(),
            acknowledged: AtomicU64::new(0),
            counts: AtomicU64::new(0),
            findings: Mutex::default(),
        }
    }

    /// Runs until `wait` returns; by then the server should have been killed, because no request
    /// is waited for longer.
    pub(super) fn run<T>(self, wait: impl FnOnce(&Self) -> T) -> (T, Sight) {
        let got = std::thread::scope(|scope| {
            for number in 0..SENDERS {
                let thread = Builder::new().name(format!("sender-{number}"));
                let sender = thread.spawn_scoped(scope, || self.send());
                sender.expect("the system starts a thread");
            }
            let thread = Builder::new().name("counter".to_owned());
            let counter = thread.spawn_scoped(scope, || self.count());
            counter.expect("the system starts a thread");
            let got = wait(&self);
            self.pulse.end();
            got
        });
        let findings = self.findings.into_inner().unwrap_or_else(PoisonError::into_inner);
        (got, Sight { counts: self.counts.into_inner(), findings })
    }

    /// Counts once more, now that a thread of the server is held. Nobody kills it meanwhile, so
    /// that no answer is a finding too.
    pub(super) fn count_while_held(&self, stage: &str) {
        if let Err(what) = self.count_once() {
            self.find(Finding::Refused { what: format!("while held in {stage}: {what}") });
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, finding: Finding) {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
    }

    /// Sends one request after the other until the end.
    fn send(&self) {
        let mut breaks = 0;
        let mut events = 0;
        while breaks < BREAKS_MAX {
            let (number, draft) = {
                let mut ledger = self.ledger();
                let number = ledger.next_request();
                let draft = self.source.request(number, ledger.next_id());
                ledger.open(draft.events.clone());
                (number, draft)
            };
            events += draft.events.len() as u64;
            match self.post(&draft.post) {
                Ok(answer) => self.note(number, &draft, &answer),
                Err(_) => breaks += 1,
            }
            let is_calm = events * SENDERS as u64 > CALM_EVENTS;
            if self.pulse.wait(if is_calm { PAUSE_CALM } else { PAUSE }) {
                return;
            }
        }
    }

    /// Sends a request over the protocol that it goes by. A call's answer is told as HTTP would.
    fn post(&self, post: &Post) -> io::Result<Answer> {
        if !post.is_call() {
            return http::post(self.otlp, &post.path, &post.headers(), &post.body);
        }
        let framed = grpc::framed(&post.body, false);
        let answer = grpc::Connection::open(self.otlp)?.call(&post.path, None, &framed)?;
        let status = answer.http_status();
        let body = if answer.code == 0 { answer.message } else { answer.words.into() };
        Ok(Answer { status, body })
    }

    /// Writes an answer down.
    fn note(&self, number: u64, draft: &Draft, answer: &Answer) {
        let refused = || Finding::Refused {
            what: format!(
                "a good request ({}, number {number}) was answered {}: {}",
                draft.post.path,
                answer.status,
                answer.text()
            ),
        };
        let fate = match answer.status {
            200..300 => Fate::Acknowledged,
            // They ask to try again, and may have been stored all the same.
            429 | 503 => Fate::Unanswered,
            _ => Fate::Refused,
        };
        self.ledger().answer(number, fate);
        if fate == Fate::Refused || (fate == Fate::Acknowledged && !is_whole(draft, answer)) {
            self.find(refused());
        }
        if fate == Fate::Acknowledged {
            let acknowledged = self.acknowledged.fetch_add(1, Ordering::Relaxed) + 1;
            if Some(acknowledged) == self.enough {
                // Nobody listens any more if something else has happened already.
                self.happenings.try_send(Happening::Enough).ok();
            }
        }
    }

    /// Counts again and again until the end.
    fn count(&self) {
        loop {
            // A question that the kill cuts off says nothing.
            self.count_once().ok();
            if self.pulse.wait(PAUSE_COUNT) {
                return;
            }
        }
    }

    /// Counts: never fewer than were acknowledged before the question, never more than were sent
    /// before the answer, and none twice.
    fn count_once(&self) -> Result<(), String> {
        let least = self.ledger().bounds().least;
        let (count, distinct) =
            reading::count(&mut |body| self.ask(body), self.source.range_seconds())?;
        let most = self.ledger().bounds().most;
        self.counts.fetch_add(1, Ordering::Relaxed);
        if count < least || count > most || count != distinct {
            let what = format!(
                "while events came in, COUNT was {count} and COUNT_DISTINCT {distinct}: {least} \
                 had been acknowledged before and {most} sent until then"
            );
            self.find(Finding::Miscounted { what });
        }
        Ok(())
    }

    /// Puts a question; an answer that is none is a finding, a broken connection is not.
    fn ask(&self, body: &Value) -> Result<Vec<u8>, String> {
        let answer = post_question(self.main, body)?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        let what = format!("a question was answered {}: {}", answer.status, answer.text());
        self.find(Finding::Refused { what: what.clone() });
        Err(what)
    }
}

/// Puts a question to a server that nobody kills meanwhile.
pub(super) fn ask(main: &str, body: &Value) -> Result<Vec<u8>, String> {
    let answer = post_question(main, body)?;
    match answer.status {
        200 => Ok(answer.body),
        status => Err(format!("asking {body}: status {status}: {}", answer.text())),
    }
}

fn post_question(main: &str, body: &Value) -> Result<Answer, String> {
    let headers = [(CONTENT_TYPE, "application/json")];
    http::post(main, "/api/v1/query", &headers, body.to_string().as_bytes())
        .map_err(|error| format!("asking {body}: {error}"))
}

/// Whether a success is one for every event of the request.
fn is_whole(draft: &Draft, answer: &Answer) -> bool {
    let body = answer.body.as_slice();
    match draft.post.path.as_str() {
        path if path.starts_with(EVENTS) => body.is_empty(),
        path if path.starts_with(BATCH) => {
            let statuses: Vec<Value> = serde_json::from_slice(body).unwrap_or_default();
            statuses.len() == draft.events.len() && statuses.iter().all(|one| one["status"] == 202)
        }
        LOGS | grpc::LOGS => ExportLogsServiceResponse::decode(body)
            .is_ok_and(|answer| answer.partial_success.is_none_or(|p| p.rejected_log_records == 0)),
        _ => ExportTraceServiceResponse::decode(body)
            .is_ok_and(|answer| answer.partial_success.is_none_or(|p| p.rejected_spans == 0)),
    }
}

#[cfg(test)]
mod tests;
