//! A crowd: connections that are open and do next to nothing, as a busy port has them by the
//! hundred.
//!
//! Idle ones say nothing at all, kept ones have asked once, slow ones send a byte a second of a
//! head or of a body, others speak HTTP/2 and begin no call, or ask for the tail of events and
//! never read it. What the server closes is opened again, so that the crowd stays as large as it
//! was.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use model::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::http::Target;

/// Between two bytes of a slow sender, and before a connection that was closed is opened again.
const BEAT: Duration = Duration::from_secs(1);
/// How long the whole crowd may take to come together.
const GATHERING_MAX: Duration = Duration::from_secs(60);
/// What a slow sender of a body promises, bytes: more than it will ever send.
const BODY_BYTES: usize = 100_000;

/// What became of a crowd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrowdSummary {
    /// Connections that were kept open.
    pub size: u64,
    /// How often one was opened.
    pub opened: u64,
    /// How often the server closed one.
    pub closed: u64,
}

/// Connections on a thread of their own, open until it is dismissed.
#[derive(Debug)]
pub struct Crowd {
    size: u64,
    counts: Arc<Counts>,
    dismissal: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    opened: AtomicU64,
    closed: AtomicU64,
}

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Nothing.
    Idle,
    /// One request, and then nothing.
    Kept,
    /// A byte a second of a head that never ends.
    SlowHead,
    /// A byte a second of a body that never ends.
    SlowBody,
    /// The beginning of HTTP/2, and no call.
    Http2,
    /// A tail of events that is never read.
    Tail,
}

impl Manner {
    const ALL: [Self; 6] =
        [Self::Idle, Self::Kept, Self::SlowHead, Self::SlowBody, Self::Http2, Self::Tail];

    /// What is sent at once.
    fn greeting(self, target: &Target) -> Vec<u8> {
        let host = target.address();
        let text = match self {
            Self::Idle => String::new(),
            Self::Kept => format!("GET /version HTTP/1.1\r\nhost: {host}\r\n\r\n"),
            Self::SlowHead => format!("POST /v1/traces HTTP/1.1\r\nhost: {host}\r\nx-slow: "),
            Self::SlowBody => format!(
                "POST /v1/traces HTTP/1.1\r\nhost: {host}\r\n\
                 content-type: application/x-protobuf\r\ncontent-length: {BODY_BYTES}\r\n\r\n"
            ),
            Self::Http2 => {
                let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
                return [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings[..]].concat();
            }
            Self::Tail => format!("GET /api/v1/tail HTTP/1.1\r\nhost: {host}\r\n\r\n"),
        };
        text.into_bytes()
    }

    fn is_slow(self) -> bool {
        matches!(self, Self::SlowHead | Self::SlowBody)
    }
}

impl Crowd {
    /// Opens `size` connections to `target`, and comes back when all have been opened.
    ///
    /// # Errors
    /// `Unavailable` if they are not open within a minute.
    pub fn gather(target: &Target, size: u64) -> Result<Self> {
        let counts = Arc::new(Counts::default());
        let (dismissal, dismissed) = oneshot::channel();
        let (gathered, whole) = oneshot::channel();
        let thread = std::thread::Builder::new().name("crowd".to_owned());
        let work = {
            let (target, counts) = (target.clone(), counts.clone());
            move || live(target, size, counts, gathered, dismissed)
        };
        let thread = thread.spawn(work).expect("the system starts a thread");
        let unavailable = || {
            let opened = counts.opened.load(Ordering::Relaxed);
            let context = format!("{opened} of {size} connections opened in {GATHERING_MAX:?}");
            Error::new(ErrorKind::Unavailable { retry_after: BEAT }, context)
        };
        whole.blocking_recv().map_err(|_| unavailable())?;
        Ok(Self { size, counts, dismissal, thread })
    }

