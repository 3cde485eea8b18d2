//! `cargo xtask demo`: a server, an ordinary service that sends to it, and what can be asked then.
//!
//! Both are built and started as a user would do it, with nothing set but where to send. Requests
//! to the service make the spans; when they can be asked for, a trace and a question are shown with
//! the commands that got them. Then light traffic goes on until Ctrl-C.

mod interrupt;
mod show;
mod traffic;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::build::{self, Profile};
use crate::folder::TemporaryFolder;
use crate::process::Process;
use crate::server::{Launch, Server};
use interrupt::{Asked, Interrupt};
use traffic::Traffic;

const USAGE: &str = "\
usage: cargo xtask demo [--data DIR] [--listen HOST:PORT] [--otlp-http HOST:PORT]
                        [--otlp-grpc HOST:PORT] [--once]

  --data DIR              keeps the data there; without it they are gone in the end
  --listen HOST:PORT      the server's main port, 127.0.0.1:4400 by default; port 0 is any free one
  --otlp-http HOST:PORT   where it takes OpenTelemetry over HTTP, 127.0.0.1:4318 by default
  --otlp-grpc HOST:PORT   where it takes OpenTelemetry over gRPC, 127.0.0.1:4317 by default
  --once                  ends after the first answers, without Ctrl-C
";

/// The server's own defaults, which clients expect.
const LISTEN_DEFAULT: &str = "127.0.0.1:4400";
const OTLP_HTTP_DEFAULT: &str = "127.0.0.1:4318";
const OTLP_GRPC_DEFAULT: &str = "127.0.0.1:4317";
/// The name that the service gives itself, and so the name of its dataset.
const SERVICE_NAME: &str = "backend-axum";
/// How long the service may take to listen.
const START_TIME_MAX: Duration = Duration::from_secs(30);
/// How long the service may take to send its last spans and end; it promises five seconds.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);
/// Between two requests of the light traffic.
const REQUEST_EVERY: Duration = Duration::from_millis(500);

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    data: Option<PathBuf>,
    listen: String,
    otlp_http: String,
    otlp_grpc: String,
    once: bool,
}

/// Runs the demonstration. Says why if it could not.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let arguments: Vec<String> = arguments.collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let options = options(arguments.into_iter())?;
    build::build(&["trackway", "cruddur"], Profile::Dev)?;
    let temporary = TemporaryFolder::make()?;
    let data = options.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    // From here on an interrupt reaches the children too, which end by themselves.
    let interrupt = Interrupt::listen()?;
    let server = start_server(&options, &data)?;
    let app = start_app(&server.otlp_url)?;
    let mut demo = Demo { server, app, traffic: Traffic::new() };
    let shown = demo.show(&data);
    let mut asked = Asked::Us;
    if shown.is_ok() && !options.once {
        println!("\nLight traffic goes on. Ctrl-C ends it.");
        asked = demo.keep_running(&interrupt)?;
    }
    let ended = demo.end(asked);
    if let Some(data) = options.data.filter(|_| shown.is_ok()) {
        println!("The data are in {}.", data.display());
    }
    shown.and(ended).map(|()| ExitCode::SUCCESS)
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        data: None,
        listen: LISTEN_DEFAULT.to_owned(),
        otlp_http: OTLP_HTTP_DEFAULT.to_owned(),
        otlp_grpc: OTLP_GRPC_DEFAULT.to_owned(),
        once: false,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--data" => options.data = Some(value()?.into()),
            "--listen" => options.listen = value()?,
            "--otlp-http" => options.otlp_http = value()?,
            "--otlp-grpc" => options.otlp_grpc = value()?,
            "--once" => options.once = true,
            other => return Err(format!("unknown argument {other}\n{USAGE}")),
        }
    }
    Ok(options)
}

fn start_server(options: &Options, data: &Path) -> Result<Server, String> {
    let binary = build::binary("trackway", Profile::Dev);
    let launch = Launch::new(binary, data)
        .addresses(&options.listen, &options.otlp_http, &options.otlp_grpc)
        .environment("TRACKWAY_LOG", "warn");
    Server::start(&launch).map_err(|error| {
        format!(
            "{error}\nif a port is taken: cargo xtask demo --listen 127.0.0.1:0 \
             --otlp-http 127.0.0.1:0 --otlp-grpc 127.0.0.1:0"
        )
    })
}

/// The service and where it listens.
struct App {
    process: Process,
    url: String,
}

fn start_app(otlp_url: &str) -> Result<App, String> {
    let mut command = Command::new(build::binary("cruddur", Profile::Dev));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_url)
        .env("OTEL_SERVICE_NAME", SERVICE_NAME)
        // Sent twice a second, so that nobody has to wait for the SDK's five.
        .env("OTEL_BSP_SCHEDULE_DELAY", "500")
        .env("OTEL_BLRP_SCHEDULE_DELAY", "500")
        // Its own line for every request would bury what is shown.
        .env("RUST_LOG", "off");
    let mut process = Process::start("cruddur", &mut command)?;
    let url = process.line_after("listening on ", START_TIME_MAX)?;
    Ok(App { process, url })
}

/// What runs.
struct Demo {
    server: Server,
    app: App,
    traffic: Traffic,
}

impl Demo {
    /// Makes some traffic, waits until it can be asked for, and shows it.
    fn show(&mut self, data: &Path) -> Result<(), String> {
        println!("server    {}, data in {}", self.server.main_url, data.display());
        println!("service   {}, sends OpenTelemetry to {}", self.app.url, self.server.otlp_url);
        self.traffic.all_routes(&self.app.url)?;
        show::wait_for(&mut self.server, &self.traffic)?;
        show::answers(&self.server)
    }

    /// Sends a request now and then until somebody interrupts.
    fn keep_running(&mut self, interrupt: &Interrupt) -> Result<Asked, String> {
        loop {
            if let Some(asked) = interrupt.wait(REQUEST_EVERY) {
                return Ok(asked);
            }
            if let Err(error) = self.still_running() {
                // Ctrl-C may reach the others before us.
                return interrupt.wait(REQUEST_EVERY).ok_or(error);
            }
        }
    }

    fn still_running(&mut self) -> Result<(), String> {
        // Neither says anything more; an error is that it ended.
        self.server.process.line(Duration::ZERO)?;
        self.app.process.line(Duration::ZERO)?;
        self.traffic.one_more(&self.app.url)
    }

    /// The service ends first: its last spans still find the server.
    fn end(self, asked: Asked) -> Result<(), String> {
        match asked {
            // The terminal has told them; a second signal would cut their ends short.
            Asked::Everybody => {
                self.app.process.wait(STOP_TIME_MAX)?;
                self.server.wait()
            }
            Asked::Us => {
                self.app.process.terminate(STOP_TIME_MAX)?;
                self.server.stop()
            }
        }
    }
}

#[cfg(test)]
mod tests;
