//! Opening a data folder, and bringing back what was acknowledged and is not in segments.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::sync::{Arc, Condvar, Mutex};

use model::Result;

use super::maintain::{remove_segment, sync_folders};
use super::{State, Store, Trouble, lock};
use crate::catalog::{Catalog, Loaded};
use crate::log::{Log, ReplayMode, replay, storage_failed};
use crate::memtable::Generation;
use crate::paths::{QUARANTINE, SEGMENTS};
use crate::seams::{Decoder, Seams};
use crate::segment::SegmentMeta;
use crate::settings::{Planted, Settings};
use crate::snapshot::Segment;
use crate::stats::Counters;

/// Log files in use after replay from which the memtable is flushed at once, so that their number
/// does not grow with every restart.
const LOG_FILES_AFTER_REPLAY: usize = 4;

/// What a start brought back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Requests replayed from the log.
    pub records: u64,
    /// Requests lost to damage, where that was accepted.
    pub lost: u64,
}

impl Store {
    /// Opens a folder: reads its catalog and puts files that it does not name aside. The store
    /// answers only for its segments, and accepts nothing, until [`Store::recover`] is done.
    pub fn open(seams: Seams, mut catalog: Catalog, settings: Settings) -> Result<Self> {
        let settings = settings.possible();
        catalog.plant(settings.planted);
        let loaded = catalog.load()?;
        let counters = Counters::default();
        remove_dead(&seams, &mut catalog, &loaded.dead)?;
        put_aside(&seams, &loaded.segments, &counters)?;
        let Loaded { version, mark, datasets, attributes, fields, .. } = loaded;
        let Loaded { segments, next_segment, .. } = loaded;
        let segments = segments.into_iter().map(|meta| Arc::new(Segment { meta })).collect();
        let state = State {
            version,
            mark,
            datasets: Arc::new(datasets),
            attributes: Arc::new(attributes),
            fields: Arc::new(fields),
            segments: Arc::new(segments),
            active: Generation::new(0),
            frozen: VecDeque::new(),
            next_generation: 0,
            dying: Vec::new(),
            damaged: BTreeSet::new(),
            trouble: Trouble::default(),
        };
        Ok(Self {
            seams,
            settings,
            counters,
            log: Mutex::new(None),
            catalog: Mutex::new(catalog),
            state: Mutex::new(state),
            uncommitted: Mutex::new(Vec::new()),
            litter: Mutex::new(Vec::new()),
            flushing: Mutex::new(()),
            compacting: Mutex::new(()),
            next_segment: AtomicU64::new(next_segment.0),
            hidden_at: AtomicI64::new(i64::MIN),
            work: Mutex::new(false),
            work_came: Condvar::new(),
            stopping: AtomicBool::new(false),
        })
    }

    /// Replays the log, and then accepts requests. Generations that fill up on the way are flushed
    /// before replay goes on, so that it needs no more memory than serving does. If that fails, as
    /// on a full disk, they stay in memory as they did before the stop: questions can be answered.
    pub fn recover(&self, decoder: &dyn Decoder) -> Result<Recovery> {
        let mode = ReplayMode {
            mark: lock(&self.state).mark,
            accept_damage: self.settings.accept_log_damage,
            planted_ignore_crc: self.settings.planted == Some(Planted::IgnoreCrc),
        };
        let mut frozen = 0;
        let replayed = replay(&self.seams.disk, mode, |lsn, record| {
            let batches = decoder
                .decode(&record)
                .map_err(|error| error.while_doing(format!("replaying request {lsn}")))?;
            self.replay_request(lsn, &record, batches)?;
            if lock(&self.state).frozen.len() > frozen {
                self.flush_if_possible();
            }
            frozen = lock(&self.state).frozen.len();
            Ok(())
        })?;
        self.counters.lost_records.add(replayed.lost);
        let recovery = Recovery { records: replayed.records, lost: replayed.lost };
        let is_damaged = replayed.is_damaged;
        let (bindings, has_deleted) = {
            let state = lock(&self.state);
            (state.datasets.last_lsn(), state.datasets.buried().next().is_some())
        };
        let mut log = Log::new(
            Arc::clone(&self.seams.disk),
            Arc::clone(&self.seams.random),
            self.settings.log_file_bytes,
            replayed,
        );
        log.skip_to(bindings);
        if has_deleted {
            log.erase();
        }
        if self.settings.planted == Some(Planted::SkipSync) {
            log.plant_no_sync();
        }
        // Damage that was accepted once must not have to be accepted again.
        let crowded = log.held_back_by(mode.mark) >= LOG_FILES_AFTER_REPLAY || is_damaged;
        *lock(&self.log) = Some(log);
        if crowded {
            self.freeze();
        }
        self.recycle_log()?;
        Ok(recovery)
    }

    /// Flushes what is frozen. What cannot be flushed now stays in memory, for the flusher to try
    /// again.
    fn flush_if_possible(&self) {
        loop {
            match self.flush_one() {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    self.counters.flush_failures.add(1);
                    self.seams.observer.trouble("flushing what was replayed", &error);
                    return;
                }
            }
        }
    }
}

/// Removes the files of segments that were replaced before the last stop.
fn remove_dead(seams: &Seams, catalog: &mut Catalog, dead: &[SegmentMeta]) -> Result<()> {
    let (mut gone, mut folders) = (Vec::new(), BTreeSet::new());
    for meta in dead {
        folders.insert(remove_segment(&*seams.disk, meta)?);
        gone.push(meta.number);
    }
    sync_folders(&*seams.disk, &folders)?;
    if gone.is_empty() { Ok(()) } else { catalog.purge(&gone) }
}

/// Moves files that no row of the catalog names into quarantine: half-written ones, and those whose
/// commit did not happen. They are never deleted here, in case it is the catalog that is wrong.
fn put_aside(seams: &Seams, segments: &[SegmentMeta], counters: &Counters) -> Result<()> {
    let failed = |error| storage_failed("putting unknown files aside", error);
    let known: BTreeSet<_> =
        segments.iter().flat_map(|meta| [meta.path.clone(), meta.index_path()]).collect();
    let found = seams.disk.list(Path::new(SEGMENTS)).map_err(failed)?;
    let unknown: Vec<_> = found.into_iter().filter(|path| !known.contains(path)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    seams.disk.make_folder(Path::new(QUARANTINE)).map_err(failed)?;
    for path in unknown {
        let name = path.to_string_lossy().replace('/', "-");
        seams.disk.rename(&path, &Path::new(QUARANTINE).join(name)).map_err(failed)?;
        counters.files_quarantined.add(1);
    }
    Ok(())
}
