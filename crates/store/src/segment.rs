//! Segments: one signal of one environment over a stretch of time, as a Parquet file with a trace
//! index beside it.
//!
//! A file holds row groups of up to 131,072 rows in order of arrival, each sorted inside, and just
//! the columns that its rows have. Once written a segment never changes; what replaces it is
//! another segment and one commit of the catalog.

mod class;
mod column;
mod encode;
mod file;
mod footer;
mod meta;
mod reader;
mod schema;
mod trace_index;

pub use class::format_uuid;
pub(crate) use column::{Coded, ColumnData, Entries, Intern, Interner, Ints, NULL};
pub(crate) use encode::Chunk;
pub(crate) use file::{GroupChunks, SegmentDraft, SegmentWriter};
pub use footer::{FooterColumn, SegmentFooter};
pub use meta::{Partition, SegmentDataset, SegmentMeta, SegmentNumber};
pub use reader::{SegmentReader, describe, unreadable};
pub use schema::{FieldId, Physical, SegmentColumn};
pub(crate) use trace_index::TraceIndexBuilder;
pub use trace_index::{BLOCK_ROWS, GROUP_ROWS_MAX, TraceIndex, TraceRows};
pub(crate) use {class::physical_of, encode::encode, encode::encode_nulls, schema::schema_of};
