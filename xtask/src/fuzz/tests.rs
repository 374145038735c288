use std::{collections::BTreeSet, path::Path};

use super::{CRATE, FOLDER, Options, SECONDS, parse, targets};

fn parsed(line: &str) -> Result<Options, String> {
    let args: Vec<String> = line.split_whitespace().map(String::from).collect();
    parse(&args)
}

#[test]
fn reads_seconds_and_targets() {
    assert_eq!(parsed(""), Ok(Options { seconds: SECONDS, targets: Vec::new() }));
    let targets = vec!["gzip".into(), "html".into()];
    assert_eq!(parsed("--seconds 5 gzip html"), Ok(Options { seconds: 5, targets }));
}

#[test]
fn names_what_is_wrong() {
    assert!(parsed("--seconds").unwrap_err().contains("a number"));
    assert!(parsed("--seconds 0").unwrap_err().contains("`0`"));
    assert!(parsed("--seconds soon").unwrap_err().contains("`soon`"));
    assert!(parsed("gzip --seconds 5").unwrap_err().contains("`--seconds`"));
}

/// A program that is not named in the manifest is never built, and one that is needs its file.
#[test]
fn every_target_is_a_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(CRATE).join(FOLDER);
    let files = targets(&folder.join("fuzz_targets")).expect("there are targets");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("there is a manifest");
    let named: BTreeSet<&str> = manifest
        .split("[[bin]]\n")
        .skip(1)
        .filter_map(|bin| bin.lines().next()?.strip_prefix("name = \"")?.strip_suffix('"'))
        .collect();
    assert_eq!(named, files.iter().map(String::as_str).collect());
}
