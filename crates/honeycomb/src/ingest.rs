//! The way of a request in: received under a cap, decoded, written, acknowledged.

use axum::body::Body;
use axum::http::HeaderMap;
use body::{ContentType, Encoding, Lease};
use model::{Error, ErrorKind, Result, Signal};
use otlp::{DECODER_VERSION, Decoded, Problem};
use registry::Sender;
use store::{Pending, Record};
use tokio::sync::oneshot;

use crate::auth;
use crate::counts::{Accepted, Doorway};
use crate::decoder::{DOOR, Facts, SETTINGS_VERSION};
use crate::door::Door;

/// Bodies from this size on are decoded on a thread of their own: a thread that serves connections
/// is not to be away for longer than about a millisecond.
const DECODE_APART_BYTES: usize = 1 << 20;

/// What an object of OpenTelemetry's JSON takes in memory, on average; a log record takes twice
/// that, and most objects are the values of attributes.
const OBJECT_BYTES: usize = 160;

/// What a request says of itself before its body.
pub(crate) struct Sent<'a> {
    pub(crate) doorway: Doorway,
    pub(crate) signal: Signal,
    pub(crate) content: ContentType,
    pub(crate) encoding: Encoding,
    pub(crate) headers: &'a HeaderMap,
}

/// Takes a request in. Returns, once it is durable, what in it was refused.
pub(crate) async fn export(door: &Door, sent: &Sent<'_>, body: &mut Body) -> Result<Vec<Problem>> {
    let Sent { doorway, signal, content, encoding, headers } = *sent;
    let patience = door.parts.limits.patience;
    let admission = auth::admit_sender(&door.parts.keys, headers, signal)?;
    let sender = Sender::admitted(&admission, auth::presented(headers));
    let received = body::receive(body, encoding, door.parts.limits, &door.parts.budget).await?;
    let facts = Facts {
        signal,
        content,
        encoding,
        class: admission.class,
        dataset: auth::dataset(headers).to_owned(),
    };
    let arrival = door.parts.clock.now();
    let bytes = received.raw.len() as u64;
    let accepted = |events: u64, problems: &[Problem]| {
        let request = Accepted { arrival, bytes, events, problems };
        door.counted.accepted(doorway, &sender, &request);
    };
    let seed = door.parts.random.next();
    let record = Record {
        door: DOOR,
        environment: admission.environment,
        arrival,
        seed,
        decoder_version: DECODER_VERSION,
        settings_version: SETTINGS_VERSION,
        context: facts.encode(),
        body: received.raw,
    };
    let plain = received.plain;
    let _objects = door.parts.budget.reserve(objects(content, &plain), patience).await?;
    let plain_len = plain.len();
    let decoded = if plain.len() < DECODE_APART_BYTES {
        facts.events(&plain, arrival, seed)
    } else {
        let decode = move || facts.events(&plain, arrival, seed);
        tokio::task::spawn_blocking(decode)
            .await
            .map_err(|error| Error::bug("decoding a request").because(error))?
    };
    let Decoded { batch, problems } = decoded.map_err(not_parsed)?;
    let rows = batch.rows() as u64;
    if rows == 0 {
        accepted(0, &problems);
        return Ok(problems);
    }
    // What the log keeps is let go once it is written; the events stay until they are in a segment.
    // They point into the body where it was protobuf and worth keeping.
    let points_into_body = content == ContentType::Protobuf && batch.bytes() >= plain_len;
    let (lease, body_lease) = if points_into_body {
        let mut lease = received.plain_lease;
        lease.resize(batch.bytes(), patience).await?;
        (lease, None)
    } else {
        let lease = door.parts.budget.reserve(batch.bytes(), patience).await?;
        (lease, Some(received.plain_lease))
    };
    append(door, record, batch, lease, (received.raw_lease, body_lease)).await?;
    accepted(rows, &problems);
    Ok(problems)
}

async fn append(
    door: &Door,
    record: Record,
    batch: model::Batch,
    lease: Lease,
    until_written: (Lease, Option<Lease>),
) -> Result<()> {
    let (tell, told) = oneshot::channel();
    let done = move |appended: Result<store::Lsn>| {
        drop(until_written);
        // Nobody listens if the client has gone away; the request is kept all the same.
        drop(tell.send(appended));
    };
    door.parts.intake.append(Pending {
        record,
        batches: vec![batch],
        lease: Some(Box::new(lease)),
        done: Box::new(done),
    });
    let told = told.await.map_err(|_| Error::bug("the log writer ended"))?;
    told.map(drop)
}

/// The memory that JSON takes while it is decoded, beside its text: every object is one.
fn objects(content: ContentType, body: &[u8]) -> usize {
    match content {
        ContentType::Protobuf => 0,
        ContentType::Json => body.iter().filter(|byte| **byte == b'{').count() * OBJECT_BYTES,
    }
}

/// A request that cannot be read, in the words that Honeycomb uses.
fn not_parsed(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Invalid => error.while_doing("failed to parse OTLP request body"),
        _ => error,
    }
}
