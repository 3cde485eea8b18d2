//! The simulated world: what happens to a store, and what must hold all the while.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use model::{
    Clock, EnvironmentId, Error, NANOS_PER_HOUR, NANOS_PER_SECOND, Random as _, SeededRandom,
    Timestamp,
};
use store::{
    Hidden, Lsn, Observer, Pending, Planted, Record, Seams, Settings, Snapshot, Stage, Store,
};

use super::catalog::SimCatalog;
use super::disk::SimDisk;
use super::events::{Event, ToyDecoder, body, draw, expected};
use super::rows::read_all;

const ENVIRONMENT: EnvironmentId = EnvironmentId::DEFAULT;
/// When every world begins.
const START_HOUR: i64 = 495_000;
/// Things that happen in a world.
const STEPS: u64 = 120;
/// A restart that loses power again is tried this often before it is left alone.
const RESTARTS_CUT: u64 = 3;

/// What happened in a world, so that a campaign can show that it reached every corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests acknowledged.
    pub acknowledged: u64,
    /// Requests refused or left without an answer.
    pub refused: u64,
    /// Times the power went.
    pub power_cuts: u64,
    /// Times the server was killed while the power stayed on.
    pub kills: u64,
    /// Restarts of any kind.
    pub restarts: u64,
    /// Flushes.
    pub flushes: u64,
    /// Compactions.
    pub compactions: u64,
    /// Datasets deleted.
    pub deletions: u64,
    /// Row groups copied by compactions.
    pub groups_copied: u64,
    /// Times everything was read and compared.
    pub checks: u64,
}

impl Report {
    /// Adds another world's numbers.
    pub fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.power_cuts += other.power_cuts;
        self.kills += other.kills;
        self.restarts += other.restarts;
        self.flushes += other.flushes;
        self.compactions += other.compactions;
        self.deletions += other.deletions;
        self.groups_copied += other.groups_copied;
        self.checks += other.checks;
    }
}

/// Runs the world of a seed; says what did not hold.
pub fn run(seed: u64, planted: Option<Planted>) -> Result<Report, String> {
    let mut world = World::new(seed, planted).map_err(|error| error.to_string())?;
    world.start()?;
    for step in 0..STEPS {
        world.step().map_err(|what| format!("step {step}: {what}"))?;
    }
    world.finish()?;
    Ok(world.report)
}

/// Where a row must be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Acknowledged: exactly once.
    Must,
    /// Refused, unanswered, or of a dataset whose deletion was not answered: at most once.
    May,
    /// Of a deleted dataset: not at all.
    MustNot,
}

struct Known {
    event: Event,
    arrival: i64,
    fate: Fate,
}

struct SimClock {
    now: AtomicI64,
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.now.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.now.load(Ordering::Relaxed) as u64)
    }
}

struct Quiet;

impl Observer for Quiet {
    fn reached(&self, _stage: Stage) {}
    fn trouble(&self, _doing: &str, _error: &Error) {}
}

struct World {
    random: Arc<SeededRandom>,
    disk: SimDisk,
    catalog: SimCatalog,
    clock: Arc<SimClock>,
    settings: Settings,
    store: Option<Store>,
    known: BTreeMap<u64, Known>,
    next_id: u64,
    held: Vec<(Snapshot, Vec<u64>)>,
    report: Report,
}

impl World {
    fn new(seed: u64, planted: Option<Planted>) -> Result<Self, rusqlite::Error> {
        let random = Arc::new(SeededRandom::new(seed));
        let now = START_HOUR * NANOS_PER_HOUR + NANOS_PER_HOUR / 2;
        let settings = Settings {
            group_rows: 32 + random.below(64) as u32,
            flush_bytes: 40_000 + random.below(60_000) as usize,
            flush_after: Duration::from_secs(600),
            log_file_bytes: 8 * 4_096 + random.below(10) * 4_096,
            compact_segments: 2 + random.below(4) as usize,
            compact_after: Duration::from_secs(60),
            small_segment_bytes: 30_000,
            segment_bytes_max: 200_000,
            rewrite_after: Duration::from_secs(3_600),
            remove_after: Duration::from_secs(30),
            planted,
            ..Settings::default()
        };
        Ok(Self {
            disk: SimDisk::new(Arc::clone(&random)),
            random,
            catalog: SimCatalog::new()?,
            clock: Arc::new(SimClock { now: AtomicI64::new(now) }),
            settings,
            store: None,
            known: BTreeMap::new(),
            next_id: 0,
            held: Vec::new(),
            report: Report::default(),
        })
    }

