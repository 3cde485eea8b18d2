//! Real clients against a real server: what they sent is asked for in every way, also after the
//! server was killed.
//!
//! The scripts are in `tests/clients`.

use std::process::Command;

use super::world::{QUICK_STORE, World, with_server, with_store};
use super::{Run, succeed};
use crate::build::{self, Profile};
use crate::python;

const SCRIPTS: &str = "tests/clients";
/// The packages of the Flask example; the scripts themselves need none.
const REQUIREMENTS: [&str; 1] = ["examples/flask/requirements.txt"];
/// DuckDB and its extensions.
const LAKE_REQUIREMENTS: [&str; 1] = ["tests/clients/lakehouse/requirements.txt"];
/// As many random questions are asked.
const QUERIES: &str = "1000";
/// As often an example is started, used and stopped.
const ROUNDS: &str = "3";

pub(super) fn unit(_run: &Run) -> Result<(), String> {
    let discover = ["-m", "unittest", "discover", "-s", SCRIPTS, "-p", "test_*.py"];
    let requirements = [REQUIREMENTS[0], super::openapi::REQUIREMENTS];
    succeed(python::python(&requirements)?.args(discover))?;
    succeed(script("differential.py")?.arg("--self-test"))
}

pub(super) fn differential(run: &Run) -> Result<(), String> {
    with_server(|world| {
        // Half of a round's questions are asked of memory, half once all of it is in segments.
        let url = &world.server.main_url;
        let settle = build::root().join(SCRIPTS).join("settle.py");
        let settle = format!("python3 '{}' --server {url}", settle.display());
        succeed(
            script("differential.py")?
                .args(["--server", url, "--queries", QUERIES, "--between-rounds", &settle])
                .args(["--seed", &run.seed.to_string()]),
        )?;
        // Else only memory was asked, and the thresholds are no longer what they are meant to be.
        world.has_counted("trackway_flushes_total")?;
        world.has_counted("trackway_compactions_total")
    })
}

pub(super) fn flask(run: &Run) -> Result<(), String> {
    with_server(|world| end_to_end(world, "flask_e2e.py", &[], run.seed))
}

pub(super) fn cruddur(run: &Run) -> Result<(), String> {
    build::build(&["cruddur"], Profile::Dev)?;
    let binary = build::binary("cruddur", Profile::Dev).to_string_lossy().into_owned();
    with_server(|world| end_to_end(world, "cruddur_e2e.py", &["--binary", &binary], run.seed))
}

pub(super) fn lake(run: &Run) -> Result<(), String> {
    with_store(QUICK_STORE, |world| {
        let mut python = python::python(&LAKE_REQUIREMENTS)?;
        python.arg(build::root().join(SCRIPTS).join("lake.py"));
        python.args(["--server", &world.server.main_url, "--otlp", &world.server.otlp_url]);
        let data = world.folder.path().join("data");
        python.args(["--seed", &run.seed.to_string(), "--data"]).arg(data);
        succeed(&mut python)?;
        world.has_counted("trackway_compactions_total")
    })
}

/// Sends and checks round by round, then kills the server and checks all of it once more.
fn end_to_end(world: &mut World, name: &str, arguments: &[&str], seed: u64) -> Result<(), String> {
    let state = world.folder.path().join("state.json");
    let both = |world: &World| -> Result<Command, String> {
        let mut script = script(name)?;
        script.args(arguments).args(["--server", &world.server.main_url]);
        script.args(["--otlp", &world.server.otlp_url]).arg("--state").arg(&state);
        Ok(script)
    };
    succeed(both(world)?.args(["--rounds", ROUNDS, "--seed", &seed.to_string()]))?;
    world.kill_and_restart()?;
    succeed(both(world)?.args(["--phase", "check"]))
}

fn script(name: &str) -> Result<Command, String> {
    let mut python = python::python(&REQUIREMENTS)?;
    python.arg(build::root().join(SCRIPTS).join(name));
    Ok(python)
}
