//! Names of datasets: how many there may be, and which are the same.

use model::ErrorKind;

use crate::world::{Event, Plain, World};

/// What the store allows.
const DATASETS_MAX: usize = 20_000;

/// Guarantees: a request that switches to and fro between new datasets names each of them once.
#[test]
fn runs_do_not_count_as_datasets() {
    let mut world = World::new();
    let now = world.now();
    let names = ["cart", "checkout"];
    let event = |at: usize| Event::new(names[at % 2], now).with("id", Plain::Int(at as i64));
    let events: Vec<Event> = (0..2 * DATASETS_MAX).map(event).collect();
    world.send(&events);
    assert_eq!(world.store.gauges().datasets, 2);
    assert_eq!(world.rows().len(), events.len());
}

/// Guarantees: requests of one group that bring the same new names need room for them once; one
/// that goes over the limit is refused in words, and its neighbours are taken.
#[test]
fn the_limit_counts_names_once_a_group() {
    let mut world = World::new();
    let now = world.now();
    let named = |ids: std::ops::Range<usize>| -> Vec<Event> {
        ids.map(|id| Event::new(&format!("service-{id}"), now)).collect()
    };
    let most = named(0..DATASETS_MAX - 1);
    let group = [most.clone(), most, named(DATASETS_MAX..DATASETS_MAX + 2), named(1..3)];
    let (mut pending, mut answers) = (Vec::new(), Vec::new());
    for events in &group {
        let (request, answer) = world.request(events, None);
        pending.push(request);
        answers.push(answer);
    }
    world.store.append(pending);
    let answers: Vec<_> = answers.iter().map(|answer| answer.lock().unwrap().take()).collect();
    let is_taken = |answer: &Option<model::Result<()>>| matches!(answer, Some(Ok(())));
    assert_eq!(answers.iter().map(is_taken).collect::<Vec<_>>(), [true, true, false, true]);
    let Some(Some(Err(error))) = answers.into_iter().nth(2) else { panic!("it was refused") };
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let text = error.to_string();
    assert!(text.contains("there are 19999 datasets, the request names 2 more"), "{text}");
    assert_eq!(world.store.gauges().datasets, DATASETS_MAX as u64 - 1);
    // One more is room for exactly one, and known names always fit.
    world.send(&named(DATASETS_MAX..DATASETS_MAX + 1));
    world.send(&named(0..10));
    assert!(world.try_send(&named(DATASETS_MAX + 1..DATASETS_MAX + 2)).is_err());
}

/// Guarantees: names that differ in case or in space around them are one dataset, spelled as the
/// first event spelled it, before and after a restart.
#[test]
fn spellings_of_one_name() {
    let mut world = World::new();
    let now = world.now();
    let spelled = |name: &str, id| Event::new(name, now).with("id", Plain::Int(id));
    world.send(&[spelled(" Straße ", 1), spelled("STRASSE", 2), spelled("straße", 3)]);
    world.send(&[spelled("strasse", 4), spelled("sTRAßE\t", 5), spelled("", 6), spelled("  ", 7)]);
    let datasets = |world: &World| {
        let mut rows: Vec<_> =
            world.rows().iter().map(|row| (row.id(), row.dataset.clone())).collect();
        rows.sort();
        rows.into_iter().map(|(_, dataset)| dataset).collect::<Vec<_>>()
    };
    let expected = ["Straße", "STRASSE", "Straße", "STRASSE", "Straße", "", ""];
    assert_eq!(datasets(&world), expected);
    world.restart();
    assert_eq!(datasets(&world), expected);
    world.flush();
    assert_eq!(datasets(&world), expected);
}

/// Guarantees: a deletion goes by the name, or by the form it has in addresses; where that form
/// could mean two datasets nothing is deleted.
#[test]
fn a_deletion_is_not_guessed() {
    let mut world = World::new();
    for name in ["web shop", "web.shop", "back office"] {
        world.send_some(name, 0..1);
    }
    let delete = |name: &str| world.store.delete_dataset(crate::world::ENVIRONMENT, name);
    let error = delete("web-shop").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("\"web shop\" or \"web.shop\""), "{error}");
    assert_eq!(delete("back-office").unwrap().name, "back office");
    assert_eq!(delete("Web.Shop").unwrap().name, "web.shop");
    assert_eq!(delete("web-shop").unwrap().name, "web shop");
    assert_eq!(delete("web-shop").unwrap_err().kind(), ErrorKind::Missing);
}

/// Guarantees: a dataset can be made before its first event; it is the one that events of its name
/// land in, and is there after a restart, with or without events. A name or an address that is
/// taken gives the one that has it.
#[test]
fn made_before_its_events() {
    let mut world = World::new();
    let environment = model::EnvironmentId::DEFAULT;
    let make = |world: &World, name: &str| world.store.create_dataset(environment, name).unwrap();
    let (made, is_new) = make(&world, " My Shop ");
    assert_eq!((made.name.as_str(), is_new), ("My Shop", true));
    let empty = make(&world, "empty").0;
    for name in ["my shop", "My-Shop", "my_shop"] {
        assert_eq!(make(&world, name), (made.clone(), false), "{name}");
    }
    assert!(world.store.create_dataset(environment, "  ").is_err());
    let now = world.now();
    world.send(&[Event::new("MY SHOP", now)]);
    world.restart();
    assert_eq!(world.store.gauges().datasets, 2);
    assert_eq!(make(&world, "my shop"), (made, false));
    assert_eq!(make(&world, "Empty"), (empty.clone(), false));
    assert_eq!(world.rows().len(), 1);
    // Made again, a name leads to another dataset, which has no part of the former's life.
    world.store.delete_dataset(environment, "empty").unwrap();
    let (again, is_new) = make(&world, "empty");
    assert!(is_new && again.id != empty.id);
}
