//! `trackway backup` and `trackway restore`: a server's folder as a folder, and back.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::backup::{Head, Listed, restore, unpack};
use crate::client::{Client, ServerFlags};
use crate::output;
use crate::quantity::about_size;
use crate::stop::Stop;

const PATH: &str = "/api/v1/backup";

#[derive(Args, Debug)]
pub(super) struct BackupArguments {
    /// Folder for the backup
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Args, Debug)]
pub(super) struct RestoreArguments {
    /// Folder with the backup
    #[arg(value_name = "BACKUP_DIR")]
    backup: PathBuf,
    /// Data folder to make
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run_backup(arguments: &BackupArguments) -> Result<(), Stop> {
    // Before the server is asked, which would flush for nothing.
    crate::folder::check_vacant(&arguments.folder)?;
    let stream = Client::new(&arguments.server)?.stream(PATH, &[])?;
    let (head, files) = unpack(stream, &arguments.folder)?;
    report("backed up to", &arguments.folder, &head, &files, arguments.server.json)
}

pub(super) fn run_restore(arguments: &RestoreArguments) -> Result<(), Stop> {
    let (head, files) = restore(&arguments.backup, &arguments.data)?;
    report("restored to", &arguments.data, &head, &files, arguments.json)
}

fn report(
    what: &str,
    folder: &Path,
    head: &Head,
    files: &[Listed],
    is_json: bool,
) -> Result<(), Stop> {
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let place = folder.display().to_string();
    if is_json {
        let shown = json!({
            "folder": place,
            "began": head.began,
            "files": files.len(),
            "bytes": bytes,
            "segments": head.segments,
            "rows": head.rows,
        });
        return output::say(&format!("{shown}\n"));
    }
    output::say(&format!(
        "{what} {}: {} rows in {} segments, {}, as of {}\n",
        output::printable(&place),
        head.rows,
        head.segments,
        about_size(bytes),
        output::printable(&head.began)
    ))
}
