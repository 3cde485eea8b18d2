//! A `Cargo.toml` as entries with their lines.
//!
//! Two rules ask where an entry stands and what comment is above it, which a TOML parser forgets.
//! Manifests use little of TOML, so this reads just that: tables, keys, and values that go on until
//! their brackets close.

use super::File;

/// A manifest, read.
pub(crate) struct Manifest {
    /// In the file's order.
    pub(crate) entries: Vec<Entry>,
}

/// A key and its value.
pub(crate) struct Entry {
    /// The name of the table it stands in, as in `workspace.dependencies`.
    pub(crate) table: String,
    /// As written, as in `serde.workspace`.
    pub(crate) key: String,
    /// As written, with its quotes, without line ends and comments.
    pub(crate) value: String,
    /// Its first line, from 1.
    pub(crate) line: usize,
    /// Its last line.
    pub(crate) last_line: usize,
}

impl Manifest {
    /// Reads what can be read. Cargo itself has already refused what is no manifest.
    pub(crate) fn read(file: &File) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut table = String::new();
        let mut open_brackets = 0;
        for (line, text) in file.lines() {
            let (text, brackets) = without_comment(text);
            if open_brackets > 0 {
                if let Some(entry) = entries.last_mut() {
                    entry.value.push_str(&text);
                    entry.last_line = line;
                }
                open_brackets += brackets;
                continue;
            }
            if text.starts_with('[') {
                text.trim_matches(['[', ']']).trim().clone_into(&mut table);
                continue;
            }
            let Some((key, value)) = text.split_once('=') else { continue };
            open_brackets = brackets;
            entries.push(Entry {
                table: table.clone(),
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
                line,
                last_line: line,
            });
        }
        Self { entries }
    }

    /// The entries of one table.
    pub(crate) fn table(&self, table: &str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.table == table)
    }

    /// The line on which the dependency on `name` stands: 1 if it is nowhere.
    pub(crate) fn line_of_dependency(&self, name: &str) -> usize {
        let is_it = |entry: &&Entry| {
            let of_key = entry.key.split('.').next().unwrap_or_default().trim_matches('"');
            let of_table = entry.table.rsplit('.').next().unwrap_or_default();
            entry.table.contains("dependencies") && (of_key == name || of_table == name)
        };
        self.entries.iter().find(is_it).map_or(1, |entry| entry.line)
    }
}

impl Entry {
    /// Whether the value is taken from the workspace, in either spelling.
    pub(crate) fn is_from_workspace(&self) -> bool {
        if self.key == "workspace" || self.key.ends_with(".workspace") {
            return self.value == "true";
        }
        let value = self.value.replace(' ', "");
        value.starts_with('{') && value.contains("workspace=true")
    }
}

/// The line without its comment, trimmed, and how many more brackets it opens than it closes.
fn without_comment(line: &str) -> (String, i32) {
    let mut kept = String::new();
    let mut brackets = 0;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '#') => break,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => brackets += 1,
            (None, ']' | '}') => brackets -= 1,
            (Some(open), _) if c == open => quote = None,
            _ => {}
        }
        kept.push(c);
    }
    (kept.trim().to_owned(), brackets)
}

#[cfg(test)]
mod tests;
