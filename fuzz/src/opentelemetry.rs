//! Export requests of OpenTelemetry's. The first byte says of which signal.

use std::sync::LazyLock;

use body::ContentType;
use bytes::Bytes;
use model::{Signal, Timestamp};
use otlp::Context;

use crate::rows;

const ARRIVAL: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

static IS_PLANTED: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os("TRACKWAY_FUZZ_PLANT").is_some());

pub(crate) fn protobuf(data: &[u8]) {
    read(ContentType::Protobuf, data);
}

pub(crate) fn json(data: &[u8]) {
    read(ContentType::Json, data);
}

fn read(content: ContentType, data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let signal = [Signal::Spans, Signal::Logs, Signal::Metrics][usize::from(*first) % 3];
    let dataset = |name: Option<&str>| name.unwrap_or("none").to_owned();
    let context = Context { arrival: ARRIVAL, seed: 1, dataset: &dataset, unpacking: None };
    let Ok(decoded) = otlp::decode(signal, content, &Bytes::copy_from_slice(body), &context) else {
        return;
    };
    rows::read(&decoded.batch);
    drop(otlp::success(signal, content, &decoded.problems));
    assert!(!*IS_PLANTED || !rows::has_negative_median(&decoded.batch), "the planted bug");
}
