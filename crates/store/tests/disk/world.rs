//! A store in a temporary folder, on a clock that tests set and a disk that they can fill up.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use model::{
    Batch, BatchBuilder, Clock, EnvironmentId, Error, ErrorKind, NANOS_PER_HOUR, Result, RowHead,
    RowKind, SeededRandom, Signal, SpanId, SpanKind, Timestamp, TraceId, Value,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use store::{
    CATALOG, Catalog, Decoder, Finding, Lease, Observer, Pending, Record, Recovery, Seams,
    Settings, Stage, Store,
};
use tempfile::TempDir;

use crate::faults::FaultyDisk;
use crate::read::{Row, read_all};

pub(crate) const ENVIRONMENT: EnvironmentId = EnvironmentId::DEFAULT;
/// What a folder without files holds.
pub(crate) const NO_FILES: [PathBuf; 0] = [];
/// When every world begins.
pub(crate) const START: i64 = 495_000 * NANOS_PER_HOUR + NANOS_PER_HOUR / 2;

/// A value as bodies hold it: floats by their bits, so that every one of them survives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Plain {
    Text(String),
    Int(i64),
    Float(u64),
    Bool(bool),
}

impl Plain {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn float(float: f64) -> Self {
        Self::Float(float.to_bits())
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Int(int) => Value::Int(*int),
            Self::Float(bits) => Value::Float(f64::from_bits(*bits)),
            Self::Bool(bool) => Value::Bool(*bool),
        }
    }
}

/// A span as bodies hold it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) dataset: String,
    pub(crate) time: i64,
    pub(crate) attributes: Vec<(String, Plain)>,
}

impl Event {
    pub(crate) fn new(dataset: &str, time: i64) -> Self {
        Self { dataset: dataset.to_owned(), time, attributes: Vec::new() }
    }

    /// The event with another attribute.
    pub(crate) fn with(mut self, name: &str, value: Plain) -> Self {
        self.attributes.push((name.to_owned(), value));
        self
    }
}

/// Reads bodies of [`Event`]s.
pub(crate) struct EventDecoder;

impl Decoder for EventDecoder {
    fn decode(&self, record: &Record) -> Result<Vec<Batch>> {
        let events: Vec<Event> = serde_json::from_slice(&record.body)
            .map_err(|error| Error::invalid("not a body of this test").because(error))?;
        let mut builder = BatchBuilder::new(Signal::Spans, record.body.clone(), record.seed);
        for (at, event) in events.iter().enumerate() {
            builder.start_run(&event.dataset);
            builder.start_row(&RowHead {
                time: Timestamp::from_nanos(event.time),
                kind: RowKind::Span,
                trace_id: TraceId::new((record.seed as u128 + 1).to_be_bytes()),
                span_id: SpanId::new((at as u64 + 1).to_be_bytes()),
                parent_id: SpanId::NONE,
                name: "GET /",
                span_kind: SpanKind::Server,
                status: 0,
                duration: 1,
                sample_rate: 1,
            });
            for (name, value) in &event.attributes {
                builder.attribute(name, value.value());
            }
            builder.end_run();
        }
        Ok(vec![builder.finish()])
    }
}

/// A clock that tests set.
pub(crate) struct TestClock {
    now: AtomicI64,
    elapsed: AtomicI64,
}

impl TestClock {
    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.now.fetch_add(time.as_nanos() as i64, Ordering::Relaxed);
        self.elapsed.fetch_add(time.as_nanos() as i64, Ordering::Relaxed);
    }

    /// Sets the wall clock, which may jump; the time since the start goes on as it was.
    pub(crate) fn set(&self, now: i64) {
        self.now.store(now, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.now.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed.load(Ordering::Relaxed) as u64)
    }
}

/// Something to be done once when the store reaches a stage.
type Surprise = (Stage, Box<dyn FnOnce() + Send>);

/// Does what tests want done in the middle of the store's work.
#[derive(Default)]
pub(crate) struct Bystander(Mutex<Option<Surprise>>);

