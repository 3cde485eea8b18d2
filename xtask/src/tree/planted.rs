//! Trees of a few lines for the tests of the rules.

use super::{Dependency, File, Package, Tree, Use};
use crate::tidy::Finding;

/// A tree of text files, each a path and its lines.
pub(crate) fn tree(files: &[(&str, &[&str])]) -> Tree {
    let files = files.iter().map(|(path, lines)| text_file(path, lines)).collect();
    Tree { files, packages: Vec::new() }
}

/// A file of these lines.
pub(crate) fn text_file(path: &str, lines: &[&str]) -> File {
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    File { path: path.to_owned(), bytes: text.len() as u64, text: Some(text) }
}

/// A member of the workspace under `crates/`, with dependencies of its product.
pub(crate) fn member(name: &str, dependencies: &[&str]) -> Package {
    let used = Use::Product;
    Package {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        licence: Some("Apache-2.0".to_owned()),
        source: None,
        manifest: Some(format!("crates/{name}/Cargo.toml")),
        dependencies: dependencies
            .iter()
            .map(|name| Dependency { name: (*name).to_owned(), used })
            .collect(),
    }
}

/// A package of crates.io.
pub(crate) fn package(name: &str, version: &str, licence: &str) -> Package {
    Package {
        name: name.to_owned(),
        version: version.to_owned(),
        licence: Some(licence.to_owned()),
        source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
        manifest: None,
        dependencies: Vec::new(),
    }
}

/// Where findings are, as `path:line`.
pub(crate) fn places(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
}
