//! The official OpenTelemetry SDKs against a real server: every signal by every protocol.
//!
//! A program in the SDK's language sends, and `tests/clients/sdk_e2e.py` holds what the server
//! shows against what the SDK says it sent, also after the server was killed.

use std::process::Command;

use super::world::{World, with_server};
use super::{Run, succeed};
use crate::server::Server;
use crate::{build, golang, node, python};

const SCRIPT: &str = "tests/clients/sdk_e2e.py";
/// The packages of the Python clients, of which the script needs those that read OTLP.
pub(super) const REQUIREMENTS: [&str; 1] = ["tests/clients/requirements.txt"];

/// An SDK, by the language that names its datasets.
struct Sdk {
    language: &'static str,
    /// Values of `OTEL_EXPORTER_OTLP_PROTOCOL`, each used with gzip and without.
    protocols: &'static [&'static str],
    /// The program that sends.
    program: Command,
    /// Whether gRPC goes to the main port, beside HTTP/1.1, and not to its own.
    is_grpc_on_main: bool,
}

pub(super) fn python_sdk(_run: &Run) -> Result<(), String> {
    let mut program = python::python(&REQUIREMENTS)?;
    program.arg("tests/clients/python/emit.py");
    let protocols = &["http/protobuf", "grpc"];
    check(&Sdk { language: "python", protocols, program, is_grpc_on_main: false })
}

pub(super) fn javascript_sdk(_run: &Run) -> Result<(), String> {
    let mut program = node::node("tests/clients/javascript")?;
    program.arg("tests/clients/javascript/emit.js");
    let protocols = &["http/protobuf", "http/json", "grpc"];
    check(&Sdk { language: "javascript", protocols, program, is_grpc_on_main: true })
}

pub(super) fn go_sdk(_run: &Run) -> Result<(), String> {
    let program = Command::new(golang::program("tests/clients/golang")?);
    let protocols = &["http/protobuf", "grpc"];
    check(&Sdk { language: "go", protocols, program, is_grpc_on_main: false })
}

fn check(sdk: &Sdk) -> Result<(), String> {
    with_server(|world| {
        let state = world.folder.path().join("state.json");
        let script = |world: &World| -> Result<Command, String> {
            let mut script = python::python(&REQUIREMENTS)?;
            script.arg(build::root().join(SCRIPT)).args(["--server", &world.server.main_url]);
            script.arg("--state").arg(&state);
            Ok(script)
        };
        let mut sending = script(world)?;
        // The environment of the program, which finds its packages by it, is that of the script.
        for (name, value) in sdk.program.get_envs() {
            if let Some(value) = value {
                sending.env(name, value);
            }
        }
        sending.args(["--language", sdk.language, "--otlp-http", &world.server.otlp_url]);
        let Server { main_url, grpc_url, .. } = &world.server;
        sending.args(["--otlp-grpc", if sdk.is_grpc_on_main { main_url } else { grpc_url }]);
        sending.arg("--protocols").args(sdk.protocols).arg("--");
        sending.arg(sdk.program.get_program()).args(sdk.program.get_args());
        succeed(&mut sending)?;
        world.kill_and_restart()?;
        succeed(script(world)?.args(["--phase", "check"]))
    })
}
