use serde_json::{Value, json};

use super::{Schedule, selection};
use crate::workspace::Package;

fn package(metadata: &Value) -> Package {
    serde_json::from_value(json!({
        "id": "examples",
        "name": "electrician-examples",
        "manifest_path": "/w/examples/Cargo.toml",
        "publish": [],
        "features": {},
        "dependencies": [],
        "targets": [
            { "name": "hello", "kind": ["example"], "src_path": "/w/examples/hello.rs" },
            {
                "name": "orders", "kind": ["example"], "src_path": "/w/examples/orders.rs",
                "required-features": ["kafka", "s3"],
            },
        ],
        "metadata": metadata,
    }))
    .expect("it has every field of a package")
}

#[test]
fn reads_the_table() {
    let package = package(&json!({ "examples": {
        "offline": ["hello"], "args": { "hello": ["--count", "3"] },
    }}));
    let table = Schedule::of(&package).expect("a good table");
    assert_eq!(table.limit_seconds, 60);
    assert_eq!(table.args["hello"], ["--count", "3"]);
    assert!(table.problems(&package).is_empty());
}

#[test]
fn names_what_does_not_exist() {
    let package = package(&json!({ "examples": {
        "offline": ["hallo"], "args": { "hello": [] },
    }}));
    let problems = Schedule::of(&package).expect("a good table").problems(&package);
    assert_eq!(
        problems,
        [
            "`offline` names hallo, which is no example",
            "`args` names hello, which is not in `offline` or `servers`"
        ]
    );
}

#[test]
fn knows_which_servers_an_example_needs() {
    let package = package(&json!({ "examples": {
        "offline": ["hello"],
        "servers": { "orders": ["kafka"] },
        "args": { "orders": ["--count", "3"] },
    }}));
    let table = Schedule::of(&package).expect("a good table");
    assert!(table.problems(&package).is_empty());
    assert_eq!(table.servers["orders"], ["kafka"]);
}

#[test]
fn names_servers_and_examples_that_do_not_exist() {
    let package = package(&json!({ "examples": {
        "offline": ["hello"], "servers": { "hello": ["kafca"], "order": [] },
    }}));
    let problems = Schedule::of(&package).expect("a good table").problems(&package);
    assert_eq!(
        problems,
        [
            "hello is in `offline` and in `servers`",
            "hello needs kafca, which is no service",
            "`servers` names order, which is no example"
        ]
    );
}

#[test]
fn running_nothing_is_no_success() {
    let package = package(&json!({ "examples": { "offline": [] } }));
    assert_eq!(Schedule::of(&package).expect("a good table").problems(&package).len(), 1);
}

#[test]
fn a_typing_error_is_no_setting() {
    let typo = package(&json!({ "examples": { "offline": [], "limit": 5 } }));
    let error = Schedule::of(&typo).expect_err("`limit` is unknown").to_string();
    assert!(error.contains("`limit`"), "{error}");
    let missing = Schedule::of(&package(&Value::Null)).expect_err("nothing there").to_string();
    assert!(missing.contains("is missing"), "{missing}");
}

#[test]
fn features_are_part_of_the_command() {
    let package = package(&Value::Null);
    let commands: Vec<_> = package.examples().map(|example| selection(example).join(" ")).collect();
    assert_eq!(commands, ["--example hello", "--example orders --features kafka,s3"]);
}
