//! A child process whose standard output says how far it has come.
//!
//! Everything that a command starts and talks to (the server, an example) prints a line when it
//! can be used. Whoever waits for one gets it, or an error that says how the process ended or that
//! it took too long; nobody sleeps.
//!
//! ```ignore
//! let mut command = Command::new(build::binary("cruddur", Profile::Dev));
//! let mut app = Process::start("cruddur", command.args(["--listen", "127.0.0.1:0"]))?;
//! let url = app.line_after("listening on ", START_TIME_MAX)?;
//! app.poll("its spans can be asked for", TIME_MAX, || ask(&url))?; // ends early if it dies
//! app.terminate(STOP_TIME_MAX)?; // SIGTERM, then wait; kill() for SIGKILL; dropping kills too
//! ```
//!
//! [`crate::server::Server`] is such a process with the listeners of a `trackway serve`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::Builder;
use std::time::Duration;

use crate::stopwatch::Stopwatch;

/// Lines that may wait to be read. A process that says more than this unheard waits for its reader.
const LINES_WAITING_MAX: usize = 1024;
/// How long [`Process::poll`] lets pass between two looks: short beside anything that a person
/// waits for, long beside a look.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running child process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    /// Lines of its standard output; disconnected when that is closed, which is at its end.
    lines: Receiver<String>,
}

impl Process {
    /// Starts `command`, called `name` in errors. Its standard output is read here; its standard
    /// error goes where the command says, else where ours does.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("starting {name}: {error}"))?;
        let (said, lines) = sync_channel(LINES_WAITING_MAX);
        let stdout = child.stdout.take();
        let process = Self { name: name.to_owned(), child, lines };
        let stdout = stdout.ok_or_else(|| format!("{name} has no standard output"))?;
        Builder::new()
            .name(format!("{name} says"))
            .spawn(move || forward(stdout, &said))
            .map_err(|error| format!("starting a thread to read {name}: {error}"))?;
        Ok(process)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line, without its end, if one comes within `time_max`. An error if the process
    /// has ended.
    pub(crate) fn line(&mut self, time_max: Duration) -> Result<Option<String>, String> {
        match self.lines.recv_timeout(time_max) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(self.how_it_ended()),
        }
    }

    /// Waits for the line that begins with `beginning` and gives the rest of it. Lines before it
    /// are thrown away.
    pub(crate) fn line_after(
        &mut self,
        beginning: &str,
        time_max: Duration,
    ) -> Result<String, String> {
        let watch = Stopwatch::start();
        while let Some(left) = watch.left_of(time_max) {
            let Some(line) = self.line(left)? else { break };
            if let Some(rest) = line.strip_prefix(beginning) {
                return Ok(rest.to_owned());
            }
        }
        Err(format!("{} did not say {beginning:?} within {time_max:?}", self.name))
    }

    /// Looks until `look` finds something and gives that. `what` ends the sentence of the error:
    /// "waited 10s until …". Lines that the process prints in between are thrown away, and its end
    /// ends the wait.
    pub(crate) fn poll<T>(
        &mut self,
        what: &str,
        time_max: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, String> {
        let watch = Stopwatch::start();
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if watch.left_of(time_max).is_none() {
                return Err(format!("waited {time_max:?} in vain until {what}"));
            }
            self.line(LOOK_EVERY)?;
        }
    }

    /// Sends SIGTERM and waits for the end. Still there after `time_max`, it is killed, which is
    /// an error.
    pub(crate) fn terminate(self, time_max: Duration) -> Result<ExitStatus, String> {
        signal("TERM", self.child.id())?;
        self.wait(time_max)
    }

    /// Waits for the end of a process that has been told to stop by others. Still there after
    /// `time_max`, it is killed, which is an error.
    pub(crate) fn wait(mut self, time_max: Duration) -> Result<ExitStatus, String> {
        let watch = Stopwatch::start();
        while let Some(left) = watch.left_of(time_max) {
            match self.lines.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return self.status(),
            }
        }
        Err(format!("{} was still running after {time_max:?} and was killed", self.name))
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub(crate) fn kill(&mut self) -> Result<(), String> {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed.map(|_| ()).map_err(|error| format!("killing {}: {error}", self.name))
    }

    fn how_it_ended(&mut self) -> String {
        match self.status() {
            Ok(status) => format!("{} ended too early: {status}", self.name),
            Err(error) => error,
        }
    }

    /// Waits for the end, which is near: standard output is closed.
    fn status(&mut self) -> Result<ExitStatus, String> {
        self.child.wait().map_err(|error| format!("waiting for {}: {error}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it is gone already, which is what they are for.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Hands on the lines until the process or its listener is gone.
fn forward(stdout: ChildStdout, said: &SyncSender<String>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        if said.send(line).is_err() {
            return;
        }
    }
}

/// Sends a signal by the shell's own `kill`: the standard library has only SIGKILL.
fn signal(name: &str, process_id: u32) -> Result<(), String> {
    let kill = format!("kill -{name} {process_id}");
    let done = Command::new("sh").args(["-c", &kill]).status();
    let done = done.map_err(|error| format!("running {kill}: {error}"))?;
    if done.success() { Ok(()) } else { Err(format!("{kill}: {done}")) }
}

#[cfg(test)]
mod tests;
