//! The way back: a data folder of what a backup holds.
//!
//! Every file is compared with the list as it is copied, and what lies in the new folder with the
//! checksums that the store wrote beside its segments. The file that makes the folder one that a
//! server starts on is written last.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use model::Result;
use registry::Registry;
use store::{CATALOG, Catalog, LocalDisk};

use super::LIST;
use super::list::{self, Head, Listed};
use super::written::{Sum, Written, failed};
use crate::folder::{FORMAT, check_format};
use crate::stop::Stop;

/// Restores a backup into a folder that is empty or does not exist.
pub(crate) fn restore(backup: &Path, data: &Path) -> Result<(Head, Vec<Listed>), Stop> {
    let (head, files) = read_list(backup)?;
    check_format(backup, head.folder)?;
    let mut written = Written::begin(data)?;
    for listed in &files {
        let from = backup.join(&listed.path);
        let file = File::open(&from).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                Stop::wrong(format!("{} is missing from the backup", from.display()))
            }
            _ => failed("opening", &from, &error),
        })?;
        let Sum { bytes, crc32 } = written.write(Path::new(&listed.path), file)?;
        if bytes != listed.bytes {
            let wanted = listed.bytes;
            let text = format!("{} has {bytes} bytes where the list says {wanted}", from.display());
            return Err(Stop::wrong(text));
        }
        if crc32 != listed.crc32 {
            return Err(Stop::wrong(format!("{} is damaged: other checksum", from.display())));
        }
    }
    verify(data).map_err(Stop::wrong)?;
    written.sync()?;
    written.write(Path::new(FORMAT), format!("{}\n", head.folder).as_bytes())?;
    written.sync()?;
    written.finish();
    Ok((head, files))
}

fn read_list(backup: &Path) -> Result<(Head, Vec<Listed>), Stop> {
    let path = backup.join(LIST);
    let file = File::open(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Stop::wrong(format!(
            "{} is no whole backup: it has no {LIST}, which is written when all else is there",
            backup.display()
        )),
        _ => failed("opening", &path, &error),
    })?;
    list::read(file).map_err(|error| Stop::wrong(error.while_doing(path.display())))
}

/// Opens what was restored as a server would, and compares every file with its own checksum.
fn verify(data: &Path) -> Result<()> {
    Registry::open(&data.join(registry::FILE))?;
    let catalog = Catalog::open(&data.join(CATALOG))?;
    let disk = LocalDisk::new(data)
        .map_err(|error| model::Error::bug(format!("opening {}", data.display())).because(error))?;
    store::verify(&disk, &catalog)
}
