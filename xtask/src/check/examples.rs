//! Examples are declared and explained.
//!
//! The examples are where most users begin. Each is named in the manifest, because a file that is
//! not is never compiled; each says what it shows, how to run it and what it prints, because a
//! reader decides by that whether to read on; and the first ones must not make the reader wait for
//! the build of a Kafka client that they do not use.

mod reach;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use reach::Tree;

use crate::{
    Result,
    check::{findings::Findings, layers},
    examples::{Schedule, selection},
    source::code,
    workspace::{Package, Target, Workspace},
};

/// Foreign crates that only integrations need.
const HEAVY: &[&str] =
    &["aws-sdk-s3", "axum", "parquet", "quinn", "rdkafka", "reqwest", "rustls", "tonic"];

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let Some(package) = workspace.package_in("examples") else {
        return Ok(Findings::from_problem("examples/ is no member of the workspace"));
    };
    let mut findings = Findings::default();
    findings.problems(undeclared(package)?);
    match Schedule::of(package) {
        Ok(table) => findings.problems(table.problems(package)),
        Err(error) => findings.problem(error.to_string()),
    }
    // Most examples need the same features, and each tree is a run of cargo.
    let mut trees = BTreeMap::new();
    for example in package.examples() {
        let name = &example.name;
        let text = fs::read_to_string(&example.src_path)
            .map_err(|error| format!("{}: {error}", example.src_path.display()))?;
        findings.problems(unexplained(example, &text).map(|why| format!("{name}: {why}")));
        if is_core(&text) {
            let features = &example.required_features;
            if !trees.contains_key(features) {
                trees.insert(features, Tree::of_default_members(workspace, features)?);
            }
            findings.problems(burdens(&trees[features], package).map(|burden| {
                format!("{name}: it uses no integration, but its command builds {burden}")
            }));
        }
    }
    Ok(findings)
}

/// Files that look like examples but are not in the manifest, or under another name.
fn undeclared(package: &Package) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for entry in fs::read_dir(package.dir())? {
        let file = entry?.path();
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let target = package.targets.iter().find(|target| same(&target.src_path, &file));
        match target {
            None => problems.push(format!("{stem}.rs: examples/Cargo.toml has no [[example]]")),
            Some(target) if target.name != stem => {
                problems.push(format!("{stem}.rs: its [[example]] is called {}", target.name));
            }
            Some(_) => {}
        }
    }
    problems.sort();
    Ok(problems)
}

fn same(one: &Path, other: &Path) -> bool {
    one.file_name() == other.file_name() && one.parent() == other.parent()
}

/// What the documentation at the top of an example lacks.
fn unexplained(example: &Target, text: &str) -> impl Iterator<Item = String> {
    let docs: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let docs: Vec<&str> = docs.into_iter().map(str::trim).collect();
    let mut missing = Vec::new();
    let first = docs.first().copied().unwrap_or_default();
    if first.is_empty() || first.starts_with(['#', '`']) {
        missing
            .push("it should start with `//!` and a sentence that says what it shows".to_owned());
    }
    let command = format!("cargo run --release {}", selection(example).join(" "));
    let has_command = docs.iter().any(|line| {
        let rest = line.trim_matches(['`', '$', ' ']).strip_prefix(&command);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    });
    if !has_command {
        missing.push(format!("its docs should have the line `{command}`"));
    }
    let prints = |line: &&str| {
        line.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|word| word == "prints")
    };
    if !docs.iter().any(prints) {
        missing.push("its docs should say what it prints (`Prints …`)".to_owned());
    }
    missing.into_iter()
}

/// Whether the code names no integration, as `electrician::kafka`, `KafkaSource` or otherwise.
fn is_core(text: &str) -> bool {
    let code = code(text);
    layers::integrations().all(|name| !names(&code, name.trim_start_matches("electrician-")))
}

/// Whether the concept is a whole word of some name: `kafka`, `from_kafka` and `KafkaSource` name
/// `kafka`, but `quick` does not name `quic`.
fn names(code: &str, concept: &str) -> bool {
    code.to_ascii_lowercase().match_indices(concept).any(|(at, _)| {
        let (before, found) = code.split_at(at);
        let starts = found.starts_with(|letter: char| letter.is_ascii_uppercase())
            || !before.ends_with(|letter: char| letter.is_ascii_alphanumeric());
        let after = &found[concept.len()..];
        starts && !after.starts_with(|letter: char| letter.is_ascii_lowercase())
    })
}

/// The integrations that are built with the package.
fn burdens(tree: &Tree, package: &Package) -> impl Iterator<Item = String> {
    let reached = tree.below(&package.name);
    let unwanted: BTreeSet<&str> = layers::integrations().chain(HEAVY.iter().copied()).collect();
    reached.into_iter().filter(move |name| unwanted.contains(name.as_str()))
}

#[cfg(test)]
mod tests;