    /// Closes all connections.
    pub fn dismiss(self) -> CrowdSummary {
        // A thread that has ended needs no telling.
        self.dismissal.send(()).ok();
        self.thread.join().expect("a crowd does not panic");
        CrowdSummary {
            size: self.size,
            opened: self.counts.opened.load(Ordering::Relaxed),
            closed: self.counts.closed.load(Ordering::Relaxed),
        }
    }
}

/// Keeps the crowd until it is dismissed. `gathered` is told when all have been opened once, and
/// dropped if that takes too long.
fn live(
    target: Target,
    size: u64,
    counts: Arc<Counts>,
    gathered: oneshot::Sender<()>,
    dismissed: oneshot::Receiver<()>,
) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has what a runtime needs");
    runtime.block_on(async {
        let (arrival, mut arrivals) = watch::channel(());
        let arrival = Arc::new(arrival);
        for manner in Manner::ALL.into_iter().cycle().take(size as usize) {
            let (target, counts, arrival) = (target.clone(), counts.clone(), arrival.clone());
            tokio::spawn(async move {
                let mut beats = interval(BEAT);
                beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    beats.tick().await;
                    // What cannot be opened is tried again at the next beat.
                    if attend(manner, &target, &counts, &arrival).await.is_ok() {
                        counts.closed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let all = async {
            while counts.opened.load(Ordering::Relaxed) < size {
                arrivals.changed().await.expect("connections outlive the wait");
            }
        };
        if timeout(GATHERING_MAX, all).await.is_ok() && gathered.send(()).is_ok() {
            // A crowd whose owner is gone is dismissed.
            dismissed.await.ok();
        }
    });
}

/// Opens a connection and behaves in its manner until the server closes it; an error if it could
/// not be opened.
async fn attend(
    manner: Manner,
    target: &Target,
    counts: &Counts,
    arrival: &watch::Sender<()>,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(target.address()).await?;
    stream.write_all(&manner.greeting(target)).await?;
    counts.opened.fetch_add(1, Ordering::Relaxed);
    arrival.send_replace(());
    let (mut reading, mut writing) = stream.split();
    let mut closed = pin!(async {
        if manner == Manner::Tail {
            // Never read: the bytes stay where the server has put them.
            std::future::pending::<()>().await;
        }
        let mut heard = [0; 1_024];
        while reading.read(&mut heard).await.is_ok_and(|read| read > 0) {}
    });
    let mut beats = interval(BEAT);
    loop {
        tokio::select! {
            () = &mut closed => return Ok(()),
            _ = beats.tick() => {
                let byte: &[u8] = if manner.is_slow() { b"x" } else { b"" };
                if writing.write_all(byte).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

    use super::*;

    /// Guarantees: a crowd has as many connections as asked for, in every manner, and one that the
    /// server closes is counted and opened again.
    #[test]
    fn comes_and_comes_back() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Target::parse(&url).unwrap();
        let size = Manner::ALL.len();
        let crowd = Crowd::gather(&target, size as u64).unwrap();
        let mut streams: Vec<_> = (0..size).map(|_| listener.accept().unwrap().0).collect();
        let mut greetings: Vec<String> = Vec::new();
        for manner in Manner::ALL {
            let expected = manner.greeting(&target);
            let stream = &mut streams[greetings.len()];
            let mut greeting = vec![0; expected.len()];
            stream.read_exact(&mut greeting).unwrap();
            assert_eq!(greeting, expected);
            greetings.push(String::from_utf8_lossy(&greeting).into_owned());
        }
        drop(streams.remove(0));
        let (mut again, _) = listener.accept().unwrap();
        while crowd.counts.opened.load(Ordering::Relaxed) == size as u64 {
            std::thread::yield_now();
        }
        let summary = crowd.dismiss();
        assert_eq!(summary, CrowdSummary { size: 6, opened: 7, closed: 1 });
        let mut rest = Vec::new();
        again.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty(), "an idle connection said {rest:?}");
    }
}
