//! The store's threads, and where requests come in while they do not run.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use model::Result;
use store::{Intake, Settings, Threads};

use crate::world::{Event, Plain, World, is_unavailable, small};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands in one event; where its answer will be.
fn hand_in(world: &mut World, intake: &Intake, id: i64) -> Receiver<Result<()>> {
    let event = Event::new("cart", world.now()).with("id", Plain::Int(id));
    let (mut request, _) = world.request(&[event], None);
    let (told, answer) = sync_channel(1);
    request.done = Box::new(move |result| told.send(result.map(drop)).unwrap());
    intake.append(request);
    answer
}

/// Guarantees: before it is opened and after it is closed, an intake refuses requests with a time
/// to try again; in between they are taken, and what was taken is there after the threads ended.
#[test]
fn an_intake_opens_and_closes() {
    let mut world = World::new();
    let intake = Intake::default();
    let refused = hand_in(&mut world, &intake, 0).recv_timeout(PATIENCE).unwrap();
    assert!(is_unavailable(&refused.unwrap_err()));
    for round in 0..2 {
        let (threads, appender) = Threads::start(&world.store).unwrap();
        intake.open(appender);
        let first = 1 + round * 10;
        let answers: Vec<_> =
            (first..first + 5).map(|id| hand_in(&mut world, &intake, id)).collect();
        intake.close();
        let refused = hand_in(&mut world, &intake, 99).recv_timeout(PATIENCE).unwrap();
        assert!(is_unavailable(&refused.unwrap_err()));
        threads.join();
        for answer in answers {
            answer.recv_timeout(PATIENCE).unwrap().unwrap();
        }
        world.restart();
    }
    assert_eq!(world.ids(), [1, 2, 3, 4, 5, 11, 12, 13, 14, 15]);
}

/// Guarantees: the threads flush what has grown, merge it, and let go of what was replaced, without
/// being asked; and all the while whoever asks after an acknowledgement sees every event once.
#[test]
fn threads_do_the_work() {
    let settings = Settings { group_rows: 64, compact_segments: 2, ..small() };
    let mut world = World::with(settings);
    let (threads, appender) = Threads::start(&world.store).unwrap();
    let intake = Intake::default();
    intake.open(appender);
    for id in 0..400 {
        hand_in(&mut world, &intake, id).recv_timeout(PATIENCE).unwrap().unwrap();
        if id % 5 == 0 {
            assert_eq!(world.ids(), (0..=id).collect::<Vec<_>>());
        }
    }
    let counters = world.store.counters();
    wait_until(|| counters.compactions.get() > 0 && counters.files_removed.get() > 0);
    intake.close();
    threads.join();
    assert_eq!(world.ids(), (0..400).collect::<Vec<_>>());
    world.restart();
    assert_eq!(world.ids(), (0..400).collect::<Vec<_>>());
}

/// Looks again and again until something holds.
fn wait_until(holds: impl Fn() -> bool) {
    let (_never, nothing) = sync_channel::<()>(0);
    for _ in 0..PATIENCE.as_millis() / 10 {
        if holds() {
            return;
        }
        // Nobody sends: this only passes the time between two looks.
        nothing.recv_timeout(Duration::from_millis(10)).unwrap_err();
    }
    panic!("waited for too long");
}
