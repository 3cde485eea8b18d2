//! A `trackway serve` on ports of its own choice, started, asked, killed and started again.
//!
//! ```ignore
//! build::build(&["trackway"], Profile::Dev)?;
//! let launch = Launch::new(build::binary("trackway", Profile::Dev), &data)
//!     .environment("TRACKWAY_TEST_STORE", "flush_bytes=1000000")
//!     .log_to(&log); // else the log goes to our own standard error
//! let mut server = Server::start(&launch)?; // returns when it said `ready`
//! http::get(&format!("{}/livez", server.main_url))?;
//! server.process.kill()?;
//! let server = Server::start(&launch)?; // the same folder, other ports
//! ```

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::process::Process;

/// How long a start may take: the recovery of a large log on a busy machine.
const START_TIME_MAX: Duration = Duration::from_secs(120);
/// How long a stop in good order may take: what is promised of the server and as much again, for
/// a busy machine.
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// Any free port of this machine alone.
const FREE_PORT: &str = "127.0.0.1:0";

/// How to start a server; can be used again.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    binary: PathBuf,
    data: PathBuf,
    listen: String,
    otlp_http: String,
    otlp_grpc: String,
    environment: Vec<(String, String)>,
    log: Option<PathBuf>,
}

impl Launch {
    /// The server `binary` on the folder `data`, on free ports.
    pub(crate) fn new(binary: PathBuf, data: &Path) -> Self {
        Self {
            binary,
            data: data.to_path_buf(),
            listen: FREE_PORT.to_owned(),
            otlp_http: FREE_PORT.to_owned(),
            otlp_grpc: FREE_PORT.to_owned(),
            environment: Vec::new(),
            log: None,
        }
    }

    /// The same on these addresses (`host:port`): the main one, and those of OTLP over HTTP and
    /// over gRPC.
    pub(crate) fn addresses(mut self, listen: &str, otlp_http: &str, otlp_grpc: &str) -> Self {
        listen.clone_into(&mut self.listen);
        otlp_http.clone_into(&mut self.otlp_http);
        otlp_grpc.clone_into(&mut self.otlp_grpc);
        self
    }

    /// The same with a variable set.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with its standard error appended to the file `log`.
    pub(crate) fn log_to(mut self, log: &Path) -> Self {
        self.log = Some(log.to_path_buf());
        self
    }

    fn command(&self) -> Result<Command, String> {
        let mut command = Command::new(&self.binary);
        // Nothing of the caller's own settings: a test of the defaults tests the defaults.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TRACKWAY_") {
                command.env_remove(name);
            }
        }
        command
            .args(["serve", "--listen", &self.listen, "--otlp-http", &self.otlp_http])
            .args(["--otlp-grpc", &self.otlp_grpc, "--data"])
            .arg(&self.data)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(path) = &self.log {
            let log = File::options().create(true).append(true).open(path);
            command.stderr(log.map_err(|error| format!("opening {}: {error}", path.display()))?);
        }
        Ok(command)
    }
}

/// A server that is ready.
#[derive(Debug)]
pub(crate) struct Server {
    /// The process: to be killed, terminated, or listened to.
    pub(crate) process: Process,
    /// `http://host:port` of the main port.
    pub(crate) main_url: String,
    /// `http://host:port` of OTLP over HTTP.
    pub(crate) otlp_url: String,
    /// `http://host:port` of OTLP over gRPC.
    pub(crate) grpc_url: String,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub(crate) fn start(launch: &Launch) -> Result<Self, String> {
        let mut process = Process::start("trackway", &mut launch.command()?)?;
        let (mut main_url, mut otlp_url, mut grpc_url) = (None, None, None);
        loop {
            let Some(line) = process.line(START_TIME_MAX)? else {
                return Err(format!("trackway was not ready after {START_TIME_MAX:?}"));
            };
            if line == "ready" {
                break;
            }
            let Some((url, listener)) = listener(&line) else { continue };
            match listener {
                "main" => main_url = Some(url.to_owned()),
                "otlp-http" => otlp_url = Some(url.to_owned()),
                "otlp-grpc" => grpc_url = Some(url.to_owned()),
                _ => {}
            }
        }
        let unsaid = |which| format!("trackway did not say where it listens ({which})");
        Ok(Self {
            process,
            main_url: main_url.ok_or_else(|| unsaid("main"))?,
            otlp_url: otlp_url.ok_or_else(|| unsaid("otlp-http"))?,
            grpc_url: grpc_url.ok_or_else(|| unsaid("otlp-grpc"))?,
        })
    }

    /// Asks it to stop and waits for that. An end in disorder is an error.
    pub(crate) fn stop(self) -> Result<(), String> {
        orderly(self.process.terminate(STOP_TIME_MAX)?)
    }

    /// Waits for the end of a server that others have asked to stop.
    pub(crate) fn wait(self) -> Result<(), String> {
        orderly(self.process.wait(STOP_TIME_MAX)?)
    }
}

fn orderly(status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("trackway did not stop well: {status}")) }
}

/// The address and the name of a listener from its line, `listening on http://… (main)`.
fn listener(line: &str) -> Option<(&str, &str)> {
    let (url, name) = line.strip_prefix("listening on ")?.split_once(" (")?;
    Some((url, name.strip_suffix(')')?))
}

#[cfg(test)]
mod tests;
