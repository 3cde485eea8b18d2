//! What the log keeps of a request: its bytes as received, and all that decoding took from outside.
//!
//! Replay decodes the same bytes with the same facts and so gives the same events. Nothing else may
//! influence decoding.

use bytes::{Buf, BufMut, Bytes};
use model::{EnvironmentId, Timestamp};

/// A place in the log: requests are numbered from 1 in the order in which they were acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// Before the first request.
    pub const NONE: Self = Self(0);

    /// The place `count` requests further on.
    #[must_use]
    pub const fn plus(self, count: u64) -> Self {
        Self(self.0 + count)
    }
}

impl std::fmt::Display for Lsn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One request as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which decoder understands `context` and `body`.
    pub door: u16,
    /// Where its key led.
    pub environment: EnvironmentId,
    /// When it arrived.
    pub arrival: Timestamp,
    /// Decides whatever decoding leaves to chance.
    pub seed: u64,
    /// The decoder's version when it was accepted.
    pub decoder_version: u16,
    /// The version of the settings that decoding follows.
    pub settings_version: u16,
    /// What the decoder must know beside the body, in its own form: content type, encoding, names.
    pub context: Bytes,
    /// The body as received, still compressed if it was.
    pub body: Bytes,
}

/// Bytes of a record beside its context and body.
const FIXED_BYTES: usize = 2 + 4 + 8 + 8 + 2 + 2 + 4 + 4;

impl Record {
    /// Its length in the log.
    pub(crate) fn encoded_len(&self) -> usize {
        FIXED_BYTES + self.context.len() + self.body.len()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16_le(self.door);
        out.put_u32_le(self.environment.0);
        out.put_i64_le(self.arrival.nanos());
        out.put_u64_le(self.seed);
        out.put_u16_le(self.decoder_version);
        out.put_u16_le(self.settings_version);
        out.put_u32_le(self.context.len() as u32);
        out.put_u32_le(self.body.len() as u32);
        out.put_slice(&self.context);
        out.put_slice(&self.body);
    }

    /// Reads one record off the front of `bytes`, without a copy; `None` if they end too early.
    pub(crate) fn decode(bytes: &mut Bytes) -> Option<Self> {
        if bytes.len() < FIXED_BYTES {
            return None;
        }
        let door = bytes.get_u16_le();
        let environment = EnvironmentId(bytes.get_u32_le());
        let arrival = Timestamp::from_nanos(bytes.get_i64_le());
        let seed = bytes.get_u64_le();
        let decoder_version = bytes.get_u16_le();
        let settings_version = bytes.get_u16_le();
        let context_len = bytes.get_u32_le() as usize;
        let body_len = bytes.get_u32_le() as usize;
        if bytes.len() < context_len + body_len {
            return None;
        }
        let context = bytes.split_to(context_len);
        let body = bytes.split_to(body_len);
        Some(Self {
            door,
            environment,
            arrival,
            seed,
            decoder_version,
            settings_version,
            context,
            body,
        })
    }
}
