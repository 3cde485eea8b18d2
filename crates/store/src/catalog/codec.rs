//! Small lists of numbers as blobs.

use model::{Error, Result};

/// Ascending numbers as differences in LEB128.
pub(super) fn encode_ascending(numbers: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut previous = 0;
    for number in numbers {
        write(number - previous, &mut out);
        previous = number;
    }
    out
}

/// Reads what [`encode_ascending`] wrote.
pub(super) fn decode_ascending(bytes: &[u8]) -> Result<Vec<u32>> {
    let mut previous: u32 = 0;
    let mut numbers = decode(bytes)?;
    for number in &mut numbers {
        previous = previous.checked_add(*number).ok_or_else(damaged)?;
        *number = previous;
    }
    Ok(numbers)
}

/// Numbers in LEB128.
pub(super) fn encode(numbers: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    for number in numbers {
        write(*number, &mut out);
    }
    out
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    let (mut number, mut shift) = (0u64, 0);
    for byte in bytes {
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            numbers.push(u32::try_from(number).map_err(|_| damaged())?);
            (number, shift) = (0, 0);
        } else if shift > 28 {
            return Err(damaged());
        }
    }
    if shift != 0 { Err(damaged()) } else { Ok(numbers) }
}

fn write(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn damaged() -> Error {
    Error::corrupt("a list of numbers in the catalog is damaged")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Guarantees: lists read back, ascending ones too.
        #[test]
        fn reads_back(mut numbers in proptest::collection::vec(any::<u32>(), 0..50)) {
            prop_assert_eq!(decode(&encode(&numbers)).unwrap(), numbers.clone());
            numbers.sort_unstable();
            let bytes = encode_ascending(numbers.iter().copied());
            prop_assert_eq!(decode_ascending(&bytes).unwrap(), numbers);
        }
    }
}
