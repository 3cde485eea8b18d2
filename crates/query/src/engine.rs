//! Runs questions: on threads of their own, within bounds, and no longer than somebody waits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use datafusion_common::config::SpillCompression;
use datafusion_execution::TaskContext;
use datafusion_execution::config::SessionConfig;
use datafusion_execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion_execution::memory_pool::FairSpillPool;
use datafusion_execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use futures::future::try_join_all;
use model::{Clock, Error, ErrorKind, Result};
use store::Snapshot;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinError};

use crate::aggregate::{self, AggregateAnswer};
use crate::failure::engine_failed;
use crate::footer::FooterCache;
use crate::progress::Progress;
use crate::rows::{self, RowsAnswer};
use crate::spec::{AggregateQuery, RowsQuery};
use crate::statistics::Statistics;
use crate::trace::{self, TraceAnswer, TraceQuery};
use crate::trace_list::{self, TraceListAnswer, TraceListQuery};
use crate::value_list::{self, ValuesAnswer, ValuesQuery};

/// Questions that are worked on at once; others wait for their turn.
const AT_ONCE: usize = 8;

/// What questions may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Threads that work on questions.
    pub threads: usize,
    /// Memory for the groups of all questions together, bytes; beyond it they spill.
    pub memory_bytes: usize,
    /// Disk for what is spilled, bytes.
    pub spill_bytes: u64,
    /// The folder for what is spilled.
    pub spill_folder: PathBuf,
    /// How long a question may take, waiting for its turn included.
    pub time: Duration,
    /// Memory for the footers of files, bytes.
    pub footer_bytes: usize,
}

/// What every question works with.
pub(crate) struct Context {
    pub(crate) footers: FooterCache,
    /// How many tasks work on one question.
    pub(crate) partitions: usize,
    environment: Arc<RuntimeEnv>,
    session: SessionConfig,
}

impl Context {
    fn new(limits: &Limits) -> Result<Self> {
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![limits.spill_folder.clone()]))
            .with_max_temp_directory_size(limits.spill_bytes);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(engine_failed)?;
        let mut session = SessionConfig::new().with_target_partitions(limits.threads);
        session.options_mut().execution.spill_compression = SpillCompression::Uncompressed;
        Ok(Self {
            footers: FooterCache::new(limits.footer_bytes),
            partitions: limits.threads,
            environment,
            session,
        })
    }

    /// A task of the engine beneath.
    pub(crate) fn task(&self) -> Arc<TaskContext> {
        let task = TaskContext::default().with_session_config(self.session.clone());
        Arc::new(task.with_runtime(Arc::clone(&self.environment)))
    }

    /// Lets as many tasks as there are threads do the same work.
    pub(crate) async fn spread<F>(&self, work: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let tasks = (0..self.partitions).map(|_| {
            let task = tokio::spawn(work());
            let guard = AbortOnDrop(task.abort_handle());
            async move {
                let ended = task.await;
                drop(guard);
                ended.map_err(|error| task_failed(&error))?
            }
        });
        try_join_all(tasks).await.map(drop)
    }
}

/// Answers questions.
pub struct Engine {
    context: Arc<Context>,
    runtime: Option<Runtime>,
    turns: Arc<Semaphore>,
    time: Duration,
    clock: Arc<dyn Clock>,
}

