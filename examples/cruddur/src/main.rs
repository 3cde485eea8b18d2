//! Cruddur: a small social network's backend on mock data, which reports itself over OTLP.
//!
//! It is the service that a user of Trackway would write: axum, `tracing`, the official
//! OpenTelemetry crates, and no configuration but the `OTEL_*` variables. Nothing in it knows
//! Trackway. The demonstration and the acceptance tests drive it as their model client.
#![expect(clippy::print_stderr, reason = "the command line says why it stopped")]

mod arguments;
mod delivery;
mod failure;
mod mock_data;
#[cfg(test)]
mod recorded;
mod refusal;
mod request_line;
mod request_span;
mod routes;
mod serve;
mod telemetry;
mod user;

use std::error::Error;
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::telemetry::Telemetry;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cruddur: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Telemetry is made before the runtime and flushed after it: the exporters' HTTP client blocks,
/// which a thread of the runtime must not.
fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let telemetry = Telemetry::from_environment()?;
    telemetry.install()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve::serve(&arguments.listen, routes::router()));
    runtime.shutdown_background();
    telemetry.shutdown();
    Ok(served?)
}
