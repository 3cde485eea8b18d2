//! What cargo says of the packages: the members and everything they are built from.

use std::path::Path;

use serde_json::Value;

/// A package.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The SPDX expression that it declares.
    pub(crate) licence: Option<String>,
    /// Where cargo took it from; none for a folder of this machine.
    pub(crate) source: Option<String>,
    /// The path of its manifest from the root; only members of the workspace have one.
    pub(crate) manifest: Option<String>,
    /// What its manifest names, for every platform.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A line of a manifest.
pub(crate) struct Dependency {
    /// The name of the package, whatever it is called in the code.
    pub(crate) name: String,
    pub(crate) used: Use,
}

/// Where a dependency is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// In what is shipped, or in building it.
    Product,
    /// In tests and benchmarks alone.
    Tests,
}

/// Reads the answer of `cargo metadata`; `root` is the folder of the workspace.
pub(super) fn packages(metadata: &Value, root: &Path) -> Result<Vec<Package>, String> {
    let members = list(metadata, "workspace_members")?;
    list(metadata, "packages")?
        .iter()
        .map(|package| {
            let is_member = package.get("id").is_some_and(|id| members.contains(id));
            let manifest = Path::new(text(package, "manifest_path")?).strip_prefix(root);
            Ok(Package {
                name: text(package, "name")?.to_owned(),
                version: text(package, "version")?.to_owned(),
                licence: optional_text(package, "license"),
                source: optional_text(package, "source"),
                manifest: manifest
                    .ok()
                    .filter(|_| is_member)
                    .map(|path| path.to_string_lossy().into_owned()),
                dependencies: list(package, "dependencies")?
                    .iter()
                    .map(dependency)
                    .collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

fn dependency(json: &Value) -> Result<Dependency, String> {
    let is_for_tests = optional_text(json, "kind").as_deref() == Some("dev");
    let used = if is_for_tests { Use::Tests } else { Use::Product };
    Ok(Dependency { name: text(json, "name")?.to_owned(), used })
}

fn list<'a>(json: &'a Value, field: &str) -> Result<&'a Vec<Value>, String> {
    json.get(field)
        .and_then(Value::as_array)
        .ok_or_else(|| format!("cargo metadata has no list {field}"))
}

fn text<'a>(json: &'a Value, field: &str) -> Result<&'a str, String> {
    json.get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("cargo metadata has a package without {field}"))
}

fn optional_text(json: &Value, field: &str) -> Option<String> {
    json.get(field).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests;
