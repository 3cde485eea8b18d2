//! Errors of the libraries beneath, in the project's own shape.

use std::time::Duration;

use arrow::error::ArrowError;
use datafusion_common::DataFusionError;
use model::{Error, ErrorKind};
use parquet::errors::ParquetError;

/// An error of a computation on columns.
pub(crate) fn arrow_failed(error: ArrowError) -> Error {
    Error::bug("computing on columns").because(error)
}

/// An error of the engine. Its own words name every column of a table and plan nodes, so only what
/// a caller can act on is said, and the rest is the source.
pub(crate) fn engine_failed(error: DataFusionError) -> Error {
    let root = error.find_root();
    match root {
        DataFusionError::ResourcesExhausted(_) => Error::new(
            ErrorKind::TooCostly,
            "the query needs more memory than it may use: narrow the time range, group by fewer \
             fields, or raise --query-memory",
        )
        .because(error),
        DataFusionError::IoError(_) => {
            Error::unavailable(Duration::from_secs(1), "spilling a query to disk failed")
                .because(error)
        }
        _ => Error::bug("running a query").because(error),
    }
}

/// Our errors on their way through the engine.
pub(crate) fn through_engine(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// Our errors on their way through a Parquet reader.
pub(crate) fn through_arrow(error: Error) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

/// An error of a file.
pub(crate) fn file_failed(path: &std::path::Path, error: ParquetError) -> Error {
    store::unreadable(path, error)
}
