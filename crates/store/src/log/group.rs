//! A group: the requests of one write and one sync.

use crc32fast::Hasher;

use super::slot::PAGE_BYTES;
use crate::record::{Lsn, Record};

const MAGIC: u32 = u32::from_le_bytes(*b"TWG1");
/// Bytes of a group's header.
pub(super) const HEADER_LEN: usize = 40;

/// What stands before a group's requests.
///
/// It names the group before it, so that a missing group in the middle is noticed. Its own checksum
/// is seeded with the file's key; that of the payload is not, since a group written a second time
/// into another file is still the same group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupHeader {
    /// The first request.
    pub(super) first: Lsn,
    /// How many requests there are.
    pub(super) count: u32,
    /// Bytes of the requests.
    pub(super) payload_len: u32,
    /// Their checksum.
    pub(super) payload_crc: u32,
    /// The last request of the group before.
    pub(super) previous: Lsn,
    /// The payload checksum of the group before.
    pub(super) previous_crc: u32,
}

impl GroupHeader {
    /// The last request.
    pub(super) fn last(&self) -> Lsn {
        Lsn(self.first.0 + u64::from(self.count) - 1)
    }

    /// Bytes that the group takes up in the file.
    pub(super) fn padded_len(&self) -> u64 {
        (HEADER_LEN as u64 + u64::from(self.payload_len)).next_multiple_of(PAGE_BYTES)
    }

    /// Writes the requests into `buffer`, leaving room for the header, and notes length and
    /// checksum.
    pub(super) fn put_together<'a>(
        &mut self,
        records: impl Iterator<Item = &'a Record>,
        buffer: &mut Vec<u8>,
    ) {
        buffer.clear();
        buffer.resize(HEADER_LEN, 0);
        for record in records {
            buffer.reserve(record.encoded_len());
            record.encode(buffer);
        }
        self.payload_len = (buffer.len() - HEADER_LEN) as u32;
        self.payload_crc = crc32fast::hash(&buffer[HEADER_LEN..]);
        buffer.resize(self.padded_len() as usize, 0);
    }

    /// The bytes of the group with this payload, with room for the header.
    pub(super) fn buffer(&self, payload: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; self.padded_len() as usize];
        buffer[HEADER_LEN..HEADER_LEN + payload.len()].copy_from_slice(payload);
        buffer
    }

    /// Writes the header to the front of `buffer`, for a file of this key.
    pub(super) fn seal(&self, key: u64, buffer: &mut [u8]) {
        let mut header = Vec::with_capacity(HEADER_LEN);
        header.extend_from_slice(&MAGIC.to_le_bytes());
        header.extend_from_slice(&self.first.0.to_le_bytes());
        header.extend_from_slice(&self.count.to_le_bytes());
        header.extend_from_slice(&self.payload_len.to_le_bytes());
        header.extend_from_slice(&self.payload_crc.to_le_bytes());
        header.extend_from_slice(&self.previous.0.to_le_bytes());
        header.extend_from_slice(&self.previous_crc.to_le_bytes());
        let crc = header_crc(key, &header);
        header.extend_from_slice(&crc.to_le_bytes());
        buffer[..HEADER_LEN].copy_from_slice(&header);
    }

    /// Reads a header of a file of this key.
    pub(super) fn decode(key: u64, bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_LEN)?;
        let short = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or([0; 4]));
        let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or([0; 8]));
        if short(0) != MAGIC || short(36) != header_crc(key, &bytes[..36]) {
            return None;
        }
        let header = Self {
            first: Lsn(long(4)),
            count: short(12),
            payload_len: short(16),
            payload_crc: short(20),
            previous: Lsn(long(24)),
            previous_crc: short(32),
        };
        (header.count > 0).then_some(header)
    }
}

fn header_crc(key: u64, header: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&key.to_le_bytes());
    hasher.update(header);
    hasher.finalize()
}
