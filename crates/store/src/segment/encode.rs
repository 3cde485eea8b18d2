//! Writes one column of one row group as a Parquet column chunk, page by page.
//!
//! We encode pages ourselves because a flush already knows each column's distinct values and the
//! code of each row: a general writer would hash every value of every row once more to find that
//! out. Cost: a few nanoseconds a value, most of it in codes that form long runs.

mod bounds;
mod chunk;
mod delta;
mod rle;

use model::{Error, Result, SpanId};
use parquet::basic::Encoding;
use parquet::schema::types::ColumnDescPtr;

pub(crate) use chunk::Chunk;

use super::class::{self, Class};
use super::column::{Coded, ColumnData, Entries, Ints, NULL};
use super::schema::Physical;
use bounds::Bounds;
use chunk::{ChunkWriter, Codec, Page};

/// Rows of a page whose values are codes: large, since a value is found by its address.
const CODED_PAGE_ROWS: usize = 20_000;
/// Rows of a page of packed differences: about 2 KB, since a reader unpacks it from its start.
const DELTA_PAGE_ROWS: usize = 640;
/// Rows of a page of fixed-width values.
const PLAIN_PAGE_ROWS: usize = 20_000;
/// Raw bytes of text in a page: enough for zstd to work with, little enough to unpack for one row.
const TEXT_PAGE_BYTES: usize = 16 * 1024;
/// Most rows in a page of text, however short.
const TEXT_PAGE_ROWS: usize = 4_096;

/// Encodes a column. `data` is sorted in place where its class wants a sorted dictionary.
pub(crate) fn encode(
    descriptor: &ColumnDescPtr,
    physical: Physical,
    data: &mut ColumnData<'_>,
) -> Result<Chunk> {
    let class = class::decide(data);
    match (data, class) {
        (ColumnData::Ints(values), _) => delta_ints(descriptor, values),
        (ColumnData::SpanIds(ids), _) => span_ids(descriptor, ids),
        (ColumnData::Coded(coded), Class::Dictionary) => dictionary(descriptor, physical, coded),
        (ColumnData::Coded(coded), class) => direct(descriptor, physical, class, coded),
    }
}

/// The chunk of a column that no row of the group has.
pub(crate) fn encode_nulls(descriptor: &ColumnDescPtr, rows: usize) -> Result<Chunk> {
    let mut writer = ChunkWriter::new(descriptor, Codec::None, Encoding::PLAIN);
    let levels = levels(std::iter::repeat_n(false, rows));
    writer.page(&Page { rows, nulls: rows, levels: &levels, values: &[] }, Bounds::Nulls)?;
    writer.finish(Bounds::Nulls)
}

/// Definition levels: one for a value, zero for none.
fn levels(present: impl Iterator<Item = bool>) -> Vec<u8> {
    let bits: Vec<u32> = present.map(u32::from).collect();
    let mut out = Vec::new();
    rle::encode(&bits, 1, &mut out);
    out
}

fn levels_of_codes(optional: bool, codes: &[u32]) -> (usize, Vec<u8>) {
    let nulls = codes.iter().filter(|code| **code == NULL).count();
    if !optional {
        return (0, Vec::new());
    }
    (nulls, levels(codes.iter().map(|code| *code != NULL)))
}

fn dictionary(
    descriptor: &ColumnDescPtr,
    physical: Physical,
    coded: &mut Coded<'_>,
) -> Result<Chunk> {
    coded.sort();
    let mut writer = ChunkWriter::new(descriptor, Codec::None, Encoding::RLE_DICTIONARY);
    let mut bytes = Vec::new();
    for entry in 0..coded.entries.len() {
        plain_entry(physical, &coded.entries, entry, &mut bytes)?;
    }
    writer.dictionary(bytes, coded.entries.len())?;
    let width = rle::bit_width(coded.entries.len());
    let mut present = Vec::with_capacity(CODED_PAGE_ROWS);
    for codes in coded.codes.chunks(CODED_PAGE_ROWS) {
        let (nulls, levels) = levels_of_codes(writer.is_optional(), codes);
        present.clear();
        present.extend(codes.iter().copied().filter(|code| *code != NULL));
        let mut values = vec![width];
        rle::encode(&present, width, &mut values);
        let bounds = Bounds::of_codes(physical, &coded.entries, &present);
        writer
            .page(&Page { rows: codes.len(), nulls, levels: &levels, values: &values }, bounds)?;
    }
    let all = 0..coded.entries.len() as u32;
    let ends: Vec<u32> = all.clone().take(1).chain(all.last()).collect();
    writer.finish(Bounds::of_codes(physical, &coded.entries, &ends))
}

