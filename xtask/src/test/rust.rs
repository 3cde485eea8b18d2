//! The checks that cargo does itself, and tidy.

use std::process::Stdio;

use super::{Run, succeed};
use crate::build::cargo;

/// Every warning is an error here; a build alone only shows it.
const DENY_WARNINGS: &str = "-Dwarnings";

pub(super) fn fmt(_run: &Run) -> Result<(), String> {
    require("fmt", "rustfmt")?;
    // The names of the files are enough: what is wrong with them is put right by a program.
    succeed(cargo().args(["fmt", "--check", "--", "-l"]))
        .map_err(|error| format!("{error}: put right by cargo fmt"))
}

pub(super) fn tidy(run: &Run) -> Result<(), String> {
    // It reads the manifests of all packages, of which a fresh clone has fetched this program's.
    succeed(cargo().args(["fetch", "--quiet", "--locked", "--target=host-tuple"]))?;
    succeed(&mut run.xtask(&["tidy"]))
}

pub(super) fn clippy(_run: &Run) -> Result<(), String> {
    require("clippy", "clippy")?;
    succeed(cargo().args(["clippy", "--workspace", "--all-targets", "--", DENY_WARNINGS]))
}

pub(super) fn tests(_run: &Run) -> Result<(), String> {
    succeed(cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

pub(super) fn doc(_run: &Run) -> Result<(), String> {
    let mut cargo = cargo();
    // With what is private: most of it is read by those who work on it.
    cargo.args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    succeed(cargo.env("RUSTDOCFLAGS", DENY_WARNINGS))
}

/// An error with the remedy if cargo lacks a subcommand that rustup installs by itself.
fn require(subcommand: &str, component: &str) -> Result<(), String> {
    let mut cargo = cargo();
    let asked = cargo.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    match asked.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("cargo {subcommand} is missing: rustup component add {component}")),
    }
}
