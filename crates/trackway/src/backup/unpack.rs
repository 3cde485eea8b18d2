//! The client's side: a stream from a server becomes a folder.
//!
//! What comes over the network is not trusted: paths stay in the folder, and lengths and checksums
//! must be those of the list, which is the last to be written.

use std::io::{self, Read};
use std::path::Path;

use tar::{Archive, Entry};

use super::list::{self, Head, Listed};
use super::written::{Sum, Written};
use super::{FAILED, LIST};
use crate::output::printable;
use crate::stop::Stop;

/// Longest reason that is read.
const REASON_BYTES_MAX: u64 = 16 << 10;
/// Longest list that is read: ten million files.
const LIST_BYTES_MAX: u64 = 1 << 30;

/// Unpacks a backup into a folder that is empty or does not exist.
pub(crate) fn unpack(stream: impl Read, folder: &Path) -> Result<(Head, Vec<Listed>), Stop> {
    let mut written = Written::begin(folder)?;
    let mut archive = Archive::new(stream);
    let mut files = Vec::new();
    let mut list = None;
    for entry in archive.entries().map_err(|error| broken(&error))? {
        let entry = entry.map_err(|error| broken(&error))?;
        let path = entry.path().map_err(|error| broken(&error))?.into_owned();
        if !entry.header().entry_type().is_file() || list.is_some() {
            return Err(Stop::wrong(format!("{path:?} does not belong into a backup")));
        }
        match path.to_str() {
            Some(FAILED) => return Err(reason(entry)),
            Some(LIST) => list = Some(read_list(entry)?),
            Some(text) => {
                let text = text.to_owned();
                let Sum { bytes, crc32 } = written.write(&path, entry)?;
                files.push(Listed { path: text, bytes, crc32 });
            }
            None => return Err(Stop::wrong(format!("{path:?} does not belong into a backup"))),
        }
    }
    // To the very end: a stream that was cut says so only there.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| broken(&error))?;
    let Some(text) = list else {
        return Err(Stop::wrong("the server ended the backup before it was whole: see its log"));
    };
    let (head, listed) = list::read(&*text).map_err(Stop::wrong)?;
    if let Some(wrong) = first_difference(&listed, &files) {
        return Err(Stop::wrong(format!("{wrong} did not come as the server sent it")));
    }
    written.sync()?;
    written.write(Path::new(LIST), &*text)?;
    written.sync()?;
    written.finish();
    Ok((head, files))
}

/// The first file that one has otherwise than the other.
fn first_difference(listed: &[Listed], files: &[Listed]) -> Option<String> {
    let pairs = listed.iter().zip(files).find(|(listed, file)| listed != file);
    let longer = if listed.len() > files.len() { listed } else { files };
    let beyond = longer.get(listed.len().min(files.len()));
    pairs.map(|(listed, _)| listed).or(beyond).map(|file| printable(&file.path))
}

fn read_list(entry: Entry<'_, impl Read>) -> Result<Vec<u8>, Stop> {
    let mut text = Vec::new();
    entry.take(LIST_BYTES_MAX).read_to_end(&mut text).map_err(|error| broken(&error))?;
    Ok(text)
}

fn reason(entry: Entry<'_, impl Read>) -> Stop {
    let mut text = String::new();
    match entry.take(REASON_BYTES_MAX).read_to_string(&mut text) {
        Ok(_) => Stop::wrong(format!("the server cannot finish the backup: {}", printable(&text))),
        Err(error) => broken(&error),
    }
}

fn broken(error: &io::Error) -> Stop {
    Stop::cannot(format!("the backup was cut off: {error}; nothing of it was kept"))
}

#[cfg(test)]
mod tests;
