//! Events and batches of Honeycomb's clients, through the decoder of the log: the first byte says
//! in which form, and what the request's headers said.

use bytes::{BufMut, Bytes, BytesMut};
use model::{EnvironmentId, Timestamp};
use store::{Decoder as _, Record};

use crate::rows;

/// The number of the door in the log, and the versions of its decoder and of its settings.
const DOOR: u16 = 2;
const VERSION: u16 = 1;

pub(crate) fn read(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let mut context = BytesMut::new();
    context.put_u8(first & 1);
    context.put_u8(0);
    context.put_u8(first >> 2 & 3);
    match first & 2 {
        0 => context.put_u8(0),
        _ => {
            let time = b"2023-11-14T22:13:20.5Z";
            context.put_u8(1);
            context.put_u32_le(10);
            context.put_u32_le(time.len() as u32);
            context.put_slice(time);
        }
    }
    context.put_slice(b"fuzzed");
    let record = Record {
        door: DOOR,
        environment: EnvironmentId(1),
        arrival: Timestamp::from_nanos(1_700_000_000_000_000_000),
        seed: 1,
        decoder_version: VERSION,
        settings_version: VERSION,
        context: context.freeze(),
        body: Bytes::copy_from_slice(body),
    };
    match honeycomb::Decoder.decode(&record) {
        Ok(batches) => batches.iter().for_each(rows::read),
        Err(error) => assert!(!error.to_string().contains("does not know"), "{error}"),
    }
}
