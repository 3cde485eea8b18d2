//! The Python that scripts of the tree run in: a virtual environment made once, outside the tree.
//!
//! It holds exactly the pinned packages that a script's `requirements.txt` names.
//!
//! ```ignore
//! let mut python = python::python(&["examples/flask/requirements.txt"])?;
//! python.arg("tests/clients/flask_e2e.py").status();
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{build, installed};

/// The interpreter of an environment with the packages of these files of the tree, which is made
/// first if there is none. It starts in the root of the tree and leaves no compiled files in it.
pub(crate) fn python(requirements: &[&str]) -> Result<Command, String> {
    let version = installed::version("python3", &["--version"], "apt install python3-venv")?;
    let requirements: Vec<PathBuf> =
        requirements.iter().map(|path| build::root().join(path)).collect();
    let name = name(&version, &requirements)?;
    let environment = installed::folder(&name, |folder| make(folder, &requirements))?;
    let mut python = Command::new(environment.join("bin").join("python"));
    python.current_dir(build::root()).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(python)
}

fn name(version: &str, requirements: &[PathBuf]) -> Result<String, String> {
    let mut contents = vec![version.as_bytes().to_vec()];
    for path in requirements {
        contents.push(installed::read(path)?);
    }
    Ok(installed::name("venv", contents.iter().map(Vec::as_slice)))
}

fn make(environment: &Path, requirements: &[PathBuf]) -> Result<(), String> {
    installed::succeed(Command::new("python3").args(["-m", "venv"]).arg(environment))
        .map_err(|error| format!("{error}: is venv missing? apt install python3-venv"))?;
    let mut pip = Command::new(environment.join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    for path in requirements {
        pip.arg("--requirement").arg(path);
    }
    installed::succeed(&mut pip)
}

#[cfg(test)]
mod tests;
