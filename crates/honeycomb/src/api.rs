//! The operations, a file each.

pub(crate) mod export;
pub(crate) mod export_metrics;
