//! Values and times at the edges of what can be said.

use model::{NANOS_PER_HOUR, NANOS_PER_SECOND};

use crate::read::Row;
use crate::world::{Event, NO_FILES, Plain, World};

/// Sends events, and sees that they read the same from memory, after a restart, from fresh
/// segments, and from merged ones.
fn reads_back_everywhere(events: &[Event]) {
    let mut world = World::new();
    let expected = |times: usize| {
        let row = |event: &Event| Row {
            dataset: event.dataset.clone(),
            time: event.time,
            attributes: event.attributes.iter().cloned().collect(),
        };
        let mut rows: Vec<Row> = events.iter().map(row).collect();
        rows = rows.iter().flat_map(|row| vec![row.clone(); times]).collect();
        rows.sort();
        rows
    };
    let seen = |world: &World| {
        let mut rows = world.rows();
        rows.sort();
        rows
    };
    world.send(events);
    assert_eq!(seen(&world), expected(1), "in memory");
    world.restart();
    assert_eq!(seen(&world), expected(1), "replayed");
    world.flush();
    assert_eq!(seen(&world), expected(1), "flushed");
    for times in 2..6 {
        world.send(events);
        world.flush();
        assert_eq!(seen(&world), expected(times), "flushed {times} times");
    }
    world.compact();
    assert_eq!(seen(&world), expected(5), "merged");
    world.restart();
    assert_eq!(seen(&world), expected(5), "merged and opened again");
    assert_eq!(world.check(), []);
}

/// Guarantees: events of any time that can be represented are kept, from 1677 to 2262.
#[test]
fn all_times() {
    let hour = NANOS_PER_HOUR;
    let times = [
        i64::MIN,
        i64::MIN + 1,
        i64::MIN + NANOS_PER_SECOND,
        -hour - 1,
        -1,
        0,
        1,
        crate::world::START,
        i64::MAX - hour,
        i64::MAX - 1,
        i64::MAX,
    ];
    let event =
        |(id, time): (usize, &i64)| Event::new("cart", *time).with("id", Plain::Int(id as i64));
    reads_back_everywhere(&times.iter().enumerate().map(event).collect::<Vec<_>>());
}

/// Guarantees: values of every kind read back to the bit, and so do names of every kind.
#[test]
fn all_values() {
    let time = crate::world::START;
    let mut events = Vec::new();
    let floats = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 5e-324];
    for (at, float) in floats.into_iter().chain([f64::MAX, f64::MIN, 0.1]).enumerate() {
        let event = Event::new("cart", time).with("id", Plain::Int(at as i64));
        events.push(event.with("float", Plain::float(float)));
    }
    for int in [i64::MIN, i64::MAX, 0, -1] {
        events.push(Event::new("cart", time).with("int", Plain::Int(int)));
    }
    let long = "ä".repeat(40_000);
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    for text in ["", " ", "\0", "a\nb\"c\\", "\u{10ffff}", &long, uuid, "null", "🦀"] {
        let event = Event::new("cart", time).with("text", Plain::text(text));
        events.push(event.with("uuid", Plain::text(uuid)));
    }
    let names = ["", " ", "#", "a#text", "a", "time", "_rest", "dataset", "A", "a.b", "\0", "ä\n"];
    for name in names {
        for value in [Plain::text("x"), Plain::Int(1), Plain::float(1.0), Plain::Bool(true)] {
            events.push(Event::new("cart", time).with(name, value));
        }
    }
    reads_back_everywhere(&events);
}

/// Guarantees: a request without any event is taken, and costs nothing later.
#[test]
fn nothing_at_all() {
    let mut world = World::new();
    world.send(&[]);
    world.restart();
    world.flush();
    world.compact();
    assert_eq!(world.rows(), []);
    assert_eq!(world.files("segments"), NO_FILES);
    world.send_some("cart", 0..1);
    assert_eq!(world.ids(), [0]);
}
