use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanos(seconds * 1_000_000_000)
}

fn uses(admitted: u64, first: i64, last: i64) -> Uses {
    Uses { admitted, refused: 0, first: Some(at(first)), last: Some(at(last)) }
}

/// Guarantees: labels are bounded in memory; what comes beyond is counted together, and nothing is
/// lost.
#[test]
fn labels_are_bounded() {
    let unknown = UnknownKeys::default();
    let flood = UNKNOWN_LABELS_MAX + 50;
    for number in 0..flood {
        // Eight different characters in front, so that each key has a label of its own.
        unknown.count(Some(&format!("{number:08}-and-the-rest")), Outcome::Admitted, at(1));
    }
    unknown.count(Some("00000000-and-the-rest"), Outcome::Refused, at(2));
    unknown.count(None, Outcome::Admitted, at(3));
    let listed = unknown.pending().listed();
    assert_eq!(listed.len(), UNKNOWN_LABELS_MAX + 2);
    assert_eq!(listed[0], UnknownKey { label: NO_KEY.to_owned(), uses: uses(1, 3, 3) });
    let known = Uses { refused: 1, ..uses(1, 1, 2) };
    assert_eq!(listed[1], UnknownKey { label: "00000000…".to_owned(), uses: known });
    let others = listed.last().unwrap();
    assert_eq!(others, &UnknownKey { label: OTHER_KEYS.to_owned(), uses: uses(50, 1, 1) });
    let all: u64 = listed.iter().map(|key| key.uses.admitted).sum();
    assert_eq!(all, flood as u64 + 1);
}

/// Guarantees: stored labels are bounded by the same number, whatever each flush brings.
#[test]
fn stored_labels_are_bounded() {
    let mut stored: Tallies<Uses> = Tallies::default();
    for flush in 0..3 {
        let mut newer: Tallies<Uses> = Tallies::default();
        for number in 0..700 {
            newer.of(&format!("{flush}-{number}…")).merge(&uses(1, flush, flush));
        }
        stored.absorb(&newer, at(flush));
    }
    assert_eq!(stored.labels.len(), UNKNOWN_LABELS_MAX);
    assert_eq!(stored.others, uses(1_100, 1, 2));
    let document =
        Document { id: "all".to_owned(), version: crate::Version(1), json: stored.json().unwrap() };
    assert!(document.json.len() < crate::DOCUMENT_BYTES_MAX / 2, "{}", document.json.len());
    assert_eq!(Tallies::read(Some(&document)).unwrap().listed(), stored.listed());
}

/// Guarantees: a full list makes room by the labels that nobody used for a month, whose counts go
/// to the others; labels in use stay.
#[test]
fn unused_labels_make_room() {
    const DAY: i64 = 24 * 3_600;
    let mut stored: Tallies<Uses> = Tallies::default();
    for number in 0..UNKNOWN_LABELS_MAX {
        stored.of(&format!("{number}…")).merge(&uses(1, 0, if number < 10 { DAY } else { 0 }));
    }
    let mut newer: Tallies<Uses> = Tallies::default();
    newer.of("new…").merge(&uses(1, 33 * DAY, 33 * DAY));
    stored.absorb(&newer, at(33 * DAY));
    assert_eq!(stored.labels.len(), 11);
    assert_eq!(stored.labels["new…"].admitted, 1);
    assert_eq!(stored.labels["3…"].admitted, 1);
    assert_eq!(stored.others, uses(UNKNOWN_LABELS_MAX as u64 - 10, 0, 0));
}

/// Guarantees: what was taken and put back is counted once.
#[test]
fn taken_counts_can_be_put_back() {
    let unknown = UnknownKeys::default();
    unknown.count(Some("a-key-somewhere"), Outcome::Admitted, at(1));
    let taken = unknown.take();
    assert!(unknown.pending().is_empty());
    unknown.count(Some("a-key-somewhere"), Outcome::Admitted, at(2));
    unknown.put_back(&taken);
    let listed = unknown.pending().listed();
    assert_eq!(listed, [UnknownKey { label: "a-key-s…".to_owned(), uses: uses(2, 1, 2) }]);
}
