//! The sender: posts requests over a few connections and measures their acknowledgements.
//!
//! One thread a connection, one request in flight on each, fed from a bounded queue by the thread
//! that generates. With a rate, each request has a scheduled time and its latency counts from
//! there, so a server that stalls is charged for all requests that it delayed.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use model::{Clock, Error, ErrorKind, Result};

use super::encoding::Encoding;
use super::generator::Request;
use super::halt::Halt;
use super::http::{Answer, Target};
use super::line::Line;
use super::shape::{Post, Shape};
use super::summary::{Beginning, Latencies, Summary};
use crate::grpc;

/// Requests that wait for a connection. Enough that connections never wait for the generator's
/// bursts; at 100 kB a request it holds a few megabytes.
const QUEUE_REQUESTS_MAX: usize = 32;
/// How often one request is sent. A server that refuses this often is not merely busy.
const ATTEMPTS_MAX: u32 = 100;
/// The wait after a refusal that does not say how long.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);

/// How to send.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Connections, each with one request in flight.
    pub connections: usize,
    /// Spans a second over all connections; as fast as the server acknowledges if none.
    pub rate: Option<f64>,
    /// What spans are sent as.
    pub shape: Shape,
    /// How bodies are compressed.
    pub encoding: Encoding,
    /// How many requests are generated and compressed before the measured time begins.
    pub in_memory: usize,
}

/// What a run came to: what was measured, and what ended it early.
#[derive(Debug)]
pub struct Run {
    /// Figures of all acknowledged requests.
    pub summary: Summary,
    /// The error that ended the run, if one did.
    pub failure: Option<Error>,
}

/// Sends all `requests` to `target`.
pub fn send(
    target: &Target,
    settings: &Settings,
    requests: &mut dyn Iterator<Item = Request>,
    clock: &dyn Clock,
) -> Run {
    let (shape, encoding) = (settings.shape, settings.encoding);
    let mut jobs = requests.flat_map(|request| shape.posts(request));
    let mut jobs = jobs.by_ref().map(|post| Job::new(post, shape, encoding));
    let mut prepared: VecDeque<Job> = jobs.by_ref().take(settings.in_memory).collect();
    let (queue, waiting) = sync_channel(QUEUE_REQUESTS_MAX);
    let (waiting, halt) = (Mutex::new(waiting), Halt::default());
    let began = Beginning::now(clock);
    let courier = Courier { target, shape, encoding, waiting: &waiting, halt: &halt, clock };
    let ledgers = thread::scope(|scope| {
        let workers: Vec<_> = (0..settings.connections)
            .map(|number| {
                let thread = thread::Builder::new().name(format!("connection-{number}"));
                let worker = thread.spawn_scoped(scope, || courier.run());
                worker.expect("the system starts a thread")
            })
            .collect();
        let mut all = std::iter::from_fn(|| prepared.pop_front().or_else(|| jobs.next()));
        feed(&mut all, queue, settings.rate, began.elapsed, &halt);
        let ledgers = workers.into_iter().map(|worker| worker.join());
        let ledgers = ledgers.map(|ledger| ledger.expect("a connection does not panic"));
        ledgers.collect::<Vec<Ledger>>()
    });
    let mut run = sum(ledgers);
    run.summary.finish(began, clock);
    run
}

/// Generates and compresses all `requests` and sends nothing: what that costs.
pub fn discard(
    shape: Shape,
    encoding: Encoding,
    requests: &mut dyn Iterator<Item = Request>,
    clock: &dyn Clock,
) -> Summary {
    let began = Beginning::now(clock);
    let mut summary = Summary::default();
    let posts = requests.flat_map(|request| shape.posts(request));
    for job in posts.map(|post| Job::new(post, shape, encoding)) {
        job.count(&mut summary);
    }
    summary.finish(began, clock);
    summary
}

/// Puts jobs with their scheduled times into the queue until the run stops.
fn feed(
    jobs: &mut dyn Iterator<Item = Job>,
    queue: SyncSender<Job>,
    rate: Option<f64>,
    began: Duration,
    halt: &Halt,
) {
    let mut spans = 0;
    for mut job in jobs {
        job.due = rate.map(|rate| began + Duration::from_secs_f64(spans as f64 / rate));
        spans += job.spans;
        if halt.is_raised() || queue.send(job).is_err() {
            return;
        }
    }
}