    /// Opens the store and replays its log; power may go again on the way.
    fn start(&mut self) -> Result<(), String> {
        for attempt in 0.. {
            self.report.restarts += 1;
            if attempt < RESTARTS_CUT && attempt > 0 && self.random.once_in(2) {
                self.disk.cut_power_in(self.random.below(60));
            }
            let seams = Seams {
                disk: Arc::new(self.disk.clone()),
                clock: self.clock.clone(),
                random: self.random.clone(),
                observer: Arc::new(Quiet),
            };
            let settings = self.settings.clone();
            let started = self.catalog.open(&self.disk).and_then(|catalog| {
                let store = Store::open(seams, catalog, settings)?;
                store.recover(&ToyDecoder)?;
                Ok(store)
            });
            match started {
                Ok(store) => {
                    self.disk.cancel_cut();
                    self.store = Some(store);
                    return self.check();
                }
                Err(_) if self.disk.is_dead() => {
                    self.report.power_cuts += 1;
                    self.disk.restart();
                }
                Err(error) => return Err(format!("the store does not start: {error}")),
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        match self.random.below(100) {
            0..40 => self.append(),
            40..48 => drop(self.store().freeze()),
            48..66 => drop(self.store().flush_one()),
            66..76 => drop(self.store().compact_one()),
            76..82 => drop(self.store().maintain()),
            82..85 => self.hold()?,
            85..87 => self.delete(),
            87 => self.retain(),
            88..91 => self.disk.set_fault_odds([0, 0, 6, 25][self.random.below(4) as usize]),
            91..93 => self.disk.set_room(self.room()),
            93..95 => self.pass_time(),
            95..97 => self.disk.cut_power_in(self.random.below(40)),
            97 => self.kill()?,
            98 => self.restart()?,
            _ => self.check()?,
        }
        if self.disk.is_dead() {
            self.report.power_cuts += 1;
            self.restart()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        self.restart()?;
        self.pass_time();
        let doing = |what: &str, error: Error| format!("{what} at the end: {error}");
        self.store().freeze();
        while self.store().flush_one().map_err(|error| doing("flushing", error))? {}
        while self.store().compact_one().map_err(|error| doing("compacting", error))? {}
        self.store().maintain().map_err(|error| doing("tidying", error))?;
        self.check()?;
        let files = self.disk.files_in("segments");
        let mut named = self.store().files();
        named.sort();
        if files != named {
            return Err(format!("files {files:?} remain where the catalog names {named:?}"));
        }
        self.note_counters();
        Ok(())
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect("the store runs between steps")
    }

    fn restart(&mut self) -> Result<(), String> {
        self.note_counters();
        self.held.clear();
        self.store = None;
        self.disk.restart();
        self.disk.set_fault_odds(0);
        self.disk.set_room(None);
        self.start()
    }

    /// The server is killed and starts again. The power stays on, so it finds what was written and
    /// never synced, which the next power cut may still take away.
    fn kill(&mut self) -> Result<(), String> {
        self.report.kills += 1;
        self.note_counters();
        self.held.clear();
        self.store = None;
        self.disk.set_fault_odds(0);
        self.disk.set_room(None);
        self.start()
    }

    fn note_counters(&mut self) {
        let counters = self.store().counters();
        let (flushes, compactions) = (counters.flushes.get(), counters.compactions.get());
        let copied = counters.groups_copied.get();
        self.report.flushes += flushes;
        self.report.compactions += compactions;
        self.report.groups_copied += copied;
    }

    fn append(&mut self) {
        let answers = Arc::new(Mutex::new(Vec::new()));
        let mut group = Vec::new();
        let arrival = self.clock.now();
        for request in 0..1 + self.random.below(4) {
            let hour = arrival.nanos() / NANOS_PER_HOUR;
            let events = draw(&self.random, &mut self.next_id, hour);
            let record = Record {
                door: 1,
                environment: ENVIRONMENT,
                arrival,
                seed: self.random.next(),
                decoder_version: 1,
                settings_version: 1,
                context: Bytes::new(),
                body: body(&events),
            };
            let batches = store::Decoder::decode(&ToyDecoder, &record).unwrap_or_default();
            let answers = Arc::clone(&answers);
            group.push(Pending {
                record,
                batches,
                lease: None,
                done: Box::new(move |answer: model::Result<Lsn>| {
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers.push((request, answer.is_ok()));
                }),
            });
            for event in events {
                let known = Known { arrival: arrival.nanos(), fate: Fate::May, event };
                self.known.insert(known.event.id, known);
            }
        }
        let ids: Vec<Vec<u64>> = group.iter().map(|pending| ids_of(&pending.record.body)).collect();
        self.store().append(group);
        let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        for (request, acknowledged) in answers.iter() {
            if !acknowledged {
                self.report.refused += 1;
                continue;
            }
            self.report.acknowledged += 1;
            for id in &ids[*request as usize] {
                if let Some(known) = self.known.get_mut(id) {
                    known.fate = Fate::Must;
                }
            }
        }
    }

    fn delete(&mut self) {
        let name = format!("service-{}", self.random.below(3));
        let deleted = self.store().delete_dataset(ENVIRONMENT, &name);
        let fate = match deleted {
            Ok(_) => {
                self.report.deletions += 1;
                Fate::MustNot
            }
            Err(error) if error.kind() == model::ErrorKind::Missing => return,
            Err(_) => Fate::May,
        };
        for known in self.known.values_mut() {
            if known.event.dataset_name() == name
                && (known.fate, fate) != (Fate::MustNot, Fate::May)
            {
                known.fate = fate;
            }
        }
    }

    fn retain(&self) {
        let name = format!("service-{}", self.random.below(3));
        let hours = self.random.below(300);
        let retention = (hours > 0).then(|| Duration::from_secs(hours * 3_600));
        drop(self.store().set_retention(ENVIRONMENT, &name, retention));
    }

    fn room(&self) -> Option<usize> {
        self.random.once_in(2).then(|| self.random.below(60_000) as usize)
    }

    fn pass_time(&self) {
        let step = match self.random.below(4) {
            0 => self.random.below(90) as i64 * NANOS_PER_SECOND,
            1 => 2 * NANOS_PER_HOUR,
            _ => self.random.below(40) as i64 * NANOS_PER_HOUR,
        };
        self.clock.now.fetch_add(step, Ordering::Relaxed);
    }

    /// Keeps a snapshot for later, or sees that one kept shows just what it showed.
    fn hold(&mut self) -> Result<(), String> {
        if self.held.len() < 3 && self.random.once_in(2) {
            let snapshot = self.store().snapshot();
            let ids = visible_ids(&snapshot)?;
            self.held.push((snapshot, ids));
            return Ok(());
        }
        let Some((snapshot, ids)) = self.held.pop() else { return Ok(()) };
        match visible_ids(&snapshot)? == ids {
            true => Ok(()),
            false => Err("a snapshot shows something else than before".to_owned()),
        }
    }

    /// Reads everything and compares it with what is known.
    fn check(&mut self) -> Result<(), String> {
        self.report.checks += 1;
        let snapshot = self.store().snapshot();
        let rows = read_all(&snapshot, ENVIRONMENT).map_err(|error| format!("reading: {error}"))?;
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        for row in &rows {
            let id = row.values.get("id").and_then(|id| id.parse().ok()).unwrap_or_default();
            *seen.entry(id).or_default() += 1;
            let known = self.known.get(&id).ok_or_else(|| format!("row {id} was never sent"))?;
            if row.values != expected(&known.event) || row.time != known.event.time() {
                return Err(format!("row {id} reads {row:?}, sent was {:?}", known.event));
            }
            let dataset = snapshot.datasets().get(model::DatasetId(row.dataset));
            if dataset.map(|dataset| dataset.name.clone()) != Some(known.event.dataset_name()) {
                return Err(format!("row {id} is in {dataset:?}"));
            }
        }
        for (id, known) in &self.known {
            let times = seen.get(id).copied().unwrap_or(0);
            let right = match known.fate {
                Fate::Must if is_expired(&snapshot, known) => times <= 1,
                Fate::Must => times == 1,
                Fate::May => times <= 1,
                Fate::MustNot => times == 0,
            };
            if !right {
                let fate = known.fate;
                return Err(format!(
                    "row {id} ({:?}) is seen {times} times: {fate:?}",
                    known.event
                ));
            }
        }
        Ok(())
    }
}

fn is_expired(snapshot: &Snapshot, known: &Known) -> bool {
    let name = known.event.dataset_name();
    let dataset = snapshot.datasets().resolve(ENVIRONMENT, &name);
    match dataset.map(|id| snapshot.hidden(id)) {
        Some(Hidden::Before(horizon)) => known.event.time().max(known.arrival) < horizon.nanos(),
        _ => false,
    }
}

fn ids_of(body: &Bytes) -> Vec<u64> {
    let text = String::from_utf8_lossy(body);
    text.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
}

fn visible_ids(snapshot: &Snapshot) -> Result<Vec<u64>, String> {
    let rows = read_all(snapshot, ENVIRONMENT).map_err(|error| format!("reading: {error}"))?;
    let mut ids: Vec<u64> =
        rows.iter().filter_map(|row| row.values.get("id")?.parse().ok()).collect();
    ids.sort_unstable();
    Ok(ids)
}
