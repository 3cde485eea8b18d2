//! Reads a data folder without changing it and says what is wrong with it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use model::{Error, Result};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::catalog::Catalog;
use crate::disk::Disk;
use crate::log::{LogReading, read_log};
use crate::paths::{QUARANTINE, SEGMENTS};
use crate::segment::{SegmentMeta, SegmentReader, TraceIndex, describe, unreadable};

/// Something worth saying about a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether data cannot be read.
    pub is_damage: bool,
    /// What it is.
    pub text: String,
}

/// Reads every file of a folder through.
pub fn check(disk: &Arc<dyn Disk>, catalog: &Catalog) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut damage = |text: String| findings.push(Finding { is_damage: true, text });
    for line in catalog.check()? {
        damage(format!("catalog.db: {line}"));
    }
    let loaded = catalog.load()?;
    for meta in &loaded.segments {
        let index = check_index(&**disk, meta);
        // Without its index nothing is known of a file's checksum, but it may still read.
        let crc = index.as_ref().ok().copied();
        for error in [index.err(), check_segment(&**disk, meta, crc).err()].into_iter().flatten() {
            damage(error.to_string());
        }
    }
    let reading = LogReading { mark: loaded.mark, accept_damage: false, ignore_checksums: false };
    if let Err(error) = read_log(disk, reading, |_, _| Ok(())) {
        damage(error.to_string());
    }
    let known: BTreeSet<_> = loaded
        .segments
        .iter()
        .chain(&loaded.dead)
        .flat_map(|meta| [meta.path.clone(), meta.index_path()])
        .collect();
    let list = |folder| {
        disk.list(Path::new(folder))
            .map_err(|error| crate::log::storage_failed("listing the folder", error))
    };
    let mut note = |text: String| findings.push(Finding { is_damage: false, text });
    for path in list(SEGMENTS)?.into_iter().filter(|path| !known.contains(path)) {
        note(format!("{} is in no catalog; the next start moves it to quarantine", path.display()));
    }
    for path in list(QUARANTINE)? {
        note(format!("{} was put aside at a start; it can be removed", path.display()));
    }
    Ok(findings)
}

/// Compares every file that the catalog names with its checksum; an error names the first one that
/// is missing or another than it was.
pub fn verify(disk: &dyn Disk, catalog: &Catalog) -> Result<()> {
    if let Some(line) = catalog.check()?.first() {
        return Err(Error::corrupt(format!("catalog.db: {line}")));
    }
    for meta in &catalog.load()?.segments {
        let crc = check_index(disk, meta)?;
        SegmentReader::open(disk, &meta.path, meta.bytes)?.verify(&meta.path, crc)?;
    }
    Ok(())
}

/// Reads the files of a segment through.
pub(crate) fn check_files(disk: &dyn Disk, meta: &SegmentMeta) -> Result<()> {
    let crc = check_index(disk, meta)?;
    check_segment(disk, meta, Some(crc))
}

/// Compares a segment's file with its checksum, where that is known, and decodes every value.
fn check_segment(disk: &dyn Disk, meta: &SegmentMeta, crc: Option<u32>) -> Result<()> {
    let reader = SegmentReader::open(disk, &meta.path, meta.bytes)?;
    if let Some(crc) = crc {
        reader.verify(&meta.path, crc)?;
    }
    let metadata = reader.metadata(&meta.path)?;
    let footer = describe(&metadata).map_err(|error| unreadable(&meta.path, error))?;
    if footer.number != meta.number.0 {
        let text = format!("it is segment {}, the catalog says {}", footer.number, meta.number.0);
        return Err(unreadable(&meta.path, text));
    }
    let failed = |error: parquet::errors::ParquetError| unreadable(&meta.path, error);
    let mut rows = 0;
    for batch in
        ParquetRecordBatchReaderBuilder::try_new(reader).map_err(failed)?.build().map_err(failed)?
    {
        rows += batch.map_err(|error| unreadable(&meta.path, error))?.num_rows() as u64;
    }
    if rows != meta.rows {
        let text = format!("{rows} rows where the catalog says {}", meta.rows);
        return Err(unreadable(&meta.path, text));
    }
    Ok(())
}

/// Reads a trace index through; returns the checksum that its segment's file must have.
fn check_index(disk: &dyn Disk, meta: &SegmentMeta) -> Result<u32> {
    let path = meta.index_path();
    let file = disk.open(&path).map_err(|error| unreadable(&path, error))?;
    let index = TraceIndex::open(file).map_err(|error| unreadable(&path, error))?;
    index.read_all().map_err(|error| unreadable(&path, error))?;
    Ok(index.file_crc())
}
