//! Small durable documents, and the keys that admit clients.
//!
//! What people set up (keys, boards, rules, alarms, environments) is kept as JSON documents in one
//! SQLite file, apart from the events: it is small, it is changed one piece at a time, and the
//! command line changes it while the server runs. A document is addressed by collection and id and
//! carries a [`Version`], so that whoever read it can change it only as it was read.
//!
//! Invariants:
//! - A change is on disk when its call returns, and a batch of changes happens whole or not at all.
//! - A version number never comes again in its collection, not even after a deletion.
//! - No type of SQLite is in the interface.
//! - The text of a key is never stored and never listed: what remains of it is its SHA-256 and a
//!   label of a few characters.
//!
//! All calls block. Those that write wait for the disk; [`Keys::admit`] alone is meant for the
//! threads that serve requests.

mod apply;
mod document;
mod environment;
mod keys;
mod registry;
mod schema;
mod sqlite;

pub use document::{DOCUMENT_BYTES_MAX, Document, NAME_BYTES_MAX, Version, Write};
pub use environment::{ENVIRONMENT_NAME_CHARS_MAX, ENVIRONMENTS_MAX, Environment};
pub use keys::{
    Admission, CHECK_INTERVAL, CreatedKey, KEY_NAME_CHARS_MAX, KEYS_MAX, Key, KeyClass, KeyList,
    Keys, Mode, NO_KEY, OTHER_KEYS, Permission, Permissions, Refusal, Sender, UNKNOWN_LABELS_MAX,
    UnknownKey, Uses, VALUE_CHARS_MAX, VALUE_CHARS_MIN,
};
pub use registry::{FILE, Registry};
