use std::path::PathBuf;
use std::sync::atomic::AtomicI64;

use model::{ErrorKind, SeededRandom, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::{FILE, KEY_NAME_CHARS_MAX};

const SEND: Permissions = Permissions { send: true, query: false, manage: false };

/// A clock that stands until it is moved.
#[derive(Default)]
struct StandingClock {
    nanos: AtomicI64,
}

impl StandingClock {
    fn advance(&self, by: Duration) {
        self.nanos.fetch_add(by.as_nanos() as i64, Ordering::Relaxed);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.nanos.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed) as u64)
    }
}

/// A data folder, and the clock of all processes that use it.
struct World {
    folder: TempDir,
    clock: Arc<StandingClock>,
    random: Arc<SeededRandom>,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(StandingClock::default()),
            random: Arc::new(SeededRandom::new(7)),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    fn registry(&self) -> Arc<Registry> {
        Arc::new(Registry::open(&self.path()).unwrap())
    }

    /// The keys as another process opens them.
    fn keys(&self, mode: Mode) -> Keys {
        Keys::open(
            self.registry(),
            mode,
            Arc::clone(&self.clock) as _,
            Arc::clone(&self.random) as _,
        )
        .unwrap()
    }
}

fn create(keys: &Keys, permissions: Permissions, value: Option<&str>) -> CreatedKey {
    keys.create(None, EnvironmentId::DEFAULT, permissions, value).unwrap()
}

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp::from_nanos(seconds * 1_000_000_000))
}

/// Guarantees: an open server admits any key and none into `default` with every permission, and
/// says how the key is spelled.
#[test]
fn open_admits_all() {
    let world = World::new();
    let keys = world.keys(Mode::Open);
    let classic = "c1a551c000d68f9ed1e96432ac1a3380";
    let long = "x".repeat(100_000);
    for (presented, class) in [
        (None, KeyClass::Environment),
        (Some(""), KeyClass::Environment),
        (Some("anything"), KeyClass::Environment),
        (Some(long.as_str()), KeyClass::Environment),
        (Some(classic), KeyClass::Classic),
    ] {
        let admission = keys.admit(presented, Permission::Manage).unwrap();
        let environment = EnvironmentId::DEFAULT;
        let permissions = Permissions::ALL;
        assert_eq!(admission, Admission { environment, key: None, class, permissions });
    }
}

/// Guarantees: on an open server too, a key that exists lands in its environment and is held to its
/// permissions and its revocation.
#[test]
fn open_honours_created_keys() {
    let world = World::new();
    let keys = world.keys(Mode::Open);
    let staging = world.registry().environment("staging").unwrap();
    let created = keys.create(Some("ci"), staging, SEND, None).unwrap();
    let admission = keys.admit(Some(&created.secret), Permission::Send).unwrap();
    assert_eq!(admission.environment, staging);
    assert_eq!(admission.key.as_deref(), Some(created.key.id.as_str()));
    assert_eq!(admission.permissions, SEND);
    let refusal = keys.admit(Some(&created.secret), Permission::Query).unwrap_err();
    assert_eq!(refusal, Refusal::NotPermitted(Permission::Query));
    keys.revoke(&created.key.id).unwrap();
    let refusal = keys.admit(Some(&created.secret), Permission::Send).unwrap_err();
    assert_eq!(refusal, Refusal::Revoked);
}

/// Guarantees: a reader that was admitted is judged again without being counted: a revocation and
/// the mode hold, an unknown key or none is no more refused than at first.
#[test]
fn readers_are_judged_again() {
    let world = World::new();
    let (open, strict) = (world.keys(Mode::Open), world.keys(Mode::Strict));
    let created = create(&strict, Permissions::ALL, None);
    let presented = Some(created.secret.as_str());
    world.clock.advance(CHECK_INTERVAL);
    for keys in [&open, &strict] {
        assert_eq!(keys.admits_still(presented, Permission::Query), Ok(()));
    }
    assert_eq!(strict.list().unwrap().keys[0].uses, Uses::default());
    strict.revoke(&created.key.id).unwrap();
    world.clock.advance(CHECK_INTERVAL);
    for keys in [&open, &strict] {
        assert_eq!(keys.admits_still(presented, Permission::Query), Err(Refusal::Revoked));
    }
    assert_eq!(open.admits_still(None, Permission::Query), Ok(()));
    assert_eq!(strict.admits_still(None, Permission::Query), Err(Refusal::Missing));
    assert_eq!(strict.admits_still(Some("x"), Permission::Query), Err(Refusal::Unknown));
}