impl Bystander {
    /// Does this when the store next reaches the stage.
    pub(crate) fn at(&self, stage: Stage, surprise: impl FnOnce() + Send + 'static) {
        *self.0.lock().unwrap() = Some((stage, Box::new(surprise)));
    }
}

/// What happens to commits of the catalog.
#[derive(Default)]
pub(crate) struct Commits {
    /// How many there were.
    pub(crate) count: AtomicUsize,
    /// Whether they fail.
    pub(crate) fail: AtomicBool,
    /// Done in the middle of the next one.
    pub(crate) surprise: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Observer for Bystander {
    fn reached(&self, stage: Stage) {
        let due = self.0.lock().unwrap().take_if(|(at, _)| *at == stage);
        if let Some((_, surprise)) = due {
            surprise();
        }
    }

    fn trouble(&self, _doing: &str, _error: &Error) {}
}

/// A store and what it stands on.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) disk: Arc<FaultyDisk>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) observer: Arc<Bystander>,
    pub(crate) commits: Arc<Commits>,
    pub(crate) settings: Settings,
    pub(crate) store: Arc<Store>,
    requests: u64,
}

impl World {
    /// A new store with small files.
    pub(crate) fn new() -> Self {
        Self::with(small())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let folder = TempDir::new().unwrap();
        let disk = Arc::new(FaultyDisk::new(folder.path()));
        let clock = TestClock { now: AtomicI64::new(START), elapsed: AtomicI64::new(0) };
        let (clock, observer) = (Arc::new(clock), Arc::new(Bystander::default()));
        let commits = Arc::new(Commits::default());
        let catalog = open_catalog(folder.path(), &commits).unwrap();
        let (store, _) = start(seams(&disk, &clock, &observer), catalog, settings.clone()).unwrap();
        let store = Arc::new(store);
        Self { folder, disk, clock, observer, commits, settings, store, requests: 0 }
    }

    /// The store as after a stop without warning.
    pub(crate) fn restart(&mut self) -> Recovery {
        self.try_restart().unwrap()
    }

    /// The same, with what went wrong.
    pub(crate) fn try_restart(&mut self) -> Result<Recovery> {
        let seams = seams(&self.disk, &self.clock, &self.observer);
        let catalog = open_catalog(self.folder.path(), &self.commits)?;
        let (store, recovery) = start(seams, catalog, self.settings.clone())?;
        self.store = Arc::new(store);
        Ok(recovery)
    }

    /// What its store stands on.
    pub(crate) fn seams(&self) -> Seams {
        seams(&self.disk, &self.clock, &self.observer)
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().nanos()
    }

    /// A request of these events on its way in, and where its answer will be.
    pub(crate) fn request(
        &mut self,
        events: &[Event],
        lease: Option<Lease>,
    ) -> (Pending, Arc<Mutex<Option<Result<()>>>>) {
        self.requests += 1;
        let record = Record {
            door: 1,
            environment: ENVIRONMENT,
            arrival: self.clock.now(),
            seed: self.requests,
            decoder_version: 1,
            settings_version: 1,
            context: Bytes::new(),
            body: Bytes::from(serde_json::to_vec(events).unwrap()),
        };
        let batches = EventDecoder.decode(&record).unwrap();
        let answer = Arc::new(Mutex::new(None));
        let told = Arc::clone(&answer);
        let done = Box::new(move |result: Result<_>| {
            *told.lock().unwrap() = Some(result.map(drop));
        });
        (Pending { record, batches, lease, done }, answer)
    }

    /// Sends one request.
    pub(crate) fn try_send(&mut self, events: &[Event]) -> Result<()> {
        let (pending, answer) = self.request(events, None);
        self.store.append(vec![pending]);
        answer.lock().unwrap().take().expect("every request is answered")
    }

    /// Sends one request, which must be taken.
    pub(crate) fn send(&mut self, events: &[Event]) {
        self.try_send(events).unwrap();
    }

