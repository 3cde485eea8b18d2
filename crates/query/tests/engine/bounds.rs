//! Memory, time, and whoever asked: what ends a question.

use std::time::Duration;

use model::ErrorKind;
use query::{Aggregate, AggregateQuery, Calculated, Datum, Field, OrderBy, View};

use crate::world::{World, everything, spans};

/// As many groups as there are spans.
fn many_groups() -> AggregateQuery {
    let number = Field::attribute("number");
    AggregateQuery {
        scope: everything(),
        groups: vec![Field::attribute("user.id"), number.clone()],
        aggregates: vec![
            Aggregate::Sum(number.clone()),
            Aggregate::Quantile(Field::attribute("duration_ms").over(View::DurationMillis), 990),
        ],
        havings: Vec::new(),
        orders: vec![query::Order {
            by: OrderBy::Aggregate(Aggregate::Sum(number)),
            descending: true,
        }],
        limit: 1_000,
        step: None,
        beside: query::Beside::default(),
    }
}

/// Guarantees: a question whose groups do not fit its memory spills them and answers right.
#[test]
fn spilling() {
    let fill = |world: &mut World| {
        for start in (0..200_000).step_by(10_000) {
            world.append(vec![spans(start..start + 10_000)]);
        }
        world.flush();
    };
    let mut roomy = World::with_limits(131_072, 1 << 30, Duration::from_secs(120));
    fill(&mut roomy);
    let expected = roomy.aggregate(&many_groups());
    assert_eq!(expected.statistics.spilled_bytes, 0);
    let mut tight = World::with_limits(131_072, 24 << 20, Duration::from_secs(120));
    fill(&mut tight);
    let answer = tight.aggregate(&many_groups());
    assert!(answer.statistics.spilled_bytes > 0 && answer.statistics.spill_files > 0);
    assert_eq!(answer.groups, expected.groups);
    let first = &answer.groups[0];
    // The heaviest of the last spans: 199,997 % 3 + 1 is 3.
    assert_eq!(first.values[0], Calculated::Value(Datum::Int(199_997 * 3)));
    let left = std::fs::read_dir(tight.folder.path().join("spill")).unwrap();
    for entry in left {
        let path = entry.unwrap().path();
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0, "{} is left", path.display());
    }
}

/// Guarantees: a question with too little memory even for spilling is refused, with the remedy.
#[test]
fn no_memory() {
    let mut world = World::with_limits(131_072, 64 << 10, Duration::from_secs(120));
    world.append(vec![spans(0..50_000)]);
    let error = world.try_aggregate(&many_groups()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooCostly);
    assert!(error.context().contains("--query-memory"), "{error}");
}

/// Guarantees: a question that takes too long ends and says so.
#[test]
fn no_time() {
    let mut world = World::with_limits(131_072, 1 << 30, Duration::from_millis(1));
    for start in (0..100_000).step_by(10_000) {
        world.append(vec![spans(start..start + 10_000)]);
    }
    let error = world.try_aggregate(&many_groups()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooCostly);
    assert!(error.context().contains("--query-seconds"), "{error}");
}

/// Guarantees: a question that nobody waits for any more ends, and lets go of what it held.
#[test]
fn nobody_waits() {
    let mut world = World::new(131_072);
    for start in (0..200_000).step_by(10_000) {
        world.append(vec![spans(start..start + 10_000)]);
    }
    world.flush();
    let snapshot = world.store.snapshot();
    let segment = std::sync::Arc::clone(&snapshot.all_segments()[0]);
    let held = || std::sync::Arc::strong_count(&segment);
    let before = held();
    world.block_on(async {
        let asked = world.engine.aggregate(snapshot.clone(), many_groups());
        // Polled once, so that it runs, and dropped.
        let mut asked = std::pin::pin!(asked);
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(asked.as_mut().poll(context).is_pending())
        });
        assert!(polled.await);
    });
    // The whole question takes seconds; letting go takes until its next batch.
    for _ in 0..1_000_000 {
        if held() == before {
            return;
        }
        std::thread::yield_now();
    }
    panic!("{} references are held, {before} were", held());
}

/// Guarantees: whoever watches a question sees how far it has come, and a question that nobody
/// waits for any more reads nothing further.
#[test]
fn progress_stops_with_its_asker() {
    let mut world = World::new(16_384);
    for start in (0..240_000).step_by(10_000) {
        world.append(vec![spans(start..start + 10_000)]);
    }
    world.flush();
    let progress = std::sync::Arc::new(query::Progress::default());
    let snapshot = world.store.snapshot();
    let segments = snapshot.all_segments().to_vec();
    let readers = || segments.iter().map(std::sync::Arc::strong_count).sum::<usize>();
    let before = readers();
    world.block_on(async {
        let shared = std::sync::Arc::clone(&progress);
        let asked = world.engine.aggregate_watched(snapshot.clone(), many_groups(), shared);
        let mut asked = std::pin::pin!(asked);
        let has_begun = std::future::poll_fn(|context| {
            let is_pending = asked.as_mut().poll(context).is_pending();
            if is_pending && progress.now().parts_done == 0 {
                context.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(is_pending)
        });
        assert!(has_begun.await, "it ended before it could be left");
    });
    while readers() > before {
        std::thread::yield_now();
    }
    let left = progress.now();
    assert!(left.parts_done > 0 && left.parts_done < left.parts, "{left:?}");
    assert_eq!(left.parts, 24);
    let whole = std::sync::Arc::new(query::Progress::default());
    let shared = std::sync::Arc::clone(&whole);
    let answer = world.block_on(world.engine.aggregate_watched(snapshot, many_groups(), shared));
    let whole = whole.now();
    assert_eq!((whole.parts, whole.parts_done), (24, 24));
    assert_eq!(whole.statistics.rows_examined, answer.unwrap().statistics.rows_examined);
    assert_eq!(progress.now(), left);
}
