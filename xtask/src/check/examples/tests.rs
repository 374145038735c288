use serde_json::json;

use super::{is_core, unexplained};
use crate::workspace::Target;

const GOOD: &str = "\
//! Counts words with two workers.
//!
//! ```sh
//! cargo run --release --example word_count
//! ```
//!
//! Prints the ten most frequent words.

fn main() {}
";

fn example(features: &[&str]) -> Target {
    serde_json::from_value(json!({
        "name": "word_count", "kind": ["example"], "src_path": "/w/examples/word_count.rs",
        "required-features": features,
    }))
    .expect("it has every field of a target")
}

fn missing(text: &str) -> Vec<String> {
    unexplained(&example(&[]), text).collect()
}

#[test]
fn a_good_example_lacks_nothing() {
    assert_eq!(missing(GOOD), Vec::<String>::new());
    let inline =
        GOOD.replace("```sh\n//! cargo", "`cargo").replace("word_count\n//! ```", "word_count`");
    assert_eq!(missing(&inline), Vec::<String>::new());
    let more = GOOD.replace("--example word_count", "--example word_count -- --top 3");
    assert_eq!(missing(&more), Vec::<String>::new());
}

#[test]
fn each_part_is_missed() {
    assert_eq!(missing("fn main() {}").len(), 3);
    let untold = GOOD.replace("Counts words with two workers.", "");
    assert!(missing(&untold)[0].contains("what it shows"));
    let other = GOOD.replace("word_count", "word_count_2");
    assert!(missing(&other)[0].contains("--example word_count`"));
    let debug = GOOD.replace(" --release", "");
    assert!(missing(&debug)[0].contains("cargo run --release"));
    let silent = GOOD.replace("Prints", "Fingerprints");
    assert!(missing(&silent)[0].contains("what it prints"));
    let late = format!("use std::fmt;\n{GOOD}");
    assert_eq!(missing(&late).len(), 3, "docs that do not come first are no docs of the file");
}

#[test]
fn the_command_has_the_features() {
    let with = |text: &str| unexplained(&example(&["kafka"]), text).count();
    assert_eq!(with(GOOD), 1);
    assert_eq!(with(&GOOD.replace("word_count", "word_count --features kafka")), 0);
}

#[test]
fn core_examples_name_no_integration() {
    assert!(is_core("use electrician::{Conduit, Wire}; // no kafka here"));
    assert!(!is_core("use electrician::kafka::Source;"));
    assert!(!is_core("use electrician::{Wire, KafkaSource};"));
    assert!(!is_core("use electrician_s3::Bucket;"));
    assert!(!is_core("let relay = HttpServer::new();"));
    assert!(!is_core("use electrician::{Meter, Otel};"));
    assert!(is_core("let quick = author.unauthorized(is3, Quickly);"));
}
