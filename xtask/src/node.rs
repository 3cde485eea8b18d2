//! The packages of npm that scripts of the tree use: installed once, outside the tree.
//!
//! `npm ci` takes exactly what the committed lock file names, each package by its checksum, and
//! runs none of their scripts.
//!
//! ```ignore
//! let mut node = node::node("tests/clients/javascript")?;
//! node.arg("tests/clients/javascript/emit.js").status(); // require() finds the packages
//! ```

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{build, installed};

/// Both files of a project that say what it needs.
const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];

/// Node with the packages of the project in this folder of the tree, which are installed first if
/// they are not yet. It starts in the root of the tree.
pub(crate) fn node(project: &str) -> Result<Command, String> {
    let version = installed::version("node", &["--version"], "install Node 20 or later with npm")?;
    let project = build::root().join(project);
    let mut contents = vec![version.into_bytes()];
    for manifest in MANIFESTS {
        contents.push(installed::read(&project.join(manifest))?);
    }
    let name = installed::name("npm", contents.iter().map(Vec::as_slice));
    let folder = installed::folder(&name, |folder| make(folder, &project))?;
    let mut node = Command::new("node");
    node.current_dir(build::root()).env("NODE_PATH", folder.join("node_modules"));
    Ok(node)
}

fn make(folder: &Path, project: &Path) -> Result<(), String> {
    let failed = |error| format!("filling {}: {error}", folder.display());
    fs::create_dir(folder).map_err(failed)?;
    for manifest in MANIFESTS {
        fs::copy(project.join(manifest), folder.join(manifest)).map_err(failed)?;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    installed::succeed(&mut npm)
}
