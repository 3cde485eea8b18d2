//! This machine: the ports of the settings, and the data folder.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Access, access, statvfs};

use super::finding::Finding;
use crate::quantity::about_size;
use crate::settings::{Setting, Settings};

/// How long a port of this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Room below which the next files of log and segments may not fit.
const ROOM_WRONG: u64 = 256 << 20;
/// Room below which it is time to think of it.
const ROOM_WARNING: u64 = 2 << 30;

/// Looks at the ports and the folder that a server with these settings has.
pub(super) fn examine(settings: &Settings, is_up: bool) -> Vec<Finding> {
    let ports = settings.listeners().into_iter();
    let mut findings: Vec<Finding> =
        ports.map(|(setting, address)| port(setting, address, is_up)).collect();
    findings.push(folder(&settings.data.value));
    findings
}

fn port(setting: Setting, address: SocketAddr, is_up: bool) -> Finding {
    let name = setting.name;
    let connected = TcpStream::connect_timeout(&address, PATIENCE);
    match (connected, is_up) {
        (Ok(_), true) => Finding::good("ports", format!("{name} {address} is open")),
        (Ok(_), false) => Finding::wrong(
            "ports",
            format!("{name} {address} is open, although the server does not answer"),
            format!("another program may have it: stop that, or choose another with --{name} ADDR"),
        ),
        (Err(error), false) if error.kind() == ErrorKind::ConnectionRefused => {
            Finding::good("ports", format!("{name} {address} is free"))
        }
        (Err(error), _) => Finding::warning(
            "ports",
            format!("{name} {address} does not answer: {error}"),
            format!(
                "if the server was started with other settings, give them here too: --{name} ADDR"
            ),
        ),
    }
}

fn folder(path: &Path) -> Finding {
    let shown = path.display();
    if !path.exists() {
        return Finding::note("folder", format!("{shown} is not there: the first start makes it"));
    }
    if let Err(error) = access(path, Access::WRITE_OK | Access::EXEC_OK) {
        let text = format!("{shown} cannot be written by this user: {error}");
        let remedy = "run this as the server's user, or give it the folder";
        return Finding::wrong("folder", text, remedy.to_owned());
    }
    match statvfs(path) {
        Ok(disk) => room(&shown.to_string(), disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => {
            Finding::note("folder", format!("{shown}: the room on its disk is not told: {error}"))
        }
    }
}

fn room(folder: &str, free: u64) -> Finding {
    let text = format!("{folder} can be written, {} free", about_size(free));
    let remedy = "make room: `trackway dataset retain NAME 30d` keeps less; a full disk refuses \
                  events";
    match free {
        free if free < ROOM_WRONG => Finding::wrong("folder", text, remedy.to_owned()),
        free if free < ROOM_WARNING => Finding::warning("folder", text, remedy.to_owned()),
        _ => Finding::good("folder", text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;
    use crate::settings::LISTEN;

    /// Guarantees: an open port is right for a server that answers and taken otherwise, and a
    /// closed one the other way round.
    #[test]
    fn ports_are_judged() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        assert_eq!(port(LISTEN, address, true).state, State::Good);
        assert_eq!(port(LISTEN, address, false).state, State::Wrong);
        drop(socket);
        assert_eq!(port(LISTEN, address, true).state, State::Warning);
        assert_eq!(port(LISTEN, address, false).state, State::Good);
    }

    /// Guarantees: a disk with little room is said to have little, and a folder that is not there
    /// is no fault.
    #[test]
    fn folders_are_judged() {
        assert_eq!(room("d", 1 << 20).state, State::Wrong);
        assert_eq!(room("d", 1 << 30).state, State::Warning);
        assert_eq!(room("d", 100 << 30).state, State::Good);
        let outer = tempfile::tempdir().unwrap();
        assert_eq!(folder(&outer.path().join("new")).state, State::Note);
        assert!(folder(outer.path()).text.contains(" free"));
    }
}
