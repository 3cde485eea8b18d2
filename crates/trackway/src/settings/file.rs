//! The settings' file: TOML with a key for each setting, and no others.

use std::fs;
use std::path::{Path, PathBuf};

use model::{Error, Result};
use toml::{Table, Value};

use super::{ALL, Setting};

/// A settings' file that has been read.
pub(super) struct SettingsFile {
    path: PathBuf,
    values: Table,
}

impl SettingsFile {
    /// Reads a file. A key that is not a setting is an error, so that a slip of the pen does not
    /// leave the default in place unseen.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            Error::invalid(format!("reading the settings in {}", path.display())).because(error)
        })?;
        let values: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            Error::invalid(format!("{}:{line}: {}", path.display(), error.message()))
        })?;
        if let Some(key) = values.keys().find(|key| !ALL.iter().any(|known| known.name == **key)) {
            let known: Vec<&str> = ALL.iter().map(|setting| setting.name).collect();
            return Err(Error::invalid(format!(
                "{}: {key:?} is not a setting; there are {}",
                path.display(),
                known.join(", ")
            )));
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The value of a setting as text; numbers and truth values may stand without quotes.
    pub(super) fn text(&self, setting: Setting) -> Result<Option<String>> {
        let Some(value) = self.values.get(setting.name) else { return Ok(None) };
        match value {
            Value::String(text) => Ok(Some(text.clone())),
            Value::Integer(number) => Ok(Some(number.to_string())),
            Value::Boolean(truth) => Ok(Some(truth.to_string())),
            other => Err(Error::invalid(format!(
                "{} is of the type {} (in {}); expected {}",
                setting.name,
                other.type_str(),
                self.path.display(),
                setting.expected
            ))),
        }
    }
}

/// The line, from 1, of a place in a text.
fn line_of(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}
