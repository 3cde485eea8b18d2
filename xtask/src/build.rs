//! Cargo as the commands start it: one target folder for all of them, progress on the terminal.
//!
//! A command that needs a binary builds it and gets its path, whatever the target folder is:
//!
//! ```ignore
//! build::build(&["trackway", "cruddur"], Profile::Dev)?; // `Compiling …` is shown as it happens
//! let server = build::binary("trackway", Profile::Dev); // where that build put it
//! let status = build::cargo().args(["test", "--workspace"]).status(); // anything else
//! ```
//!
//! The target folder is that of `CARGO_TARGET_DIR`; without it `trackway-target` in the cache
//! folder of the user, if somebody made that, because several checkouts share what they build
//! there; else `target` in the tree, as cargo has it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Cargo's `dev`: quick to build, with the product's own code a little optimised.
    Dev,
    /// Cargo's `release`: what is shipped, and what is measured.
    Release,
}

impl Profile {
    /// The folder inside the target folder.
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo says at run time where the package is; what was compiled in is right as long as the
    // tree has not been moved since.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    let package = PathBuf::from(package);
    package.parent().map_or(package.clone(), Path::to_path_buf)
}

/// The folder for what is made once and used again, `trackway` or another of the project's names
/// beneath it: `XDG_CACHE_HOME`, else `~/.cache`. None if neither variable is set.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))
}

/// Where cargo puts what it builds, as an absolute path.
pub(crate) fn target_folder() -> PathBuf {
    target_folder_of(env::var_os("CARGO_TARGET_DIR"), cache_folder(), &root())
}

fn target_folder_of(asked: Option<OsString>, cache: Option<PathBuf>, root: &Path) -> PathBuf {
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        let asked = PathBuf::from(asked);
        return std::path::absolute(&asked).unwrap_or(asked);
    }
    let shared = cache.map(|cache| cache.join("trackway-target")).filter(|shared| shared.is_dir());
    shared.unwrap_or_else(|| root.join("target"))
}

/// Cargo, in the root of the workspace and with the target folder set. Its output goes where ours
/// does.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root()).env("CARGO_TARGET_DIR", target_folder());
    cargo
}

/// Builds `binaries`, by their names. What cargo says while it does goes to standard error.
pub(crate) fn build(binaries: &[&str], profile: Profile) -> Result<(), String> {
    let mut cargo = cargo();
    // The features of the whole workspace, so that what the tests have built is used again.
    cargo.args(["build", "--workspace"]);
    for binary in binaries {
        cargo.args(["--bin", binary]);
    }
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    let status = cargo.status().map_err(|error| format!("starting {cargo:?}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("cargo could not build {}: {status}", binaries.join(", ")))
}

/// Where [`build`] puts the binary `name`.
pub(crate) fn binary(name: &str, profile: Profile) -> PathBuf {
    target_folder().join(profile.folder()).join(name)
}

#[cfg(test)]
mod tests;