impl Engine {
    /// An engine with its own threads. The spill folder must exist.
    pub fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(limits.threads)
            .thread_name("query")
            .enable_time()
            .build()
            .map_err(|error| Error::bug("starting the query threads").because(error))?;
        Ok(Self {
            context: Arc::new(Context::new(limits)?),
            runtime: Some(runtime),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            time: limits.time,
            clock,
        })
    }

    /// Answers a question about groups of events.
    pub async fn aggregate(
        &self,
        snapshot: Snapshot,
        query: AggregateQuery,
    ) -> Result<AggregateAnswer> {
        self.aggregate_watched(snapshot, query, Arc::default()).await
    }

    /// Answers a question about groups of events, of which others see how far it has come.
    pub async fn aggregate_watched(
        &self,
        snapshot: Snapshot,
        query: AggregateQuery,
        progress: Arc<Progress>,
    ) -> Result<AggregateAnswer> {
        let context = Arc::clone(&self.context);
        let work = async move { aggregate::run(&context, &snapshot, &query, &progress).await };
        let (mut answer, took) = self.run(work).await?;
        note(&mut answer.statistics, took, "columns");
        Ok(answer)
    }

    /// Lists events as they are.
    pub async fn rows(&self, snapshot: Snapshot, query: RowsQuery) -> Result<RowsAnswer> {
        self.rows_watched(snapshot, query, Arc::default()).await
    }

    /// Lists events as they are; others see how far that has come.
    pub async fn rows_watched(
        &self,
        snapshot: Snapshot,
        query: RowsQuery,
        progress: Arc<Progress>,
    ) -> Result<RowsAnswer> {
        let context = Arc::clone(&self.context);
        let work = async move { rows::run(&context, &snapshot, &query, &progress).await };
        let (mut answer, took) = self.run(work).await?;
        note(&mut answer.statistics, took, "newest rows");
        Ok(answer)
    }

    /// Collects a trace.
    pub async fn trace(&self, snapshot: Snapshot, query: TraceQuery) -> Result<TraceAnswer> {
        let context = Arc::clone(&self.context);
        let work = async move { trace::run(&context, &snapshot, &query).await };
        let (mut answer, took) = self.run(work).await?;
        note(&mut answer.statistics, took, "trace index");
        Ok(answer)
    }

    /// Lists traces.
    pub async fn traces(
        &self,
        snapshot: Snapshot,
        query: TraceListQuery,
    ) -> Result<TraceListAnswer> {
        let context = Arc::clone(&self.context);
        let work = async move { trace_list::run(&context, &snapshot, &query).await };
        let (mut answer, took) = self.run(work).await?;
        note(&mut answer.statistics, took, "first traces");
        Ok(answer)
    }

    /// Looks up values of a field.
    pub async fn values(&self, snapshot: Snapshot, query: ValuesQuery) -> Result<ValuesAnswer> {
        let context = Arc::clone(&self.context);
        let work = async move { value_list::run(&context, &snapshot, &query).await };
        let (mut answer, took) = self.run(work).await?;
        note(&mut answer.statistics, took, "newest rows");
        Ok(answer)
    }

    /// Runs a question on the query threads. Dropping the future that this gives ends it.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<(T, Duration)> {
        let Some(runtime) = &self.runtime else { return Err(Error::bug("the engine has ended")) };
        let (started, turns) = (self.clock.elapsed(), Arc::clone(&self.turns));
        let in_turn = async move {
            let _turn = turns.acquire_owned().await;
            work.await
        };
        let time = self.time;
        let task = runtime.spawn(async move { tokio::time::timeout(time, in_turn).await });
        let _guard = AbortOnDrop(task.abort_handle());
        match task.await {
            Ok(Ok(answer)) => Ok((answer?, self.clock.elapsed().saturating_sub(started))),
            Ok(Err(_)) => Err(Error::new(
                ErrorKind::TooCostly,
                format!(
                    "the query took longer than {} s: narrow the time range, add a filter, or \
                     raise --query-seconds",
                    time.as_secs()
                ),
            )),
            Err(error) => Err(task_failed(&error)),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Waiting for tasks is not allowed where an engine may be dropped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn note(statistics: &mut Statistics, took: Duration, way: &'static str) {
    statistics.elapsed = took;
    statistics.way = way;
}

fn task_failed(error: &JoinError) -> Error {
    match error.is_panic() {
        true => Error::bug("a query panicked"),
        false => Error::unavailable(Duration::from_secs(1), "the server is stopping"),
    }
}

/// Ends a task that nobody waits for any more.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
