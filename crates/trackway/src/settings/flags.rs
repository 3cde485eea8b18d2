//! The flags of settings, the same on every command that takes them.
//!
//! They are read as text: whether a value is good is decided in one place for flags, variables and
//! the file alike.

use std::path::PathBuf;

use clap::Args;

use super::{
    ACCEPT_LOG_DAMAGE, ALLOWED_HOSTS, DATA, KEYS, LISTEN, LOG, MEMORY, OTLP_GRPC, OTLP_HTTP,
    PUBLIC_URL, QUERY_MEMORY, QUERY_SECONDS, QUERY_THREADS, Setting,
};

/// Flags, each also a variable (`--otlp-http`: `TRACKWAY_OTLP_HTTP`) and a key of the file
/// (`otlp-http = "…"`).
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SettingFlags {
    /// File with settings [default: $XDG_CONFIG_HOME/trackway/trackway.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Data folder [default: $XDG_DATA_HOME/trackway, or ~/.local/share/trackway]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Address of the API, which takes OTLP over HTTP and gRPC too [default: 127.0.0.1:4400]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Address of OTLP over HTTP [default: 127.0.0.1:4318]
    #[arg(long, value_name = "ADDR")]
    otlp_http: Option<String>,
    /// Names under which the API may be asked besides those of loopback: `obs.lan,obs.example`
    #[arg(long, value_name = "NAMES")]
    allowed_hosts: Option<String>,
    /// URL under which clients reach the server, for links in answers [default: what they use]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Address of OTLP over gRPC [default: 127.0.0.1:4317]
    #[arg(long, value_name = "ADDR")]
    otlp_grpc: Option<String>,
    /// Who may come in: everybody, or who has a key [default: open, if only this machine can]
    #[arg(long, value_name = "open|strict")]
    keys: Option<String>,
    /// Memory of what was received until it is in segments [default: 256MiB]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
    /// Memory of all questions together, beyond which they spill to disk [default: 128MiB]
    #[arg(long, value_name = "SIZE")]
    query_memory: Option<String>,
    /// How long a question may take [default: 60]
    #[arg(long, value_name = "N")]
    query_seconds: Option<String>,
    /// Threads that work on questions [default: one for each core]
    #[arg(long, value_name = "N")]
    query_threads: Option<String>,
    /// Which log lines are written, for all or for parts: `info,store=debug` [default: info]
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// Go on behind a damaged part of the log, without the requests that are lost there
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    accept_log_damage: Option<String>,
}

impl SettingFlags {
    /// Flags that name a data folder alone.
    pub(crate) fn of_folder(config: Option<PathBuf>, data: Option<String>) -> Self {
        Self { config, data, ..Self::default() }
    }

    /// What was given for a setting.
    pub(crate) fn text(&self, setting: Setting) -> Option<&str> {
        let given = [
            (DATA, &self.data),
            (LISTEN, &self.listen),
            (OTLP_HTTP, &self.otlp_http),
            (ALLOWED_HOSTS, &self.allowed_hosts),
            (PUBLIC_URL, &self.public_url),
            (OTLP_GRPC, &self.otlp_grpc),
            (KEYS, &self.keys),
            (MEMORY, &self.memory),
            (QUERY_MEMORY, &self.query_memory),
            (QUERY_SECONDS, &self.query_seconds),
            (QUERY_THREADS, &self.query_threads),
            (LOG, &self.log),
            (ACCEPT_LOG_DAMAGE, &self.accept_log_damage),
        ];
        let (_, text) = given.into_iter().find(|(of, _)| *of == setting)?;
        text.as_deref()
    }
}
