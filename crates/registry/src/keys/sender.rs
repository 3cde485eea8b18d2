//! Who a request comes from, in the form that may be shown and counted by.
//!
//! A door that counts by sender asks here, so that a key reads the same wherever it appears: by its
//! id if somebody created it, else by the label that the list of unknown keys has.

use std::sync::Arc;

use model::EnvironmentId;

use super::secret::{self, KeyHash, VALUE_CHARS_MAX};
use super::{Admission, Keys};

/// Whoever sent a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sender {
    /// Whether somebody created its key.
    pub is_known: bool,
    /// The id of its key, or the label of one that nobody created; none where it presents none.
    pub key: Option<Arc<str>>,
    /// Where its data lands.
    pub environment: EnvironmentId,
}

impl Sender {
    /// The sender of a request that was admitted with the key it presents.
    pub fn admitted(admission: &Admission, presented: Option<&str>) -> Self {
        let environment = admission.environment;
        match &admission.key {
            Some(id) => Self { is_known: true, key: Some(Arc::clone(id)), environment },
            None => Self { environment, ..Self::unknown(presented) },
        }
    }

    fn unknown(presented: Option<&str>) -> Self {
        let key = trimmed(presented).map(|key| secret::label(key).into());
        Self { is_known: false, key, environment: EnvironmentId::DEFAULT }
    }
}

impl Keys {
    /// The sender of a request that presents a key, an empty one or none, whether or not it would
    /// be admitted. It is not counted as a use of the key.
    pub fn sender(&self, presented: Option<&str>) -> Sender {
        let key = trimmed(presented).filter(|key| key.len() <= VALUE_CHARS_MAX);
        let known = key.and_then(|key| self.present_table().named(&KeyHash::of(key)));
        match known {
            Some((id, environment)) => Sender { is_known: true, key: Some(id), environment },
            None => Sender::unknown(presented),
        }
    }
}

/// Keys contain no spaces: those around one come from a configuration file.
pub(super) fn trimmed(presented: Option<&str>) -> Option<&str> {
    presented.map(str::trim).filter(|key| !key.is_empty())
}
