//! The way of a request in: received under a cap, decoded, written, acknowledged.

use std::cell::RefCell;
use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderMap;
use body::{ContentType, Encoding, Lease, Received};
use bytes::Bytes;
use model::{Batch, Error, ErrorKind, Result, Signal, Timestamp};
use otlp::{DECODER_VERSION, Decoded, Problem};
use registry::{Admission, Sender};
use store::{Pending, Record};
use tokio::sync::oneshot;

use crate::auth;
use crate::counts::{Accepted, Doorway};
use crate::decoder::{DEPTHS_VERSION, DOOR, Depths, Facts, SETTINGS_VERSION};
use crate::door::Door;

/// Bodies from this size on are decoded on a thread of their own: a thread that serves connections
/// is not to be away for longer than about a millisecond.
const DECODE_APART_BYTES: usize = 1 << 20;

/// What an object of OpenTelemetry's JSON takes in memory, on average; a log record takes twice
/// that, and most objects are the values of attributes.
pub(crate) const OBJECT_BYTES: usize = 160;

/// What the points of metrics take in memory while they are joined, for each byte of a body: their
/// numbers and keys are as large as what an SDK sends of them.
const JOINED_BYTES: usize = 2;

/// What a request says of itself before its body.
pub(crate) struct Sent<'a> {
    pub(crate) doorway: Doorway,
    pub(crate) signal: Signal,
    pub(crate) content: ContentType,
    pub(crate) encoding: Encoding,
    pub(crate) headers: &'a HeaderMap,
}

/// A request that was received, with what the log keeps of it beside its body.
pub(crate) struct Letter {
    pub(crate) doorway: Doorway,
    pub(crate) sender: Sender,
    pub(crate) received: Received,
    /// The door's number in the log, and the version of its decoder.
    pub(crate) door: u16,
    pub(crate) decoder_version: u16,
    /// The facts that decoding follows.
    pub(crate) context: Bytes,
    /// Memory that decoding takes beside the body and the events.
    pub(crate) decoding_bytes: usize,
    /// Whether texts of events may lie in the body.
    pub(crate) points_into_body: bool,
}

/// A letter's events, and what else decoding found.
pub(crate) struct Opened<T> {
    pub(crate) batch: Batch,
    pub(crate) problems: Vec<Problem>,
    /// Facts that decoding found out, in place of the letter's, and their version.
    pub(crate) found: Option<(u16, Bytes)>,
    pub(crate) more: T,
}

/// Takes an export request in. Returns, once it is durable, what in it was refused.
pub(crate) async fn export(door: &Door, sent: &Sent<'_>, body: &mut Body) -> Result<Vec<Problem>> {
    let admission = auth::admit_sender(&door.parts.keys, sent.headers, sent.signal)?;
    let (limits, budget) = (door.parts.limits, &door.parts.budget);
    let received = body::receive(body, sent.encoding, limits, budget).await?;
    take(door, sent, &admission, received).await
}

/// Takes in an export request that was received. Returns, once it is durable, what in it was
/// refused.
pub(crate) async fn take(
    door: &Door,
    sent: &Sent<'_>,
    admission: &Admission,
    received: Received,
) -> Result<Vec<Problem>> {
    let Sent { doorway, signal, content, encoding, headers } = *sent;
    let dataset = auth::dataset(headers).to_owned();
    let facts = Facts { signal, content, encoding, class: admission.class, dataset };
    let letter = Letter {
        doorway,
        sender: Sender::admitted(admission, auth::presented(headers)),
        door: DOOR,
        decoder_version: DECODER_VERSION,
        context: facts.encode(),
        decoding_bytes: decoding_bytes(signal, content, &received.plain),
        points_into_body: content == ContentType::Protobuf,
        received,
    };
    let settings = &door.parts.datasets;
    let settings = settings.any_is_expanded().then(|| Arc::clone(settings));
    let environment = admission.environment;
    let open = move |body: &Bytes, arrival, seed| {
        let (decoded, found) = match settings {
            None => (facts.events(body, arrival, seed, None), None),
            Some(settings) => {
                let depths = RefCell::new(Depths::new());
                let depth = |name: &str| {
                    let depth = settings.expand_json_depth(environment, name);
                    if depth > 0 {
                        depths.borrow_mut().insert(name.to_owned(), depth);
                    }
                    depth
                };
                let decoded = facts.events(body, arrival, seed, Some(&depth));
                let depths = depths.into_inner();
                let found = (!depths.is_empty()).then(|| facts.encode_with(&depths));
                (decoded, found.map(|facts| (DEPTHS_VERSION, facts)))
            }
        };
        let Decoded { batch, problems, unrecorded } = decoded.map_err(not_parsed)?;
        Ok(Opened { batch, problems, found, more: unrecorded })
    };
    let (problems, unrecorded) = keep(door, letter, open).await?;
    door.counted.unrecorded(unrecorded);
    Ok(problems)
}