/// Guarantees: a strict server admits keys that exist, for what they may do; each refusal says why.
#[test]
fn strict_admits_created_keys_alone() {
    let world = World::new();
    let keys = world.keys(Mode::Strict);
    let created = create(&keys, SEND, None);
    assert!(keys.admit(Some(&created.secret), Permission::Send).is_ok());
    assert!(keys.admit(Some(&format!(" {}\n", created.secret)), Permission::Send).is_ok());
    let long = "x".repeat(VALUE_CHARS_MAX + 1);
    let upper = created.secret.to_uppercase();
    for (presented, need, refusal) in [
        (None, Permission::Send, Refusal::Missing),
        (Some(""), Permission::Send, Refusal::Missing),
        (Some("  "), Permission::Send, Refusal::Missing),
        (Some("wrong-key"), Permission::Send, Refusal::Unknown),
        (Some(upper.as_str()), Permission::Send, Refusal::Unknown),
        (Some(created.key.id.as_str()), Permission::Send, Refusal::Unknown),
        (Some(long.as_str()), Permission::Send, Refusal::Unknown),
        (Some(&created.secret), Permission::Query, Refusal::NotPermitted(Permission::Query)),
        (Some(&created.secret), Permission::Manage, Refusal::NotPermitted(Permission::Manage)),
    ] {
        assert_eq!(keys.admit(presented, need), Err(refusal), "{presented:?}");
    }
    keys.revoke(&created.secret).unwrap();
    assert_eq!(keys.admit(Some(&created.secret), Permission::Send), Err(Refusal::Revoked));
}

/// Guarantees: a revocation by another process takes effect when the check interval is over; until
/// then requests do not ask the registry.
#[test]
fn revocation_takes_effect_within_the_interval() {
    let world = World::new();
    for mode in [Mode::Strict, Mode::Open] {
        let (server, command) = (world.keys(mode), world.keys(mode));
        let created = create(&server, SEND, None);
        command.revoke(&created.key.id).unwrap();
        world.clock.advance(CHECK_INTERVAL - Duration::from_nanos(1));
        assert!(server.admit(Some(&created.secret), Permission::Send).is_ok());
        world.clock.advance(Duration::from_nanos(1));
        let refused = server.admit(Some(&created.secret), Permission::Send);
        assert_eq!(refused, Err(Refusal::Revoked));
    }
}

/// Guarantees: a key that another process created is admitted at once by a strict server, by an
/// open one in its environment when the check interval is over.
#[test]
fn keys_of_other_processes_are_admitted() {
    let world = World::new();
    let (strict, open, command) =
        (world.keys(Mode::Strict), world.keys(Mode::Open), world.keys(Mode::Strict));
    let staging = world.registry().environment("staging").unwrap();
    let created = command.create(None, staging, SEND, None).unwrap();
    let admission = strict.admit(Some(&created.secret), Permission::Send).unwrap();
    assert_eq!(admission.environment, staging);
    let admission = open.admit(Some(&created.secret), Permission::Send).unwrap();
    assert_eq!(admission.environment, EnvironmentId::DEFAULT);
    world.clock.advance(CHECK_INTERVAL);
    let admission = open.admit(Some(&created.secret), Permission::Send).unwrap();
    assert_eq!(admission.environment, staging);
}

