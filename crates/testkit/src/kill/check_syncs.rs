//! Sees in the system calls of a server that nothing is acknowledged before it is synced.
//!
//! SIGKILL loses nothing that was written, synced or not, so no kill shows a missing sync. A trace
//! does: requests come one at a time, and between the last read of a request and the first byte of
//! its success there must be a write to a file of the log and, begun after it, a sync of that file.
//!
//! Calls of gRPC are left out: a trace shows their answers compressed. They reach the log through
//! the same function as the requests to the same door over HTTP.

mod trace;

use std::path::{Path, PathBuf};

use model::{Clock, NANOS_PER_HOUR};

use super::campaign::{data_in, still_store};
use super::http;
use super::request::Source;
use super::server::{Happening, Launch, Server};
use super::strace;

/// What is traced.
#[derive(Clone, Debug)]
pub struct SyncCheck<'a> {
    /// The server's program.
    pub server: &'a Path,
    /// Decides the requests.
    pub seed: u64,
    /// How many there are.
    pub requests: u64,
    /// A planted bug, as `TRACKWAY_TEST_STORE` names it.
    pub planted: Option<&'a str>,
}

/// What the trace of a server shows.
#[derive(Debug, Default)]
pub struct Syncs {
    /// Requests acknowledged.
    pub acknowledged: u64,
    /// The lines of the trace with those acknowledgements that no sync precedes.
    pub unsynced: Vec<String>,
    /// The folder with the trace, kept if there are such.
    pub kept: Option<PathBuf>,
}

/// Sends requests one at a time to a traced server, and sees whether each was synced before it was
/// acknowledged.
///
/// # Errors
/// If it could not be seen: no `strace`, a server that refuses, a trace without the answers.
pub fn check_syncs(check: &SyncCheck<'_>, clock: &dyn Clock) -> Result<Syncs, String> {
    if !strace::is_there() {
        return Err(strace::REMEDY.to_owned());
    }
    let folder = tempfile::Builder::new()
        .prefix("trackway-syncs-")
        .tempdir()
        .map_err(|error| format!("making a folder: {error}"))?;
    let (data, log) = (data_in(folder.path()), folder.path().join("server.log"));
    let trace = folder.path().join("trace");
    std::fs::create_dir_all(&data).map_err(|error| format!("making the folder: {error}"))?;
    let store = still_store(check.planted);
    let launch = Launch {
        program: check.server,
        data: &data,
        log: &log,
        store: &store,
        way: None,
        trace: Some(&trace),
    };
    let mut server = Server::start(&launch)?.ok_or("the server was killed at its start")?;
    if server.next() != Some(Happening::Ready) {
        return Err(format!("not ready: {}", server.last_words()));
    }
    let hour = clock.now().nanos().div_euclid(NANOS_PER_HOUR);
    let source = Source { seed: check.seed, hour };
    let mut next_id = 0;
    let drafts = (0..).map(|number| {
        let draft = source.request(number, next_id);
        next_id += draft.events.len() as u64;
        (number, draft)
    });
    let drafts = drafts.filter(|(_, draft)| !draft.post.is_call());
    for (number, draft) in drafts.take(check.requests as usize) {
        let answer =
            http::post(&server.otlp, &draft.post.path, &draft.post.headers(), &draft.post.body)
                .map_err(|error| format!("sending request {number}: {error}"))?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("request {number}: {}: {}", answer.status, answer.text()));
        }
    }
    server.kill()?;
    let text = std::fs::read_to_string(&trace).map_err(|error| format!("the trace: {error}"))?;
    let seen = trace::examine(&text);
    let kept = || Some(folder.keep());
    if seen.successes != check.requests {
        return Err(format!(
            "{} requests succeeded and the trace shows {}: {:?}",
            check.requests,
            seen.successes,
            kept()
        ));
    }
    let kept = if seen.unsynced.is_empty() { None } else { kept() };
    Ok(Syncs { acknowledged: seen.successes, unsynced: seen.unsynced, kept })
}
