//! The settings: what each is called, what it may be, and where its value comes from.
//!
//! Every setting is a flag, a variable and a key of the settings' file, under one name. The first
//! of these that gives it a value decides, then the default. Every value keeps its origin, so that
//! an error, and the command that shows the settings, can say where to change it.

mod defaults;
mod file;
mod flags;
mod origin;
mod read;
mod sources;

use std::net::SocketAddr;
use std::path::PathBuf;

use model::{Error, Result};
use registry::Mode;
use tracing_subscriber::filter::Targets;

pub(crate) use flags::SettingFlags;
pub(crate) use origin::{Chosen, Origin};
pub(crate) use sources::{KEY_VARIABLE, SERVER_VARIABLE, Sources, environment, unknown_variables};

/// A setting, as everything that names one calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its name: the flag without dashes, the key in the file.
    pub(crate) name: &'static str,
    /// What its value must be, in words that complete "expected …".
    pub(crate) expected: &'static str,
}

impl Setting {
    /// The variable that sets it: `TRACKWAY_OTLP_HTTP` for `otlp-http`.
    pub(crate) fn variable(self) -> String {
        format!("TRACKWAY_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

pub(crate) const DATA: Setting = Setting { name: "data", expected: "a folder" };
pub(crate) const LISTEN: Setting =
    Setting { name: "listen", expected: "an address and a port such as 127.0.0.1:4400" };
pub(crate) const OTLP_HTTP: Setting =
    Setting { name: "otlp-http", expected: "an address and a port such as 127.0.0.1:4318" };
pub(crate) const ALLOWED_HOSTS: Setting = Setting {
    name: "allowed-hosts",
    expected: "names without ports and with commas between them, such as obs.lan,obs.example",
};
pub(crate) const PUBLIC_URL: Setting =
    Setting { name: "public-url", expected: "a URL such as https://telemetry.example.com" };
pub(crate) const OTLP_GRPC: Setting =
    Setting { name: "otlp-grpc", expected: "an address and a port such as 127.0.0.1:4317" };
pub(crate) const KEYS: Setting = Setting { name: "keys", expected: "open or strict" };
pub(crate) const MEMORY: Setting =
    Setting { name: "memory", expected: "a size such as 256MiB, of at least 192MiB" };
pub(crate) const QUERY_MEMORY: Setting =
    Setting { name: "query-memory", expected: "a size such as 128MiB, of at least 16MiB" };
pub(crate) const QUERY_SECONDS: Setting =
    Setting { name: "query-seconds", expected: "a number of seconds from 1 to 86400" };
pub(crate) const QUERY_THREADS: Setting =
    Setting { name: "query-threads", expected: "a number of threads from 1 to 1024" };
pub(crate) const LOG: Setting =
    Setting { name: "log", expected: "error, warn, info, debug, trace or off" };
pub(crate) const ACCEPT_LOG_DAMAGE: Setting =
    Setting { name: "accept-log-damage", expected: "true or false" };

/// Every setting, in the order in which they are shown.
pub(crate) const ALL: [Setting; 13] = [
    DATA,
    LISTEN,
    OTLP_HTTP,
    ALLOWED_HOSTS,
    PUBLIC_URL,
    OTLP_GRPC,
    KEYS,
    MEMORY,
    QUERY_MEMORY,
    QUERY_SECONDS,
    QUERY_THREADS,
    LOG,
    ACCEPT_LOG_DAMAGE,
];

/// The settings of a server.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The data folder.
    pub(crate) data: Chosen<PathBuf>,
    /// Where our own API listens, and the dialects too.
    pub(crate) listen: Chosen<SocketAddr>,
    /// Where OTLP over HTTP listens.
    pub(crate) otlp_http: Chosen<SocketAddr>,
    /// Names besides those of loopback under which the API may be asked, in lower case.
    pub(crate) allowed_hosts: Chosen<Vec<String>>,
    /// The URL under which clients reach the server; what they use, if none.
    pub(crate) public_url: Chosen<Option<String>>,
    /// Where OTLP over gRPC listens.
    pub(crate) otlp_grpc: Chosen<SocketAddr>,
    /// What becomes of unknown keys and of none.
    pub(crate) keys: Chosen<Mode>,
    /// Memory of request bodies until their events are in segments, bytes.
    pub(crate) memory: Chosen<u64>,
    /// Memory of the groups of all questions together, bytes.
    pub(crate) query_memory: Chosen<u64>,
    /// How long a question may take, seconds.
    pub(crate) query_seconds: Chosen<u64>,
    /// Threads that work on questions.
    pub(crate) query_threads: Chosen<u64>,
    /// Which log lines are written.
    pub(crate) log: Chosen<Targets>,
    /// Whether to go on behind a damaged part of the log.
    pub(crate) accept_log_damage: Chosen<bool>,
}

impl Settings {
    /// Takes every setting from its sources.
    pub(crate) fn resolve(sources: &Sources<'_>) -> Result<Self> {
        let listen = sources.choose(LISTEN, read::address, || Ok(defaults::LISTEN))?;
        let otlp_http = sources.choose(OTLP_HTTP, read::address, || Ok(defaults::OTLP_HTTP))?;
        let otlp_grpc = sources.choose(OTLP_GRPC, read::address, || Ok(defaults::OTLP_GRPC))?;
        let listeners = [(LISTEN, &listen), (OTLP_HTTP, &otlp_http), (OTLP_GRPC, &otlp_grpc)];
        check_apart(&listeners)?;
        let keys = choose_keys(sources, &listeners)?;
        let seconds = |text: &str| read::count(text, 1..=read::SECONDS_MAX);
        let threads = |text: &str| read::count(text, 1..=read::THREADS_MAX);
        let memory = |text: &str| read::size(text, read::MEMORY_MIN);
        let query_memory = |text: &str| read::size(text, read::QUERY_MEMORY_MIN);
        Ok(Self {
            data: Self::resolve_data(sources)?,
            listen,
            otlp_http,
            allowed_hosts: sources.choose(ALLOWED_HOSTS, read::hosts, || Ok(Vec::new()))?,
            public_url: sources.choose(PUBLIC_URL, read::public_url, || Ok(None))?,
            otlp_grpc,
            keys,
            memory: sources.choose(MEMORY, memory, || Ok(defaults::MEMORY))?,
            query_memory: sources
                .choose(QUERY_MEMORY, query_memory, || Ok(defaults::QUERY_MEMORY))?,
            query_seconds: sources
                .choose(QUERY_SECONDS, seconds, || Ok(defaults::QUERY_SECONDS))?,
            query_threads: sources
                .choose(QUERY_THREADS, threads, || Ok(defaults::query_threads()))?,
            log: sources.choose(LOG, crate::logging::parse, || Ok(defaults::log()))?,
            accept_log_damage: sources.choose(ACCEPT_LOG_DAMAGE, read::truth, || Ok(false))?,
        })
    }

    /// Takes the data folder alone, for commands that need no server.
    pub(crate) fn resolve_data(sources: &Sources<'_>) -> Result<Chosen<PathBuf>> {
        sources.choose(DATA, read::folder, || defaults::data(sources.variables()))
    }

    /// Every setting with its value in words and its origin.
    pub(crate) fn listed(&self) -> Vec<(Setting, String, &Origin)> {
        let size = crate::quantity::size_text;
        vec![
            (DATA, self.data.value.display().to_string(), &self.data.origin),
            (LISTEN, self.listen.value.to_string(), &self.listen.origin),
            (OTLP_HTTP, self.otlp_http.value.to_string(), &self.otlp_http.origin),
            (ALLOWED_HOSTS, self.allowed_hosts.value.join(","), &self.allowed_hosts.origin),
            (
                PUBLIC_URL,
                self.public_url.value.clone().unwrap_or_default(),
                &self.public_url.origin,
            ),
            (OTLP_GRPC, self.otlp_grpc.value.to_string(), &self.otlp_grpc.origin),
            (KEYS, mode_name(self.keys.value).to_owned(), &self.keys.origin),
            (MEMORY, size(self.memory.value), &self.memory.origin),
            (QUERY_MEMORY, size(self.query_memory.value), &self.query_memory.origin),
            (QUERY_SECONDS, self.query_seconds.value.to_string(), &self.query_seconds.origin),
            (QUERY_THREADS, self.query_threads.value.to_string(), &self.query_threads.origin),
            (LOG, self.log.value.to_string(), &self.log.origin),
            (
                ACCEPT_LOG_DAMAGE,
                self.accept_log_damage.value.to_string(),
                &self.accept_log_damage.origin,
            ),
        ]
    }

    /// Every listener.
    pub(crate) fn listeners(&self) -> Vec<(Setting, SocketAddr)> {
        vec![
            (LISTEN, self.listen.value),
            (OTLP_HTTP, self.otlp_http.value),
            (OTLP_GRPC, self.otlp_grpc.value),
        ]
    }

    /// The listeners that others than this machine can reach.
    pub(crate) fn beyond_loopback(&self) -> Vec<SocketAddr> {
        let listeners = self.listeners().into_iter().map(|(_, address)| address);
        listeners.filter(|address| !is_loopback(*address)).collect()
    }
}

/// The word for a mode of keys.
fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Open => "open",
        Mode::Strict => "strict",
    }
}

