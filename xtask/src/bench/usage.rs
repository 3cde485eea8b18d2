//! What a running process has used so far, as Linux tells it in `/proc`.
//!
//! CPU time is told in hundredths of a second: enough for an ingest of seconds, and for queries
//! where many are measured together.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// A tick of the CPU times, the same on every Linux that this runs on.
const TICK: Duration = Duration::from_millis(10);

/// CPU time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cpu {
    /// In the process's own code.
    pub(super) user: Duration,
    /// In the system on its behalf.
    pub(super) system: Duration,
}

impl Cpu {
    /// Both.
    pub(super) fn total(self) -> Duration {
        self.user + self.system
    }

    /// What was used since `before`.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
        }
    }
}

/// The CPU time that the process `id` has used, all its threads, those that ended too.
pub(super) fn cpu(id: u32) -> Result<Cpu, String> {
    let path = format!("/proc/{id}/stat");
    let text = read(&path)?;
    cpu_of(&text).ok_or_else(|| format!("{path} is not as expected"))
}

/// The CPU time of the threads of the process `id` that still run, by name. Numbers at the end of
/// names are left out, so that a pool of threads is one entry.
pub(super) fn cpu_by_thread(id: u32) -> Result<BTreeMap<String, Cpu>, String> {
    let folder = format!("/proc/{id}/task");
    let entries = fs::read_dir(&folder).map_err(|error| format!("reading {folder}: {error}"))?;
    let mut by_name: BTreeMap<String, Cpu> = BTreeMap::new();
    for entry in entries.flatten() {
        let file = |name: &str| fs::read_to_string(entry.path().join(name));
        // A thread may have ended since the folder was read.
        let (Ok(name), Ok(text)) = (file("comm"), file("stat")) else { continue };
        let name = name.trim().trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
        let (used, cpu) = (by_name.entry(name.to_owned()).or_default(), cpu_of(&text));
        let Cpu { user, system } = cpu.unwrap_or_default();
        *used = Cpu { user: used.user + user, system: used.system + system };
    }
    Ok(by_name)
}

/// The most memory that the process `id` has had, bytes.
pub(super) fn peak_memory(id: u32) -> Result<u64, String> {
    let path = format!("/proc/{id}/status");
    let kib = entry(&read(&path)?, "VmHWM:");
    kib.map(|kib| kib * 1024).ok_or_else(|| format!("{path} names no VmHWM"))
}

/// Bytes that the process `id` has written, to files for the most part. What Linux says of disks
/// (`write_bytes`) counts a page of many KiB as written when a part of it was, so it is no use
/// here.
pub(super) fn written(id: u32) -> Result<u64, String> {
    let path = format!("/proc/{id}/io");
    entry(&read(&path)?, "wchar:").ok_or_else(|| format!("{path} names no wchar"))
}

/// How busy the machine is: processes that run or wait, mean of the last minute.
pub(super) fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("reading {path}: {error}"))
}

/// User and system time of a `stat` file.
fn cpu_of(stat: &str) -> Option<Cpu> {
    // The name in parentheses may hold anything; the times are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let user: u32 = times.next()?.parse().ok()?;
    let system: u32 = times.next()?.parse().ok()?;
    Some(Cpu { user: TICK * user, system: TICK * system })
}

/// The number behind `name` in lines of a name, a number and perhaps a unit.
fn entry(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Cpu, TICK, cpu_of, entry};

    /// Guarantees: CPU time is user and system time, whatever a thread is called.
    #[test]
    fn ticks_after_the_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 215 0 3 0 41 22 0 0 20 0 9 0 118 5 6";
        assert_eq!(cpu_of(stat), Some(Cpu { user: TICK * 41, system: TICK * 22 }));
        assert_eq!(cpu_of("7 (a"), None);
    }

    /// Guarantees: a figure of `status` or `io` is found by its whole name.
    #[test]
    fn entries() {
        let io = "wchar: 1\ncancelled_write_bytes: 2\nwrite_bytes: 3\n";
        assert_eq!(entry(io, "write_bytes:"), Some(3));
        assert_eq!(entry(io, "rchar:"), None);
        assert_eq!(entry("VmPeak:\t  9 kB\nVmHWM:\t  12 kB\n", "VmHWM:"), Some(12));
    }
}
