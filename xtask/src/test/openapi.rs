//! What the tests of the server and its specifications ask and are answered, held against the
//! vendor's own description of its interface.

use super::{Run, succeed};
use crate::build::{self, cargo};
use crate::folder::TemporaryFolder;
use crate::python;

/// Where the tests write their exchanges to.
const VARIABLE: &str = "TRACKWAY_TEST_EXCHANGES";
const SCRIPT: &str = "tests/clients/openapi_check.py";
/// The packages that read the description.
pub(super) const REQUIREMENTS: &str = "tests/clients/openapi/requirements.txt";

pub(super) fn openapi(_run: &Run) -> Result<(), String> {
    let folder = TemporaryFolder::make()?;
    let exchanges = folder.path().join("exchanges");
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--test", "server", "--test", "specs"]);
    tests.env(VARIABLE, &exchanges);
    succeed(&mut tests)?;
    let mut check = python::python(&[REQUIREMENTS])?;
    succeed(check.arg(build::root().join(SCRIPT)).arg(&exchanges))
}