/// Encodes a coded column without a dictionary.
fn direct(
    descriptor: &ColumnDescPtr,
    physical: Physical,
    class: Class,
    coded: &Coded<'_>,
) -> Result<Chunk> {
    let (codec, encoding) = match class {
        Class::FrontCoded => (Codec::Zstd, Encoding::DELTA_BYTE_ARRAY),
        Class::Split => (Codec::Zstd, Encoding::BYTE_STREAM_SPLIT),
        Class::Delta => (Codec::None, Encoding::DELTA_BINARY_PACKED),
        Class::Bits => (Codec::None, Encoding::RLE),
        Class::Plain => (Codec::None, Encoding::PLAIN),
        Class::Dictionary => return Err(Error::bug("a dictionary is encoded elsewhere")),
    };
    let mut writer = ChunkWriter::new(descriptor, codec, encoding);
    let mut start = 0;
    while start < coded.codes.len() {
        let end = start + page_rows(class, &coded.entries, &coded.codes[start..]);
        let codes = &coded.codes[start..end];
        let (nulls, levels) = levels_of_codes(writer.is_optional(), codes);
        let present: Vec<u32> = codes.iter().copied().filter(|code| *code != NULL).collect();
        let values = direct_values(physical, class, &coded.entries, &present)?;
        let bounds = match class {
            // Near-unique values would make the index as large as what it prunes.
            Class::FrontCoded | Class::Plain => Bounds::Unknown,
            _ => Bounds::of_values(physical, &coded.entries, &present),
        };
        writer
            .page(&Page { rows: end - start, nulls, levels: &levels, values: &values }, bounds)?;
        start = end;
    }
    let every: Vec<u32> = (0..coded.entries.len() as u32).collect();
    let used = match class {
        Class::Bits => coded.codes.iter().copied().filter(|code| *code != NULL).collect(),
        _ => every,
    };
    writer.finish(Bounds::of_values(physical, &coded.entries, &used))
}

fn page_rows(class: Class, entries: &Entries<'_>, codes: &[u32]) -> usize {
    match (class, entries) {
        (Class::FrontCoded, Entries::Text(texts)) => {
            let mut bytes = 0;
            let rows = codes.iter().take(TEXT_PAGE_ROWS).take_while(|code| {
                let full = bytes >= TEXT_PAGE_BYTES;
                bytes += if **code == NULL { 0 } else { texts[**code as usize].len() };
                !full
            });
            rows.count().max(1)
        }
        (Class::Delta, _) => codes.len().min(DELTA_PAGE_ROWS),
        (Class::Split, _) => codes.len().min(TEXT_PAGE_ROWS),
        _ => codes.len().min(PLAIN_PAGE_ROWS),
    }
}

