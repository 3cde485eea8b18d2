//! A column chunk being written: pages, their index, and the metadata that describes them.

use std::sync::Arc;

use bytes::Bytes;
use model::{Error, Result};
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::column::page::{CompressedPage, Page as FilePage, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::bounds::Bounds;

/// The level of zstd: beyond 1 the bytes hardly shrink and the time doubles (measured on spans:
/// 52.1 B at level 3, 50.4 at 1).
const ZSTD_LEVEL: i32 = 1;

/// How pages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Zstd,
}

/// One data page, its values encoded.
pub(super) struct Page<'a> {
    pub(super) rows: usize,
    pub(super) nulls: usize,
    /// Definition levels; empty where the column must have values.
    pub(super) levels: &'a [u8],
    pub(super) values: &'a [u8],
}

/// A finished chunk: its bytes, and what the file's footer says of it.
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    pub(crate) close: ColumnCloseResult,
}

/// Writes the pages of one chunk into memory.
pub(super) struct ChunkWriter {
    descriptor: ColumnDescPtr,
    codec: Codec,
    encoding: Encoding,
    sink: TrackedWrite<Vec<u8>>,
    offsets: OffsetIndexBuilder,
    index: ColumnIndexBuilder,
    has_index: bool,
    dictionary_offset: Option<u64>,
    data_offset: Option<u64>,
    data_pages: i32,
    rows: usize,
    nulls: usize,
    compressed: usize,
    uncompressed: usize,
}

impl ChunkWriter {
    pub(super) fn new(descriptor: &ColumnDescPtr, codec: Codec, encoding: Encoding) -> Self {
        Self {
            descriptor: Arc::clone(descriptor),
            codec,
            encoding,
            sink: TrackedWrite::new(Vec::new()),
            offsets: OffsetIndexBuilder::new(),
            index: ColumnIndexBuilder::new(descriptor.physical_type()),
            has_index: true,
            dictionary_offset: None,
            data_offset: None,
            data_pages: 0,
            rows: 0,
            nulls: 0,
            compressed: 0,
            uncompressed: 0,
        }
    }

    /// Whether rows may have no value.
    pub(super) fn is_optional(&self) -> bool {
        self.descriptor.max_def_level() > 0
    }

    /// Writes the dictionary page, which comes first.
    pub(super) fn dictionary(&mut self, bytes: Vec<u8>, entries: usize) -> Result<()> {
        let size = bytes.len();
        let page = FilePage::DictionaryPage {
            buf: Bytes::from(bytes),
            num_values: entries as u32,
            encoding: Encoding::PLAIN,
            is_sorted: true,
        };
        let spec = self.write(CompressedPage::new(page, size))?;
        self.dictionary_offset = Some(spec);
        Ok(())
    }

    /// Writes a data page.
    pub(super) fn page(&mut self, page: &Page<'_>, bounds: Bounds) -> Result<()> {
        let before = self.sink.bytes_written();
        let mut buffer = page.levels.to_vec();
        let squeezed = match self.codec {
            Codec::None => None,
            Codec::Zstd => squeeze(page.values)?,
        };
        buffer.extend_from_slice(squeezed.as_deref().unwrap_or(page.values));
        let size = page.levels.len() + page.values.len();
        let file_page = FilePage::DataPageV2 {
            buf: Bytes::from(buffer),
            num_values: page.rows as u32,
            encoding: self.encoding,
            num_nulls: page.nulls as u32,
            num_rows: page.rows as u32,
            def_levels_byte_len: page.levels.len() as u32,
            rep_levels_byte_len: 0,
            is_compressed: squeezed.is_some(),
            statistics: None,
        };
        let offset = self.write(CompressedPage::new(file_page, size))?;
        self.data_offset.get_or_insert(offset);
        self.data_pages += 1;
        self.rows += page.rows;
        self.nulls += page.nulls;
        let written = self.sink.bytes_written() - before;
        self.offsets.append_offset_and_size(offset as i64, written as i32);
        self.offsets.append_row_count(page.rows as i64);
        match bounds.index_bytes() {
            Some((least, greatest)) if self.has_index => {
                let nulls_only = page.nulls == page.rows;
                self.index.append(nulls_only, least, greatest, page.nulls as i64);
            }
            _ => self.has_index = false,
        }
        Ok(())
    }

    fn write(&mut self, page: CompressedPage) -> Result<u64> {
        let spec =
            SerializedPageWriter::new(&mut self.sink).write_page(page).map_err(encoding_failed)?;
        self.compressed += spec.compressed_size;
        self.uncompressed += spec.uncompressed_size;
        Ok(spec.offset)
    }

    /// Closes the chunk, whose values all lie within `bounds`.
    pub(super) fn finish(self, bounds: Bounds) -> Result<Chunk> {
        let codec = match self.codec {
            Codec::None => Compression::UNCOMPRESSED,
            Codec::Zstd => Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default()),
        };
        let mut encodings = vec![Encoding::RLE, self.encoding];
        let mut pages = vec![PageEncodingStats {
            page_type: PageType::DATA_PAGE_V2,
            encoding: self.encoding,
            count: self.data_pages,
        }];
        if self.dictionary_offset.is_some() {
            encodings.push(Encoding::PLAIN);
            pages.push(PageEncodingStats {
                page_type: PageType::DICTIONARY_PAGE,
                encoding: Encoding::PLAIN,
                count: 1,
            });
        }
        let mut metadata = ColumnChunkMetaData::builder(self.descriptor)
            .set_compression(codec)
            .set_encodings(encodings)
            .set_page_encoding_stats(pages)
            .set_total_compressed_size(self.compressed as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_num_values(self.rows as i64)
            .set_data_page_offset(self.data_offset.unwrap_or_default() as i64)
            .set_dictionary_page_offset(self.dictionary_offset.map(|offset| offset as i64));
        if let Some(statistics) = bounds.statistics(self.nulls as u64) {
            metadata = metadata.set_statistics(statistics);
        }
        let column_index = match self.has_index && self.data_pages > 0 {
            true => Some(self.index.build().map_err(encoding_failed)?),
            false => None,
        };
        let bytes_written = self.sink.bytes_written() as u64;
        let bytes = self.sink.into_inner().map_err(encoding_failed)?;
        Ok(Chunk {
            bytes: Bytes::from(bytes),
            close: ColumnCloseResult {
                bytes_written,
                rows_written: self.rows as u64,
                metadata: metadata.build().map_err(encoding_failed)?,
                bloom_filter: None,
                column_index,
                offset_index: Some(self.offsets.build()),
            },
        })
    }
}

/// The values compressed, unless that makes them no smaller.
fn squeeze(values: &[u8]) -> Result<Option<Vec<u8>>> {
    let squeezed = zstd::bulk::compress(values, ZSTD_LEVEL)
        .map_err(|error| Error::bug("compressing a page").because(error))?;
    Ok((squeezed.len() < values.len()).then_some(squeezed))
}

fn encoding_failed(error: ParquetError) -> Error {
    Error::bug("encoding a column").because(error)
}
