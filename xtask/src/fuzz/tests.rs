use std::{collections::BTreeSet, path::Path};

use super::{FOLDER, Options, SECONDS, all, parse};

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

/// A program that is not named in the manifest is never built, one that is needs its file, and no two
/// have the same name.
#[test]
fn every_target_is_a_program() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let targets = all(&crates).expect("there are targets");
    let names: BTreeSet<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names.len(), targets.len(), "a name is there twice");

    let homes: BTreeSet<&Path> = targets.iter().map(|target| target.home.as_path()).collect();
    for home in homes {
        let manifest = home.join(FOLDER).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("there is a manifest");
        let named: BTreeSet<&str> = manifest
            .split("[[bin]]\n")
            .skip(1)
            .filter_map(|bin| bin.lines().next()?.strip_prefix("name = \"")?.strip_suffix('"'))
            .collect();
        let files = targets.iter().filter(|target| target.home == home);
        assert_eq!(named, files.map(|target| target.name.as_str()).collect(), "{}", home.display());
    }
}