/// Guarantees: a flood of wrong keys uses up the early looks at the registry, no more; after the
/// interval there are new ones.
#[test]
fn a_flood_of_wrong_keys_is_bounded() {
    let world = World::new();
    let (server, command) = (world.keys(Mode::Strict), world.keys(Mode::Strict));
    for number in 0..EARLY_CHECKS_MAX * 3 {
        let refused = server.admit(Some(&format!("wrong-key-{number}")), Permission::Send);
        assert_eq!(refused, Err(Refusal::Unknown));
    }
    let created = create(&command, SEND, None);
    assert_eq!(server.admit(Some(&created.secret), Permission::Send), Err(Refusal::Unknown));
    world.clock.advance(CHECK_INTERVAL);
    assert!(server.admit(Some(&created.secret), Permission::Send).is_ok());
    let created = create(&command, SEND, None);
    assert!(server.admit(Some(&created.secret), Permission::Send).is_ok(), "looks come again");
}

/// Guarantees: when the registry cannot be read, known keys are judged as before and the trouble
/// is told until it is over.
#[test]
fn an_unreadable_registry_is_told() {
    let world = World::new();
    let server = world.keys(Mode::Strict);
    let created = create(&server, SEND, None);
    let registry = world.registry();
    let damaged = "0".repeat(64);
    registry.put(stored::KEYS, &damaged, r#"{"id":1}"#).unwrap();
    world.clock.advance(CHECK_INTERVAL);
    assert!(server.admit(Some(&created.secret), Permission::Send).is_ok());
    let trouble = server.trouble().unwrap();
    assert!(trouble.contains("reading keys") && trouble.contains(&damaged), "{trouble}");
    registry.delete(stored::KEYS, &damaged).unwrap();
    world.clock.advance(CHECK_INTERVAL);
    assert!(server.admit(Some(&created.secret), Permission::Send).is_ok());
    assert_eq!(server.trouble(), None);
}

/// Guarantees: values that clients have already become keys within the bounds, once only, and a
/// value stays taken after its revocation.
#[test]
fn brought_values_become_keys_once() {
    let world = World::new();
    let (keys, other) = (world.keys(Mode::Strict), world.keys(Mode::Strict));
    let value = "POST_SERVER_ITEM_ACCESS_TOKEN";
    let created = create(&keys, SEND, Some(value));
    assert_eq!(created.secret, value);
    assert_eq!(created.key.label, "POST_SER…");
    assert!(keys.admit(Some(value), Permission::Send).is_ok());
    for state in ["a key already", "a revoked key already"] {
        let error = other.create(None, EnvironmentId::DEFAULT, SEND, Some(value)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let text = error.to_string();
        assert!(text.contains(state) && text.contains(&created.key.id), "{text}");
        assert!(!text.contains(value), "{text}");
        keys.revoke(value).unwrap();
    }
}

/// Guarantees: a key is not created for an environment that does not exist, without a permission,
/// with an unfit name or an unfit value.
#[test]
fn unfit_keys_are_refused() {
    let world = World::new();
    let keys = world.keys(Mode::Strict);
    let long = "x".repeat(KEY_NAME_CHARS_MAX + 1);
    let default = EnvironmentId::DEFAULT;
    for (name, environment, permissions, value) in [
        (None, EnvironmentId(9), SEND, None),
        (None, default, Permissions::NONE, None),
        (Some(long.as_str()), default, SEND, None),
        (Some("a\u{1b}b"), default, SEND, None),
        (None, default, SEND, Some("short")),
    ] {
        let error = keys.create(name, environment, permissions, value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert!(keys.list().unwrap().keys.is_empty());
}

/// Guarantees: the text of a key is in no file of the registry, in no list and in no debug output.
#[test]
fn secrets_are_not_kept() {
    let world = World::new();
    let keys = world.keys(Mode::Open);
    let created = create(&keys, SEND, None);
    let unknown = "an-unknown-key-of-somebody";
    for secret in [created.secret.as_str(), unknown] {
        keys.admit(Some(secret), Permission::Send).unwrap();
    }
    keys.flush_counts().unwrap();
    let shown = format!("{created:?} {:?}", keys.list().unwrap());
    let mut stored = Vec::new();
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    for secret in [created.secret.as_str(), unknown] {
        let revealed = secret.get(..9).unwrap();
        assert!(!shown.contains(revealed), "{shown}");
        assert!(!stored.windows(revealed.len()).any(|bytes| bytes == revealed.as_bytes()));
    }
    assert!(stored.windows(8).any(|bytes| bytes == b"an-unkno"), "the label is stored");
}

/// Guarantees: a key is revoked by its id, value, label or name; a label or name that several live
/// keys have is refused with their ids, and what nobody has is missing and not repeated.
#[test]
fn keys_are_revoked_by_any_of_their_names() {
    let world = World::new();
    let keys = world.keys(Mode::Strict);
    let default = EnvironmentId::DEFAULT;
    let values = ["shared-label-1", "shared-label-2", "third-of-the-keys"];
    let [first, second, third] =
        values.map(|value| keys.create(Some("app"), default, SEND, Some(value)).unwrap().key);
    assert_eq!(first.label, second.label);
    let error = keys.revoke(&first.label).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(&first.id) && error.to_string().contains(&second.id));
    assert!(!error.to_string().contains(&third.id));

    world.clock.advance(Duration::from_secs(5));
    assert_eq!(keys.revoke(&first.id).unwrap().revoked, at(5));
    assert_eq!(keys.revoke(&second.label).unwrap().id, second.id, "only one of them is live");
    assert_eq!(keys.revoke("app").unwrap().id, third.id);
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(keys.revoke(values[0]).unwrap().revoked, at(5), "revoking again changes nothing");

    let error = keys.revoke("a-secret-of-others").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert!(!error.to_string().contains("a-secret-"), "{error}");
}

/// Guarantees: counts, first and last use survive a restart, and add up with those of another
/// process, with and without a flush before the list.
#[test]
fn counts_survive_and_add_up() {
    let world = World::new();
    let (first, second) = (world.keys(Mode::Open), world.keys(Mode::Open));
    let created = create(&first, SEND, None);
    world.clock.advance(CHECK_INTERVAL);
    for keys in [&first, &second, &first] {
        keys.admit(Some(&created.secret), Permission::Send).unwrap();
        keys.admit(Some("unknown-to-all"), Permission::Send).unwrap();
        keys.admit(None, Permission::Send).unwrap();
        world.clock.advance(CHECK_INTERVAL);
    }
    first.admit(Some(&created.secret), Permission::Query).unwrap_err();
    first.flush_counts().unwrap();
    let before = second.list().unwrap();
    second.flush_counts().unwrap();
    second.flush_counts().unwrap();
    drop((first, second));

    let list = world.keys(Mode::Strict).list().unwrap();
    assert_eq!(list, before);
    let uses = Uses { admitted: 3, refused: 1, first: at(1), last: at(4) };
    assert_eq!(list.keys[0].uses, uses);
    let uses = Uses { admitted: 3, refused: 0, first: at(1), last: at(3) };
    let unknown = |label: &str| UnknownKey { label: label.to_owned(), uses };
    assert_eq!(list.unknown, [unknown(NO_KEY), unknown("unknown…")]);
}

/// Guarantees: what a strict server refuses is listed too, and told apart from what was admitted.
#[test]
fn refused_keys_are_listed() {
    let world = World::new();
    let keys = world.keys(Mode::Strict);
    keys.admit(Some("an-old-key-of-ours"), Permission::Send).unwrap_err();
    let uses = Uses { admitted: 0, refused: 1, first: at(0), last: at(0) };
    let list = keys.list().unwrap();
    assert_eq!(list.unknown, [UnknownKey { label: "an-old-k…".to_owned(), uses }]);
}

/// Guarantees: no use is lost or counted twice while threads are admitted, keys change and counts
/// are flushed.
#[test]
fn counts_are_exact_under_concurrency() {
    const THREADS: u64 = 3;
    const REQUESTS: u64 = 500;
    let world = World::new();
    let keys = world.keys(Mode::Open);
    let created = create(&keys, SEND, None);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for number in 0..REQUESTS {
                    keys.admit(Some(&created.secret), Permission::Send).unwrap();
                    keys.admit(Some(&format!("{}-unknown-key", number % 7)), Permission::Send)
                        .unwrap();
                }
            });
        }
        for _ in 0..10 {
            keys.flush_counts().unwrap();
            create(&keys, SEND, None);
        }
    });
    let list = keys.list().unwrap();
    let used = list.keys.iter().find(|key| key.id == created.key.id).unwrap();
    assert_eq!(used.uses.admitted, THREADS * REQUESTS);
    let unknown: u64 = list.unknown.iter().map(|key| key.uses.admitted).sum();
    assert_eq!(unknown, THREADS * REQUESTS);
    assert_eq!(list.unknown.len(), 7);
}

