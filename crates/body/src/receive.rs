//! Takes a body off the network.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt as _;
use model::{Error, ErrorKind, Result};

use crate::inflate::{Inflate, Step};
use crate::{Budget, Encoding, Lease};

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes, as sent and decompressed.
    pub body_bytes: usize,
    /// How long a body waits for memory that others use.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        // OpenTelemetry collectors take 20 MiB, Honeycomb 15; senders that batch by count alone
        // exceed both.
        Self { body_bytes: 64 << 20, patience: Duration::from_secs(2) }
    }
}

/// A body, as sent and as meant.
#[derive(Debug)]
pub struct Received {
    /// The bytes as they came: what the log keeps.
    pub raw: Bytes,
    /// The bytes decompressed; the same buffer where nothing was compressed.
    pub plain: Bytes,
    /// The memory of `raw`, where it is a buffer of its own.
    pub raw_lease: Lease,
    /// The memory of `plain`.
    pub plain_lease: Lease,
}

/// Receives a body and decompresses it, reserving memory as it grows.
///
/// Errors say `TooLarge` beyond a limit, `Throttled` if memory does not come free in time,
/// `Stalled` if the body itself gave up waiting for its sender, and `Invalid` if the bytes are not
/// what their encoding says.
pub async fn receive<B>(
    body: B,
    encoding: Encoding,
    limits: Limits,
    budget: &Budget,
) -> Result<Received>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (raw, lease) = collect(body, limits, budget).await?;
    let Some(mut inflate) = Inflate::new(encoding, &raw, limits.body_bytes)? else {
        let raw_lease = budget.reserve(0, limits.patience).await?;
        return Ok(Received { plain: raw.clone(), raw, raw_lease, plain_lease: lease });
    };
    let mut plain_lease = budget.reserve(inflate.next(), limits.patience).await?;
    while inflate.step()? == Step::Goes {
        plain_lease.resize(inflate.held_next(), limits.patience).await?;
        // Others that this thread serves come in between.
        tokio::task::yield_now().await;
    }
    let plain = inflate.finish();
    plain_lease.resize(plain.len(), limits.patience).await?;
    Ok(Received { raw, plain, raw_lease: lease, plain_lease })
}

async fn collect<B>(mut body: B, limits: Limits, budget: &Budget) -> Result<(Bytes, Lease)>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let announced = body.size_hint().exact().unwrap_or(0);
    let too_large = || {
        let mib = limits.body_bytes >> 20;
        Error::new(ErrorKind::TooLarge, format!("the body is larger than {mib} MiB"))
    };
    if announced > limits.body_bytes as u64 {
        return Err(too_large());
    }
    let mut lease = budget.reserve(0, limits.patience).await?;
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(broken_off)?;
        let Ok(data) = frame.into_data() else { continue };
        let length = first.len() + all.len() + data.len();
        if length > limits.body_bytes {
            return Err(too_large());
        }
        // A promise of length is not memory yet: it is reserved as bytes really come.
        if lease.bytes() < length {
            let ahead = (length * 2).min(announced as usize).max(length);
            lease.resize(ahead, limits.patience).await?;
        }
        if first.is_empty() && all.is_empty() {
            // Small bodies come in one piece and need no copy.
            first = data;
            continue;
        }
        if !first.is_empty() {
            all.reserve(lease.bytes());
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&data);
    }
    let body = if all.is_empty() { first } else { all.freeze() };
    lease.resize(body.len(), limits.patience).await?;
    Ok((body, lease))
}

/// Why a body did not come to its end. That it was waited for too long is told apart, by an error
/// beneath that says so.
pub fn broken_off(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let error = error.into();
    let mut beneath: Option<&(dyn std::error::Error + 'static)> = Some(&*error);
    while let Some(cause) = beneath {
        let is_late = cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut);
        if is_late {
            return Error::new(ErrorKind::Stalled, "the body stopped coming").because(error);
        }
        beneath = cause.source();
    }
    Error::invalid("the body broke off").because(error)
}

#[cfg(test)]
mod tests;
