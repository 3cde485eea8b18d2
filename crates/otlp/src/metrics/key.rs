//! What two points must share to be in one row, as bytes.
//!
//! Attributes are compared as rows have them: flattened, sorted by name, of several with one name
//! the last one. Whoever makes a key has thereby read every attribute and found its faults.

use std::fmt::Write as _;
use std::ops::Range;

use model::Value;

use super::merge::Moment;
use super::name::Suffix;
use crate::attributes::{KeyValue, Trouble, flatten};

/// A key, and the names in it. Used again for the next one.
#[derive(Debug, Default)]
pub(super) struct RowKey {
    bytes: Vec<u8>,
    /// Names and values as they come.
    texts: Vec<u8>,
    entries: Vec<Entry>,
    /// A column's name, while it is looked for.
    wanted: String,
}

#[derive(Clone, Debug)]
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
}

impl RowKey {
    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes the key of a point.
    pub(super) fn write(
        &mut self,
        run: u32,
        moment: &Moment,
        attributes: &[KeyValue<'_>],
    ) -> Result<(), Trouble> {
        self.bytes.clear();
        self.bytes.extend_from_slice(&run.to_le_bytes());
        self.bytes.extend_from_slice(&moment.time.nanos().to_le_bytes());
        // An original time is beyond what can be represented, so it is never zero.
        self.bytes.extend_from_slice(&moment.original.unwrap_or(0).to_le_bytes());
        self.push_attributes(attributes)
    }

    /// Makes the key of what several points share: sets of attributes, and texts.
    pub(super) fn write_shared(
        &mut self,
        sets: [&[KeyValue<'_>]; 2],
        texts: &[&str],
    ) -> Result<(), Trouble> {
        self.bytes.clear();
        for text in texts {
            push(&mut self.bytes, text.as_bytes());
        }
        for attributes in sets {
            self.push_attributes(attributes)?;
        }
        Ok(())
    }

    /// Whether an attribute of the point is called like a column of its metric.
    pub(super) fn names(&mut self, metric: &str, suffix: Suffix) -> bool {
        let name = |entry: &Entry| &self.texts[entry.name.clone()];
        let first = self.entries.partition_point(|entry| name(entry) < metric.as_bytes());
        let begins = |entry: &Entry| name(entry).starts_with(metric.as_bytes());
        if !self.entries.get(first).is_some_and(begins) {
            return false;
        }
        self.wanted.clear();
        write!(self.wanted, "{metric}{suffix}").expect("a string takes any text");
        let wanted = self.wanted.as_bytes();
        self.entries.binary_search_by(|entry| name(entry).cmp(wanted)).is_ok()
    }

    fn push_attributes(&mut self, attributes: &[KeyValue<'_>]) -> Result<(), Trouble> {
        let Self { bytes, texts, entries, .. } = self;
        texts.clear();
        entries.clear();
        for attribute in attributes {
            flatten(attribute, &mut |name, value| {
                let start = texts.len();
                texts.extend_from_slice(name.as_bytes());
                let end = texts.len();
                push_value(texts, value);
                entries.push(Entry { name: start..end, value: end..texts.len() });
            })?;
        }
        let texts = &texts[..];
        let name = |entry: &Entry| &texts[entry.name.clone()];
        entries.sort_by(|one, other| name(one).cmp(name(other)));
        entries.dedup_by(|later, kept| {
            let is_same = name(later) == name(kept);
            if is_same {
                kept.value = later.value.clone();
            }
            is_same
        });
        bytes.extend_from_slice(&(entries.len() as u64).to_le_bytes());
        for entry in entries.iter() {
            push(bytes, name(entry));
            push(bytes, &texts[entry.value.clone()]);
        }
        Ok(())
    }
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
    bytes.extend_from_slice(part);
}

fn push_value(bytes: &mut Vec<u8>, value: Value<'_>) {
    bytes.push(value.value_type().code());
    match value {
        Value::Text(text) => bytes.extend_from_slice(text.as_bytes()),
        Value::Int(int) => bytes.extend_from_slice(&int.to_le_bytes()),
        Value::Float(float) => bytes.extend_from_slice(&float.to_bits().to_le_bytes()),
        Value::Bool(bool) => bytes.push(u8::from(bool)),
    }
}
