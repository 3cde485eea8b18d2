//! Listeners: a port each, and connections that cannot outnumber or outwait the server.
//!
//! A connection costs a task and some kilobytes, so their number is bounded over all listeners;
//! what comes beyond is told so and counted. How long one may keep the server waiting is bounded
//! in [`Patience`].

mod connection;
mod cut;
mod frames;
mod http1;
mod http2;
mod pace;
mod patience;
mod stream;
mod streams;
mod turned_away;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::settings::{Chosen, Setting};
use crate::stop::Stop;

use self::connection::Served;
use self::cut::Cuts;
pub(crate) use patience::Patience;

/// Most connections at once. Each sender has one or a few; thousands of senders are more than one
/// machine's disk takes events from. Of requests that share connections as many are taken at once
/// as could come on connections of their own.
const CONNECTIONS_MAX: usize = 10_000;
/// Connections that may wait to be taken: thousands of senders come at once after a restart, and
/// the system may allow fewer.
const BACKLOG: u32 = 4_096;
/// How long to wait for a connection to end when the process can open no more files.
const NO_FILES_PAUSE: Duration = Duration::from_secs(1);

/// The connections of all listeners of a server.
pub(crate) struct Connections {
    most: usize,
    patience: Patience,
    room: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    refused: AtomicU64,
    refused_requests: AtomicU64,
    cuts: Arc<Cuts>,
    ended: Notify,
    turned_away: Arc<Semaphore>,
}

impl Connections {
    /// As many as a server takes.
    pub(crate) fn of_server(patience: Patience) -> Arc<Self> {
        Arc::new(Self::new(CONNECTIONS_MAX, patience))
    }

    /// At most this many, and as many requests that share one, each with this patience.
    fn new(most: usize, patience: Patience) -> Self {
        Self {
            most,
            patience,
            room: Arc::new(Semaphore::new(most)),
            requests: Arc::new(Semaphore::new(most)),
            refused: AtomicU64::new(0),
            refused_requests: AtomicU64::new(0),
            cuts: Arc::default(),
            ended: Notify::new(),
            turned_away: Arc::new(Semaphore::new(turned_away::AT_ONCE)),
        }
    }

    /// Takes a place, if there is one; counts who finds none.
    fn enter(self: &Arc<Self>) -> Option<Place> {
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        Some(Place { connections: Arc::clone(self), _permit: permit })
    }

    /// Takes a place for a request that shares its connection; counts who finds none.
    fn enter_request(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.requests).try_acquire_owned().ok();
        if place.is_none() {
            self.refused_requests.fetch_add(1, Ordering::Relaxed);
        }
        place
    }

    /// Why connections and requests were ended, with how often.
    pub(crate) fn cuts(&self) -> Vec<(&'static str, u64)> {
        self.cuts.list()
    }

    /// How many requests came beyond the bound.
    pub(crate) fn refused_requests(&self) -> u64 {
        self.refused_requests.load(Ordering::Relaxed)
    }

    /// How many are open.
    pub(crate) fn open(&self) -> u64 {
        self.most.saturating_sub(self.room.available_permits()) as u64
    }

    /// How many came beyond the bound.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// A connection's place among all, given back when it is dropped.
pub(crate) struct Place {
    connections: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.ended.notify_one();
    }
}

/// An open port.
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Opens the port that a setting wants. An error names the port, the setting and what would
    /// change it.
    pub(crate) fn bind(setting: Setting, wanted: &Chosen<SocketAddr>) -> Result<Self, Stop> {
        let opened = open(wanted.value).and_then(|socket| Ok((socket.local_addr()?, socket)));
        let (address, socket) = opened.map_err(|error| cannot_bind(setting, wanted, &error))?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stopping` says true, and then ends the connections, each after the request
    /// that it is in.
    pub(crate) async fn serve(
        self,
        routes: Router,
        connections: Arc<Connections>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let (alive, mut all_ended) = mpsc::channel(1);
        loop {
            let accepted = tokio::select! {
                biased;
                // The sender gone means the same.
                _ = stopping.wait_for(|stopping| *stopping) => break,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => match connections.enter() {
                    Some(place) => {
                        let served = Served {
                            routes: routes.clone(),
                            connections: Arc::clone(&connections),
                            stopping: stopping.clone(),
                            _place: place,
                            _alive: alive.clone(),
                        };
                        connection::spawn(stream, served);
                    }
                    None => turned_away::spawn(stream, &connections.turned_away),
                },
                Err(error) => after_failure(&error, &connections).await,
            }
        }
        drop((self.socket, alive));
        // Nothing is ever sent: it ends when the last of them has let go.
        all_ended.recv().await;
    }
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port that a server just left is not taken by what its connections left behind.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Some failures are of the one connection. Others mean that the process has no files or memory
/// left, and asking again at once would only turn in circles.
async fn after_failure(error: &io::Error, connections: &Connections) {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
    {
        return;
    }
    tracing::warn!("taking a connection: {error}");
    // Whether one ended or the time is over, it is tried again.
    drop(tokio::time::timeout(NO_FILES_PAUSE, connections.ended.notified()).await);
}

fn cannot_bind(setting: Setting, wanted: &Chosen<SocketAddr>, error: &io::Error) -> Stop {
    let (name, address, port) = (setting.name, wanted.value, wanted.value.port());
    let why = match error.kind() {
        ErrorKind::AddrInUse => format!("port {port} is taken by another program"),
        ErrorKind::PermissionDenied => format!("this user may not open port {port}"),
        ErrorKind::AddrNotAvailable => format!("this machine has no address {}", address.ip()),
        _ => format!("port {port} cannot be opened: {error}"),
    };
    Stop::cannot(format!(
        "{name} is {address} ({}): {why}; choose another with --{name} ADDR, {} or {name} in the \
         settings' file",
        wanted.origin,
        setting.variable()
    ))
}

#[cfg(test)]
mod tests;
