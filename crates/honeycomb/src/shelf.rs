//! Documents that clients make by asking, bounded in number: the oldest go, and how many went is
//! counted.
//!
//! Programs make a new query for every page they show, so what is kept of them would grow for as
//! long as the server lives. What is made again under its id counts as new.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Error, Result};
use registry::{Registry, Write};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// So many go at once when there are too many: a tenth, so that most additions look at nothing.
const GO_AT_ONCE: usize = 10;

/// The documents of a collection.
pub(crate) struct Shelf {
    registry: Arc<Registry>,
    collection: &'static str,
    most: usize,
    /// How many there are. Held while old ones are taken away.
    count: Mutex<usize>,
    dropped: AtomicU64,
}

impl Shelf {
    /// The documents of a collection, `most` at most.
    pub(crate) fn open(
        registry: Arc<Registry>,
        collection: &'static str,
        most: usize,
    ) -> Result<Self> {
        let count = Mutex::new(registry.count(collection)?);
        Ok(Self { registry, collection, most, count, dropped: AtomicU64::new(0) })
    }

    /// The document of an id.
    pub(crate) fn get<T: DeserializeOwned>(&self, id: &str) -> Result<Option<T>> {
        match self.registry.get(self.collection, id)? {
            None => Ok(None),
            Some(document) => document.parse().map(Some),
        }
    }

    /// Puts a document there, as the newest. Waits for the disk.
    pub(crate) fn put<T: Serialize>(&self, id: &str, document: &T) -> Result<()> {
        let json = serde_json::to_string(document)
            .map_err(|error| Error::bug(format!("writing {}", self.collection)).because(error))?;
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        self.registry.put(self.collection, id, &json)?;
        // One too many where it was there before, and counted right below.
        *count += 1;
        if *count <= self.most {
            return Ok(());
        }
        let keep = self.most - self.most / GO_AT_ONCE;
        let old = self.registry.beyond_newest(self.collection, keep)?;
        let delete = |id| Write { collection: self.collection, id, expected: None, json: None };
        let writes: Vec<Write<'_>> = old.iter().map(|id| delete(id.as_str())).collect();
        self.registry.write(&writes)?;
        *count = self.registry.count(self.collection)?;
        self.dropped.fetch_add(old.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// How many went since the start because there were too many.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use registry::FILE;

    use super::*;

    const COLLECTION: &str = "honeycomb.tests";

    /// Guarantees: there are never more than the most; those made or made again last stay, the
    /// others are counted, and a restart changes none of it.
    #[test]
    fn the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Arc::new(Registry::open(&folder.path().join(FILE)).unwrap());
        let open = || Shelf::open(Arc::clone(&registry), COLLECTION, 20).unwrap();
        let shelf = open();
        for number in 0..20 {
            shelf.put(&number.to_string(), &number).unwrap();
        }
        assert_eq!((registry.count(COLLECTION).unwrap(), shelf.dropped()), (20, 0));
        // The first is made again, and so is not the oldest any more.
        let shelf = open();
        shelf.put("0", &0).unwrap();
        shelf.put("20", &20).unwrap();
        let there = |id: &str| shelf.get::<u32>(id).unwrap();
        assert_eq!((there("0"), there("20"), there("1")), (Some(0), Some(20), None));
        assert_eq!(registry.count(COLLECTION).unwrap(), 19);
        for number in 21..1_000 {
            shelf.put(&number.to_string(), &number).unwrap();
            assert!(registry.count(COLLECTION).unwrap() <= 20);
        }
        assert_eq!(shelf.get::<u32>("999").unwrap(), Some(999));
        let there_now = registry.count(COLLECTION).unwrap() as u64;
        assert_eq!(shelf.dropped(), 1_000 - there_now);
    }
}
