//! Numbers as text, without allocating.
//!
//! The standard formatter costs several times as much as the digits themselves, and a generated
//! span holds half a dozen numbers as text.

/// Writes `value` right-aligned into `out`; digits that do not fit are cut, the rest is left.
pub(super) fn write_decimal(out: &mut [u8], mut value: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
}

/// Appends `value` in decimal.
pub(super) fn push_decimal(out: &mut Vec<u8>, value: u64) {
    let mut digits = [0; 20];
    write_decimal(&mut digits, value);
    let start = digits.iter().position(|&digit| digit != 0).unwrap_or(digits.len());
    out.extend_from_slice(&digits[start..]);
}

/// Writes the lowest bits of `value` as hex digits that fill `out`.
pub(super) fn write_hex(out: &mut [u8], mut value: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

/// A UUID of version 4 made from 128 random bits.
pub(super) fn uuid(high: u64, low: u64) -> [u8; 36] {
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    let mut text = [b'-'; 36];
    write_hex(&mut text[..8], high >> 32);
    write_hex(&mut text[9..13], high >> 16);
    write_hex(&mut text[14..18], high);
    write_hex(&mut text[19..23], low >> 48);
    write_hex(&mut text[24..], low);
    text
}

#[cfg(test)]
mod tests;
