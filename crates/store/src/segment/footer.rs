//! What a segment's file says of itself in its footer: enough to enter it into a catalog again.

use model::{Error, Result};
use serde::{Deserialize, Serialize};

use super::meta::SegmentDataset;
use super::schema::SegmentColumn;

/// The key under which the footer's metadata holds it.
pub(crate) const KEY: &str = "trackway";
/// The version of the file format.
pub(crate) const FORMAT: u32 = 1;

/// A column, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FooterColumn {
    /// The column.
    #[serde(flatten)]
    pub column: SegmentColumn,
    /// The attribute's name; none for base columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
}

/// The segment as its own file describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentFooter {
    /// The version of the file format.
    pub format: u32,
    /// The segment's number.
    pub number: u64,
    /// Its environment.
    pub environment: u32,
    /// Its signal's number.
    pub signal: u8,
    /// Its partition's kind and start.
    pub partition: (u8, i32),
    /// Its level.
    pub level: u8,
    /// First and last arrival, ns.
    pub arrival: (i64, i64),
    /// How long after it happened the latest row arrived, ns.
    pub late_max: i64,
    /// First and last request.
    pub lsn: (u64, u64),
    /// Its datasets.
    pub datasets: Vec<SegmentDataset>,
    /// The datasets' names when it was written, parallel to them.
    pub dataset_names: Vec<String>,
    /// Its columns.
    pub columns: Vec<FooterColumn>,
    /// Attributes in its overflow column: id and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<(u32, String)>,
}

impl SegmentFooter {
    pub(crate) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::bug("describing a segment").because(error))
    }

    /// Reads what a file's footer says.
    pub fn from_json(json: &str) -> Result<Self> {
        let footer: Self = serde_json::from_str(json).map_err(|error| {
            Error::corrupt("the footer's description is damaged").because(error)
        })?;
        if footer.format > FORMAT {
            return Err(Error::invalid(format!(
                "the file has format {}, this program reads up to {FORMAT}",
                footer.format
            )));
        }
        Ok(footer)
    }
}
