use serde_json::json;

use super::Tree;
use crate::workspace::Workspace;

const TREE: &str = "\
0 examples v0.1.0 (/w/examples)
1 electrician v0.1.0 (/w/crates/electrician)
2 electrician-kafka v0.1.0 (/w/crates/electrician-kafka)
2 electrician-s3 v0.1.0 (/w/crates/electrician-s3)
1 testing v1.0.0

0 electrician v0.1.0 (/w/crates/electrician) (*)

0 electrician-kafka v0.1.0 (/w/crates/electrician-kafka)
1 rdkafka v0.39.0
";

#[test]
fn reaches_what_is_listed_elsewhere() {
    let reached: Vec<String> = Tree::parse(TREE).below("examples").into_iter().collect();
    assert_eq!(
        reached,
        ["electrician", "electrician-kafka", "electrician-s3", "rdkafka", "testing"]
    );
    assert!(Tree::parse(TREE).below("rdkafka").is_empty());
}

#[test]
fn tests_of_others_are_not_built() {
    let package = |name: &str, folder: &str, dependencies| {
        json!({
            "id": name, "name": name, "manifest_path": format!("/w/{folder}/Cargo.toml"),
            "publish": null, "features": {}, "targets": [], "dependencies": dependencies,
        })
    };
    let workspace: Workspace = serde_json::from_value(json!({
        "workspace_root": "/w",
        "packages": [
            package("examples", "examples", json!([
                { "name": "electrician", "req": "*", "kind": null },
                { "name": "testing", "req": "*", "kind": "dev" },
            ])),
            package("electrician", "crates/electrician", json!([
                { "name": "electrician-kafka", "req": "*", "kind": "dev" },
                { "name": "electrician-s3", "req": "*", "kind": null },
            ])),
        ],
    }))
    .expect("it has every field of a workspace");
    let mut tree = Tree::parse(TREE);
    tree.forget_tests(&workspace);
    let reached: Vec<String> = tree.below("examples").into_iter().collect();
    assert_eq!(reached, ["electrician", "electrician-s3", "testing"]);
}
