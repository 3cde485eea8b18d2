//! Trackway: keeps what programs say about themselves, and answers questions about it.
//!
//! The binary puts the other crates together: the command line, the settings, the data folder, the
//! listeners, and our own API. What a request means to a vendor's client is the business of its
//! dialect; here is only what every dialect shares.

mod api;
mod app;
mod backup;
mod browsers;
mod client;
mod command;
mod faults;
mod folder;
mod health;
mod listen;
mod logging;
mod metrics;
mod observer;
mod output;
mod quantity;
mod readiness;
mod serve;
mod settings;
mod stop;
mod switches;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    let command = command::Command::read();
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.exit(),
    }
}
