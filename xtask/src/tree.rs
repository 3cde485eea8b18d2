//! The project as the rules see it: every file with its text, and what cargo says of the packages.
//!
//! It is loaded once, so that a rule is a plain function from a tree to findings, and a test gives
//! it a tree of three lines.

mod file;
mod load;
mod manifest;
#[cfg(test)]
pub(crate) mod planted;
mod workspace;

pub(crate) use file::File;
pub(crate) use manifest::{Entry, Manifest};
#[cfg(test)]
pub(crate) use workspace::Dependency;
pub(crate) use workspace::{Package, Use};

/// The project.
pub(crate) struct Tree {
    /// What git tracks or would track, by path.
    pub(crate) files: Vec<File>,
    /// Members of the workspace and everything they depend on, built for this machine.
    pub(crate) packages: Vec<Package>,
}

impl Tree {
    /// The file at `path`, relative to the root.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The packages that are developed here.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.manifest.is_some())
    }

    /// The member called `name`.
    pub(crate) fn member(&self, name: &str) -> Option<&Package> {
        self.members().find(|member| member.name == name)
    }

    /// The manifest of a member with its path; none if the file is not in the tree.
    pub(crate) fn manifest(&self, member: &Package) -> Option<(&File, Manifest)> {
        let file = self.file(member.manifest.as_ref()?)?;
        Some((file, Manifest::read(file)))
    }
}
