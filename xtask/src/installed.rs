//! What tests install from other ecosystems: made once, in a folder of the user's cache.
//!
//! A folder's name changes with everything that goes into it (the lock file, the version of the
//! tool), so an old one is never brought up to date and two checkouts with the same needs share
//! one. Nothing of it lies in the tree.
//!
//! ```ignore
//! let name = installed::name("venv", [version.as_bytes(), &lock_file]);
//! let folder = installed::folder(&name, |folder| make_environment(folder))?;
//! ```

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::build;

/// Written last: a folder without it was never finished.
const COMPLETE: &str = "complete";

/// The name of a folder: what it is, and a number that changes with what goes into it. Another
/// hash in another Rust would cost one more folder, no more.
pub(crate) fn name<'a>(kind: &str, contents: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = DefaultHasher::new();
    for content in contents {
        content.hash(&mut hasher);
    }
    format!("{kind}-{:016x}", hasher.finish())
}

/// The folder `name`, which `make` fills if it is not there yet.
pub(crate) fn folder(
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let cache = build::cache_folder().ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
    folder_in(&cache.join("trackway"), name, make)
}

fn folder_in(
    cache: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let wanted = cache.join(name);
    let failed = |error| format!("making {}: {error}", wanted.display());
    fs::create_dir_all(cache).map_err(failed)?;
    // Two runs at once would make the same folder.
    let lock = File::create(cache.join(format!("{name}.lock"))).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if !wanted.join(COMPLETE).exists() {
        if wanted.exists() {
            fs::remove_dir_all(&wanted).map_err(failed)?;
        }
        eprintln!("installing {}", wanted.display());
        make(&wanted)?;
        File::create(wanted.join(COMPLETE)).map_err(failed)?;
    }
    Ok(wanted)
}

/// The bytes of a file that goes into a folder.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("reading {}: {error}", path.display()))
}

/// What a tool says of its version, or `missing` if there is no such tool.
pub(crate) fn version(tool: &str, arguments: &[&str], missing: &str) -> Result<String, String> {
    let asked = Command::new(tool).args(arguments).output();
    let asked = asked.map_err(|_| format!("{tool} is missing: {missing}"))?;
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}

/// Runs a command whose standard output is of no interest.
pub(crate) fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("starting {command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

#[cfg(test)]
mod tests;
