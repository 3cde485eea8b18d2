//! What a reader is told to run, run once: the demonstration, and the examples of the documents.

use super::{Run, sdks, succeed};
use crate::build::{self, Profile};
use crate::{node, python};

pub(super) fn demo(run: &Run) -> Result<(), String> {
    let free = "127.0.0.1:0";
    let ports = ["--listen", free, "--otlp-http", free, "--otlp-grpc", free];
    succeed(run.xtask(&["demo", "--once"]).args(ports))
}

pub(super) fn docs(_run: &Run) -> Result<(), String> {
    build::build(&["trackway"], Profile::Dev)?;
    let mut script = python::python(&sdks::REQUIREMENTS)?;
    // Examples in JavaScript find their packages by its environment.
    for (name, value) in node::node("tests/clients/javascript")?.get_envs() {
        script.envs(value.map(|value| (name, value)));
    }
    script.arg("tests/clients/documents_e2e.py").arg("--trackway");
    succeed(script.arg(build::binary("trackway", Profile::Dev)))
}
