//! What is bounded: columns of a file, files of a flush, memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::Signal;
use store::{FieldId, Settings};

use crate::read::Row;
use crate::world::{Event, Plain, World, small};

/// What a file may have at most, of attributes.
const COLUMNS_MAX: usize = 1_000;
/// And what a merged file may have.
const MERGED_COLUMNS_MAX: usize = 2_000;

/// An attribute value for a name: of every type, and with the ones JSON cannot say.
fn value_of(name: usize) -> Plain {
    match name % 5 {
        0 => Plain::Text(format!("value \"{name}\"")),
        1 => Plain::Int(name as i64 - 5_000),
        2 => Plain::float(name as f64),
        3 => Plain::float(f64::NAN),
        _ => Plain::Bool(name.is_multiple_of(2)),
    }
}

/// How many attributes each segment has as columns, and how many in its overflow column.
fn attributes(world: &World) -> Vec<(usize, usize)> {
    let snapshot = world.store.snapshot();
    let count = |fields: &[FieldId]| fields.iter().filter(|id| id.is_attribute()).count();
    let segments = snapshot.all_segments().iter();
    segments.map(|one| (count(&one.meta.columns), count(&one.meta.rest))).collect()
}

fn by_id(rows: Vec<Row>) -> BTreeMap<i64, Row> {
    rows.into_iter().filter_map(|row| Some((row.id()?, row))).collect()
}

/// Guarantees: ten thousand names over several requests are all kept, with their values, in the
/// log, after a flush and after a compaction; files stay within their columns, the rest lies in the
/// overflow column, and the catalog says which names do.
#[test]
fn ten_thousand_names() {
    let mut world = World::new();
    let now = world.now();
    let mut expected = BTreeMap::new();
    for request in 0..5 {
        let events: Vec<Event> = (0..20)
            .map(|at| {
                let id = request * 20 + at;
                let names = (0..100).map(|place| id * 100 + place);
                let mut event = Event::new("cart", now).with("id", Plain::Int(id as i64));
                for name in names {
                    event = event.with(&format!("name-{name}"), value_of(name));
                }
                event
            })
            .collect();
        expected.extend(
            events
                .iter()
                .map(|event| event.attributes.iter().cloned().collect())
                .zip(request * 20..)
                .map(|(attributes, id): (BTreeMap<String, Plain>, usize)| (id as i64, attributes)),
        );
        world.send(&events);
        if request == 2 {
            world.flush();
        }
    }
    let check = |world: &World, what: &str| {
        let rows = by_id(world.rows());
        assert_eq!(rows.len(), expected.len(), "{what}");
        for (id, attributes) in &expected {
            assert_eq!(&rows[id].attributes, attributes, "{what}: row {id}");
        }
    };
    check(&world, "in memory");
    world.restart();
    check(&world, "replayed");
    world.flush();
    check(&world, "flushed");
    assert_eq!(attributes(&world), [(COLUMNS_MAX, 5_001), (COLUMNS_MAX, 3_001)]);
    world.compact();
    check(&world, "merged");
    let [(columns, rest)] = attributes(&world)[..] else { panic!("they were merged") };
    assert!(columns <= MERGED_COLUMNS_MAX && rest == 8_002, "{columns} {rest}");
    world.restart();
    check(&world, "merged and opened again");
    assert_eq!(world.check(), []);
}

/// Guarantees: the catalog keeps only so many names; values under others are kept all the same, in
/// the overflow column, and files say so. Known names keep their columns.
#[test]
fn names_have_a_bound() {
    let mut world = World::with(Settings { names_max: 50, ..small() });
    let now = world.now();
    let event = |id: i64, names: std::ops::Range<usize>| {
        let event = Event::new("cart", now).with("id", Plain::Int(id));
        names.fold(event, |event, name| event.with(&format!("name-{name}"), value_of(name)))
    };
    let events = [event(0, 0..59), event(1, 40..130), event(2, 0..30)];
    for sent in &events {
        world.send(std::slice::from_ref(sent));
        world.flush();
        let snapshot = world.store.snapshot();
        assert!(snapshot.attributes().names(crate::world::ENVIRONMENT, Signal::Spans) <= 50);
    }
    let check = |world: &World| {
        let rows = by_id(world.rows());
        for (id, event) in events.iter().enumerate() {
            let attributes: BTreeMap<String, Plain> = event.attributes.iter().cloned().collect();
            assert_eq!(rows[&(id as i64)].attributes, attributes);
        }
    };
    check(&world);
    let snapshot = world.store.snapshot();
    let overflows = snapshot.all_segments().iter().map(|one| one.meta.has(FieldId::REST));
    assert_eq!(overflows.collect::<Vec<_>>(), [true, true, false]);
    drop(snapshot);
    world.compact();
    check(&world);
    world.restart();
    check(&world);
    assert_eq!(world.check(), []);
}

