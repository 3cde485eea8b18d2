use super::*;

/// Guarantees: times are written cut to the microsecond, downwards, over all that can be said.
#[test]
fn times_as_text() {
    for (nanos, text) in [
        (0, "1970-01-01 00:00:00.000000+00"),
        (1_500_000_999, "1970-01-01 00:00:01.500000+00"),
        (-1, "1969-12-31 23:59:59.999999+00"),
        (i64::MIN, "1677-09-21 00:12:43.145224+00"),
        (i64::MAX, "2262-04-11 23:47:16.854775+00"),
    ] {
        assert_eq!(time_text(Timestamp::from_nanos(nanos)), text);
    }
}
