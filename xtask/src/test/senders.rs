//! Clients that are no OpenTelemetry SDK: its Collector, Honeycomb's libhoney, and honeycomb-api.
//!
//! The scripts are in `tests/clients`; each says what it holds against what.

use super::world::with_server;
use super::{Run, sdks, succeed};
use crate::build::{self, Profile};
use crate::folder::TemporaryFolder;
use crate::{golang, node, python};

/// How long the server is gone while spans go into the Collector: a few tries of its retries.
const OUTAGE_SECONDS: &str = "30";

pub(super) fn collector(run: &Run) -> Result<(), String> {
    let collector = golang::collector("tests/clients/collector/builder.yaml")?;
    build::build(&["trackway"], Profile::Dev)?;
    let folder = TemporaryFolder::make()?;
    let mut script = python::python(&sdks::REQUIREMENTS)?;
    script.arg("tests/clients/collector_e2e.py").args(["--outage-s", OUTAGE_SECONDS]);
    script.args(["--seed", &run.seed.to_string(), "--collector"]).arg(collector);
    script.arg("--trackway").arg(build::binary("trackway", Profile::Dev));
    succeed(script.arg("--folder").arg(folder.path()))
        .map_err(|error| format!("{error}\nthe folder is kept: {}", folder.keep().display()))
}

pub(super) fn libhoney(run: &Run) -> Result<(), String> {
    let program = node::node("tests/clients/javascript")?;
    with_server(|world| {
        let mut script = python::python(&sdks::REQUIREMENTS)?;
        script.arg("tests/clients/events_e2e.py").args(["--server", &world.server.main_url]);
        script.args(["--seed", &run.seed.to_string(), "--"]);
        for (name, value) in program.get_envs() {
            script.envs(value.map(|value| (name, value)));
        }
        succeed(script.arg(program.get_program()).arg("tests/clients/javascript/events.js"))
    })
}

pub(super) fn honeycomb_api(run: &Run) -> Result<(), String> {
    with_server(|world| {
        let mut script = python::python(&sdks::REQUIREMENTS)?;
        script.arg("tests/clients/honeycomb_api_e2e.py");
        script.args(["--server", &world.server.main_url, "--seed", &run.seed.to_string()]);
        succeed(&mut script)
    })
}