/// Guarantees: three hundred small services whose spans come in one request, a thousand columns and
/// more between them, do not become three hundred files, and none of their values overflows.
#[test]
fn many_services_in_one_request() {
    let mut world = World::new();
    let now = world.now();
    let mut events = Vec::new();
    for service in 0..300 {
        let mut event = Event::new(&format!("service-{service}"), now);
        for name in 0..6 {
            event = event.with(&format!("service-{service}.{name}"), Plain::Int(name));
        }
        events.push(event);
    }
    world.send(&events);
    world.flush();
    let snapshot = world.store.snapshot();
    let segments = snapshot.all_segments();
    assert_eq!(segments.len(), 2, "1,800 columns fit two files");
    for segment in segments {
        assert!(!segment.meta.has(FieldId::REST));
        assert!(segment.meta.rest.is_empty());
    }
    assert_eq!(world.rows().len(), 300);
}

/// Guarantees: merging does not put together columns beyond what a file may have, and merges what
/// fits nevertheless.
#[test]
fn merged_files_have_a_bound() {
    let mut world = World::new();
    for flush in 0..6 {
        let mut event = Event::new("cart", world.now());
        // Two kinds of releases that have no name in common.
        for name in 0..900 {
            event = event.with(&format!("{}-{name}", flush % 3), Plain::Int(flush));
        }
        world.send(&[event]);
        world.flush();
    }
    world.compact();
    let columns = attributes(&world);
    assert!(columns.iter().all(|(count, _)| *count <= MERGED_COLUMNS_MAX), "{columns:?}");
    assert_eq!(columns.len(), 2, "{columns:?}");
    assert_eq!(world.rows().len(), 6);
}

/// Guarantees: row groups are never larger than their trace index can say, nor empty, whatever the
/// settings ask for.
#[test]
fn row_groups_of_any_size() {
    for group_rows in [0, u32::MAX] {
        let mut world = World::with(Settings { group_rows, ..small() });
        world.send_some("cart", 0..50);
        world.flush();
        world.send_some("cart", 50..100);
        world.flush();
        world.compact();
        assert_eq!(world.ids(), (0..100).collect::<Vec<_>>());
        assert!(world.store.settings().group_rows as usize <= store::GROUP_ROWS_MAX);
    }
}

/// Guarantees: a request's memory is accounted for until its segment is committed and the last
/// snapshot that shows it is gone, and not longer.
#[test]
fn memory_is_accounted_for_until_it_is_free() {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let mut world = World::with(small());
    let freed = Arc::new(AtomicUsize::new(0));
    let event = Event::new("cart", world.now()).with("id", Plain::Int(1));
    let (request, _answer) = world.request(&[event], Some(Box::new(Guard(Arc::clone(&freed)))));
    world.store.append(vec![request]);
    let count = || freed.load(Ordering::SeqCst);
    world.store.freeze();
    assert_eq!(count(), 0);
    let (store, freed_then) = (Arc::clone(&world.store), Arc::clone(&freed));
    world.observer.at(store::Stage::Commit, move || {
        assert_eq!(freed_then.load(Ordering::SeqCst), 0, "the segment is not committed");
        assert_eq!(store.gauges().flushes_pending, 1);
    });
    let snapshot = world.store.snapshot();
    world.flush();
    assert_eq!(count(), 0, "a snapshot still shows it");
    drop(snapshot);
    assert_eq!(count(), 1);
    assert_eq!(world.ids(), [1]);
}