fn sum(ledgers: Vec<Ledger>) -> Run {
    let mut run = Run { summary: Summary::default(), failure: None };
    let mut nanos = Vec::new();
    for mut ledger in ledgers {
        run.summary.spans += ledger.summary.spans;
        run.summary.requests += ledger.summary.requests;
        run.summary.bytes_sent += ledger.summary.bytes_sent;
        run.summary.bytes_uncompressed += ledger.summary.bytes_uncompressed;
        run.summary.retries += ledger.summary.retries;
        nanos.append(&mut ledger.latencies);
        run.failure = run.failure.or(ledger.failure);
    }
    run.summary.ack_ms = Latencies::of(nanos);
    run
}

/// A request as it goes out.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) path: String,
    pub(super) headers: String,
    /// Compressed, and for a call in its frame.
    pub(super) body: Vec<u8>,
    spans: u64,
    bytes_uncompressed: u64,
    /// When to send it, on the clock of elapsed time; at once if none.
    due: Option<Duration>,
}

impl Job {
    fn new(post: Post, shape: Shape, encoding: Encoding) -> Self {
        let bytes_uncompressed = post.body.len() as u64;
        let mut body = encoding.encode(post.body);
        if shape == Shape::Calls {
            body = grpc::framed(&body, encoding != Encoding::Identity);
        }
        Self {
            spans: post.spans,
            path: post.path,
            headers: post.headers,
            bytes_uncompressed,
            body,
            due: None,
        }
    }

    fn count(&self, summary: &mut Summary) {
        summary.spans += self.spans;
        summary.requests += 1;
        summary.bytes_sent += self.body.len() as u64;
        summary.bytes_uncompressed += self.bytes_uncompressed;
    }
}

/// What one connection did.
#[derive(Debug, Default)]
struct Ledger {
    summary: Summary,
    /// ns, one for each acknowledged request.
    latencies: Vec<u64>,
    failure: Option<Error>,
}

/// What the threads of all connections share.
#[derive(Clone, Copy)]
struct Courier<'a> {
    target: &'a Target,
    shape: Shape,
    encoding: Encoding,
    waiting: &'a Mutex<Receiver<Job>>,
    halt: &'a Halt,
    clock: &'a dyn Clock,
}

impl Courier<'_> {
    /// Delivers jobs over one connection until there are none.
    fn run(&self) -> Ledger {
        let mut ledger = Ledger::default();
        let mut line = None;
        while let Some(job) = self.next_job() {
            // After a failure jobs are still taken, so that the feeder never waits in vain.
            if self.halt.is_raised() {
                continue;
            }
            if let Err(error) = self.deliver(&job, &mut line, &mut ledger) {
                ledger.failure = Some(error);
                self.halt.raise();
            }
        }
        ledger
    }

    fn next_job(&self) -> Option<Job> {
        let waiting = self.waiting.lock().expect("no thread panics while it waits for a job");
        waiting.recv().ok()
    }

    /// Sends a job at its time, again as often as the server asks for; gives up when the run stops.
    fn deliver(&self, job: &Job, line: &mut Option<Line>, ledger: &mut Ledger) -> Result<()> {
        if job.due.is_some_and(|due| self.halt.wait_until(due, self.clock)) {
            return Ok(());
        }
        let began = job.due.unwrap_or_else(|| self.clock.elapsed());
        for _ in 0..ATTEMPTS_MAX {
            let answer = self.post(job, line)?;
            if (200..300).contains(&answer.status) {
                let latency = self.clock.elapsed().saturating_sub(began);
                ledger.latencies.push(latency.as_nanos() as u64);
                job.count(&mut ledger.summary);
                return Ok(());
            }
            if answer.status != 429 && answer.status != 503 {
                return Err(refused(&answer));
            }
            ledger.summary.retries += 1;
            let pause = answer.retry_after.unwrap_or(RETRY_AFTER_DEFAULT);
            if self.halt.wait_until(self.clock.elapsed() + pause, self.clock) {
                return Ok(());
            }
        }
        let context = format!("a request was put off {ATTEMPTS_MAX} times");
        Err(Error::new(ErrorKind::Unavailable { retry_after: RETRY_AFTER_DEFAULT }, context))
    }

    /// Sends a job once, over a new connection where there is none.
    fn post(&self, job: &Job, line: &mut Option<Line>) -> Result<Answer> {
        let mut open = match line.take() {
            Some(open) => open,
            None => Line::open(self.target, self.shape)?,
        };
        let answer = open.post(self.target, job, self.encoding)?;
        if !answer.closes {
            *line = Some(open);
        }
        Ok(answer)
    }
}

fn refused(answer: &Answer) -> Error {
    let body = String::from_utf8_lossy(&answer.body);
    Error::invalid(format!("the server answered {}: {}", answer.status, body.trim_end()))
}

#[cfg(test)]
mod tests;