    /// Sends `count` spans of a dataset that happen now, numbered by an attribute.
    pub(crate) fn send_some(&mut self, dataset: &str, ids: std::ops::Range<i64>) {
        let now = self.now();
        let event = |id| Event::new(dataset, now).with("id", Plain::Int(id));
        let events: Vec<Event> = ids.map(event).collect();
        self.send(&events);
    }

    /// Moves everything into segments.
    pub(crate) fn flush(&self) {
        self.store.freeze();
        while self.store.flush_one().unwrap() {}
    }

    /// Merges and rewrites until there is nothing to do, and removes what was replaced.
    pub(crate) fn compact(&self) {
        while self.store.compact_one().unwrap() {}
        self.store.maintain().unwrap();
    }

    /// Every visible row.
    pub(crate) fn rows(&self) -> Vec<Row> {
        read_all(&self.store.snapshot()).unwrap()
    }

    /// The numbers of all visible rows, in order.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.rows().iter().filter_map(Row::id).collect();
        ids.sort_unstable();
        ids
    }

    /// What the check of the folder finds.
    pub(crate) fn check(&self) -> Vec<Finding> {
        let catalog = Catalog::open(&self.folder.path().join(CATALOG)).unwrap();
        let disk: Arc<dyn store::Disk> = self.disk.clone();
        store::check(&disk, &catalog).unwrap()
    }

    /// How many rows who reads the catalog from outside finds in its latest version.
    pub(crate) fn rows_for_others(&self) -> i64 {
        let connection = Connection::open(self.folder.path().join(CATALOG)).unwrap();
        let count = "SELECT coalesce(sum(record_count), 0) FROM ducklake_data_file
                     WHERE end_snapshot IS NULL";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    }

    /// The files of a folder, in order, relative to the data folder.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let disk: &dyn store::Disk = &*self.disk;
        disk.list(Path::new(folder)).unwrap()
    }

    /// Files of the data folder that hold these bytes anywhere.
    pub(crate) fn files_with(&self, marker: &str) -> Vec<PathBuf> {
        let holds = |path: &PathBuf| {
            let bytes = std::fs::read(self.folder.path().join(path)).unwrap();
            bytes.windows(marker.len()).any(|window| window == marker.as_bytes())
        };
        self.files("").into_iter().filter(holds).collect()
    }

    /// Changes a file in place.
    pub(crate) fn damage(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.folder.path().join(path);
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
    }
}

/// Settings under which a few rows already pass every stage.
pub(crate) fn small() -> Settings {
    Settings {
        group_rows: 4_096,
        log_file_bytes: 256 << 10,
        compact_segments: 2,
        remove_after: Duration::ZERO,
        ..Settings::default()
    }
}

fn seams(disk: &Arc<FaultyDisk>, clock: &Arc<TestClock>, observer: &Arc<Bystander>) -> Seams {
    Seams {
        disk: disk.clone(),
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(next_seed())),
        observer: observer.clone(),
    }
}

/// The catalog of a folder, whose commits `commits` watches.
fn open_catalog(folder: &Path, commits: &Arc<Commits>) -> Result<Catalog> {
    let mut connection = Connection::open(folder.join(CATALOG)).unwrap();
    let commits = Arc::clone(commits);
    let hook = move || {
        commits.count.fetch_add(1, Ordering::SeqCst);
        let surprise = commits.surprise.lock().unwrap().take();
        surprise.into_iter().for_each(|surprise| surprise());
        commits.fail.load(Ordering::SeqCst)
    };
    connection.commit_hook(Some(hook)).unwrap();
    Catalog::of(connection)
}

fn start(seams: Seams, catalog: Catalog, settings: Settings) -> Result<(Store, Recovery)> {
    let store = Store::open(seams, catalog, settings)?;
    let recovery = store.recover(&EventDecoder)?;
    Ok((store, recovery))
}

/// Names of files are drawn by chance, so every start draws differently.
fn next_seed() -> u64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) as u64
}

/// Whether a refusal asks the client to try again.
pub(crate) fn is_unavailable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable { .. })
}
