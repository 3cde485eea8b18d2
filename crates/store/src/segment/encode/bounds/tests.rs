use super::*;

fn of(texts: &[&str]) -> (TextBound, TextBound) {
    let entries = Entries::Text(texts.iter().map(|text| text.as_bytes()).collect());
    let codes: Vec<u32> = (0..texts.len() as u32).collect();
    match Bounds::of_values(Physical::Text, &entries, &codes) {
        Bounds::Text(least, greatest) => (least, greatest),
        other => panic!("{other:?}"),
    }
}

/// Guarantees: bounds of long texts lie outside them and do not pass for values that occur, also
/// where a character of several bytes makes the cut shorter; short ones are what they are.
#[test]
fn texts() {
    let long = "0123456789012345678901234567890€ and more";
    let (least, greatest) = of(&[long]);
    assert!(
        least.bytes.as_slice() < long.as_bytes() && greatest.bytes.as_slice() > long.as_bytes()
    );
    assert!(least.bytes.len() < TEXT_BOUND_BYTES && !least.is_exact && !greatest.is_exact);
    let whole = "01234567890123456789012345678901";
    assert_eq!(whole.len(), TEXT_BOUND_BYTES);
    let (least, greatest) = of(&["", whole]);
    assert!(least.is_exact && greatest.is_exact);
    assert_eq!((least.bytes.as_slice(), greatest.bytes.as_slice()), (&b""[..], whole.as_bytes()));
}

/// Guarantees: a text of the last characters there are has no bound above it rather than a wrong
/// one.
#[test]
fn the_greatest_text() {
    let text = "\u{10ffff}".repeat(20);
    let entries = Entries::Text(vec![text.as_bytes()]);
    assert!(matches!(Bounds::of_values(Physical::Text, &entries, &[0]), Bounds::Unknown));
}

/// Guarantees: bounds of UUIDs are their sixteen bytes, as the column has them; other readers
/// refuse a file whose bounds are longer than its values.
#[test]
fn uuids() {
    let texts = ["ffffffff-0000-0000-0000-000000000001", "00000000-0000-0000-0000-0000000000ff"];
    let entries = Entries::Text(texts.iter().map(|text| text.as_bytes()).collect());
    let Bounds::Uuid(least, greatest) = Bounds::of_values(Physical::Uuid, &entries, &[0, 1]) else {
        panic!("bounds of UUIDs")
    };
    assert_eq!((least[15], greatest[0], greatest[15]), (255, 255, 1));
}

/// Guarantees: bounds of small integers have their four bytes, whichever way they are encoded.
#[test]
fn small_integers() {
    let entries = Entries::Int(vec![7, -2, 5]);
    for bounds in [
        Bounds::of_values(Physical::Int32, &entries, &[0, 1, 2]),
        Bounds::of_codes(Physical::Int32, &Entries::Int(vec![-2, 5, 7]), &[2, 0]),
    ] {
        assert!(matches!(bounds, Bounds::Int32(-2, 7)), "{bounds:?}");
    }
    let large = Bounds::of_values(Physical::Int64, &entries, &[0]);
    assert!(matches!(large, Bounds::Int64(7, 7)), "{large:?}");
}
