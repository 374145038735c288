use serde_json::{Value, json};

use super::{undocumented, unversioned};
use crate::workspace::Package;

fn package(metadata: &Value, dependencies: &Value) -> Package {
    serde_json::from_value(json!({
        "id": "a", "name": "a", "manifest_path": "/w/crates/a/Cargo.toml", "publish": null,
        "features": {}, "targets": [], "metadata": metadata, "dependencies": dependencies,
    }))
    .expect("it has every field of a package")
}

#[test]
fn documentation_has_all_features() {
    let problem = |metadata| undocumented(&package(&metadata, &json!([])));
    assert_eq!(problem(json!({ "docs": { "rs": { "all-features": true } } })), None);
    let expected = "a: `[package.metadata.docs.rs]` needs `all-features = true`";
    for lacking in [json!(null), json!({ "docs": { "rs": { "all-features": false } } })] {
        assert_eq!(problem(lacking).as_deref(), Some(expected));
    }
}

#[test]
fn dependencies_have_versions() {
    let dependencies = json!([
        { "name": "b", "req": "^1", "kind": null },
        { "name": "c", "req": "*", "kind": null },
        { "name": "d", "req": "*", "kind": "dev" },
    ]);
    let problems: Vec<_> = unversioned(&package(&json!(null), &dependencies)).collect();
    assert_eq!(problems, ["a: the dependency on c needs a version"]);
}
