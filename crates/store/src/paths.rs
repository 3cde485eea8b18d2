//! Where things lie in the data folder.

use std::path::{Path, PathBuf};

use model::{EnvironmentId, Signal};

use crate::flush::plan::SegmentPlan;
use crate::segment::Partition;

/// Segments.
pub(crate) const SEGMENTS: &str = "segments";
/// Files that no row of the catalog names.
pub(crate) const QUARANTINE: &str = "quarantine";
/// The catalog.
pub const CATALOG: &str = "catalog.db";
/// Held while a server has the folder.
pub const LOCK: &str = "lock";

/// The folder of a partition's segments.
pub(crate) fn partition_folder(
    environment: EnvironmentId,
    signal: Signal,
    partition: Partition,
) -> PathBuf {
    let signal = Path::new(SEGMENTS).join(environment.to_string()).join(signal.name());
    signal.join(partition.folder())
}

/// The file of a new segment.
pub(crate) fn segment_path(plan: &SegmentPlan, random: u64) -> PathBuf {
    partition_folder(plan.environment, plan.signal, plan.partition)
        .join(format!("{random:016x}.parquet"))
}
