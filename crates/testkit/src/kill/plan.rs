//! Which kills a campaign makes: a seed gives the same ones in the same order each time.

use std::fmt;

use model::SeededRandom;
use store::Stage;

/// How a server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// While it is held in a stage that it has reached this many times.
    Stage(Stage, u32),
    /// At whatever moment this many requests have been acknowledged.
    Moment(u32),
    /// As soon as its ports are open, while it replays its log.
    Start,
    /// When one of its threads writes to the catalog's log for this many times: in the middle of a
    /// transaction, where no stage lies. It takes `strace`.
    Catalog(u32),
    /// When one of its threads makes the same call that changes or syncs a file for this many
    /// times: in the middle of a segment, a file of the log or a removal. It takes `strace`.
    File(u32),
}

impl Way {
    /// Every name, in the order of tables.
    pub const NAMES: [&str; 10] = [
        "append", "flush", "commit", "recycle", "compact", "remove", "moment", "start", "catalog",
        "file",
    ];

    /// Its name in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stage(stage, _) => stage.name(),
            Self::Moment(_) => "moment",
            Self::Start => "start",
            Self::Catalog(_) => "catalog",
            Self::File(_) => "file",
        }
    }

    /// Whether it is `strace` that kills.
    pub const fn is_traced(self) -> bool {
        matches!(self, Self::Catalog(_) | Self::File(_))
    }

    /// A kill of the kind `name`, at a moment that chance decides.
    fn draw(name: &str, chance: &SeededRandom) -> Option<Self> {
        let up_to = |most: u64| 1 + chance.below(most) as u32;
        let stage = Stage::ALL.into_iter().find(|stage| stage.name() == name);
        Some(match (stage, name) {
            (Some(Stage::Append), _) => Self::Stage(Stage::Append, up_to(GROUPS)),
            (Some(stage), _) => Self::Stage(stage, up_to(STAGES)),
            (None, "moment") => Self::Moment(up_to(REQUESTS)),
            (None, "start") => Self::Start,
            (None, "catalog") => Self::Catalog(up_to(CATALOG_WRITES)),
            (None, "file") => Self::File(up_to(FILE_CALLS)),
            _ => return None,
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage, times) => write!(f, "held in {} the {times}. time", stage.name()),
            Self::Moment(requests) => write!(f, "after {requests} acknowledgements"),
            Self::Start => f.write_str("while it starts"),
            Self::Catalog(writes) => write!(f, "at write {writes} of a thread to the catalog"),
            Self::File(calls) => write!(f, "at call {calls} of a thread to the disk"),
        }
    }
}

/// Groups of the log among which one is picked, those of a second or two.
const GROUPS: u64 = 300;
/// Acknowledgements among which one is picked, as many.
const REQUESTS: u64 = 400;
/// Flushes or merges among which one is picked. The first ones come while the server starts,
/// because the one before left it something to do.
const STAGES: u64 = 6;
/// Writes of a thread to the catalog's log among which one is picked: those of some flushes.
const CATALOG_WRITES: u64 = 200;
/// Calls of a thread to the disk among which one is picked: those of some flushes.
const FILE_CALLS: u64 = 250;

/// How many of 20 kills are of each kind: every stage twice, and most of the others where no stage
/// helps.
const OF_TWENTY: [(&str, u32); 10] = [
    ("append", 2),
    ("flush", 2),
    ("commit", 2),
    ("recycle", 2),
    ("compact", 2),
    ("remove", 2),
    ("moment", 2),
    ("start", 1),
    ("catalog", 3),
    ("file", 2),
];

/// The kills of a campaign. `only` leaves out all kinds but those it names; without any, all are
/// made in fixed shares.
///
/// # Errors
/// A name in `only` that is none of [`Way::NAMES`].
pub fn plan(seed: u64, kills: u32, only: &[String]) -> Result<Vec<Way>, String> {
    if let Some(unknown) = only.iter().find(|name| !Way::NAMES.contains(&name.as_str())) {
        return Err(format!("no kind of kill is called {unknown:?}: {}", Way::NAMES.join(", ")));
    }
    let chance = SeededRandom::new(seed);
    let mut deck: Vec<&str> = Vec::new();
    let mut ways = Vec::with_capacity(kills as usize);
    while ways.len() < kills as usize {
        if deck.is_empty() {
            let chosen = |name: &&(&str, u32)| only.is_empty() || only.iter().any(|o| o == name.0);
            let cards = OF_TWENTY.iter().filter(chosen);
            deck.extend(cards.flat_map(|(name, share)| (0..*share).map(move |_| *name)));
        }
        let card = deck.swap_remove(chance.below(deck.len() as u64) as usize);
        ways.extend(Way::draw(card, &chance));
    }
    Ok(ways)
}

#[cfg(test)]
mod tests;
