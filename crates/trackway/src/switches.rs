//! Switches for tests of a whole server: hold the store at a moment, make it pass every stage with
//! little data, and let it lose patience with its clients soon.
//!
//! They are variables and not settings, so that nobody finds them in a list of things to tune; a
//! server that has one set says so in its log.

use std::time::Duration;

use model::{Error, Result};
use store::{Planted, Stage};

use crate::listen::Patience;
use crate::settings::environment;

const HOLD: &str = "TRACKWAY_TEST_HOLD";
const PATIENCE: &str = "TRACKWAY_TEST_PATIENCE";
const STORE: &str = "TRACKWAY_TEST_STORE";

/// Where to hold the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    /// The stage.
    pub(crate) stage: Stage,
    /// Which time it is reached, from 1.
    pub(crate) time: u64,
}

/// What tests have switched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switches {
    /// Hold the store here.
    pub(crate) hold: Option<Hold>,
    /// How long clients may keep the server waiting.
    pub(crate) patience: Patience,
    /// The store's settings, where they differ from those of production.
    pub(crate) store: store::Settings,
}

impl Switches {
    /// Reads the variables of this process.
    pub(crate) fn from_environment() -> Result<Self> {
        let text = |name: &str| environment(name).map(|value| value.to_string_lossy().into_owned());
        let mut switches = Self::default();
        if let Some(value) = text(HOLD) {
            switches.hold = Some(parse_hold(&value)?);
            tracing::warn!("{HOLD}={value}: this server will stand still for a test");
        }
        if let Some(value) = text(PATIENCE) {
            switches.patience = parse_patience(&value)?;
            tracing::warn!(
                "{PATIENCE}={value}: this server gives up on clients as a test wants it"
            );
        }
        if let Some(value) = text(STORE) {
            switches.store = parse_store(&value)?;
            tracing::warn!("{STORE}={value}: this server keeps events as a test wants it");
        }
        Ok(switches)
    }
}

fn parse_hold(text: &str) -> Result<Hold> {
    let wrong = || {
        let stages: Vec<&str> = Stage::ALL.iter().map(|stage| stage.name()).collect();
        Error::invalid(format!(
            "{HOLD} is {text:?}; expected STAGE:N, with N from 1 and a stage of {}",
            stages.join(", ")
        ))
    };
    let (name, time) = text.split_once(':').ok_or_else(wrong)?;
    let stage = Stage::ALL.into_iter().find(|stage| stage.name() == name).ok_or_else(wrong)?;
    let time = time.parse().ok().filter(|time| *time > 0).ok_or_else(wrong)?;
    Ok(Hold { stage, time })
}

fn parse_patience(text: &str) -> Result<Patience> {
    let mut patience = Patience::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        set_patience(&mut patience, part).ok_or_else(|| {
            Error::invalid(format!(
                "{PATIENCE} has {part:?}; expected NAME=NUMBER with a name of idle_ms, head_ms, \
                 body_ms, answer_ms"
            ))
        })?;
    }
    Ok(patience)
}

/// None if the part is not understood.
fn set_patience(patience: &mut Patience, part: &str) -> Option<()> {
    let (name, value) = part.split_once('=')?;
    let number: u64 = value.parse().ok().filter(|number| *number > 0)?;
    let time = Duration::from_millis(number);
    match name {
        "idle_ms" => patience.idle = time,
        "head_ms" => patience.head = time,
        "body_ms" => patience.body = time,
        "answer_ms" => patience.answer = time,
        _ => return None,
    }
    Some(())
}

fn parse_store(text: &str) -> Result<store::Settings> {
    let mut settings = store::Settings::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        set(&mut settings, part).ok_or_else(|| {
            Error::invalid(format!(
                "{STORE} has {part:?}; expected NAME=NUMBER with a name of group_rows, \
                 flush_bytes, flush_after_ms, log_file_bytes, compact_segments, compact_after_ms, \
                 small_segment_bytes, segment_bytes_max, rewrite_after_ms, \
                 remove_after_ms, or planted=skip_sync, early_mark, ignore_crc, split_swap"
            ))
        })?;
    }
    Ok(settings)
}

/// None if the part is not understood.
fn set(settings: &mut store::Settings, part: &str) -> Option<()> {
    let (name, value) = part.split_once('=')?;
    if name == "planted" {
        settings.planted = Some(planted(value)?);
        return Some(());
    }
    let number: u64 = value.parse().ok().filter(|number| *number > 0)?;
    let time = Duration::from_millis(number);
    match name {
        "group_rows" => settings.group_rows = u32::try_from(number).ok()?,
        "flush_bytes" => settings.flush_bytes = usize::try_from(number).ok()?,
        "flush_after_ms" => settings.flush_after = time,
        "log_file_bytes" => settings.log_file_bytes = number,
        "compact_segments" => settings.compact_segments = usize::try_from(number).ok()?,
        "compact_after_ms" => settings.compact_after = time,
        "small_segment_bytes" => settings.small_segment_bytes = number,
        "segment_bytes_max" => settings.segment_bytes_max = number,
        "rewrite_after_ms" => settings.rewrite_after = time,
        "remove_after_ms" => settings.remove_after = time,
        _ => return None,
    }
    Some(())
}

fn planted(name: &str) -> Option<Planted> {
    match name {
        "skip_sync" => Some(Planted::SkipSync),
        "early_mark" => Some(Planted::EarlyMark),
        "ignore_crc" => Some(Planted::IgnoreCrc),
        "split_swap" => Some(Planted::SplitSwap),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: a hold names a stage and a time from 1, and everything else is refused in words.
    #[test]
    fn holds_are_read() {
        let hold = parse_hold("commit:3").unwrap();
        assert_eq!(hold, Hold { stage: Stage::Commit, time: 3 });
        for text in ["", "commit", "commit:", "commit:0", "commit:x", "comit:1"] {
            let error = parse_hold(text).unwrap_err().to_string();
            assert!(error.contains("expected STAGE:N"), "{text:?}: {error}");
        }
    }

    /// Guarantees: how long clients are waited for is replaced one by one, and a slip is refused by
    /// name.
    #[test]
    fn patience_is_read() {
        let patience = parse_patience("body_ms=50,idle_ms=7").unwrap();
        assert_eq!(patience.body, Duration::from_millis(50));
        assert_eq!(patience.idle, Duration::from_millis(7));
        assert_eq!(patience.head, Patience::default().head);
        for text in ["body_ms", "body_ms=0", "body=5", "head_ms=1s"] {
            let error = parse_patience(text).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }

    /// Guarantees: the store's settings are replaced one by one, and a slip is refused by name.
    #[test]
    fn store_settings_are_read() {
        let text = "group_rows=2048,flush_after_ms=500,planted=early_mark";
        let settings = parse_store(text).unwrap();
        assert_eq!(settings.group_rows, 2_048);
        assert_eq!(settings.flush_after, Duration::from_millis(500));
        assert_eq!(settings.planted, Some(Planted::EarlyMark));
        assert_eq!(settings.flush_bytes, store::Settings::default().flush_bytes);
        for text in ["group_rows", "group_rows=0", "rows=5", "planted=none", "flush_bytes=1MiB"] {
            let error = parse_store(text).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
