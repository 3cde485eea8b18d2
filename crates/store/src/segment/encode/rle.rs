//! Parquet's hybrid of run lengths and bit packing, for definition levels and dictionary codes.
//!
//! Rows are sorted before they are written, so most columns are a few long runs. A run costs two or
//! three bytes here and later answers a query as one run; what lies between runs is bit-packed in
//! groups of eight.

/// A run shorter than this is cheaper bit-packed with its neighbours.
const RUN_MIN: usize = 16;
/// Bit-packed values come in groups of this size.
const GROUP: usize = 8;

/// The bits that codes below `count` need.
pub(crate) fn bit_width(count: usize) -> u8 {
    match count {
        0 | 1 => 0,
        _ => (usize::BITS - (count - 1).leading_zeros()) as u8,
    }
}

/// Appends `values`, each of at most `width` bits, to `out`.
pub(crate) fn encode(values: &[u32], width: u8, out: &mut Vec<u8>) {
    let mut literal_start = 0;
    let mut at = 0;
    while at < values.len() {
        let value = values[at];
        let run = values[at..].iter().take_while(|other| **other == value).count();
        // Values before the run are packed in whole groups: the run lends what is missing.
        let lent = (GROUP - (at - literal_start) % GROUP) % GROUP;
        if run >= RUN_MIN + lent {
            pack(&values[literal_start..at + lent], width, out);
            write_varint(((run - lent) as u64) << 1, out);
            let bytes = usize::from(width).div_ceil(8);
            out.extend_from_slice(&value.to_le_bytes()[..bytes]);
            literal_start = at + run;
        }
        at += run;
    }
    pack(&values[literal_start..], width, out);
}

/// Appends one bit-packed stretch; the last group is padded with zeros.
fn pack(values: &[u32], width: u8, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(GROUP);
    write_varint((groups as u64) << 1 | 1, out);
    let start = out.len();
    pack_bits(values.iter().map(|value| u64::from(*value)), width, out);
    out.resize(start + groups * usize::from(width), 0);
}

/// Appends values of `width` bits each, lowest bits first, and pads the last byte.
pub(super) fn pack_bits(values: impl Iterator<Item = u64>, width: u8, out: &mut Vec<u8>) {
    let mut buffer: u128 = 0;
    let mut filled = 0;
    for value in values {
        buffer |= u128::from(value) << filled;
        filled += u32::from(width);
        while filled >= 32 {
            out.extend_from_slice(&(buffer as u32).to_le_bytes());
            buffer >>= 32;
            filled -= 32;
        }
    }
    let bytes = (filled as usize).div_ceil(8);
    out.extend_from_slice(&(buffer as u32).to_le_bytes()[..bytes]);
}

/// Appends an unsigned LEB128 number.
pub(super) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests;
