//! The list of a backup's files: JSON lines, and the last one has the checksum of those before.
//!
//! ```text
//! {"backup":1,"folder":1,"program":"0.1.0","began":"2026-…Z","mark":812,"segments":3,"rows":9120}
//! {"path":"catalog.db","bytes":90112,"crc32":1298381}
//! …
//! {"files":8,"crc32":88123}
//! ```

use std::io::{BufRead as _, BufReader, Read};

use model::{Error, Result};
use serde::{Deserialize, Serialize};

/// The form of backups that this program reads and writes.
const VERSION: u32 = 1;
/// Longest line: a path and some numbers.
const LINE_BYTES_MAX: u64 = 8 << 10;

/// What a backup is, in the first line of its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The form of the backup.
    backup: u32,
    /// The format of the data folder.
    pub(crate) folder: u32,
    /// The version of the program that wrote it.
    pub(crate) program: String,
    /// When it began.
    pub(crate) began: String,
    /// Requests up to this place in the log are in it.
    pub(crate) mark: u64,
    /// How many segments there are.
    pub(crate) segments: u64,
    /// Rows of these.
    pub(crate) rows: u64,
}

impl Head {
    /// The first line of a new list.
    pub(crate) fn new(folder: u32, began: String, backup: &store::Backup) -> Self {
        let rows = backup.segments().iter().map(|segment| segment.meta.rows).sum();
        Self {
            backup: VERSION,
            folder,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            began,
            mark: backup.mark().0,
            segments: backup.segments().len() as u64,
            rows,
        }
    }
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// Where it is, from the folder on.
    pub(crate) path: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// The checksum of its bytes.
    pub(crate) crc32: u32,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    files: u64,
    crc32: u32,
}

/// A list that grows.
pub(super) struct ListWriter {
    text: String,
    files: u64,
}

impl ListWriter {
    pub(super) fn new(head: &Head) -> Result<Self> {
        let mut list = Self { text: String::new(), files: 0 };
        list.line(head)?;
        Ok(list)
    }

    /// Adds a file.
    pub(super) fn add(&mut self, file: &Listed) -> Result<()> {
        self.files += 1;
        self.line(file)
    }

    /// The whole text.
    pub(super) fn finish(mut self) -> Result<String> {
        let end = End { files: self.files, crc32: crc32fast::hash(self.text.as_bytes()) };
        self.line(&end)?;
        Ok(self.text)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(line)
            .map_err(|error| Error::bug("writing the list of a backup").because(error))?;
        self.text.push_str(&text);
        self.text.push('\n');
        Ok(())
    }
}

/// Reads a list, which must be whole; files in the order in which they were written.
pub(super) fn read(list: impl Read) -> Result<(Head, Vec<Listed>)> {
    let damaged = |why: String| Error::corrupt(format!("the list of the backup is damaged: {why}"));
    let mut reader = BufReader::new(list);
    let mut hasher = crc32fast::Hasher::new();
    let (mut head, mut files) = (None, Vec::new());
    loop {
        let mut line = String::new();
        let read = reader.by_ref().take(LINE_BYTES_MAX).read_line(&mut line);
        read.map_err(|error| damaged(error.to_string()))?;
        if !line.ends_with('\n') {
            return Err(damaged("it ends before its last line".to_owned()));
        }
        if let Ok(end) = serde_json::from_str::<End>(&line) {
            if end.crc32 != hasher.finalize() || end.files != files.len() as u64 {
                return Err(damaged("its checksum is wrong".to_owned()));
            }
            let head = head.ok_or_else(|| damaged("it has no first line".to_owned()))?;
            return Ok((head, files));
        }
        hasher.update(line.as_bytes());
        if head.is_none() {
            head = Some(read_head(&line)?);
            continue;
        }
        let file = serde_json::from_str(&line);
        files.push(file.map_err(|error| damaged(format!("{error} in {:?}", line.trim())))?);
    }
}

fn read_head(line: &str) -> Result<Head> {
    #[derive(Deserialize)]
    struct Version {
        backup: u32,
    }
    let wrong = |error| Error::corrupt("the list of the backup has no first line").because(error);
    let Version { backup } = serde_json::from_str(line).map_err(wrong)?;
    if backup > VERSION {
        return Err(Error::invalid(format!(
            "the backup has form {backup}, this program reads up to {VERSION}: use the newer \
             program that took it"
        )));
    }
    serde_json::from_str(line).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let (program, began) = ("0.1.0".to_owned(), "2026-01-01T00:00:00Z".to_owned());
        Head { backup: 1, folder: 1, program, began, mark: 7, segments: 1, rows: 3 }
    }

    fn file(path: &str) -> Listed {
        Listed { path: path.to_owned(), bytes: 5, crc32: 77 }
    }

    fn written() -> String {
        let mut list = ListWriter::new(&head()).unwrap();
        list.add(&file("catalog.db")).unwrap();
        list.add(&file("segments/a \"b\"")).unwrap();
        list.finish().unwrap()
    }

    /// Guarantees: a list comes back as it was written.
    #[test]
    fn lists_come_back() {
        let (read_head, files) = read(written().as_bytes()).unwrap();
        assert_eq!(read_head, head());
        assert_eq!(files, [file("catalog.db"), file("segments/a \"b\"")]);
    }

    /// Guarantees: a list that is cut anywhere, or has one byte changed, is not taken for whole.
    #[test]
    fn damaged_lists_are_refused() {
        let text = written();
        for at in 0..text.len() {
            assert!(read(&text.as_bytes()[..at]).is_err(), "cut at {at}");
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let is_last_end = at + 1 == text.len();
            assert!(read(&*changed).is_err() || is_last_end, "changed at {at}");
        }
    }

    /// Guarantees: a backup of a newer program is refused in words.
    #[test]
    fn newer_forms_are_refused() {
        let list = ListWriter::new(&Head { backup: 2, ..head() }).unwrap().finish().unwrap();
        let error = read(list.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("has form 2") && error.contains("newer program"), "{error}");
    }
}
