//! An event as it was sent, and whether a row shows just that.
//!
//! Only fields that the sender chose are compared. How the server names its own is a matter of the
//! tests of its dialects; here a field that changes between two starts is what counts.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Where every attribute of a campaign begins, so that one too many is noticed as well.
pub(super) const OWN: &str = "kill.";
/// The attribute that numbers the events of a folder.
pub(super) const ID: &str = "kill.id";
/// The attribute with the number of the request.
pub(super) const REQUEST: &str = "kill.request";

/// Fields by name, with values as JSON has them.
pub(super) type Fields = BTreeMap<String, Value>;

/// A span, an event of a span or a log record, as every reading must show it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// Its number in the folder, from 0.
    pub(super) id: u64,
    /// The dataset it goes to.
    pub(super) dataset: String,
    /// ns since the epoch.
    pub(super) time: i64,
    /// What must be read back, whatever else the server adds.
    pub(super) fields: Fields,
}

/// A row as the query API gives it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct Row {
    /// RFC 3339.
    pub(super) time: String,
    /// How many events it stands for.
    pub(super) samplerate: u64,
    /// The dataset it is in.
    pub(super) dataset: String,
    /// All its fields.
    pub(super) data: Fields,
}

impl Row {
    /// The number of its event.
    pub(super) fn id(&self) -> Option<u64> {
        self.data.get(ID)?.as_u64()
    }
}

impl Event {
    /// What a row shows differently; nothing if it is the same.
    pub(super) fn difference(&self, row: &Row) -> Option<String> {
        let time = row.time.parse::<jiff::Timestamp>().ok();
        if time.map(jiff::Timestamp::as_nanosecond) != Some(i128::from(self.time)) {
            return Some(format!("time {} was {} ns", row.time, self.time));
        }
        if row.dataset != self.dataset {
            return Some(format!("dataset {:?} was {:?}", row.dataset, self.dataset));
        }
        if row.samplerate != 1 {
            return Some(format!("samplerate {} was 1", row.samplerate));
        }
        for (name, sent) in &self.fields {
            match row.data.get(name) {
                Some(read) if is_same(sent, read) => {}
                read => {
                    let read = read.map_or("missing".to_owned(), Value::to_string);
                    return Some(format!("{name} {read} was {sent}"));
                }
            }
        }
        let is_new = |name: &&String| name.starts_with(OWN) && !self.fields.contains_key(*name);
        row.data.keys().find(is_new).map(|name| format!("{name} {} was missing", row.data[name]))
    }
}

/// Numbers are the same by value: whether one is written with a fraction is the server's choice.
fn is_same(sent: &Value, read: &Value) -> bool {
    let (Value::Number(a), Value::Number(b)) = (sent, read) else { return sent == read };
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}

#[cfg(test)]
mod tests;
