//! Programs in Go that tests use: built once, outside the tree.
//!
//! A program of the tree is built by its committed `go.mod` and `go.sum`. The OpenTelemetry
//! Collector is put together by its own builder from a list of components with their versions,
//! which is how its project wants it to be used.
//!
//! ```ignore
//! let emit = golang::program("tests/clients/golang")?;
//! let collector = golang::collector("tests/clients/collector/builder.yaml")?;
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{build, installed};

/// The builder; the components in its list are of the same release.
const BUILDER: &str = "go.opentelemetry.io/collector/cmd/builder@v0.160.0";
/// What the binary of a program is called, and that of the Collector (in its list).
const PROGRAM: &str = "program";
const COLLECTOR: &str = "collector";
/// Where the builder writes the Collector's source and binary, as its list says.
const SOURCES: &str = "sources";

/// The binary of the program in this folder of the tree, which is built first if it is not yet.
pub(crate) fn program(source: &str) -> Result<PathBuf, String> {
    let source = build::root().join(source);
    let mut files = files(&source)?;
    files.sort();
    let mut contents = vec![version()?.into_bytes()];
    for file in &files {
        contents.push(installed::read(file)?);
    }
    let name = installed::name("go", contents.iter().map(Vec::as_slice));
    let folder = installed::folder(&name, |folder| {
        make(folder)?;
        let mut go = go();
        go.current_dir(&source).args(["build", "-mod=readonly", "-trimpath", "-o"]);
        installed::succeed(go.arg(folder.join(PROGRAM)).arg("."))
    })?;
    Ok(folder.join(PROGRAM))
}

/// The binary of a Collector with the components of this list, which is built first if it is not
/// yet.
pub(crate) fn collector(list: &str) -> Result<PathBuf, String> {
    let list = build::root().join(list);
    let contents = [version()?.into_bytes(), BUILDER.into(), installed::read(&list)?];
    let name = installed::name("otelcol", contents.iter().map(Vec::as_slice));
    let folder = installed::folder(&name, |folder| make_collector(folder, &list))?;
    Ok(folder.join(COLLECTOR))
}

fn make_collector(folder: &Path, list: &Path) -> Result<(), String> {
    make(folder)?;
    let tools = folder.join("bin");
    installed::succeed(go().env("GOBIN", &tools).args(["install", BUILDER]))?;
    let mut builder = Command::new(tools.join("builder"));
    builder.env("GOTOOLCHAIN", "local").arg("--config").arg(list);
    // The list names its output beside wherever the builder runs.
    installed::succeed(builder.current_dir(folder))?;
    let built = fs::rename(folder.join(SOURCES).join(COLLECTOR), folder.join(COLLECTOR));
    built.map_err(|error| format!("the builder made no {COLLECTOR}: {error}"))
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir(folder).map_err(|error| format!("making {}: {error}", folder.display()))
}

/// All files of a program, which has no folders.
fn files(source: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("reading {}: {error}", source.display());
    let entries = fs::read_dir(source).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

fn version() -> Result<String, String> {
    installed::version("go", &["version"], "install Go 1.26 or later")
}

/// Go as it is installed here: no other is fetched in its place.
fn go() -> Command {
    let mut go = Command::new("go");
    go.env("GOTOOLCHAIN", "local");
    go
}
