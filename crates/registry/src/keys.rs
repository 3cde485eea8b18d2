//! Keys: who may come in, and into which environment.
//!
//! Every request is judged by [`Keys::admit`] on a table in memory: one SHA-256 and one look-up.
//! The registry is asked for changes at most once a second, by one of the requests, so that a key
//! created or revoked by another process takes effect within that second.
//!
//! A key that exists is held to what was said of it in both modes: its environment, its
//! permissions, its revocation. The modes differ in what becomes of unknown keys and of none.

mod class;
mod create;
mod flush;
mod list;
mod permission;
mod revoke;
mod secret;
mod sender;
mod stored;
mod table;
mod unknown;
mod uses;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::{Clock, EnvironmentId, Random, Result};

pub use class::KeyClass;
pub use create::{CreatedKey, KEY_NAME_CHARS_MAX, KEYS_MAX};
pub use list::{Key, KeyList};
pub use permission::{Permission, Permissions};
pub use secret::{VALUE_CHARS_MAX, VALUE_CHARS_MIN};
pub use sender::Sender;
pub use unknown::{NO_KEY, OTHER_KEYS, UNKNOWN_LABELS_MAX, UnknownKey};
pub use uses::Uses;

use self::secret::KeyHash;
use self::stored::KEYS;
use self::table::Table;
use self::unknown::UnknownKeys;
use self::uses::Outcome;
use crate::document::Version;
use crate::registry::{Registry, lock};

/// How long the table in memory is taken for true: the time within which a revocation by another
/// process takes effect. Looking costs microseconds, so a second is for the sender's patience.
pub const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How many unknown keys may cause a look at the registry before their time, in each interval: a
/// key just created works at once, and a flood of wrong keys costs ten look-ups a second.
const EARLY_CHECKS_MAX: u32 = 10;

/// What becomes of unknown keys and of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are admitted, into the environment `default`.
    Open,
    /// They are refused.
    Strict,
}

/// What a request was admitted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Where its data lands, and what it sees.
    pub environment: EnvironmentId,
    /// The id of its key; none where an open server admitted an unknown key or none.
    pub key: Option<Arc<str>>,
    /// What the key's spelling says.
    pub class: KeyClass,
    /// Everything the key may do.
    pub permissions: Permissions,
}

/// Why a request was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It presents no key.
    Missing,
    /// Nobody created its key.
    Unknown,
    /// Its key was revoked.
    Revoked,
    /// Its key may not do this.
    NotPermitted(Permission),
}

/// The keys of a registry.
pub struct Keys {
    registry: Arc<Registry>,
    mode: Mode,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    table: RwLock<Arc<Table>>,
    /// The change after which the table was read. Held while it is read again.
    seen: Mutex<Version>,
    /// When the registry is looked at next, in nanoseconds of [`Clock::elapsed`].
    next_check_ns: AtomicU64,
    early_checks: AtomicU32,
    trouble: Mutex<Option<String>>,
    unknown: UnknownKeys,
    /// Held while counts pass from memory to the registry, so that a list has them once.
    flushing: Mutex<()>,
}

impl Keys {
    /// Reads the keys of a registry. `random` makes keys that guard real data, so outside of tests
    /// it is [`model::SystemRandom`].
    pub fn open(
        registry: Arc<Registry>,
        mode: Mode,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        // The number is read before the keys: a change in between is seen at the next check.
        let seen = registry.last_change(KEYS)?;
        let table = Table::load(&registry, &Table::default())?;
        let next_check_ns = nanos(clock.elapsed() + CHECK_INTERVAL);
        Ok(Self {
            registry,
            mode,
            clock,
            random,
            table: RwLock::new(Arc::new(table)),
            seen: Mutex::new(seen),
            next_check_ns: AtomicU64::new(next_check_ns),
            early_checks: AtomicU32::new(0),
            trouble: Mutex::new(None),
            unknown: UnknownKeys::default(),
            flushing: Mutex::new(()),
        })
    }

    /// What becomes of unknown keys and of none.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Judges a request that presents a key, an empty one or none, and needs `need`; counts it.
    pub fn admit(&self, presented: Option<&str>, need: Permission) -> Result<Admission, Refusal> {
        self.admit_for(presented, Some(need))
    }

