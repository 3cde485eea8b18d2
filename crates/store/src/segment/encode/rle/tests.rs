use proptest::prelude::*;

use super::*;

/// A decoder written from the format's description, for these tests alone.
fn decode(bytes: &[u8], width: u8, count: usize) -> Vec<u32> {
    let mut values = Vec::new();
    let mut at = 0;
    while values.len() < count {
        let (mut header, mut shift) = (0u64, 0);
        loop {
            let byte = bytes[at];
            at += 1;
            header |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        if header & 1 == 0 {
            let size = usize::from(width).div_ceil(8);
            let mut value = [0; 4];
            value[..size].copy_from_slice(&bytes[at..at + size]);
            at += size;
            let run = (header >> 1) as usize;
            values.extend(std::iter::repeat_n(u32::from_le_bytes(value), run));
            continue;
        }
        let size = (header >> 1) as usize * usize::from(width);
        let packed = &bytes[at..at + size];
        at += size;
        for index in 0..(header >> 1) as usize * GROUP {
            let mut value = 0;
            for bit in 0..usize::from(width) {
                let place = index * usize::from(width) + bit;
                value |= u32::from(packed[place / 8] >> (place % 8) & 1) << bit;
            }
            values.push(value);
        }
    }
    assert_eq!(at, bytes.len(), "nothing is left over");
    values.truncate(count);
    values
}

/// Guarantees: the bits suffice for the largest code.
#[test]
fn widths() {
    let widths: Vec<_> = [0, 1, 2, 3, 4, 5, 256, 257].map(bit_width).into();
    assert_eq!(widths, [0, 0, 1, 2, 2, 3, 8, 9]);
}

/// Guarantees: a column of one value costs a few bytes however long it is.
#[test]
fn constant_column() {
    let mut out = Vec::new();
    encode(&[3; 131_072], 2, &mut out);
    assert!(out.len() <= 4, "{out:?}");
}

proptest! {
    /// Guarantees: what is written reads back, for runs and mixtures of any length and width.
    #[test]
    fn reads_back(
        runs in proptest::collection::vec((0u32..1 << 17, 1usize..60), 0..40),
        width in 1u8..18,
    ) {
        let mask = (1u32 << width) - 1;
        let values: Vec<u32> =
            runs.iter().flat_map(|(v, n)| std::iter::repeat_n(v & mask, *n)).collect();
        let mut out = Vec::new();
        encode(&values, width, &mut out);
        prop_assert_eq!(decode(&out, width, values.len()), values);
    }
}
