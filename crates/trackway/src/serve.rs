//! `trackway serve`: from the first line of the log to the last.
//!
//! The ports open before the log is replayed, so that whoever watches over the server sees that it
//! lives; until the replay is done senders are told to try again. At the end the connections finish
//! what they are in, then the store writes what was handed to it. Nothing of that is needed to keep
//! what was acknowledged: a server that is killed loses nothing, so every step has a bound in time.

mod open_files;
mod signals;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse as _;
use model::Result;
use otlp::grpc::{self, Status};
use registry::Mode;
use store::Threads;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use self::signals::Signals;
use crate::api::Failure;
use crate::app::{App, blocking};
use crate::folder::Folder;
use crate::listen::Listener;
use crate::readiness::Phase;
use crate::settings::{LISTEN, OTLP_GRPC, OTLP_HTTP, Settings, unknown_variables};
use crate::stop::Stop;
use crate::switches::Switches;
use crate::{api, browsers, faults, health, output};

/// How long connections have to finish the request that they are in.
const CONNECTIONS_END: Duration = Duration::from_secs(5);
/// How long the store's threads have to end what they are doing.
const STORE_END: Duration = Duration::from_secs(3);
/// How long the counts of keys may take to be written.
const COUNTS_END: Duration = Duration::from_secs(1);
/// How often the counts of keys are written: what a crash loses of them, which nobody decides by.
const COUNTS_EVERY: Duration = Duration::from_secs(10);
/// Most threads that wait for disks on behalf of requests. Each waits for a moment only.
const BLOCKING_THREADS: usize = 64;

/// Serves until a signal ends it.
pub(crate) fn run(settings: Settings) -> Result<(), Stop> {
    let switches = Switches::from_environment()?;
    let folder = Folder::make(&settings.data.value)?.lock()?;
    folder.remove_copies()?;
    open_files::raise();
    tracing::info!(
        "trackway {} keeps events in {}",
        env!("CARGO_PKG_VERSION"),
        settings.data.value.display()
    );
    warn_of_surprises(&settings);
    let app = App::new(settings, folder, switches)?;
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .thread_name("serve")
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(|error| Stop::cannot(format!("starting threads: {error}")))?;
    let done = runtime.block_on(serve(&app));
    leave(runtime);
    done
}

/// Threads that do not end are not waited for: the end of the process ends them.
fn leave(runtime: Runtime) {
    runtime.shutdown_background();
}

