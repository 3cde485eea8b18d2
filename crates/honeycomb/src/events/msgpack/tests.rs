use proptest::prelude::*;

use super::*;

fn read(body: &[u8]) -> Result<Msgpack<'_>, String> {
    let mut reader = Reader::new(body);
    let value = reader.value().and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| Error::from(error).to_string())
}

fn json(body: &[u8]) -> Result<String, String> {
    let mut out = String::new();
    let mut reader = Reader::new(body);
    let written = reader.value().and_then(|head| reader.write_rest(head, 0, &mut out));
    let written = written.and_then(|()| reader.end());
    written.map(|()| out).map_err(|error| Error::from(error).to_string())
}

/// Guarantees: every form in which the format has a value is read.
#[test]
fn every_form_is_read() {
    for (body, value) in [
        (&b"\x7f"[..], Msgpack::Int(127)),
        (b"\xe0", Msgpack::Int(-32)),
        (b"\xc0", Msgpack::Nil),
        (b"\xc2", Msgpack::Bool(false)),
        (b"\xc3", Msgpack::Bool(true)),
        (b"\xcc\xff", Msgpack::Int(255)),
        (b"\xcd\xff\xff", Msgpack::Int(65_535)),
        (b"\xce\xff\xff\xff\xff", Msgpack::Int(0xffff_ffff)),
        (b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", Msgpack::Int(i64::MAX)),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", Msgpack::Large(u64::MAX)),
        (b"\xd0\x80", Msgpack::Int(-128)),
        (b"\xd1\x80\x00", Msgpack::Int(-32_768)),
        (b"\xd2\x80\x00\x00\x00", Msgpack::Int(i64::from(i32::MIN))),
        (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", Msgpack::Int(i64::MIN)),
        (b"\xca\x3f\x80\x00\x00", Msgpack::Float(1.0)),
        (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", Msgpack::Float(1.5)),
        (b"\xa2ab", Msgpack::Text(b"ab")),
        (b"\xd9\x02ab", Msgpack::Text(b"ab")),
        (b"\xda\x00\x02ab", Msgpack::Text(b"ab")),
        (b"\xdb\x00\x00\x00\x02ab", Msgpack::Text(b"ab")),
        (b"\xc4\x01\xff", Msgpack::Bytes(b"\xff")),
        (b"\xc5\x00\x01\xff", Msgpack::Bytes(b"\xff")),
        (b"\xc6\x00\x00\x00\x01\xff", Msgpack::Bytes(b"\xff")),
        (b"\xd4\x07a", Msgpack::Extension(7, b"a")),
        (b"\xd5\x07ab", Msgpack::Extension(7, b"ab")),
        (b"\xd6\xffabcd", Msgpack::Extension(-1, b"abcd")),
        (b"\xc7\x01\x07a", Msgpack::Extension(7, b"a")),
        (b"\xc8\x00\x01\x07a", Msgpack::Extension(7, b"a")),
        (b"\xc9\x00\x00\x00\x01\x07a", Msgpack::Extension(7, b"a")),
        (b"\x90", Msgpack::List(0)),
        (b"\xdc\x00\x00", Msgpack::List(0)),
        (b"\xdd\x00\x00\x00\x00", Msgpack::List(0)),
        (b"\x80", Msgpack::Map(0)),
        (b"\xde\x00\x00", Msgpack::Map(0)),
        (b"\xdf\x00\x00\x00\x00", Msgpack::Map(0)),
    ] {
        assert_eq!(read(body), Ok(value), "{body:x?}");
    }
}

/// Guarantees: what is cut off or no value at all is refused at its byte.
#[test]
fn errors_have_a_place() {
    for (body, error) in [
        (&b""[..], "byte 0: the body ends in the middle of a value"),
        (b"\xcd\x01", "byte 1: the body ends in the middle of a value"),
        (b"\xdb\xff\xff\xff\xffab", "byte 5: the body ends in the middle of a value"),
        (b"\xc1", "byte 1: no value begins with the byte c1"),
        (b"\x01\x01", "byte 1: something follows the end of the value"),
    ] {
        assert_eq!(read(body).unwrap_err(), error, "{body:x?}");
    }
}

/// Guarantees: nested values become JSON, with names, bytes and moments as text.
#[test]
fn nested_values_become_json() {
    for (body, text) in [
        (&b"\x93\x01\xc0\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"[..], "[1,null,1.5]"),
        (b"\x82\xa1a\x91\xc3\x05\xa2\"\n", r#"{"a":[true],"5":"\"\n"}"#),
        (b"\x92\xc4\x02hi\xc4\x01\xff", r#"["hi","/w=="]"#),
        (b"\x91\xd6\xff\x00\x00\x00\x01", r#"["1970-01-01T00:00:01Z"]"#),
        (b"\x91\xd4\x05\x01", r#"["AQ=="]"#),
        (b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "\"NaN\""),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
        (b"\xa2\xff\xfe", "\"\u{fffd}\u{fffd}\""),
    ] {
        assert_eq!(json(body).as_deref(), Ok(text), "{body:x?}");
    }
    assert!(json(b"\x81\x90\x01").unwrap_err().contains("no text"));
}

/// Guarantees: nesting is bounded where it costs stack, and passed over where it does not; a head
/// that promises more than there is ends at the end of the body.
#[test]
fn nesting_and_promises_are_bounded() {
    let mut deep = vec![0x91; 1_000_000];
    deep.push(0x01);
    assert!(json(&deep).unwrap_err().contains("100 levels"));
    let mut reader = Reader::new(&deep);
    let head = reader.value().unwrap();
    reader.skip_rest(head).unwrap();
    reader.end().unwrap();
    let mut reader = Reader::new(b"\xdf\xff\xff\xff\xff\x01");
    let head = reader.value().unwrap();
    assert!(reader.skip_rest(head).is_err());
}

/// Guarantees: the three lengths of timestamps are read.
#[test]
fn timestamps_are_read() {
    assert_eq!(timestamp(-1, &[0, 0, 0, 7]), Some((7, 0)));
    let both = (5u64 << 34) | 0x3_0000_0001;
    assert_eq!(timestamp(-1, &both.to_be_bytes()), Some((0x3_0000_0001, 5)));
    let mut long = 9u32.to_be_bytes().to_vec();
    long.extend((-1i64).to_be_bytes());
    assert_eq!(timestamp(-1, &long), Some((-1, 9)));
    assert_eq!(timestamp(5, &[0, 0, 0, 7]), None);
    assert_eq!(timestamp(-1, &[0; 5]), None);
}

proptest! {
    /// Guarantees: no bytes make the reader panic or read past their end, and what it passes over
    /// is as long as what it writes out.
    #[test]
    fn any_bytes_are_safe(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut out = String::new();
        let mut writing = Reader::new(&body);
        let mut skipping = Reader::new(&body);
        let skipped = skipping.value().and_then(|head| skipping.skip_rest(head));
        let written = writing.value().and_then(|head| writing.write_rest(head, 0, &mut out));
        if written.is_ok() {
            prop_assert!(skipped.is_ok());
            prop_assert_eq!(writing.at(), skipping.at());
            let parsed = serde_json::from_str::<Value>(&out);
            prop_assert!(parsed.is_ok(), "{}", out);
        }
        prop_assert!(writing.at() <= body.len() && skipping.at() <= body.len());
    }
}