fn direct_values(
    physical: Physical,
    class: Class,
    entries: &Entries<'_>,
    present: &[u32],
) -> Result<Vec<u8>> {
    let mut values = Vec::new();
    match (class, entries) {
        (Class::FrontCoded, Entries::Text(texts)) => {
            delta::encode_texts(present.iter().map(|code| texts[*code as usize]), &mut values);
        }
        (Class::Delta, Entries::Int(ints)) => {
            let ints: Vec<i64> = present.iter().map(|code| ints[*code as usize]).collect();
            delta::encode_ints(&ints, &mut values);
        }
        (Class::Split, Entries::Float(floats)) => {
            let bytes: Vec<[u8; 8]> =
                present.iter().map(|code| floats[*code as usize].to_le_bytes()).collect();
            for place in 0..8 {
                values.extend(bytes.iter().map(|bytes| bytes[place]));
            }
        }
        (Class::Bits, Entries::Bool) => {
            let mut runs = Vec::new();
            rle::encode(present, 1, &mut runs);
            values.extend_from_slice(&(runs.len() as u32).to_le_bytes());
            values.extend_from_slice(&runs);
        }
        _ => {
            for code in present {
                plain_entry(physical, entries, *code as usize, &mut values)?;
            }
        }
    }
    Ok(values)
}

/// Appends one distinct value in Parquet's PLAIN encoding.
fn plain_entry(
    physical: Physical,
    entries: &Entries<'_>,
    index: usize,
    out: &mut Vec<u8>,
) -> Result<()> {
    match (physical, entries) {
        (Physical::Text, Entries::Text(texts)) => {
            out.extend_from_slice(&(texts[index].len() as u32).to_le_bytes());
            out.extend_from_slice(texts[index]);
        }
        (Physical::Uuid, Entries::Text(texts)) => {
            let uuid = class::parse_uuid(texts[index])
                .ok_or_else(|| Error::bug("a UUID column holds other text"))?;
            out.extend_from_slice(&uuid);
        }
        (Physical::Int32, Entries::Int(ints)) => {
            out.extend_from_slice(&(ints[index] as i32).to_le_bytes());
        }
        (_, Entries::Int(ints)) => out.extend_from_slice(&ints[index].to_le_bytes()),
        (_, Entries::Float(floats)) => out.extend_from_slice(&floats[index].to_le_bytes()),
        (_, Entries::TraceId(ids)) => out.extend_from_slice(ids[index].bytes()),
        _ => return Err(Error::bug(format!("no plain encoding for {physical:?}"))),
    }
    Ok(())
}

fn delta_ints(descriptor: &ColumnDescPtr, ints: &Ints) -> Result<Chunk> {
    let mut writer = ChunkWriter::new(descriptor, Codec::None, Encoding::DELTA_BINARY_PACKED);
    let mut all = Bounds::Nulls;
    let mut start = 0;
    for page in ints.values.chunks(DELTA_PAGE_ROWS) {
        let is_present = |at: usize| ints.present.as_ref().is_none_or(|rows| rows[start + at]);
        let present: Vec<i64> = page
            .iter()
            .enumerate()
            .filter_map(|(at, value)| is_present(at).then_some(*value))
            .collect();
        let levels = match writer.is_optional() {
            true => levels((0..page.len()).map(is_present)),
            false => Vec::new(),
        };
        let mut values = Vec::new();
        delta::encode_ints(&present, &mut values);
        let bounds = Bounds::of_ints(&present);
        all = all.join(&bounds);
        let nulls = page.len() - present.len();
        writer.page(&Page { rows: page.len(), nulls, levels: &levels, values: &values }, bounds)?;
        start += page.len();
    }
    writer.finish(all)
}

fn span_ids(descriptor: &ColumnDescPtr, ids: &[SpanId]) -> Result<Chunk> {
    let mut writer = ChunkWriter::new(descriptor, Codec::None, Encoding::PLAIN);
    for page in ids.chunks(PLAIN_PAGE_ROWS) {
        let nulls = page.iter().filter(|id| !id.is_some()).count();
        let levels = levels(page.iter().map(|id| id.is_some()));
        let mut values = Vec::with_capacity(page.len() * 8);
        for id in page.iter().filter(|id| id.is_some()) {
            values.extend_from_slice(id.bytes());
        }
        let page = Page { rows: page.len(), nulls, levels: &levels, values: &values };
        writer.page(&page, Bounds::Unknown)?;
    }
    writer.finish(Bounds::Unknown)
}

#[cfg(test)]
mod tests;