async fn serve(app: &Arc<App>) -> Result<(), Stop> {
    let mut signals = Signals::new()?;
    let main = Listener::bind(LISTEN, &app.settings.listen)?;
    let otlp = Listener::bind(OTLP_HTTP, &app.settings.otlp_http)?;
    let otlp_grpc = Listener::bind(OTLP_GRPC, &app.settings.otlp_grpc)?;
    output::announce(&format!("listening on http://{} (main)", main.address()));
    output::announce(&format!("listening on http://{} (otlp-http)", otlp.address()));
    output::announce(&format!("listening on http://{} (otlp-grpc)", otlp_grpc.address()));

    let (stop, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let listeners =
        [(main, main_routes(app)), (otlp, otlp_routes(app)), (otlp_grpc, otlp_routes(app))];
    for (listener, routes) in listeners {
        let routes = finish(routes, listener.address(), app);
        let connections = Arc::clone(&app.connections);
        tasks.spawn(listener.serve(routes, connections, stopping.clone()));
    }
    tasks.spawn(write_counts(Arc::clone(app), stopping));

    let recovery = blocking({
        let app = Arc::clone(app);
        move || recover(&app)
    });
    let threads = tokio::select! {
        biased;
        () = signals.next() => None,
        recovered = recovery => Some(recovered.map_err(Stop::wrong)?),
    };
    if threads.is_some() {
        output::announce("ready");
        signals.next().await;
    }
    tracing::info!("stopping; a second signal stops at once");
    tokio::select! {
        () = end(app, &stop, tasks, threads) => Ok(()),
        () = signals.next() => Err(Stop::wrong("stopped at once by a second signal")),
    }
}

/// What the main port serves: everything.
fn main_routes(app: &Arc<App>) -> Router {
    health::routes(app).merge(api::routes(app)).merge(otlp_routes(app)).merge(app.desk.routes())
}

/// What every port serves: OpenTelemetry over HTTP and over gRPC.
fn otlp_routes(app: &Arc<App>) -> Router {
    app.door.routes().merge(health::grpc_routes(app))
}

/// What all ports have in common: paths that are not there, whom they answer, and faults.
fn finish(routes: Router, listener: SocketAddr, app: &Arc<App>) -> Router {
    let nowhere = |method: Method, uri: Uri, headers: HeaderMap| async move {
        if grpc::is_call(&headers) {
            let words = format!("there is no method {}", uri.path());
            return grpc::refuse(&Status::new(otlp::StatusCode::Unimplemented, words));
        }
        let text = format!("there is no {method} {}", uri.path());
        Failure::new(StatusCode::NOT_FOUND, text).into_response()
    };
    let routes = browsers::guard(routes.fallback(nowhere), listener.ip(), &app.settings);
    faults::catch(routes, &app.faults)
}

/// Reads back what was acknowledged and is not in segments, and lets events in.
fn recover(app: &Arc<App>) -> Result<Threads> {
    let started = app.clock.elapsed();
    let recovery = app.store.recover(&honeycomb::Decoder)?;
    if recovery.lost > 0 {
        tracing::warn!("{} requests were lost to damage of the log", recovery.lost);
    }
    app.desk.forget_deleted_datasets()?;
    let (threads, appender) = Threads::start(&app.store)?;
    app.intake.open(appender);
    app.readiness.reach(Phase::Ready);
    let took = app.clock.elapsed().saturating_sub(started);
    tracing::info!("replayed {} requests of the log in {took:.1?}", recovery.records);
    Ok(threads)
}

/// Writes how often keys were used, now and then.
async fn write_counts(app: Arc<App>, mut stopping: watch::Receiver<bool>) {
    let mut turns = interval(COUNTS_EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // The sender gone means the same.
            _ = stopping.changed() => return,
            _ = turns.tick() => {}
        }
        flush_counts(&app).await;
        name_environments(&app).await;
    }
}

/// Tells the store the names of environments, which commands may have made meanwhile.
async fn name_environments(app: &Arc<App>) {
    let app = Arc::clone(app);
    let told = blocking(move || {
        let known = app.registry.environments()?;
        let names: Vec<_> = known.into_iter().map(|known| (known.id, known.name)).collect();
        app.store.name_environments(&names)
    });
    if let Err(error) = told.await {
        tracing::warn!("{error}; it is tried again");
    }
}

async fn flush_counts(app: &Arc<App>) {
    let keys = Arc::clone(&app.keys);
    if let Err(error) = blocking(move || keys.flush_counts()).await {
        tracing::warn!("{error}; it is tried again");
    }
}

/// Ends everything in order, each within its time.
async fn end(
    app: &Arc<App>,
    stop: &watch::Sender<bool>,
    mut tasks: JoinSet<()>,
    threads: Option<Threads>,
) {
    app.readiness.reach(Phase::Stopping);
    stop.send_replace(true);
    let ended = timeout(CONNECTIONS_END, async { while tasks.join_next().await.is_some() {} });
    if ended.await.is_err() {
        tracing::warn!("{} connections did not end in time", app.connections.open());
    }
    app.intake.close();
    if let Some(threads) = threads {
        let joined = blocking(move || {
            threads.join();
            Ok(())
        });
        if timeout(STORE_END, joined).await.is_err() {
            tracing::info!("the store is left in the middle of something, which does no harm");
        }
    }
    if timeout(COUNTS_END, flush_counts(app)).await.is_err() {
        tracing::warn!("the last uses of keys were not counted");
    }
}

/// Says in the log what somebody may have done without meaning to.
fn warn_of_surprises(settings: &Settings) {
    for address in settings.beyond_loopback() {
        if settings.keys.value == Mode::Open {
            tracing::warn!(
                "keys are open ({}): whoever reaches {address} reads and sends",
                settings.keys.origin
            );
        }
    }
    for name in unknown_variables() {
        tracing::warn!("the variable {name} is not a setting and changes nothing");
    }
}
