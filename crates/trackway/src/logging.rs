//! Log lines on standard error, one for each event, without colours.
//!
//! They are for whoever runs the server. What a client did wrong is said to the client and counted
//! in the metrics; it is not logged, or a wrong client would fill the disk.

use std::io;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Reads which lines are wanted: a level, and parts of the program with levels of their own, as in
/// `info,store=debug`.
pub(crate) fn parse(text: &str) -> Result<Targets, String> {
    let mut wanted = Targets::new();
    for part in text.split(',').map(str::trim) {
        wanted = match part.split_once('=') {
            None => wanted.with_default(level(part)?),
            Some((target, name)) => wanted.with_target(target, level(name)?),
        };
    }
    Ok(wanted)
}

fn level(name: &str) -> Result<LevelFilter, String> {
    let levels = [
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    let found = levels.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, level)| level).ok_or_else(|| format!("{name:?} is not a level"))
}

/// Writes lines from now on.
pub(crate) fn start(wanted: Targets) {
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(io::stderr)
        .with_filter(wanted);
    // A second start in one process keeps the first, which only a test could notice.
    drop(tracing_subscriber::registry().with(lines).try_init());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: a level is for all, one with a name for that part, and a slip is refused.
    #[test]
    fn levels_are_read() {
        let wanted = parse("warn,store=debug").unwrap();
        assert_eq!(wanted.default_level(), Some(LevelFilter::WARN));
        assert!(wanted.would_enable("store::log", &tracing::Level::DEBUG));
        assert!(!wanted.would_enable("query", &tracing::Level::INFO));
        for text in ["", "loud", "info,", "store=", "store=loud", "3"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
