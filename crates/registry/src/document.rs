//! What the registry keeps: JSON texts under an address, each with a version number.
//!
//! Addresses and sizes are checked here, before anything is opened or locked: a refused document
//! costs nothing, and what is stored is always JSON.

use std::fmt;

use model::{Error, ErrorKind, Result};
use serde::de::{DeserializeOwned, IgnoredAny};

/// Longest collection name and longest id, in bytes. Ids are often names that people gave, and
/// the longest of those (datasets) have this bound.
pub const NAME_BYTES_MAX: usize = 1_024;
/// Largest document, in bytes. A board of several hundred panels stays below a quarter of it;
/// what is larger belongs in the store.
pub const DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// The number of a change in a collection. Every change takes the next one, deletions too, so that
/// a document deleted and made again under its old id is never taken for the former.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// Stands for "there is no such document" and "nothing happened yet".
    pub const ABSENT: Self = Self(0);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A document as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name in the collection.
    pub id: String,
    /// The number of the change that wrote it.
    pub version: Version,
    /// Its text.
    pub json: String,
}

impl Document {
    /// The text as a value. Text of another shape is an error of kind [`ErrorKind::Corrupt`].
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.json).map_err(|error| {
            Error::corrupt(format!("document {} has another shape", self.id)).because(error)
        })
    }
}

/// One change of one document.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// The collection.
    pub collection: &'a str,
    /// The document's name in it.
    pub id: &'a str,
    /// The version the document must have for the change to happen, [`Version::ABSENT`] where it
    /// must not exist; any where unset.
    pub expected: Option<Version>,
    /// The new text; the document is deleted where unset.
    pub json: Option<&'a str>,
}

impl Write<'_> {
    /// Refuses addresses and texts that cannot be stored.
    pub(crate) fn check(&self) -> Result<()> {
        check_name("collection", self.collection)?;
        check_name("id", self.id)?;
        let Some(json) = self.json else { return Ok(()) };
        if json.len() > DOCUMENT_BYTES_MAX {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "document {}/{} has {} bytes, at most {DOCUMENT_BYTES_MAX} are kept",
                    self.collection,
                    self.id,
                    json.len()
                ),
            ));
        }
        serde_json::from_str::<IgnoredAny>(json).map_err(|error| {
            Error::invalid(format!("document {}/{} is not JSON", self.collection, self.id))
                .because(error)
        })?;
        Ok(())
    }
}

fn check_name(what: &str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid(format!("the {what} of a document is empty")));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::invalid(format!(
            "the {what} of a document has {} bytes, at most {NAME_BYTES_MAX} are allowed",
            name.len()
        )));
    }
    Ok(())
}
