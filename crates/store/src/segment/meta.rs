//! What the catalog knows of a segment without opening its file.

use std::path::PathBuf;

use model::{DatasetId, EnvironmentId, Hour, Signal, Timestamp};
use serde::{Deserialize, Serialize};

use super::schema::FieldId;
use crate::record::Lsn;

/// The number of a segment; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentNumber(pub u64);

/// Hours in a day.
const HOURS_PER_DAY: i32 = 24;
/// Days of the longest month: what a segment of merged days may span.
const DAYS_PER_MONTH: i32 = 31;

/// The stretch of event time that a segment covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// One hour.
    Hour(Hour),
    /// Small hours of one day, merged; the day counted from the epoch.
    Day(i32),
    /// Small days, merged: 31 days, counted from the epoch.
    Month(i32),
    /// Rows of any time, too few for files of their own: wrong clocks, thin backfills.
    Wide,
}

impl Partition {
    /// The next larger stretch, into which small segments are merged.
    pub fn larger(self) -> Option<Self> {
        match self {
            Self::Hour(hour) => Some(Self::Day(hour.count().div_euclid(HOURS_PER_DAY))),
            Self::Day(day) => Some(Self::Month(day.div_euclid(DAYS_PER_MONTH))),
            Self::Month(_) | Self::Wide => None,
        }
    }

    /// The first moment after it.
    pub fn end(self) -> Timestamp {
        match self {
            Self::Hour(hour) => Hour::from_count(hour.count().saturating_add(1)).start(),
            Self::Day(day) => {
                Hour::from_count(day.saturating_add(1).saturating_mul(HOURS_PER_DAY)).start()
            }
            Self::Month(month) => {
                let days = month.saturating_add(1).saturating_mul(DAYS_PER_MONTH);
                Hour::from_count(days.saturating_mul(HOURS_PER_DAY)).start()
            }
            Self::Wide => Timestamp::MAX,
        }
    }

    /// The stored form.
    pub(crate) fn codes(self) -> (u8, i32) {
        match self {
            Self::Hour(hour) => (1, hour.count()),
            Self::Day(day) => (2, day),
            Self::Month(month) => (3, month),
            Self::Wide => (4, 0),
        }
    }

    /// The partition of a stored form.
    pub(crate) fn from_codes(kind: u8, start: i32) -> Option<Self> {
        match kind {
            1 => Some(Self::Hour(Hour::from_count(start))),
            2 => Some(Self::Day(start)),
            3 => Some(Self::Month(start)),
            4 => Some(Self::Wide),
            _ => None,
        }
    }

    /// The folder of its segments, below their signal's.
    pub(crate) fn folder(self) -> PathBuf {
        let date = |hours: i32| {
            let text = Hour::from_count(hours).start().to_string();
            text.split('T').next().unwrap_or_default().to_owned()
        };
        match self {
            Self::Hour(hour) => {
                let of_day = hour.count().rem_euclid(HOURS_PER_DAY);
                PathBuf::from(date(hour.count())).join(format!("{of_day:02}"))
            }
            Self::Day(day) => date(day.saturating_mul(HOURS_PER_DAY)).into(),
            Self::Month(month) => {
                let first = date(month.saturating_mul(DAYS_PER_MONTH * HOURS_PER_DAY));
                PathBuf::from("merged").join(first)
            }
            Self::Wide => "wide".into(),
        }
    }
}

/// A dataset's part in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentDataset {
    /// The dataset.
    pub dataset: u32,
    /// Its rows.
    pub rows: u64,
    /// Its first event, ns.
    pub time_min: i64,
    /// Its last event, ns.
    pub time_max: i64,
}

impl SegmentDataset {
    /// The dataset's id.
    pub fn id(&self) -> DatasetId {
        DatasetId(self.dataset)
    }
}

/// A segment as the catalog lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentMeta {
    /// Its number.
    pub number: SegmentNumber,
    /// Its environment.
    pub environment: EnvironmentId,
    /// Its signal.
    pub signal: Signal,
    /// The time it covers.
    pub partition: Partition,
    /// 0 as flushed, 1 once compacted.
    pub level: u8,
    /// Its file, relative to the data folder; the trace index lies beside it.
    pub path: PathBuf,
    /// Its rows.
    pub rows: u64,
    /// Bytes of its file.
    pub bytes: u64,
    /// Bytes of its trace index.
    pub index_bytes: u64,
    /// Its first event.
    pub time_min: Timestamp,
    /// Its last event.
    pub time_max: Timestamp,
    /// The first arrival of its rows.
    pub arrival_min: Timestamp,
    /// The last arrival of its rows.
    pub arrival_max: Timestamp,
    /// How long after it happened the latest row arrived, ns; not below zero. Rows count as being
    /// as old as their event time plus this, so that a late row is kept its full time.
    pub late_max: i64,
    /// The first request of its rows.
    pub lsn_min: Lsn,
    /// The last request of its rows.
    pub lsn_max: Lsn,
    /// Rows of each row group.
    pub groups: Vec<u32>,
    /// Its datasets, by id.
    pub datasets: Vec<SegmentDataset>,
    /// The columns in its file, ascending.
    pub columns: Vec<FieldId>,
    /// Attributes that are only in its overflow column, ascending.
    pub rest: Vec<FieldId>,
}

impl SegmentMeta {
    /// The trace index beside the file.
    pub fn index_path(&self) -> PathBuf {
        self.path.with_extension("tix")
    }

    /// Whether any row has this field.
    pub fn has(&self, field: FieldId) -> bool {
        self.columns.binary_search(&field).is_ok() || self.rest.binary_search(&field).is_ok()
    }
}

#[cfg(test)]
mod tests;
