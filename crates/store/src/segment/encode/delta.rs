//! Parquet's delta encodings: integers close to their neighbours, and texts that share a beginning.
//!
//! Within a sorted row group the times of one place in the program follow each other closely, and
//! near-unique texts (addresses, statements) repeat their front part.

use super::rle::{pack_bits, write_varint};

/// Values per block; a block states its smallest difference.
const BLOCK: usize = 128;
/// Values per miniblock; a miniblock states its width in bits.
const MINIBLOCK: usize = 32;

/// Appends `values` as DELTA_BINARY_PACKED.
pub(crate) fn encode_ints(values: &[i64], out: &mut Vec<u8>) {
    write_varint(BLOCK as u64, out);
    write_varint((BLOCK / MINIBLOCK) as u64, out);
    write_varint(values.len() as u64, out);
    let Some(first) = values.first() else {
        write_varint(0, out);
        return;
    };
    write_varint(zigzag(*first), out);
    let mut deltas = [0i64; BLOCK];
    let mut previous = *first;
    for block in values[1..].chunks(BLOCK) {
        for (delta, value) in deltas.iter_mut().zip(block) {
            *delta = value.wrapping_sub(previous);
            previous = *value;
        }
        encode_block(&deltas[..block.len()], out);
    }
}

fn encode_block(deltas: &[i64], out: &mut Vec<u8>) {
    let least = deltas.iter().copied().min().unwrap_or_default();
    write_varint(zigzag(least), out);
    let above = |delta: &i64| delta.wrapping_sub(least) as u64;
    let mut widths = [0u8; BLOCK / MINIBLOCK];
    for (width, miniblock) in widths.iter_mut().zip(deltas.chunks(MINIBLOCK)) {
        let bits = miniblock.iter().fold(0, |bits, delta| bits | above(delta));
        *width = (u64::BITS - bits.leading_zeros()) as u8;
    }
    out.extend_from_slice(&widths);
    for (width, miniblock) in widths.iter().zip(deltas.chunks(MINIBLOCK)) {
        let start = out.len();
        pack_bits(miniblock.iter().map(above), *width, out);
        out.resize(start + MINIBLOCK * usize::from(*width) / 8, 0);
    }
}

/// Appends `texts` as DELTA_BYTE_ARRAY: the length shared with the text before, then the rest.
pub(crate) fn encode_texts<'a>(texts: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    let (mut shared_lengths, mut rest_lengths) = (Vec::new(), Vec::new());
    let mut rests = Vec::new();
    let mut previous: &[u8] = &[];
    for text in texts {
        let shared = previous.iter().zip(text).take_while(|(a, b)| a == b).count();
        shared_lengths.push(shared as i64);
        rest_lengths.push((text.len() - shared) as i64);
        rests.extend_from_slice(&text[shared..]);
        previous = text;
    }
    encode_ints(&shared_lengths, out);
    encode_ints(&rest_lengths, out);
    out.extend_from_slice(&rests);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}
