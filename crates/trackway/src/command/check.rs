//! `trackway check`: reads a data folder through, without changing what is in it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use model::{Error, ErrorKind};
use store::Disk;

use super::FolderFlags;
use crate::folder::Folder;
use crate::output;
use crate::stop::Stop;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Data folder [default: that of the settings]
    #[arg(value_name = "DIR", conflicts_with = "data")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    flags: FolderFlags,
}

/// Status 1 if anything is damaged. The folder is locked meanwhile: a server at work would change
/// files under the reader's eyes.
pub(super) fn run(arguments: Arguments) -> Result<(), Stop> {
    let path = match arguments.folder {
        Some(path) => path,
        None => arguments.flags.resolve()?,
    };
    let folder = Folder::open(&path).and_then(Folder::lock).map_err(found)?;
    if !folder.has_catalog() {
        return Err(Stop::wrong(format!("{}: damage: it has no catalog", path.display())));
    }
    let catalog = folder.catalog().map_err(found)?;
    let disk: Arc<dyn Disk> = Arc::new(folder.disk()?);
    let findings = store::check(&disk, &catalog).map_err(found)?;
    let mut text = String::new();
    for finding in &findings {
        let kind = if finding.is_damage { "damage" } else { "note" };
        text.push_str(&format!("{kind}: {}\n", output::printable(&finding.text)));
    }
    let damages = findings.iter().filter(|finding| finding.is_damage).count();
    text.push_str(&match damages {
        0 => format!("{}: everything can be read\n", path.display()),
        1 => format!("{}: 1 damage\n", path.display()),
        many => format!("{}: {many} damages\n", path.display()),
    });
    output::say(&text)?;
    if damages > 0 { Err(Stop::found()) } else { Ok(()) }
}

/// Damage that keeps the rest from being looked at is damage found.
fn found(error: Error) -> Stop {
    match error.kind() {
        ErrorKind::Corrupt => Stop::wrong(format!("damage: {error}")),
        _ => error.into(),
    }
}
