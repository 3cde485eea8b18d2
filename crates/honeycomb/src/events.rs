//! Plain events, as Honeycomb's clients send them alone or in batches, into rows.
//!
//! An event is kept as its client sent it: each field is an attribute of that name. Only ids of a
//! trace and its spans go to columns of their own, where they are spelled exactly as those give
//! them back, so that the event is found in its trace. An event with a fault is refused alone;
//! bytes that are no JSON or MessagePack refuse the request.

mod apart;
mod event;
mod json;
mod msgpack;
mod outcome;
mod reading;
mod row;
mod time;

use body::Encoding;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use model::{Batch, BatchBuilder, Result, Signal, Timestamp};

use event::Event;
use row::Rows;

pub(crate) use apart::take_apart;
pub(crate) use outcome::{
    EMPTY, MALFORMED, Outcome, TOO_LARGE, answer_json, answer_msgpack, problems,
};
pub(crate) use time::Said;

/// The version of the translation. Replay decodes a request with the one it was accepted under.
pub(crate) const EVENTS_VERSION: u16 = 1;

/// Most events of a request: each is answered by up to twenty times the bytes that it takes.
const EVENTS_MAX: usize = 200_000;
/// Most bytes of an event, as it was sent: clients stop at a million.
pub(crate) const EVENT_BYTES_MAX: usize = 1 << 20;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Msgpack,
}

impl Form {
    /// Reads a `Content-Type` header. What does not say MessagePack is JSON, whatever it says: curl
    /// calls everything a form, and Honeycomb takes it.
    pub(crate) fn of(header: Option<&str>) -> Self {
        let name = header.unwrap_or_default().split(';').next().unwrap_or_default();
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "application/msgpack" | "application/x-msgpack" => Self::Msgpack,
            _ => Self::Json,
        }
    }
}

/// How many events a body has, and where their time and sample rate stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// One, whose time and sample rate are in the headers.
    One {
        /// The time as it was said, empty if it was not.
        time: String,
        /// How many events it stands for.
        sample_rate: u32,
    },
    /// Any number, each with a time and sample rate of its own.
    Many,
}

/// What decoding must know of a request beside its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) form: Form,
    pub(crate) encoding: Encoding,
    /// How many levels of objects become fields of their own.
    pub(crate) depth: u8,
    pub(crate) count: Count,
    /// The name of the dataset.
    pub(crate) dataset: String,
}

/// A decoded request.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The events that are kept.
    pub(crate) batch: Batch,
    /// What became of each event.
    pub(crate) outcomes: Vec<Outcome>,
    /// Whether there was nothing in the body.
    pub(crate) is_blank: bool,
}

impl Facts {
    /// Them as the log keeps them.
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(16 + self.dataset.len());
        out.put_u8(match self.form {
            Form::Json => 0,
            Form::Msgpack => 1,
        });
        out.put_u8(self.encoding.code());
        out.put_u8(self.depth);
        match &self.count {
            Count::Many => out.put_u8(0),
            Count::One { time, sample_rate } => {
                out.put_u8(1);
                out.put_u32_le(*sample_rate);
                out.put_u32_le(time.len() as u32);
                out.put_slice(time.as_bytes());
            }
        }
        out.put_slice(self.dataset.as_bytes());
        out.freeze()
    }

    /// Them as they were encoded; none if the bytes are damaged.
    pub(crate) fn decode(mut context: &[u8]) -> Option<Self> {
        let form = match context.try_get_u8().ok()? {
            0 => Form::Json,
            1 => Form::Msgpack,
            _ => return None,
        };
        let encoding = Encoding::from_code(context.try_get_u8().ok()?)?;
        let depth = context.try_get_u8().ok()?;
        let count = match context.try_get_u8().ok()? {
            0 => Count::Many,
            1 => {
                let sample_rate = context.try_get_u32_le().ok()?;
                let length = context.try_get_u32_le().ok()? as usize;
                let (time, rest) = context.split_at_checked(length)?;
                context = rest;
                Count::One { time: String::from_utf8(time.to_vec()).ok()?, sample_rate }
            }
            _ => return None,
        };
        let dataset = String::from_utf8(context.to_vec()).ok()?;
        Some(Self { form, encoding, depth, count, dataset })
    }

    /// The events of a decompressed body.
    pub(crate) fn events(&self, body: &Bytes, arrival: Timestamp, seed: u64) -> Result<Decoded> {
        let mut builder = BatchBuilder::new(Signal::Events, body.clone(), seed);
        builder.start_run(&self.dataset);
        let is_blank = body.iter().all(u8::is_ascii_whitespace);
        let mut rows = Rows { builder, arrival, outcomes: Vec::new() };
        if !is_blank {
            let mut event = Event::new(self.depth);
            match (self.form, &self.count) {
                (Form::Json, Count::Many) => reading::json_batch(body, &mut event, &mut rows)?,
                (Form::Msgpack, Count::Many) => {
                    reading::msgpack_batch(body, &mut event, &mut rows)?;
                }
                (form, Count::One { time, sample_rate }) => {
                    event.time = Said::Text(time.as_str().into());
                    event.sample_rate = *sample_rate;
                    match form {
                        Form::Json => reading::json_event(body, &mut event)?,
                        Form::Msgpack => reading::msgpack_event(body, &mut event)?,
                    }
                    rows.add(&event);
                }
            }
        }
        let Rows { mut builder, outcomes, .. } = rows;
        builder.end_run();
        Ok(Decoded { batch: builder.finish(), outcomes, is_blank })
    }
}

/// How many events a body in MessagePack says that it has, as far as they are taken.
pub(crate) fn msgpack_events(body: &[u8]) -> usize {
    match msgpack::Reader::new(body).value() {
        Ok(msgpack::Msgpack::List(count)) => (count as usize).min(EVENTS_MAX).min(body.len()),
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
