//! One file of the project, and what its path says about it.
//!
//! Rules differ by kind of file; what makes a file a test or a recording is decided here once.

/// A file as it lies on the disk.
pub(crate) struct File {
    /// Relative to the root, with `/` between the parts.
    pub(crate) path: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// Its text; none if it is not UTF-8.
    pub(crate) text: Option<String>,
}

impl File {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What follows the last dot of the name; nothing if there is none.
    pub(crate) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    /// Whether it is Python.
    pub(crate) fn is_python(&self) -> bool {
        self.extension() == "py"
    }

    /// Whether it is JavaScript or TypeScript.
    pub(crate) fn is_script(&self) -> bool {
        matches!(self.extension(), "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx")
    }

    /// Whether some folder above it has this name.
    pub(crate) fn is_in(&self, folder: &str) -> bool {
        let mut parts = self.path.split('/');
        parts.next_back();
        parts.any(|part| part == folder)
    }

    /// Whether it holds nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        if self.is_rust() {
            return self.name() == "tests.rs" || self.is_in("tests");
        }
        if self.is_python() {
            return self.name().starts_with("test_");
        }
        self.is_script() && (self.name().contains(".test.") || self.name().contains(".spec."))
    }

    /// Whether others wrote its bytes: recordings of real clients and servers.
    pub(crate) fn is_recorded(&self) -> bool {
        self.is_in("captures") || self.is_in("fixtures")
    }

    /// Its lines with their numbers, from 1; none if it is not text.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.iter().flat_map(|text| text.lines().enumerate()).map(|(at, line)| (at + 1, line))
    }
}
