//! When segments are merged.

use std::time::Duration;

use model::NANOS_PER_HOUR;
use store::Settings;

use crate::world::{Event, Plain, World, small};

/// Longer than compaction waits for more.
const QUIET: Duration = Duration::from_secs(120);

/// Guarantees: the segments of an hour that is over wait for the rows of that hour which are still
/// in memory, and not for those of other hours; then all of them are merged, once.
#[test]
fn segments_wait_for_rows_of_their_hour() {
    let mut world = World::with(Settings { compact_segments: 16, ..small() });
    let hour_before = world.now() - NANOS_PER_HOUR;
    let late = |id| Event::new("cart", hour_before).with("id", Plain::Int(id));
    for id in 0..2 {
        world.send(&[late(id)]);
        world.flush();
    }
    world.clock.pass(QUIET);
    world.send(&[late(2)]);
    world.compact();
    assert_eq!(world.store.gauges().segments, 2);
    world.flush();
    world.clock.pass(QUIET);
    world.send_some("cart", 3..5);
    world.compact();
    assert_eq!(world.store.gauges().segments, 1);
    assert_eq!(world.store.counters().compactions.get(), 1);
    assert_eq!(world.ids(), [0, 1, 2, 3, 4]);
}
