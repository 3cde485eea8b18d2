use serde_json::json;

use super::*;

fn metadata() -> Value {
    json!({
        "workspace_members": ["a"],
        "packages": [
            {
                "id": "a", "name": "store", "version": "0.1.0", "license": "Apache-2.0",
                "source": null, "manifest_path": "/tree/crates/store/Cargo.toml",
                "dependencies": [
                    { "name": "bytes", "kind": null },
                    { "name": "cc", "kind": "build" },
                    { "name": "proptest", "kind": "dev" },
                ],
            },
            {
                "id": "b", "name": "bytes", "version": "1.12.0", "license": null,
                "source": "registry+x", "manifest_path": "/cargo/bytes/Cargo.toml",
                "dependencies": [],
            },
        ],
    })
}

/// Guarantees: members are told from other packages, and tests from what is shipped.
#[test]
fn members_and_others() {
    let packages = packages(&metadata(), Path::new("/tree")).unwrap();
    let manifests: Vec<_> = packages.iter().map(|package| package.manifest.as_deref()).collect();
    assert_eq!(manifests, [Some("crates/store/Cargo.toml"), None]);
    let uses: Vec<Use> = packages[0].dependencies.iter().map(|found| found.used).collect();
    assert_eq!(uses, [Use::Product, Use::Product, Use::Tests]);
    assert_eq!((&packages[1].licence, packages[1].source.as_deref()), (&None, Some("registry+x")));
}

/// Guarantees: an answer that lacks a field is refused by the field's name.
#[test]
fn lacking_fields() {
    let mut metadata = metadata();
    metadata["packages"][1]["version"] = Value::Null;
    let refused = packages(&metadata, Path::new("/tree")).err().unwrap();
    assert_eq!(refused, "cargo metadata has a package without version");
}
