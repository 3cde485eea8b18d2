//! What holds where nobody said anything.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread::available_parallelism;

use model::{Error, Result};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::sources::Variables;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The port after OTLP's own that no well-known service has.
pub(super) const LISTEN: SocketAddr = SocketAddr::new(LOOPBACK, 4_400);
/// The port that OTLP over HTTP was given, which every exporter sends to unless told otherwise.
pub(super) const OTLP_HTTP: SocketAddr = SocketAddr::new(LOOPBACK, 4_318);
/// The port that OTLP over gRPC was given.
pub(super) const OTLP_GRPC: SocketAddr = SocketAddr::new(LOOPBACK, 4_317);
/// A generation that fills up beside one that is being flushed, and 32 MiB for requests on their
/// way: see [`super::read::MEMORY_MIN`].
pub(super) const MEMORY: u64 = 256 << 20;
/// Groups of a million users with a percentile each fit; a machine of 1 GiB has room for it.
pub(super) const QUERY_MEMORY: u64 = 128 << 20;
/// Whoever waits longer has gone; it ends questions over more data than was meant.
pub(super) const QUERY_SECONDS: u64 = 60;

/// The folder of our files below those of the system's conventions.
const FOLDER: &str = "trackway";
const FILE: &str = "trackway.toml";

/// One thread for each core.
pub(super) fn query_threads() -> u64 {
    available_parallelism().map_or(1, |cores| cores.get() as u64)
}

/// What somebody who starts a server wants to know, and no more.
pub(super) fn log() -> Targets {
    Targets::new().with_default(LevelFilter::INFO)
}

/// The data folder by the conventions of XDG.
pub(super) fn data(variables: Variables<'_>) -> Result<PathBuf> {
    let base = base_folder(variables, "XDG_DATA_HOME", ".local/share").ok_or_else(|| {
        Error::invalid(
            "data is not set, and neither XDG_DATA_HOME nor HOME is an absolute path: say where \
             to keep events with --data DIR",
        )
    })?;
    Ok(base.join(FOLDER))
}

/// The settings' file by the conventions of XDG.
pub(super) fn config_file(variables: Variables<'_>) -> Option<PathBuf> {
    let base = base_folder(variables, "XDG_CONFIG_HOME", ".config")?;
    Some(base.join(FOLDER).join(FILE))
}

/// The convention is to take no notice of relative paths.
fn base_folder(variables: Variables<'_>, variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute =
        |name: &str| variables(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))
}
