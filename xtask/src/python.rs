//! The Python that scripts of the tree run in: a virtual environment made once, outside the tree.
//!
//! It holds exactly the pinned packages that a script's `requirements.txt` names, in a folder of
//! the user's cache whose name changes with them; an old one is never brought up to date.
//!
//! ```ignore
//! let mut python = python::python(&["examples/flask/requirements.txt"])?;
//! python.arg("tests/clients/flask_e2e.py").status();
//! ```

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::build;

/// Written last: an environment without it was never finished.
const COMPLETE: &str = "complete";

/// The interpreter of an environment with the packages of these files of the tree, which is made
/// first if there is none. It starts in the root of the tree and leaves no compiled files in it.
pub(crate) fn python(requirements: &[&str]) -> Result<Command, String> {
    let version = version()?;
    let requirements: Vec<PathBuf> =
        requirements.iter().map(|path| build::root().join(path)).collect();
    let cache = build::cache_folder().ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
    let cache = cache.join("trackway");
    let name = name(&version, &requirements)?;
    let environment = cache.join(&name);
    let failed = |error| format!("making {}: {error}", environment.display());
    fs::create_dir_all(&cache).map_err(failed)?;
    // Two runs at once would make the same folder.
    let lock = File::create(cache.join(format!("{name}.lock"))).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if !environment.join(COMPLETE).exists() {
        make(&environment, &requirements)?;
    }
    let mut python = Command::new(environment.join("bin").join("python"));
    python.current_dir(build::root()).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(python)
}

fn version() -> Result<String, String> {
    let asked = Command::new("python3").arg("--version").output();
    let asked = asked.map_err(|_| "python3 is missing: apt install python3 python3-venv")?;
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}

/// The name of the folder. Another hash in another Rust would cost one more folder, no more.
fn name(version: &str, requirements: &[PathBuf]) -> Result<String, String> {
    let mut hasher = DefaultHasher::new();
    version.hash(&mut hasher);
    for path in requirements {
        let text = fs::read_to_string(path);
        text.map_err(|error| format!("reading {}: {error}", path.display()))?.hash(&mut hasher);
    }
    Ok(format!("venv-{:016x}", hasher.finish()))
}

fn make(environment: &Path, requirements: &[PathBuf]) -> Result<(), String> {
    eprintln!("installing Python packages into {}", environment.display());
    if environment.exists() {
        fs::remove_dir_all(environment)
            .map_err(|error| format!("removing {}: {error}", environment.display()))?;
    }
    succeed(Command::new("python3").args(["-m", "venv"]).arg(environment))
        .map_err(|error| format!("{error}: is venv missing? apt install python3-venv"))?;
    let mut pip = Command::new(environment.join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    for path in requirements {
        pip.arg("--requirement").arg(path);
    }
    succeed(&mut pip)?;
    File::create(environment.join(COMPLETE)).map_err(|error| format!("finishing: {error}"))?;
    Ok(())
}

/// Runs a command whose standard output is of no interest.
fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("starting {command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

#[cfg(test)]
mod tests;
