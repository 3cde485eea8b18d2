//! How long rows are kept.

use std::time::Duration;

use model::{ErrorKind, NANOS_PER_HOUR, NANOS_PER_SECOND};

use crate::world::{ENVIRONMENT, Event, NO_FILES, Plain, World};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const MARKER: &str = "a-word-that-expires";

fn retain(world: &World, dataset: &str, retention: Option<Duration>) {
    world.store.set_retention(ENVIRONMENT, dataset, retention).unwrap();
}

fn marked(id: i64, time: i64) -> Event {
    Event::new("cart", time).with("id", Plain::Int(id)).with("word", Plain::text(MARKER))
}

/// Guarantees: rows that are too old are gone from answers at once, do not come back when the rule
/// is relaxed, and leave the disk; younger ones and other datasets stay.
#[test]
fn old_rows_go() {
    let mut world = World::new();
    world.send(&[marked(1, world.now()), marked(2, world.now())]);
    world.send_some("web", 100..120);
    world.flush();
    world.clock.pass(3 * DAY);
    world.send_some("cart", 3..5);
    world.flush();
    retain(&world, "cart", Some(DAY));
    let expected: Vec<i64> = (3..5).chain(100..120).collect();
    assert_eq!(world.ids(), expected);
    retain(&world, "cart", None);
    assert_eq!(world.ids(), expected);
    // Other readers of the catalog know nothing of horizons: what they see goes with the file.
    assert_eq!(world.rows_for_others(), 24);
    world.clock.pass(2 * DAY);
    world.compact();
    assert_eq!(world.rows_for_others(), 22);
    assert_eq!(world.files_with(MARKER), NO_FILES);
    world.restart();
    assert_eq!(world.ids(), expected);
}

/// Guarantees: rows are as old as the later of their own time and their arrival: late ones are kept
/// their full time, and ones from the future until their time has come and gone.
#[test]
fn age_counts_from_the_later_time() {
    let mut world = World::new();
    let (now, hour) = (world.now(), NANOS_PER_HOUR);
    world.send(&[
        marked(1, now),
        marked(2, now - 40 * 24 * hour),
        marked(3, now + 100 * 24 * hour),
    ]);
    world.send(&[marked(4, i64::MAX)]);
    retain(&world, "cart", Some(2 * DAY));
    world.flush();
    world.clock.pass(DAY);
    assert_eq!(world.ids(), [1, 2, 3, 4]);
    world.clock.pass(DAY + HOUR);
    assert_eq!(world.ids(), [3, 4]);
    world.compact();
    world.clock.pass(99 * DAY);
    assert_eq!(world.ids(), [3, 4]);
    world.clock.pass(DAY);
    world.compact();
    assert_eq!(world.ids(), [4]);
}

/// Guarantees: one row from a clock that stood at 1970 does not keep others that share its segment,
/// late by days and far from now as it is.
#[test]
fn a_very_late_row_keeps_no_others() {
    let mut world = World::new();
    let now = world.now();
    let late = |id, hours: i64| marked(id, now - hours * NANOS_PER_HOUR);
    world.send(&[late(1, 30), late(2, 50), marked(3, NANOS_PER_SECOND), late(4, 5_000)]);
    retain(&world, "cart", Some(2 * DAY));
    world.flush();
    world.clock.pass(2 * DAY - HOUR);
    assert_eq!(world.ids(), [1, 2, 3, 4]);
    world.clock.pass(2 * HOUR);
    assert_eq!(world.ids(), [0; 0]);
    world.compact();
    assert_eq!(
        world.files_with(MARKER).iter().filter(|path| path.starts_with("segments")).count(),
        0
    );
}

/// Guarantees: rows that expired before they could be flushed are not brought back by rows that
/// share their segment.
#[test]
fn rows_that_expired_in_memory() {
    let mut world = World::new();
    world.send_some("cart", 1..3);
    world.clock.pass(3 * HOUR);
    // Late by three hours, so what shares its segment counts as late by three hours too.
    let before = world.now() - 3 * NANOS_PER_HOUR;
    world.send(&[Event::new("cart", before).with("id", Plain::Int(9))]);
    retain(&world, "cart", Some(HOUR));
    assert_eq!(world.ids(), [9]);
    world.flush();
    assert_eq!(world.ids(), [9]);
}

/// Guarantees: what was gone stays gone when the clock is set back.
#[test]
fn a_clock_that_is_set_back() {
    let mut world = World::new();
    world.send_some("cart", 0..1);
    world.clock.pass(30 * HOUR);
    world.send_some("cart", 1..2);
    world.flush();
    retain(&world, "cart", Some(DAY));
    let now = world.now();
    assert_eq!(world.ids(), [1]);
    // By a little, before anything is written down; and by a lot, after that.
    world.clock.pass(DAY);
    world.clock.set(now + DAY.as_nanos() as i64 + 1);
    assert_eq!(world.ids(), [0; 0]);
    world.clock.set(now + DAY.as_nanos() as i64 - 30 * NANOS_PER_SECOND);
    assert_eq!(world.ids(), [0; 0]);
    world.clock.pass(HOUR);
    assert_eq!(world.ids(), [0; 0]);
    world.store.maintain().unwrap();
    world.clock.set(now);
    assert_eq!(world.ids(), [0; 0]);
    world.restart();
    assert_eq!(world.ids(), [0; 0]);
    // Requests go on, in whatever year the clock is.
    world.clock.set(i64::MIN);
    world.send_some("web", 5..6);
    world.flush();
    world.compact();
    world.clock.set(i64::MAX);
    world.send_some("web", 6..7);
    world.flush();
    world.compact();
    assert_eq!(world.ids(), [5, 6]);
}

/// Guarantees: a clock that was far ahead while somebody asked, and is right again, has cost
/// nothing.
#[test]
fn a_clock_that_was_ahead_for_a_moment() {
    let mut world = World::new();
    world.send_some("cart", 0..1);
    world.flush();
    retain(&world, "cart", Some(DAY));
    let now = world.now();
    world.clock.set(now + 100 * DAY.as_nanos() as i64);
    assert_eq!(world.ids(), [0; 0]);
    world.clock.set(now);
    assert_eq!(world.ids(), [0]);
    world.compact();
    assert_eq!(world.ids(), [0]);
}

/// Guarantees: retentions that make no sense are refused in words; the shortest and the longest
/// are kept as they were set.
#[test]
fn the_limits_of_retention() {
    let mut world = World::new();
    world.send_some("cart", 0..1);
    let set =
        |world: &World, retention| world.store.set_retention(ENVIRONMENT, "cart", Some(retention));
    for bad in [Duration::ZERO, HOUR - Duration::from_nanos(1), Duration::MAX] {
        let error = set(&world, bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let longest = store::DatasetTable::RETENTION_MAX;
    for good in [HOUR, HOUR + Duration::from_millis(1_500), longest] {
        let kept = set(&world, good).unwrap().retention.unwrap();
        assert_eq!(kept.as_secs(), good.as_secs());
        world.restart();
        let snapshot = world.store.snapshot();
        let dataset = snapshot.datasets().find(ENVIRONMENT, "cart").unwrap();
        assert_eq!(dataset.retention, Some(kept));
        assert_eq!(world.ids(), [0]);
    }
}
