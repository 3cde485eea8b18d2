//! The store's threads: one writes the log, one flushes, one compacts and tidies.
//!
//! They only call what [`Store`] offers, which the simulator calls in an order of its own. A panic
//! in one of them stops the process: what was acknowledged is in the log, and a store that goes on
//! without its flusher would only fill memory.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use model::{Error, Result};

use crate::store::{Pending, Store};

/// Requests that wait for the log writer. Their memory is accounted for by their leases; this only
/// bounds how long the last of them waits.
const QUEUE_REQUESTS: usize = 4_096;
/// Bytes of bodies written with one sync.
const GROUP_BYTES: usize = 16 << 20;
/// Requests written with one sync.
const GROUP_REQUESTS: usize = 1_024;
/// How often threads look for work that nobody told them of.
const IDLE: Duration = Duration::from_millis(250);
/// How long a thread waits after a failure before it tries again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Hands requests to the log writer.
#[derive(Clone)]
pub struct Appender {
    queue: SyncSender<Pending>,
}

impl Appender {
    /// Queues a request; it is told when it is durable. Refuses it if too many wait.
    pub fn append(&self, pending: Pending) {
        let (pending, error) = match self.queue.try_send(pending) {
            Ok(()) => return,
            Err(TrySendError::Full(pending)) => (
                pending,
                Error::throttled(
                    Duration::from_secs(1),
                    format!("{QUEUE_REQUESTS} requests wait for the log"),
                ),
            ),
            Err(TrySendError::Disconnected(pending)) => {
                (pending, Error::unavailable(Duration::from_secs(1), "the server is stopping"))
            }
        };
        (pending.done)(Err(error));
    }
}

/// Where the doors hand in requests, from the server's start to its end.
///
/// While the log is replayed, and when the server stops, there is nobody to hand them to: they are
/// refused with "try again".
#[derive(Default)]
pub struct Intake {
    appender: RwLock<Option<Appender>>,
}

impl Intake {
    /// Requests are handed to this from now on.
    pub fn open(&self, appender: Appender) {
        *self.appender.write().unwrap_or_else(PoisonError::into_inner) = Some(appender);
    }

    /// Requests are refused from now on.
    pub fn close(&self) {
        *self.appender.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Queues a request; it is told when it is durable, or why it was refused.
    pub fn append(&self, pending: Pending) {
        let appender = self.appender.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(appender) = appender.as_ref() {
            appender.append(pending);
            return;
        }
        drop(appender);
        let closed = Error::unavailable(AFTER_FAILURE, "the server is starting or stopping");
        (pending.done)(Err(closed));
    }
}

/// The running threads.
pub struct Threads {
    store: Arc<Store>,
    log_writer: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts them. The log writer ends when every [`Appender`] is dropped.
    pub fn start(store: &Arc<Store>) -> Result<(Self, Appender)> {
        let (queue, requests) = sync_channel(QUEUE_REQUESTS);
        let log_writer = {
            let store = Arc::clone(store);
            spawn("log", move || write_log(&store, &requests))?
        };
        let flusher = {
            let store = Arc::clone(store);
            spawn("flush", move || flush(&store))?
        };
        let compactor = {
            let store = Arc::clone(store);
            spawn("compact", move || compact(&store))?
        };
        let store = Arc::clone(store);
        Ok((Self { store, log_writer, others: vec![flusher, compactor] }, Appender { queue }))
    }

    /// Waits until the log writer has written what was queued, and the others have ended what they
    /// were doing. All appenders must have been dropped.
    pub fn join(self) {
        let panicked = self.log_writer.join().is_err();
        self.store.stop();
        let others = self.others.into_iter().map(JoinHandle::join);
        if panicked || others.filter(Result::is_err).count() > 0 {
            self.store.seams().observer.trouble("stopping", &Error::bug("a thread panicked"));
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    struct AbortOnPanic;
    impl Drop for AbortOnPanic {
        fn drop(&mut self) {
            if std::thread::panicking() {
                std::process::abort();
            }
        }
    }
    Builder::new()
        .name(format!("store-{name}"))
        .spawn(move || {
            let _abort = AbortOnPanic;
            run();
        })
        .map_err(|error| Error::bug(format!("starting the {name} thread")).because(error))
}

fn write_log(store: &Store, requests: &Receiver<Pending>) {
    while let Ok(first) = requests.recv() {
        let mut bytes = first.record.body.len();
        let mut group = vec![first];
        while bytes < GROUP_BYTES && group.len() < GROUP_REQUESTS {
            let Ok(next) = requests.try_recv() else { break };
            bytes += next.record.body.len();
            group.push(next);
        }
        store.append(group);
    }
}

fn flush(store: &Store) {
    let mut wait = IDLE;
    while !store.is_stopping() {
        store.wait_for_work(wait);
        store.freeze_old();
        wait = IDLE;
        loop {
            match store.flush_one() {
                Ok(true) if !store.is_stopping() => {}
                Ok(_) => break,
                Err(error) => {
                    store.counters().flush_failures.add(1);
                    store.seams().observer.trouble("flushing", &error);
                    wait = AFTER_FAILURE;
                    break;
                }
            }
        }
    }
}

fn compact(store: &Store) {
    // The first turn is at once: it makes the log's first file, which the first request would have
    // to wait for.
    let mut wait = Duration::ZERO;
    while !store.is_stopping() {
        store.pause(wait);
        wait = IDLE;
        match store.compact_one() {
            Ok(true) => wait = Duration::ZERO,
            Ok(false) => {}
            Err(error) => {
                store.counters().compaction_failures.add(1);
                store.seams().observer.trouble("compacting", &error);
                wait = AFTER_FAILURE;
            }
        }
        if let Err(error) = store.maintain() {
            store.seams().observer.trouble("tidying up", &error);
            wait = AFTER_FAILURE;
        }
    }
}
