use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    heavy, integrations, lists, misplaced,
    table::{LAYERS, Layer},
    versioned,
};
use crate::workspace::Package;

fn package(name: &str, dependencies: &[Value]) -> Package {
    serde_json::from_value(json!({
        "id": name,
        "name": name,
        "manifest_path": format!("/w/crates/{name}/Cargo.toml"),
        "publish": null,
        "features": {},
        "dependencies": dependencies,
        "targets": [],
    }))
    .expect("it has every field of a package")
}

fn on(name: &str) -> Value {
    json!({ "name": name, "req": "^0.1", "kind": null })
}

fn dev(name: &str, req: &str) -> Value {
    json!({ "name": name, "req": req, "kind": "dev" })
}

fn may(from: &str, to: &str) -> bool {
    misplaced(&package(from, &[on(to)])).is_empty()
}

#[test]
fn lower_layers_are_free() {
    assert!(may("electrician-meter", "electrician-types"));
    assert!(may("electrician-wire", "electrician-circuitbreaker"));
    assert!(may("electrician-kafka", "electrician-tls"));
    assert!(may("electrician-auth", "electrician-tls"));
    assert!(may("electrician", "electrician-kafka"));
    assert!(may("electrician-testkit", "electrician-conduit"));
    assert!(may("electrician-types", "tokio"), "foreign crates are no matter of layers");
}

#[test]
fn higher_layers_and_siblings_are_not() {
    assert!(!may("electrician-types", "electrician-sensor"));
    assert!(!may("electrician-sensor", "electrician-meter"));
    assert!(!may("electrician-circuitbreaker", "electrician-wire"));
    assert!(!may("electrician-wire", "electrician-conduit"));
    assert!(!may("electrician-wire", "electrician-kafka"));
    assert!(!may("electrician-tls", "electrician-wire"));
    assert!(!may("electrician-tls", "electrician-auth"));
    assert!(!may("electrician-kafka", "electrician-s3"));
    assert!(!may("electrician-kafka", "electrician"));
    assert!(!may("electrician-wire", "electrician-testkit"));
    assert!(!may("electrician-wire", "electrician-benches"), "no layer, no dependency");
}

#[test]
fn some_siblings_are_named() {
    assert!(may("electrician-conduit", "electrician-wire"));
    assert!(may("electrician-generator", "electrician-wire"));
    assert!(!may("electrician-plug", "electrician-wire"));
    assert!(may("electrician-forwardrelay", "electrician-relay"));
    assert!(!may("electrician-relay", "electrician-forwardrelay"));
}

#[test]
fn tests_use_what_they_like_by_path() {
    let package = package("electrician-wire", &[dev("electrician-testkit", "*")]);
    assert!(misplaced(&package).is_empty());
    assert!(versioned(&package).is_empty());
}

#[test]
fn tests_name_no_version() {
    let package = package("electrician-wire", &[dev("electrician-testkit", "^0.1")]);
    assert_eq!(versioned(&package).len(), 1);
    assert!(versioned(&self::package("electrician-wire", &[dev("tokio", "^1")])).is_empty());
}

#[test]
fn an_unknown_crate_is_named() {
    let problems = misplaced(&package("electrician-fax", &[]));
    assert!(problems[0].contains("electrician-fax: it has no layer"), "{problems:?}");
}

#[test]
fn contracts_stay_light() {
    let contracts = |names: &[&str]| {
        let dependencies: Vec<Value> = names.iter().map(|name| on(name)).collect();
        heavy(&package("electrician-types", &dependencies))
    };
    assert_eq!(contracts(&["bytes", "futures-core", "thiserror"]), None);
    assert!(contracts(&["a", "b", "c", "d"]).is_some());
    assert!(contracts(&["tokio"]).is_some());
    assert_eq!(heavy(&package("electrician-types", &[dev("tokio", "^1")])), None);
}

#[test]
fn reads_the_tree() {
    let tree = "electrician v0.1.0 (/w)\nring v0.17.8\nstring v1.0.0";
    assert!(lists(tree, "ring"));
    assert!(!lists("string v1.0.0\nring-buffer v1.0.0", "ring"));
}

#[test]
fn the_table_is_sound() {
    let mut seen = BTreeSet::new();
    for (height, layer) in LAYERS.iter().enumerate() {
        for name in layer.crates {
            assert!(seen.insert(*name), "{name} is in two layers");
        }
        for known in layer.knows {
            let known = LAYERS.iter().position(|other| other.name == *known);
            assert!(known.is_some_and(|known| known < height), "{} knows a higher one", layer.name);
        }
        for (from, to) in layer.within {
            assert!(layer.crates.contains(from) && layer.crates.contains(to), "{from} → {to}");
        }
    }
    assert!(integrations().any(|name| name == "electrician-kafka"));
    assert!(integrations().all(|name| Layer::of(name).is_some()));
    assert!(integrations().all(|name| name != "electrician-wire"));
}
