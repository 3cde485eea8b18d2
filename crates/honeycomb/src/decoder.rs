//! From a request's bytes to events, when it arrives and again when the log is replayed.
//!
//! Both go through one function, and everything that it needs beside the body stands in the log as
//! [`Facts`]: so replay gives the very events that were acknowledged.

use std::collections::BTreeMap;

use body::{ContentType, Encoding};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use model::{Batch, Error, Result, Signal, Timestamp};
use otlp::{DECODER_VERSION, Decoded, Unpacking};
use registry::KeyClass;
use store::Record;

use crate::events::{self, EVENTS_VERSION};
use crate::routing;

/// The number in the log of OpenTelemetry's door.
pub const DOOR: u16 = 1;
/// The number in the log of the door of plain events.
pub(crate) const EVENTS_DOOR: u16 = 2;

/// The versions of what decoding follows beside the request itself: no settings of OpenTelemetry's
/// datasets, or their depths. What has none is written as it was before there were any.
pub(crate) const SETTINGS_VERSION: u16 = 1;
pub(crate) const DEPTHS_VERSION: u16 = 2;

/// Most bytes of a replayed body, decompressed. It was under its server's limit when it came; this
/// only keeps a damaged record from taking all memory.
const REPLAY_BYTES_MAX: usize = 4 << 30;

/// What decoding must know of a request beside its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) signal: Signal,
    pub(crate) content: ContentType,
    pub(crate) encoding: Encoding,
    pub(crate) class: KeyClass,
    /// The dataset that the request names.
    pub(crate) dataset: String,
}

/// How many levels of JSON are taken apart, by the name of a dataset; those of none are left out.
pub(crate) type Depths = BTreeMap<String, u8>;

/// Bytes of facts before the name of the dataset.
const FACTS_BYTES: usize = 4;

impl Facts {
    /// Them as the log keeps them.
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(FACTS_BYTES + self.dataset.len());
        out.put_u8(self.signal.code());
        out.put_u8(self.content.code());
        out.put_u8(self.encoding.code());
        out.put_u8(u8::from(self.class == KeyClass::Classic));
        out.put_slice(self.dataset.as_bytes());
        out.freeze()
    }

    /// Them with depths, as the log keeps both.
    pub(crate) fn encode_with(&self, depths: &Depths) -> Bytes {
        let mut out = BytesMut::new();
        out.put_u32_le(depths.len() as u32);
        for (name, depth) in depths {
            out.put_u8(*depth);
            out.put_u32_le(name.len() as u32);
            out.put_slice(name.as_bytes());
        }
        out.put_slice(&self.encode());
        out.freeze()
    }

    fn decode_with(mut context: &[u8]) -> Option<(Self, Depths)> {
        let mut depths = Depths::new();
        for _ in 0..context.try_get_u32_le().ok()? {
            let depth = context.try_get_u8().ok()?;
            let length = context.try_get_u32_le().ok()? as usize;
            let (name, rest) = context.split_at_checked(length)?;
            depths.insert(String::from_utf8(name.to_vec()).ok()?, depth);
            context = rest;
        }
        Some((Self::decode(context)?, depths))
    }

    fn decode(context: &[u8]) -> Option<Self> {
        let [signal, content, encoding, class, dataset @ ..] = context else { return None };
        Some(Self {
            signal: Signal::from_code(*signal)?,
            content: ContentType::from_code(*content)?,
            encoding: Encoding::from_code(*encoding)?,
            class: match class {
                0 => KeyClass::Environment,
                1 => KeyClass::Classic,
                _ => return None,
            },
            dataset: String::from_utf8(dataset.to_vec()).ok()?,
        })
    }

    /// The events of a decompressed body. `depth` says how many levels of JSON are taken apart in
    /// texts of a dataset; unset where they are in none.
    pub(crate) fn events(
        &self,
        body: &Bytes,
        arrival: Timestamp,
        seed: u64,
        depth: Option<&dyn Fn(&str) -> u8>,
    ) -> Result<Decoded> {
        let dataset = |service: Option<&str>| {
            routing::dataset(self.signal, self.class, &self.dataset, service)
        };
        let unpacking = depth.map(|depth| Unpacking { depth, take_apart: events::take_apart });
        let context = otlp::Context { arrival, seed, dataset: &dataset, unpacking };
        otlp::decode(self.signal, self.content, body, &context)
    }
}

/// Decodes what the log keeps of these doors' requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decoder;

impl store::Decoder for Decoder {
    fn decode(&self, record: &Record) -> Result<Vec<Batch>> {
        let Record { arrival, seed, .. } = *record;
        let damaged = || Error::corrupt("what the log says of its body is damaged");
        let plain = |encoding| body::decompress(encoding, &record.body, REPLAY_BYTES_MAX);
        let batch = match (record.door, record.decoder_version, record.settings_version) {
            (DOOR, DECODER_VERSION, SETTINGS_VERSION) => {
                let facts = Facts::decode(&record.context).ok_or_else(damaged)?;
                facts.events(&plain(facts.encoding)?, arrival, seed, None)?.batch
            }
            (DOOR, DECODER_VERSION, DEPTHS_VERSION) => {
                let (facts, depths) = Facts::decode_with(&record.context).ok_or_else(damaged)?;
                let depth = |name: &str| depths.get(name).copied().unwrap_or_default();
                facts.events(&plain(facts.encoding)?, arrival, seed, Some(&depth))?.batch
            }
            (EVENTS_DOOR, EVENTS_VERSION, SETTINGS_VERSION) => {
                let facts = events::Facts::decode(&record.context).ok_or_else(damaged)?;
                facts.events(&plain(facts.encoding)?, arrival, seed)?.batch
            }
            (door, version, settings) => {
                return Err(Error::corrupt(format!(
                    "it came through door {door} in version {version} (settings {settings}), which \
                     this server does not know: start the version that wrote it, or a newer one"
                )));
            }
        };
        Ok(vec![batch])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: facts come out of the log as they went in, and damaged ones do not.
    #[test]
    fn facts_come_back() {
        let facts = Facts {
            signal: Signal::Logs,
            content: ContentType::Json,
            encoding: Encoding::Zstd,
            class: KeyClass::Classic,
            dataset: "döner shop".to_owned(),
        };
        let encoded = facts.encode();
        assert_eq!(Facts::decode(&encoded), Some(facts));
        assert_eq!(Facts::decode(&encoded[..3]), None);
        let mut wrong = encoded.to_vec();
        wrong[3] = 9;
        assert_eq!(Facts::decode(&wrong), None);
    }

    /// Guarantees: depths come out of the log with the facts beside them, and damaged ones do not.
    #[test]
    fn depths_come_back() {
        let facts = Facts {
            signal: Signal::Spans,
            content: ContentType::Protobuf,
            encoding: Encoding::Identity,
            class: KeyClass::Environment,
            dataset: String::new(),
        };
        let depths: Depths = [("shop".to_owned(), 3), ("döner".to_owned(), 10)].into();
        let encoded = facts.encode_with(&depths);
        assert_eq!(Facts::decode_with(&encoded), Some((facts, depths)));
        for end in 0..encoded.len() {
            assert_eq!(Facts::decode_with(&encoded[..end]), None, "{end}");
        }
    }
}
