//! How a server ends.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use ureq::http::Method;

use super::spans;
use super::world::{PATIENCE, Server, World};

/// The time that a server promises to stop in.
const PROMISED: Duration = Duration::from_secs(10);

/// A server that holds its log at the first request, so that this request never ends.
fn held(world: &mut World) -> Server {
    world.set_variable("TRACKWAY_TEST_HOLD", "append:1");
    world.start()
}

/// Guarantees: either signal ends an idle server with status 0, and what was acknowledged is there
/// afterwards.
#[test]
fn signals_end_a_server() {
    let world = World::new();
    for (round, signal) in [(1, Signal::TERM), (2, Signal::INT)] {
        let server = world.start();
        spans::send(&server, "api", 2);
        assert_eq!(spans::rows(&server, "api"), Some(2 * round));
        server.signal(signal);
        assert_eq!(server.wait(PROMISED).code(), Some(0));
    }
}

/// Guarantees: a server whose disk holds it up stops in the promised time all the same, and a
/// second signal ends it before.
#[test]
fn held_servers_stop() {
    let mut world = World::new();
    let server = held(&mut world);
    let body = spans::request("api", 1).to_string();
    thread::scope(|scope| {
        // Its connection ends with the server.
        scope.spawn(|| drop(server.try_to_ask(Method::POST, "/v1/traces", &[], Some(&body))));
        server.wait_for_line("held in append");
        server.signal(Signal::TERM);
        assert_eq!(server.wait(PROMISED + Duration::from_secs(2)).code(), Some(0));
    });
    drop(server);

    let server = held(&mut world);
    thread::scope(|scope| {
        scope.spawn(|| drop(server.try_to_ask(Method::POST, "/v1/traces", &[], Some(&body))));
        server.wait_for_line("held in append");
        server.signal(Signal::TERM);
        server.wait_for_log("stopping; a second signal stops at once");
        server.signal(Signal::TERM);
        assert_eq!(server.wait(PATIENCE).code(), Some(1));
        server.wait_for_log("stopped at once by a second signal");
    });
}
