//! Reads what `strace` writes, and looks for successes that no sync precedes.
//!
//! The order of the lines is the order in which the calls were seen to begin and to end; a call
//! that others interrupt has a line for each.

use std::collections::BTreeMap;

/// The folder of the log's files, as part of a path.
const LOG_FOLDER: &str = "/log/";
/// How the success of a request begins.
const SUCCESSES: [&str; 2] = ["\"HTTP/1.1 2", "\"HTTP/1.0 2"];

/// What a trace shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Successes sent to clients.
    pub(super) successes: u64,
    /// In words, those before which the request had not been synced.
    pub(super) unsynced: Vec<String>,
}

/// What has been done to a file of the log since the last request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Written,
    /// Written, and then a sync began.
    Syncing,
    /// Written, and then a sync began and ended.
    Synced,
}

/// A half of a call: it begins, it ends, or both at once.
struct Half<'a> {
    thread: &'a str,
    name: &'a str,
    /// What stands in its parentheses, of an end only what is new.
    arguments: &'a str,
    begins: bool,
    /// What it returned, if it has ended.
    result: Option<i64>,
}

/// Goes through a trace of a server that had one request at a time.
pub(super) fn examine(trace: &str) -> Seen {
    let mut seen = Seen::default();
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut files: BTreeMap<&str, Progress> = BTreeMap::new();
    for (number, line) in trace.lines().enumerate() {
        let Some(half) = read(line) else { continue };
        if half.begins {
            begun.insert(half.thread, half.arguments);
        }
        let arguments = begun.get(half.thread).copied().unwrap_or(half.arguments);
        let Some(target) = target(arguments) else { continue };
        let did_something = half.result.is_some_and(|result| result > 0);
        match half.name {
            "read" | "readv" | "recvfrom" | "recvmsg" if did_something && is_socket(target) => {
                files.clear();
            }
            "write" | "writev" | "sendto" | "sendmsg" if half.begins && is_socket(target) => {
                if !SUCCESSES.iter().any(|success| half.arguments.contains(success)) {
                    continue;
                }
                seen.successes += 1;
                if !files.values().any(|progress| *progress == Progress::Synced) {
                    seen.unsynced.push(format!("line {} of the trace: {line}", number + 1));
                }
            }
            "pwrite64" | "pwritev" | "write" | "writev"
                if did_something && target.contains(LOG_FOLDER) =>
            {
                files.insert(target, Progress::Written);
            }
            "fsync" | "fdatasync" => follow_sync(&half, files.get_mut(target)),
            _ => {}
        }
    }
    seen
}

fn follow_sync(half: &Half<'_>, file: Option<&mut Progress>) {
    let Some(progress) = file else { return };
    if half.begins && *progress == Progress::Written {
        *progress = Progress::Syncing;
    }
    if half.result == Some(0) && *progress == Progress::Syncing {
        *progress = Progress::Synced;
    }
}

/// `thread time name(arguments) = result`, or one of its halves, which end in `<unfinished ...>`
/// and begin with `<... name resumed>`. Other lines tell of signals and ends.
fn read(line: &str) -> Option<Half<'_>> {
    let (thread, rest) = line.trim_start().split_once(' ')?;
    let (_time, rest) = rest.trim_start().split_once(' ')?;
    if let Some(resumed) = rest.strip_prefix("<... ") {
        let (name, rest) = resumed.split_once(" resumed>")?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        return Some(Half { thread, name, arguments, begins: false, result: number(result) });
    }
    let (name, rest) = rest.split_once('(')?;
    if let Some(arguments) = rest.strip_suffix(" <unfinished ...>") {
        return Some(Half { thread, name, arguments, begins: true, result: None });
    }
    let (arguments, result) = rest.rsplit_once(" = ")?;
    Some(Half { thread, name, arguments, begins: true, result: number(result) })
}

/// The number that a call returned; `-1 EAGAIN (…)` is one too.
fn number(result: &str) -> Option<i64> {
    result.split([' ', '<']).next()?.parse().ok()
}

/// What a descriptor stands for: `9<TCP:[…]>` a connection, `7</path>` a file.
fn target(arguments: &str) -> Option<&str> {
    let (descriptor, rest) = arguments.split_once('<')?;
    if descriptor.is_empty() || !descriptor.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A connection's own text has an arrow in it.
    let end = if rest.starts_with("TCP") { rest.find("]>")? + 1 } else { rest.find('>')? };
    rest.get(..end)
}

fn is_socket(target: &str) -> bool {
    target.starts_with("TCP")
}

#[cfg(test)]
mod tests;
