//! What a campaign did, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::plan::Way;

/// What the kills of one kind came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Kills.
    pub kills: u64,
    /// Of these, servers that had got no events yet: they were starting, or being checked.
    pub early: u64,
    /// Events acknowledged by the servers that were then killed.
    pub acknowledged: u64,
    /// Events sent to them that had no answer.
    pub unanswered: u64,
    /// Of these, events that were there after the kill.
    pub survived: u64,
}

/// What a campaign did.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By the name of the kind of kill.
    pub lines: BTreeMap<&'static str, Line>,
    /// Data folders used.
    pub folders: u64,
    /// Times that all rows of a folder were read and compared.
    pub checks: u64,
    /// Rows read by them.
    pub rows: u64,
    /// Counts asked for while events came in.
    pub counts: u64,
    /// The time it took.
    pub elapsed: Duration,
}

impl Tally {
    /// The line of a kind of kill.
    pub(super) fn line(&mut self, way: Way) -> &mut Line {
        self.lines.entry(way.name()).or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["stage", "kills", "early", "acknowledged", "unanswered", "found of these"];
        let [stage, kills, early, acknowledged, unanswered, survived] = heads;
        writeln!(
            f,
            "{stage:8} {kills:>6} {early:>9} {acknowledged:>13} {unanswered:>11} {survived:>15}"
        )?;
        let mut all = Line::default();
        for name in Way::NAMES {
            let Some(line) = self.lines.get(name) else { continue };
            write_line(f, name, line)?;
            all.kills += line.kills;
            all.early += line.early;
            all.acknowledged += line.acknowledged;
            all.unanswered += line.unanswered;
            all.survived += line.survived;
        }
        write_line(f, "all", &all)?;
        write!(
            f,
            "{} folders, {} checks of {} rows, {} counts meanwhile, {:.1} s",
            self.folders,
            self.checks,
            self.rows,
            self.counts,
            self.elapsed.as_secs_f64()
        )
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, name: &str, line: &Line) -> fmt::Result {
    writeln!(
        f,
        "{name:8} {:>6} {:>9} {:>13} {:>11} {:>15}",
        line.kills, line.early, line.acknowledged, line.unanswered, line.survived
    )
}