    /// The same for a request that any key opens which was not revoked: one that asks what its key
    /// may do.
    pub fn admit_any(&self, presented: Option<&str>) -> Result<Admission, Refusal> {
        self.admit_for(presented, None)
    }

    /// Judges once more a request that was admitted and goes on: its key may have been revoked. It
    /// counts as one use however often it is judged.
    pub fn admits_still(&self, presented: Option<&str>, need: Permission) -> Result<(), Refusal> {
        self.check_when_due();
        let key = sender::trimmed(presented).filter(|key| key.len() <= VALUE_CHARS_MAX);
        let judged = key.and_then(|key| self.present_table().look(&KeyHash::of(key), need));
        match (judged, self.mode) {
            (Some(judged), _) => judged,
            (None, Mode::Open) => Ok(()),
            (None, Mode::Strict) if key.is_none() => Err(Refusal::Missing),
            (None, Mode::Strict) => Err(Refusal::Unknown),
        }
    }

    fn admit_for(
        &self,
        presented: Option<&str>,
        need: Option<Permission>,
    ) -> Result<Admission, Refusal> {
        self.check_when_due();
        let Some(key) = sender::trimmed(presented) else {
            return self.judge_unknown(None, Refusal::Missing);
        };
        if key.len() > VALUE_CHARS_MAX {
            return self.judge_unknown(Some(key), Refusal::Unknown);
        }
        let hash = KeyHash::of(key);
        let mut judged = self.judge(&hash, key, need);
        if judged.is_none() && self.mode == Mode::Strict && self.may_check_early() {
            self.check();
            judged = self.judge(&hash, key, need);
        }
        judged.unwrap_or_else(|| self.judge_unknown(Some(key), Refusal::Unknown))
    }

    /// Why the last look at the registry failed, if it did: until one succeeds, requests are judged
    /// by the keys as they were before.
    pub fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    fn judge(
        &self,
        hash: &KeyHash,
        key: &str,
        need: Option<Permission>,
    ) -> Option<Result<Admission, Refusal>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.judge(hash, KeyClass::of(key), need, self.clock.now())
    }

    fn judge_unknown(&self, key: Option<&str>, refusal: Refusal) -> Result<Admission, Refusal> {
        let outcome = match self.mode {
            Mode::Open => Outcome::Admitted,
            Mode::Strict => Outcome::Refused,
        };
        self.unknown.count(key, outcome, self.clock.now());
        if outcome == Outcome::Refused {
            return Err(refusal);
        }
        Ok(Admission {
            environment: EnvironmentId::DEFAULT,
            key: None,
            class: key.map_or(KeyClass::Environment, KeyClass::of),
            permissions: Permissions::ALL,
        })
    }

    fn check_when_due(&self) {
        let now = self.clock.elapsed();
        let due = self.next_check_ns.load(Ordering::Relaxed);
        if nanos(now) < due {
            return;
        }
        // One request looks; the others go on with the present table.
        let next = nanos(now + CHECK_INTERVAL);
        let turn =
            self.next_check_ns.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
        if turn.is_ok() {
            self.early_checks.store(0, Ordering::Relaxed);
            self.check();
        }
    }

    fn may_check_early(&self) -> bool {
        self.early_checks.load(Ordering::Relaxed) < EARLY_CHECKS_MAX
            && self.early_checks.fetch_add(1, Ordering::Relaxed) < EARLY_CHECKS_MAX
    }

    /// Looks for changes and reads the keys again if there are any.
    fn check(&self) {
        let trouble = self.read_again().err().map(|error| error.to_string());
        *lock(&self.trouble) = trouble;
    }

    fn read_again(&self) -> Result<()> {
        let mut seen = lock(&self.seen);
        let last = self.registry.last_change(KEYS)?;
        if last == *seen {
            return Ok(());
        }
        let table = Arc::new(Table::load(&self.registry, &self.present_table())?);
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
        *seen = last;
        Ok(())
    }

    fn present_table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn nanos(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
