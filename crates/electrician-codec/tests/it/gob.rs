//! Gob, against what Go writes and reads.

mod hostile;
mod json;
mod live;
mod stream;
mod typed;
mod types;
mod vectors;
mod write;

use std::fs;
use std::path::PathBuf;

/// Where the generator and what it made are.
fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "vectors", "gob"].iter().collect()
}

/// The bytes of a vector.
fn vector(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.gob"))).unwrap()
}

/// The manifest: for each vector its file and its values.
fn manifest() -> Vec<(String, Vec<serde_json::Value>)> {
    let text = fs::read(folder().join("manifest.json")).unwrap();
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let entry = |entry: serde_json::Value| {
        let name = entry["file"].as_str().unwrap().strip_suffix(".gob").unwrap().to_owned();
        (name, entry["values"].as_array().unwrap().clone())
    };
    entries.into_iter().map(entry).collect()
}