/// Guarantees: counts that could not be saved go with the next flush.
#[test]
fn unsaved_counts_are_kept() {
    let world = World::new();
    let keys = world.keys(Mode::Open);
    let created = create(&keys, SEND, None);
    keys.admit(Some(&created.secret), Permission::Send).unwrap();
    keys.admit(None, Permission::Send).unwrap();
    let registry = world.registry();
    let (collection, id) = stored::UNKNOWN;
    registry.put(collection, id, "[]").unwrap();
    assert_eq!(keys.flush_counts().unwrap_err().kind(), ErrorKind::Corrupt);
    registry.delete(collection, id).unwrap();
    keys.flush_counts().unwrap();
    let list = world.keys(Mode::Open).list().unwrap();
    assert_eq!(list.keys[0].uses.admitted, 1);
    assert_eq!(list.unknown[0].uses.admitted, 1);
}

/// Guarantees: a sender reads as the id of its key, or as a label that does not reveal it, and
/// asking who it is counts no use.
#[test]
fn senders_are_named_without_being_counted() {
    let world = World::new();
    let keys = world.keys(Mode::Strict);
    let created = create(&keys, SEND, None);
    let sender = keys.sender(Some(&format!(" {} ", created.secret)));
    assert_eq!(sender.key.as_deref(), Some(created.key.id.as_str()));
    assert!(sender.is_known);
    let admission = keys.admit(Some(&created.secret), Permission::Send).unwrap();
    assert_eq!(Sender::admitted(&admission, Some(&created.secret)), sender);
    let unknown = keys.sender(Some("0123456789abcdef"));
    assert_eq!((unknown.is_known, unknown.key.as_deref()), (false, Some("01234567…")));
    assert_eq!(keys.sender(Some("  ")).key, None);
    assert_eq!(keys.sender(None).key, None);
    let long = keys.sender(Some(&"x".repeat(100_000)));
    assert_eq!(long.key.as_deref(), Some("xxxxxxxx…"));
    let listed = keys.list().unwrap();
    assert_eq!((listed.keys[0].uses.admitted, listed.unknown.len()), (1, 0));
}

/// Guarantees: a key that asks what it may do is admitted whatever that is, unless it was revoked.
#[test]
fn any_key_may_ask_what_it_may_do() {
    let world = World::new();
    let keys = world.keys(Mode::Strict);
    let sender = Permissions { send: true, ..Permissions::NONE };
    let created = create(&keys, sender, None);
    let admission = keys.admit_any(Some(&created.secret)).unwrap();
    assert_eq!(admission.permissions, sender);
    assert_eq!(keys.admit_any(None), Err(Refusal::Missing));
    assert_eq!(keys.admit_any(Some("nobody's")), Err(Refusal::Unknown));
    keys.revoke(&created.key.id).unwrap();
    world.clock.advance(CHECK_INTERVAL);
    assert_eq!(keys.admit_any(Some(&created.secret)), Err(Refusal::Revoked));
}
