//! A store in a temporary folder with events that tests know all about.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::{
    Base, Batch, BatchBuilder, Clock, EnvironmentId, NANOS_PER_HOUR, RowHead, RowKind,
    SeededRandom, Signal, SpanId, SpanKind, SystemClock, Timestamp, TraceId, Value,
};
use query::{AggregateAnswer, AggregateQuery, Engine, Limits, RowsAnswer, RowsQuery, Scope};
use store::{
    CATALOG, Catalog, Decoder, LocalDisk, Observer, Pending, Record, Seams, Settings, Stage, Store,
};
use tempfile::TempDir;

/// The first moment of the first event's hour.
pub(crate) const START: i64 = 480_000 * NANOS_PER_HOUR;

/// When all requests arrive: late enough to be near the time of every event, so that each hour has
/// segments of its own.
const ARRIVAL: i64 = START + 20 * NANOS_PER_HOUR;

/// A store, an engine, and the thread that tests ask them from.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    runtime: tokio::runtime::Runtime,
    requests: u64,
}

struct Silent;

impl Observer for Silent {
    fn reached(&self, _stage: Stage) {}

    fn trouble(&self, doing: &str, error: &model::Error) {
        panic!("{doing}: {error}");
    }
}

struct NothingToDecode;

impl Decoder for NothingToDecode {
    fn decode(&self, _record: &Record) -> model::Result<Vec<Batch>> {
        Ok(Vec::new())
    }
}

impl World {
    /// An empty store whose row groups have `group_rows` rows.
    pub(crate) fn new(group_rows: u32) -> Self {
        Self::with_limits(group_rows, 64 << 20, Duration::from_secs(60))
    }

    /// One whose questions have these limits.
    pub(crate) fn with_limits(group_rows: u32, memory_bytes: usize, time: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let seams = Seams {
            disk: Arc::new(LocalDisk::new(folder.path()).unwrap()),
            clock: Arc::clone(&clock),
            random: Arc::new(SeededRandom::new(1)),
            observer: Arc::new(Silent),
        };
        let catalog = Catalog::open(&folder.path().join(CATALOG)).unwrap();
        let settings = Settings {
            group_rows,
            compact_segments: 2,
            remove_after: Duration::ZERO,
            ..Settings::default()
        };
        let store = Store::open(seams, catalog, settings).unwrap();
        store.recover(&NothingToDecode).unwrap();
        let spill_folder = folder.path().join("spill");
        std::fs::create_dir_all(&spill_folder).unwrap();
        let limits = Limits {
            threads: 2,
            memory_bytes,
            spill_bytes: 1 << 30,
            spill_folder,
            time,
            footer_bytes: 8 << 20,
        };
        let engine = Engine::new(&limits, clock).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { folder, store, engine, runtime, requests: 0 }
    }

    /// Appends one request.
    pub(crate) fn append(&mut self, batches: Vec<Batch>) {
        self.requests += 1;
        let record = Record {
            door: 1,
            environment: EnvironmentId::DEFAULT,
            arrival: Timestamp::from_nanos(ARRIVAL),
            seed: self.requests,
            decoder_version: 1,
            settings_version: 1,
            context: Bytes::new(),
            body: Bytes::from_static(b"-"),
        };
        let done = Box::new(|appended: model::Result<store::Lsn>| {
            appended.unwrap();
        });
        self.store.append(vec![Pending { record, batches, lease: None, done }]);
    }

    /// Moves everything into segments.
    pub(crate) fn flush(&self) {
        self.store.freeze();
        while self.store.flush_one().unwrap() {}
    }

    /// Merges segments until there is nothing to merge.
    pub(crate) fn compact(&self) {
        while self.store.compact_one().unwrap() {}
        self.store.maintain().unwrap();
    }

    pub(crate) fn aggregate(&self, query: &AggregateQuery) -> AggregateAnswer {
        self.try_aggregate(query).unwrap()
    }

    pub(crate) fn try_aggregate(&self, query: &AggregateQuery) -> model::Result<AggregateAnswer> {
        self.runtime.block_on(self.engine.aggregate(self.store.snapshot(), query.clone()))
    }

    pub(crate) fn rows(&self, query: &RowsQuery) -> RowsAnswer {
        self.runtime.block_on(self.engine.rows(self.store.snapshot(), query.clone())).unwrap()
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The files of all segments, without their indexes.
    pub(crate) fn segment_files(&self) -> Vec<PathBuf> {
        let files = self.store.files().into_iter();
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "parquet"));
        files.map(|path| self.folder.path().join(path)).collect()
    }
}

/// A scope of all that tests send.
pub(crate) fn everything() -> Scope {
    Scope {
        environment: EnvironmentId::DEFAULT,
        datasets: None,
        start: Timestamp::from_nanos(START),
        end: Timestamp::from_nanos(START + 24 * NANOS_PER_HOUR),
        filter: None,
    }
}

/// The spans `numbers`, of which every property follows from the number.
pub(crate) fn spans(numbers: std::ops::Range<u64>) -> Batch {
    let mut builder = BatchBuilder::new(Signal::Spans, Bytes::new(), 1);
    for number in numbers {
        builder.start_run(["shop", "billing"][number as usize % 2]);
        builder
            .run_attribute("service.name", Value::Text(["shop", "billing"][number as usize % 2]));
        builder.start_row(&RowHead {
            time: time_of(number),
            kind: RowKind::Span,
            trace_id: trace_of(number),
            span_id: SpanId::new((number + 1).to_be_bytes()),
            parent_id: SpanId::NONE,
            name: ["GET /", "POST /cart", "GET /health"][number as usize % 3],
            span_kind: SpanKind::Server,
            status: if number % 50 == 0 { 2 } else { 0 },
            duration: (number % 1_000 + 1) as i64 * 1_000_000,
            sample_rate: (number % 3 + 1) as u32,
        });
        builder.attribute("number", Value::Int(number as i64));
        builder.attribute("user.id", Value::Text(&format!("user-{}", number % 997)));
        if number % 4 == 0 {
            builder.attribute("mixed", Value::Int((number % 10) as i64));
        } else if number % 4 == 1 {
            builder.attribute("mixed", Value::Float((number % 10) as f64 + 0.5));
        } else if number % 4 == 2 {
            builder.attribute("mixed", Value::Text(&format!("{}", number % 10)));
        }
        if number % 100 == 7 {
            builder.base(Base::StatusMessage, Value::Text("out of stock"));
        }
        builder.end_run();
    }
    builder.finish()
}

/// Spans come in hours of 10,000, in order.
pub(crate) fn time_of(number: u64) -> Timestamp {
    let hour = (number / 10_000) as i64;
    Timestamp::from_nanos(START + hour * NANOS_PER_HOUR + (number % 10_000) as i64 * 100_000_000)
}

/// Ten spans in a row make a trace.
pub(crate) fn trace_of(number: u64) -> TraceId {
    TraceId::new(((u128::from(number / 10) + 1) << 64 | 7).to_be_bytes())
}
