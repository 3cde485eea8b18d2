//! A server process: started on a folder, listened to, killed.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::Builder;
use std::time::Duration;

use super::plan::Way;
use super::strace;

/// Happenings that may wait. Servers print few lines, and only one count is watched at a time.
const WAITING_MAX: usize = 256;
/// The ports of a server: the main one, OTLP over HTTP and over gRPC.
const LISTENERS: usize = 3;
/// How long anything may take that a campaign waits for: starts, stages, ends. Far beyond what they
/// take on a busy machine; it only ends a hung run.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);
/// The catalog's write-ahead log, which SQLite names after its file.
const CATALOG_LOG: &str = "catalog.db-wal";
const SIGKILL: i32 = 9;
/// The end of the server's log that is shown when it ends by itself.
const LOG_CHARS_SHOWN: usize = 3_000;

/// What a campaign waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// The log is replayed and requests are taken.
    Ready,
    /// A thread is held in the stage of this name.
    Held(String),
    /// As many requests have been acknowledged as the traffic was told to.
    Enough,
    /// The process is gone.
    Ended,
}

/// How a server is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Launch<'a> {
    /// The program.
    pub(super) program: &'a Path,
    /// The data folder.
    pub(super) data: &'a Path,
    /// A file that its own log is written to.
    pub(super) log: &'a Path,
    /// What is lowered, as `TRACKWAY_TEST_STORE` has it.
    pub(super) store: &'a str,
    /// How it will be killed, if it will be.
    pub(super) way: Option<Way>,
    /// Where its system calls are written, if they are.
    pub(super) trace: Option<&'a Path>,
}

/// A running server. It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    happenings: Receiver<Happening>,
    sender: SyncSender<Happening>,
    log: PathBuf,
    /// Host and port that questions go to.
    pub(super) main: String,
    /// Host and port that events go to.
    pub(super) otlp: String,
}

impl Server {
    /// Starts a server and waits until its ports are open. None if it is killed before, as
    /// `strace` may do.
    pub(super) fn start(launch: &Launch<'_>) -> Result<Option<Self>, String> {
        let log = File::create(launch.log)
            .map_err(|error| format!("making {}: {error}", launch.log.display()))?;
        let mut command = launch.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child =
            command.spawn().map_err(|error| format!("starting {command:?}: {error}"))?;
        let stdout = child.stdout.take();
        let (sender, happenings) = sync_channel(WAITING_MAX);
        let (addresses, listening) = sync_channel(LISTENERS);
        let mut server = Self {
            child,
            happenings,
            sender: sender.clone(),
            log: launch.log.to_owned(),
            main: String::new(),
            otlp: String::new(),
        };
        let stdout = stdout.ok_or("the server has no standard output")?;
        Builder::new()
            .name("server says".to_owned())
            .spawn(move || listen(stdout, &addresses, &sender))
            .map_err(|error| format!("starting a thread: {error}"))?;
        while server.main.is_empty() || server.otlp.is_empty() {
            let (name, address) = match (listening.recv_timeout(PATIENCE), launch.way) {
                (Ok(listener), _) => listener,
                (Err(RecvTimeoutError::Disconnected), Some(way))
                    if way.is_traced() && server.was_killed() =>
                {
                    return Ok(None);
                }
                _ => return Err(format!("it did not open its ports: {}", server.last_words())),
            };
            match name.as_str() {
                "main" => server.main = address,
                "otlp-http" => server.otlp = address,
                _ => {}
            }
        }
        Ok(Some(server))
    }

    /// The next thing that happens; none if nothing does for long.
    pub(super) fn next(&self) -> Option<Happening> {
        match self.happenings.recv_timeout(PATIENCE) {
            Ok(happening) => Some(happening),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Happening::Ended),
        }
    }

    /// Through which others tell what happens.
    pub(super) fn sender(&self) -> SyncSender<Happening> {
        self.sender.clone()
    }

    /// Kills it with SIGKILL and waits until it is gone, and whoever traces it.
    pub(super) fn kill(mut self) -> Result<(), String> {
        self.child.kill().map_err(|error| format!("killing the server: {error}"))?;
        self.child.wait().map_err(|error| format!("waiting for the server: {error}"))?;
        while let Some(happening) = self.next() {
            if happening == Happening::Ended {
                return Ok(());
            }
        }
        Err("the server was killed and its output stayed open".to_owned())
    }

    /// Whether SIGKILL has ended it, and not an exit of its own. Only once its output has closed.
    pub(super) fn was_killed(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.signal() == Some(SIGKILL))
    }

    /// How it ended and the end of its log.
    pub(super) fn last_words(&mut self) -> String {
        let status = self.child.try_wait();
        let status = match status {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => "it is still running".to_owned(),
            Err(error) => error.to_string(),
        };
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let skipped = log.chars().count().saturating_sub(LOG_CHARS_SHOWN);
        let shown: String = log.chars().skip(skipped).collect();
        format!("{status}; its log:\n{}", shown.trim_end())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it is gone already, which is what they are for.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Launch<'_> {
    fn command(&self) -> Command {
        let mut command = match (self.way, self.trace) {
            (Some(Way::Catalog(nth)), _) => {
                strace::killing_at_write(self.program, &self.data.join(CATALOG_LOG), nth)
            }
            (Some(Way::File(nth)), _) => strace::killing_at_call(self.program, nth),
            (_, Some(trace)) => strace::tracing(self.program, trace),
            _ => Command::new(self.program),
        };
        // Nothing of the caller's own settings.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TRACKWAY_") {
                command.env_remove(name);
            }
        }
        command.arg("serve");
        for listener in ["--listen", "--otlp-http", "--otlp-grpc"] {
            command.args([listener, "127.0.0.1:0"]);
        }
        command.arg("--data");
        command.arg(self.data).env("TRACKWAY_TEST_STORE", self.store);
        // Nor of their settings file, which would be looked for there.
        command.env("XDG_CONFIG_HOME", self.data);
        if let Some(Way::Stage(stage, times)) = self.way {
            command.env("TRACKWAY_TEST_HOLD", format!("{}:{times}", stage.name()));
        }
        command
    }
}

/// Hands on what the server prints until it is gone.
fn listen(
    stdout: ChildStdout,
    addresses: &SyncSender<(String, String)>,
    happenings: &SyncSender<Happening>,
) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { break };
        let told = match read_line(&line) {
            Some(Line::Listening(name, address)) => {
                // Whoever started it goes on once it has the addresses that it needs.
                addresses.send((name, address)).ok();
                true
            }
            Some(Line::Happening(happening)) => happenings.send(happening).is_ok(),
            None => true,
        };
        if !told {
            return;
        }
    }
    // Whoever waits no longer has been dropped.
    happenings.send(Happening::Ended).ok();
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// The name of a listener, its host and port.
    Listening(String, String),
    Happening(Happening),
}

fn read_line(line: &str) -> Option<Line> {
    if line == "ready" {
        return Some(Line::Happening(Happening::Ready));
    }
    if let Some(stage) = line.strip_prefix("held in ") {
        return Some(Line::Happening(Happening::Held(stage.to_owned())));
    }
    let (address, name) = line.strip_prefix("listening on http://")?.split_once(" (")?;
    Some(Line::Listening(name.strip_suffix(')')?.to_owned(), address.to_owned()))
}

#[cfg(test)]
mod tests;