/// Whether only this machine reaches an address.
fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// Two listeners cannot share a port; said here, because the second would only find it taken.
fn check_apart(listeners: &[(Setting, &Chosen<SocketAddr>)]) -> Result<()> {
    for (at, (setting, address)) in listeners.iter().enumerate() {
        let same = |(_, other): &&(Setting, &Chosen<SocketAddr>)| other.value == address.value;
        let Some((twin, other)) = listeners[at + 1..].iter().find(same) else { continue };
        if address.value.port() != 0 {
            return Err(Error::invalid(format!(
                "{} ({}) and {} ({}) are both {}: give them different ports; every port takes OTLP \
                 over HTTP and gRPC alike",
                setting.name, address.origin, twin.name, other.origin, address.value
            )));
        }
    }
    Ok(())
}

/// Beyond loopback somebody has to say who may come in: neither answer is safe to assume.
fn choose_keys(
    sources: &Sources<'_>,
    listeners: &[(Setting, &Chosen<SocketAddr>)],
) -> Result<Chosen<Mode>> {
    let reachable = listeners.iter().find(|(_, address)| !is_loopback(address.value));
    sources.choose(KEYS, read::mode, || match reachable {
        None => Ok(Mode::Open),
        Some((setting, address)) => Err(Error::invalid(format!(
            "{} is {} ({}), which other machines can reach: say who may come in, either \
             --keys strict (only keys made by `trackway key create`) or --keys open (everybody \
             reads and sends)",
            setting.name, address.value, address.origin
        ))),
    })
}

#[cfg(test)]
mod tests;
