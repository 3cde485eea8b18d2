//! The server from outside: whether it answers, is ready, knows the key, and what time it has.

use jiff::fmt::rfc2822;
use model::{Clock as _, NANOS_PER_SECOND, SystemClock};
use serde_json::Value;
use ureq::http::StatusCode;

use super::finding::Finding;
use crate::client::{Client, Probe, parse};

/// Seconds by which clocks may differ: the server's is told in whole ones, and answers take time.
const CLOCK_SECONDS: i64 = 3;
/// Seconds from which events land where nobody looks for them.
const CLOCK_SECONDS_WRONG: i64 = 60;

/// What was found, and what the doors heard if the server tells.
pub(super) fn examine(client: &Client) -> (Vec<Finding>, Option<Value>) {
    let server = client.server();
    let probe = match client.probe("/livez", true) {
        Ok(probe) => probe,
        Err(stop) => {
            let remedy = "start one with `trackway serve`, or name where it runs: --server URL or \
                          TRACKWAY_SERVER";
            return (vec![Finding::wrong("server", stop.to_string(), remedy.to_owned())], None);
        }
    };
    if probe.text.trim() != "ok" {
        let text = format!("{server} answers {}, but not as Trackway does", probe.status);
        let remedy = "another program has the port: stop it, or give the server another one with \
                      --listen ADDR";
        return (vec![Finding::wrong("server", text, remedy.to_owned())], None);
    }
    let mut findings = vec![readiness(client), clock(&probe)];
    findings.extend(mode(client));
    let heard = match client.probe("/api/v1/ingest", true) {
        Ok(probe) if probe.status.is_success() => parse(&probe.text).ok(),
        Ok(probe) => {
            findings.push(key(&probe));
            None
        }
        Err(stop) => {
            let remedy = "see the server's log".to_owned();
            findings.push(Finding::wrong("doors", stop.to_string(), remedy));
            None
        }
    };
    (findings, heard)
}

fn readiness(client: &Client) -> Finding {
    let server = client.server();
    match client.probe("/readyz", true) {
        Ok(probe) if probe.status.is_success() => {
            Finding::good("server", format!("{server} answers and is ready"))
        }
        Ok(probe) => {
            let text = format!("{server} is not ready: {}", probe.text.trim());
            let remedy = "wait for the end of a start; otherwise see the server's log, and whether \
                          its disk is full";
            Finding::wrong("server", text, remedy.to_owned())
        }
        Err(stop) => Finding::wrong("server", stop.to_string(), "see the server's log".to_owned()),
    }
}

fn clock(probe: &Probe) -> Finding {
    let told = probe.date.as_deref().and_then(|date| rfc2822::parse(date).ok());
    let Some(told) = told.map(|zoned| zoned.timestamp().as_second()) else {
        return Finding::note("clock", "the server does not tell its time".to_owned());
    };
    clocks(told, SystemClock::new().now().nanos() / NANOS_PER_SECOND)
}

fn clocks(server: i64, own: i64) -> Finding {
    let ahead = server - own;
    let seconds = ahead.abs();
    if seconds <= CLOCK_SECONDS {
        return Finding::good("clock", "the server's clock agrees with this one's".to_owned());
    }
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    let text = format!("the server's clock is {seconds} s {side} this machine's");
    let remedy = "set both by NTP: events are found under the time that their sender says";
    match seconds < CLOCK_SECONDS_WRONG {
        true => Finding::warning("clock", text, remedy.to_owned()),
        false => Finding::wrong("clock", text, remedy.to_owned()),
    }
}

/// Whether keys are wanted, as somebody without one finds out.
fn mode(client: &Client) -> Option<Finding> {
    let probe = client.probe("/api/v1/datasets", false).ok()?;
    let text = match probe.status {
        StatusCode::UNAUTHORIZED => "strict: senders and readers need a key of this server",
        status if status.is_success() => "open: nobody needs one",
        _ => return None,
    };
    Some(Finding::note("keys", text.to_owned()))
}

fn key(probe: &Probe) -> Finding {
    let text = format!("the server answers {}: {}", probe.status, probe.error());
    let remedy = match probe.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "give a key that may query: --key KEY or TRACKWAY_KEY; `trackway key create` makes one"
        }
        StatusCode::NOT_FOUND => "the server is older than this command: restart it with this one",
        _ => "see the server's log",
    };
    Finding::wrong("doors", text, remedy.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    /// Guarantees: clocks that agree are well, and others are as bad as they are far apart, with
    /// the side that is ahead.
    #[test]
    fn clocks_are_compared() {
        assert_eq!(clocks(100, 101).state, State::Good);
        let late = clocks(100, 110);
        assert_eq!(late.state, State::Warning);
        assert!(late.text.contains("10 s behind"), "{late:?}");
        let early = clocks(1_000, 100);
        assert_eq!(early.state, State::Wrong);
        assert!(early.text.contains("900 s ahead"), "{early:?}");
    }
}
