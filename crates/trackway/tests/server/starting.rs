//! What keeps a server from starting, and what it says then.

use std::fs;
use std::net::TcpListener;

use super::world::World;

/// Guarantees: a taken port ends the server with the port, the setting and the flag that
/// changes it.
#[test]
fn taken_ports_are_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let any = "127.0.0.1:0";
    for (setting, others) in [
        ("listen", ["--otlp-http", "--otlp-grpc"]),
        ("otlp-http", ["--listen", "--otlp-grpc"]),
        ("otlp-grpc", ["--listen", "--otlp-http"]),
    ] {
        let flag = &format!("--{setting}");
        let [one, two] = others;
        let refusal = World::bare().run_server(&[flag, &address, one, any, two, any]).refused(2);
        let port =
            format!("port {} is taken by another program", taken.local_addr().unwrap().port());
        for part in [&port, &address, flag, setting] {
            assert!(refusal.contains(part), "{part} is not in: {refusal}");
        }
    }
}

/// Guarantees: of two servers on one folder the second is refused with who has it, and the first
/// goes on; when it is gone the folder is free.
#[test]
fn second_servers_are_refused() {
    let world = World::new();
    let server = world.start();
    let refusal = world.run_server(&[]).refused(2);
    assert!(refusal.contains("is in use by another process ("), "{refusal}");
    assert_eq!(server.get("/readyz").0, 200);
    server.kill();
    world.start();
}

/// Guarantees: a folder of a newer format, or with somebody's files, is refused and left alone.
#[test]
fn strange_folders_are_refused() {
    let world = World::new();
    fs::create_dir(world.data()).unwrap();
    fs::write(world.data().join("format"), "2\n").unwrap();
    let refusal = world.run_server(&[]).refused(2);
    assert!(refusal.contains("has format 2, this program reads up to 1"), "{refusal}");
    assert_eq!(fs::read_dir(world.data()).unwrap().count(), 1);

    fs::rename(world.data().join("format"), world.data().join("letter.txt")).unwrap();
    let refusal = world.run_server(&[]).refused(2);
    assert!(refusal.contains("letter.txt"), "{refusal}");
}

/// Guarantees: wrong settings and switches end with status 2 and name themselves.
#[test]
fn wrong_settings_are_refused() {
    let mut world = World::new();
    let refusal = world.run_server(&["--memory", "1MiB"]).refused(2);
    assert!(refusal.contains("memory is \"1MiB\" (by --memory)"), "{refusal}");
    let refusal = world.run_server(&["--nonsense"]).refused(2);
    assert!(refusal.contains("--nonsense"), "{refusal}");
    for (name, value) in [
        ("TRACKWAY_TEST_HOLD", "nowhere:1"),
        ("TRACKWAY_TEST_PATIENCE", "body=1"),
        ("TRACKWAY_TEST_STORE", "rows=1"),
    ] {
        world.set_variable(name, value);
        let refusal = world.run_server(&[]).refused(2);
        assert!(refusal.contains(name) && refusal.contains(value), "{refusal}");
        world.remove_variable(name);
    }
}

/// Guarantees: an open server beyond loopback says so in its log, and so does one with switches of
/// tests or with variables that nobody reads.
#[test]
fn surprises_are_logged() {
    let mut world = World::bare().with_flags(&[
        "--listen",
        "0.0.0.0:0",
        "--otlp-http",
        "127.0.0.1:0",
        "--otlp-grpc",
        "127.0.0.1:0",
        "--keys",
        "open",
    ]);
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=4096");
    world.set_variable("TRACKWAY_MEMROY", "1GiB");
    let server = world.start_unready();
    server.wait_for_log("keys are open (by --keys): whoever reaches 0.0.0.0:0 reads and sends");
    server.wait_for_log("TRACKWAY_TEST_STORE=group_rows=4096");
    server.wait_for_log("the variable TRACKWAY_MEMROY is not a setting");
}
