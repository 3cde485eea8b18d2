use super::*;

/// Guarantees: numbers read as the standard formatter writes them.
#[test]
fn decimals_and_hex() {
    for value in [0, 7, 10, 90, 1_234_567, u64::MAX] {
        let mut out = b"x".to_vec();
        push_decimal(&mut out, value);
        assert_eq!(out, format!("x{value}").into_bytes());
        let mut hex = [0; 16];
        write_hex(&mut hex, value);
        assert_eq!(hex.to_vec(), format!("{value:016x}").into_bytes());
    }
    let mut padded = *b"user-000000";
    write_decimal(&mut padded[5..], 421);
    assert_eq!(&padded, b"user-000421");
}

/// Guarantees: request ids are UUIDs of version 4, which stores may keep as 16 bytes.
#[test]
fn uuids() {
    assert_eq!(&uuid(0, 0), b"00000000-0000-4000-8000-000000000000");
    assert_eq!(&uuid(u64::MAX, u64::MAX), b"ffffffff-ffff-4fff-bfff-ffffffffffff");
    let id = uuid(0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef);
    assert_eq!(&id, b"01234567-89ab-4def-8123-456789abcdef");
}
