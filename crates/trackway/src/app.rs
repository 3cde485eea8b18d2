//! Everything that a running server has, made once and shared by its tasks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use body::Budget;
use honeycomb::{Desk, DeskParts, Door, Parts};
use model::{Clock, Error, Random, Result, SystemClock, SystemRandom};
use query::{Engine, Limits, Running};
use registry::{Keys, Registry};
use store::{Intake, Seams, Snapshot, Store};
use tokio::sync::{Mutex, watch};

use crate::api::tail::Readers;
use crate::faults::Faults;
use crate::folder::Folder;
use crate::listen::Connections;
use crate::observer::Watch;
use crate::readiness::{Phase, Readiness};
use crate::settings::Settings;
use crate::switches::Switches;

/// Most bytes of disk for what questions spill. Beyond it a question is wrong rather than large,
/// and the disk is needed for events.
const SPILL_BYTES: u64 = 8 << 30;
/// Memory for the footers of files: those of some hundred segments, a day's as a question has it.
const FOOTER_BYTES: usize = 32 << 20;
/// How long a client waits before it asks again that met a server on its way out: another may be
/// starting in its place.
const STOPPING: Duration = Duration::from_secs(1);

/// A server's parts.
pub(crate) struct App {
    /// How it was set.
    pub(crate) settings: Settings,
    /// Where its files are; held by it alone.
    pub(crate) folder: Folder,
    /// What it keeps.
    pub(crate) store: Arc<Store>,
    /// Where the doors hand events in.
    pub(crate) intake: Arc<Intake>,
    /// What people set up.
    pub(crate) registry: Arc<Registry>,
    /// Who may come in.
    pub(crate) keys: Arc<Keys>,
    /// Answers questions.
    pub(crate) engine: Arc<Engine>,
    /// Where events come in.
    pub(crate) door: Arc<Door>,
    /// Where questions are asked in Honeycomb's words, and things set up.
    pub(crate) desk: Arc<Desk>,
    /// Memory of request bodies.
    pub(crate) budget: Budget,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether it is ready.
    pub(crate) readiness: Arc<Readiness>,
    /// The connections of all its listeners.
    pub(crate) connections: Arc<Connections>,
    /// What is wrong with the server itself.
    pub(crate) faults: Arc<Faults>,
    /// Told when requests have become visible.
    pub(crate) published: watch::Receiver<()>,
    /// The questions that are being worked on.
    pub(crate) running: Arc<Running>,
    /// Who follows events.
    pub(crate) readers: Readers,
    /// Held while the store's numbers are taken, which may wait for its disk.
    pub(crate) measuring: Arc<Mutex<()>>,
    /// Held while a backup is taken.
    pub(crate) backing_up: Arc<Mutex<()>>,
}

impl App {
    /// Puts a server together on a folder that it has locked. Events are neither accepted nor read
    /// until the log has been replayed.
    pub(crate) fn new(settings: Settings, folder: Folder, switches: Switches) -> Result<Arc<Self>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let registry = Arc::new(folder.registry()?);
        let keys = Keys::open(
            Arc::clone(&registry),
            settings.keys.value,
            Arc::clone(&clock),
            Arc::clone(&random),
        )?;
        let keys = Arc::new(keys);
        let watch = Watch::new(Arc::clone(&clock), switches.hold);
        let published = watch.published();
        let seams = Seams {
            disk: Arc::new(folder.disk()?),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            observer: Arc::new(watch),
        };
        let store = Arc::new(open_store(&settings, &folder, seams, switches.store)?);
        let limits = question_limits(&settings, folder.empty_spill()?);
        let engine = Arc::new(Engine::new(&limits, Arc::clone(&clock))?);
        let budget = Budget::new(settings.memory.value as usize);
        let intake = Arc::new(Intake::default());
        let readiness = Arc::new(Readiness::default());
        let ready = Arc::clone(&readiness);
        let running = Running::new(Arc::clone(&clock));
        let desk = Desk::open(DeskParts {
            keys: Arc::clone(&keys),
            registry: Arc::clone(&registry),
            store: Arc::clone(&store),
            engine: Arc::clone(&engine),
            running: Arc::clone(&running),
            budget: budget.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            ready: Box::new(move || ready.check_replayed()),
            public_url: settings.public_url.value.clone(),
        })?;
        let door = Door::new(Parts {
            keys: Arc::clone(&keys),
            datasets: Arc::clone(desk.dataset_settings()),
            intake: Arc::clone(&intake),
            budget: budget.clone(),
            limits: body::Limits::default(),
            clock: Arc::clone(&clock),
            random,
        });
        Ok(Arc::new(Self {
            settings,
            folder,
            store,
            intake,
            registry,
            keys,
            engine,
            door,
            desk,
            budget,
            clock,
            readiness,
            connections: Connections::of_server(switches.patience),
            faults: Arc::default(),
            published,
            running,
            readers: Readers::default(),
            measuring: Arc::default(),
            backing_up: Arc::default(),
        }))
    }

    /// Whether everything works; otherwise why not, in words.
    pub(crate) fn check_ready(&self) -> Result<(), String> {
        match self.readiness.phase() {
            Phase::Replaying => return Err("replaying the log".to_owned()),
            Phase::Stopping => return Err("stopping".to_owned()),
            Phase::Ready => {}
        }
        match self.store.trouble() {
            Some(trouble) => Err(format!("storage cannot be written: {trouble}")),
            None => Ok(()),
        }
    }

    /// A view of everything acknowledged so far; not before it has all been read back, because a
    /// part of it would look like all.
    pub(crate) async fn snapshot(self: &Arc<Self>) -> Result<Snapshot> {
        self.readiness.check_replayed()?;
        let store = Arc::clone(&self.store);
        // It waits for whoever changes the store's state, and that may be waiting for the disk.
        blocking(move || Ok(store.snapshot())).await
    }
}

/// Does what may wait for a disk, on a thread that nobody else waits for.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::unavailable(STOPPING, "the server is stopping")),
    }
}

fn open_store(
    settings: &Settings,
    folder: &Folder,
    seams: Seams,
    thresholds: store::Settings,
) -> Result<Store> {
    let accept_log_damage = settings.accept_log_damage.value;
    let mut catalog = folder.catalog()?;
    catalog.tell_folder(&folder.absolute()?)?;
    Store::open(seams, catalog, store::Settings { accept_log_damage, ..thresholds })
}

fn question_limits(settings: &Settings, spill_folder: PathBuf) -> Limits {
    Limits {
        threads: settings.query_threads.value as usize,
        memory_bytes: settings.query_memory.value as usize,
        spill_bytes: SPILL_BYTES,
        spill_folder,
        time: Duration::from_secs(settings.query_seconds.value),
        footer_bytes: FOOTER_BYTES,
    }
}
