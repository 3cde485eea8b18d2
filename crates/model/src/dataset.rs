//! Datasets: the named groups that rows belong to, and the environments that hold them.

use std::fmt;
use std::time::Duration;

use crate::Timestamp;

/// Longest dataset name, in bytes. A name is a label that people read in a list; vendors stop at
/// 255 characters.
pub const DATASET_NAME_BYTES_MAX: usize = 1_024;

/// An environment: what may be seen together. Keys are bound to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentId(pub u32);

impl EnvironmentId {
    /// Where everything lands unless a key is bound elsewhere.
    pub const DEFAULT: Self = Self(1);
}

impl fmt::Display for EnvironmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a dataset. A dataset deleted and made again under its old name has another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetId(pub u32);

impl fmt::Display for DatasetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A live dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The id that rows carry.
    pub id: DatasetId,
    /// The environment it lies in.
    pub environment: EnvironmentId,
    /// The name as the first event spelled it.
    pub name: String,
    /// How long rows are kept, counted from the later of event time and arrival; forever if unset.
    pub retention: Option<Duration>,
    /// Rows older than this are gone.
    pub horizon: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
}

/// The form under which names are the same name: case does not matter.
pub fn dataset_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The form in addresses: lower case, all but letters and digits replaced by `-`.
pub fn dataset_slug(name: &str) -> String {
    dataset_key(name).chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect()
}