/// Decodes and writes what was received. Returns, once it is durable, what in it was refused and
/// what else decoding found.
pub(crate) async fn keep<T: Send + 'static>(
    door: &Door,
    letter: Letter,
    open: impl FnOnce(&Bytes, Timestamp, u64) -> Result<Opened<T>> + Send + 'static,
) -> Result<(Vec<Problem>, T)> {
    let Letter { doorway, sender, received, .. } = letter;
    let (budget, patience) = (&door.parts.budget, door.parts.limits.patience);
    let arrival = door.parts.clock.now();
    let seed = door.parts.random.next();
    let bytes = received.raw.len() as u64;
    let mut record = Record {
        door: letter.door,
        environment: sender.environment,
        arrival,
        seed,
        decoder_version: letter.decoder_version,
        settings_version: SETTINGS_VERSION,
        context: letter.context,
        body: received.raw,
    };
    let plain = received.plain;
    let _decoding = budget.reserve(letter.decoding_bytes, patience).await?;
    let plain_len = plain.len();
    let opened = if plain.len() < DECODE_APART_BYTES {
        open(&plain, arrival, seed)
    } else {
        tokio::task::spawn_blocking(move || open(&plain, arrival, seed))
            .await
            .map_err(|error| Error::bug("decoding a request").because(error))?
    };
    let Opened { batch, problems, found, more } = opened?;
    if let Some((version, facts)) = found {
        (record.settings_version, record.context) = (version, facts);
    }
    let events = batch.rows() as u64;
    if events > 0 {
        // What the log keeps is let go once it is written; the events stay until they are in a
        // segment. They point into the body where it was worth keeping.
        let points_into_body = letter.points_into_body && batch.bytes() >= plain_len;
        let (lease, body_lease) = if points_into_body {
            let mut lease = received.plain_lease;
            lease.resize(batch.bytes(), patience).await?;
            (lease, None)
        } else {
            let lease = budget.reserve(batch.bytes(), patience).await?;
            (lease, Some(received.plain_lease))
        };
        append(door, record, batch, lease, (received.raw_lease, body_lease)).await?;
    }
    let request = Accepted { arrival, bytes, events, problems: &problems };
    door.counted.accepted(doorway, &sender, &request);
    Ok((problems, more))
}

async fn append(
    door: &Door,
    record: Record,
    batch: Batch,
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

/// The memory that a body takes while it is decoded, beside its text and its events: every object
/// of JSON is one, and points of metrics are gathered before they are events.
fn decoding_bytes(signal: Signal, content: ContentType, body: &[u8]) -> usize {
    let objects = match content {
        ContentType::Protobuf => 0,
        ContentType::Json => objects_of_json(body),
    };
    let joined = if signal == Signal::Metrics { body.len() * JOINED_BYTES } else { 0 };
    objects + joined
}

/// The memory of the objects of a JSON text.
pub(crate) fn objects_of_json(body: &[u8]) -> usize {
    body.iter().filter(|byte| **byte == b'{').count() * OBJECT_BYTES
}

/// A request that cannot be read, in the words that Honeycomb uses.
fn not_parsed(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Invalid => error.while_doing("failed to parse OTLP request body"),
        _ => error,
    }
}
