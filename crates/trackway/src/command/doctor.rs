//! `trackway doctor`: why telemetry does not arrive, or that it does.
//!
//! It looks at the server from outside, at what each of its doors heard and refused, at the ports
//! and the folder of this machine, and at the variables by which SDKs that are started in this
//! shell would find the server. Everything is only looked at.

mod doors;
mod finding;
mod machine;
mod server;
mod shell;

use std::net::SocketAddr;

use clap::Args;
use serde_json::{Value, json};

use self::finding::{Finding, State};
use crate::client::{Client, ServerFlags};
use crate::output;
use crate::settings::{SettingFlags, Settings, Sources, environment};
use crate::stop::Stop;
use crate::terminal::{Paint, Style};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) fn run(arguments: &Arguments, paint: Paint) -> Result<(), Stop> {
    let mut findings = Vec::new();
    let settings = Sources::new(&arguments.settings, &environment)
        .and_then(|sources| Settings::resolve(&sources))
        .map_err(|error| findings.push(Finding::wrong_settings(&error)))
        .ok();
    let listen = settings.as_ref().map(|settings| format!("http://{}", settings.listen.value));
    let client = match &listen {
        Some(listen) => Client::new_or(&arguments.server, listen)?,
        None => Client::new(&arguments.server)?,
    };
    let (of_server, heard) = server::examine(&client);
    findings.extend(of_server);
    findings.extend(heard.iter().flat_map(doors::examine));
    let is_up = heard.is_some();
    let mut addresses: Vec<SocketAddr> = client.address().into_iter().collect();
    if let Some(settings) = settings.as_ref().filter(|_| client.is_local()) {
        findings.extend(machine::examine(settings, is_up));
        addresses.extend(settings.listeners().into_iter().map(|(_, address)| address));
    }
    findings.extend(shell::examine(&environment, client.server(), &addresses));
    let is_wrong = findings.iter().any(|finding| finding.state == State::Wrong);
    let text = match arguments.server.json {
        true => format!("{}\n", as_json(&findings, heard.as_ref(), is_wrong)),
        false => as_text(&findings, heard.as_ref(), paint),
    };
    output::say(&text)?;
    if is_wrong { Err(Stop::found()) } else { Ok(()) }
}

fn as_json(findings: &[Finding], heard: Option<&Value>, is_wrong: bool) -> Value {
    let findings: Vec<Value> = findings.iter().map(Finding::json).collect();
    json!({ "wrong": is_wrong, "findings": findings, "ingest": heard })
}

fn as_text(findings: &[Finding], heard: Option<&Value>, paint: Paint) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&finding.line(paint));
    }
    if let Some(heard) = heard {
        text.push_str(&doors::table(heard, paint));
    }
    let next = findings.iter().filter(|finding| finding.state >= State::Warning);
    // The worst first, and of several the one that was looked at first.
    let next = next.rev().max_by_key(|finding| finding.state).and_then(|one| one.remedy.clone());
    let next = next.unwrap_or_else(|| "nothing: everything that was looked at is well".to_owned());
    text.push_str(&format!("\n{} {next}\n", paint.of(Style::Bold, "next step:")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: each finding is a line with its remedy below, and the next step is that of the
    /// worst, the first among equals.
    #[test]
    fn the_worst_is_next() {
        let findings = [
            Finding::good("server", "answers".to_owned()),
            Finding::warning("clock", "is late".to_owned(), "set it".to_owned()),
            Finding::wrong("ports", "are taken".to_owned(), "free them".to_owned()),
            Finding::wrong("folder", "is full".to_owned(), "make room".to_owned()),
        ];
        let text = as_text(&findings, None, Paint::OFF);
        let expected = "\
ok       server   answers
warning  clock    is late
                  -> set it
wrong    ports    are taken
                  -> free them
wrong    folder   is full
                  -> make room

next step: free them
";
        assert_eq!(text, expected);
        let well = as_text(&findings[..1], None, Paint::OFF);
        assert!(well.ends_with("next step: nothing: everything that was looked at is well\n"));
        let json = as_json(&findings, None, true);
        assert_eq!(json["findings"][2]["remedy"], "free them");
        assert_eq!((&json["wrong"], &json["ingest"]), (&json!(true), &Value::Null));
    }
}
