//! Loads the tree: `cargo metadata` for the packages, `git ls-files` for the files.
//!
//! Files that git does not yet track count as much as those it does, because the time to hear of a
//! finding is before the commit.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::workspace::packages;
use super::{File, Tree};

impl Tree {
    /// The workspace around the present folder. Says why if it cannot be loaded.
    pub(crate) fn load() -> Result<Self, String> {
        // Packages for other platforms may never have been fetched, so they are left out.
        let text =
            output(Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into())).args([
                "metadata",
                "--format-version=1",
                "--offline",
                "--locked",
                "--filter-platform=host-tuple",
            ]))?;
        let metadata: Value =
            serde_json::from_slice(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        let root = metadata.get("workspace_root").and_then(Value::as_str);
        let root = PathBuf::from(root.ok_or("cargo metadata names no workspace_root")?);
        Ok(Self { files: files(&root)?, packages: packages(&metadata, &root)? })
    }
}

fn files(root: &Path) -> Result<Vec<File>, String> {
    let listed = output(Command::new("git").current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ]))?;
    let listed = String::from_utf8(listed).map_err(|_| "a path is not UTF-8".to_owned())?;
    let mut files = Vec::new();
    for path in listed.split_terminator('\0') {
        files.extend(file(root, path)?);
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// None for what is not a file: a link, or a file that is deleted and not yet committed so.
fn file(root: &Path, path: &str) -> Result<Option<File>, String> {
    let absolute = root.join(path);
    let read = absolute.symlink_metadata().and_then(|metadata| {
        if metadata.is_file() { std::fs::read(&absolute).map(Some) } else { Ok(None) }
    });
    match read {
        Ok(Some(bytes)) => Ok(Some(File {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            text: String::from_utf8(bytes).ok(),
        })),
        Ok(None) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("reading {path}: {error}")),
    }
}

fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let done = command.output().map_err(|error| format!("running {command:?}: {error}"))?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&done.stderr).trim_end()))
}
