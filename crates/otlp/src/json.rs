//! OpenTelemetry's JSON, rewritten as protobuf.
//!
//! Lenient where clients differ: ids are hex in any case, or base64; 64-bit numbers are numbers or
//! text; enums are numbers or their names; fields are in camel case or as in the protobuf files;
//! unknown fields and nulls are passed over.

mod messages;
mod metrics;
mod scalars;

use model::{Error, Result, Signal};
use serde::Deserialize;

use crate::wire::Writer;
use messages::{LogsRequest, TracesRequest};
use metrics::MetricsRequest;

/// Rewrites an export request. Errors name the line and column.
pub(crate) fn to_protobuf(signal: Signal, body: &[u8]) -> Result<Vec<u8>> {
    let mut writer = Writer::default();
    match signal {
        Signal::Spans => parse::<TracesRequest<'_>>(body)?.write(&mut writer),
        Signal::Logs => parse::<LogsRequest<'_>>(body)?.write(&mut writer),
        Signal::Metrics => parse::<MetricsRequest<'_>>(body)?.write(&mut writer),
        Signal::Events => return Err(crate::not_carried(signal)),
    }
    Ok(writer.into_bytes())
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Error::invalid(format!("line {line}, column {column}: {what}"))
    })
}
