//! Each published crate builds alone, with each of its features.
//!
//! When cargo builds the whole workspace it unites the features that the members ask for, so a
//! crate that forgot to ask for one still compiles here, and fails for the user who takes it alone.
//! The same holds for code that only one feature makes dead, so a warning counts as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    Result,
    check::findings::Findings,
    process,
    workspace::{Package, Workspace},
};

type Features = BTreeMap<String, Vec<String>>;

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    for package in workspace.crates().filter(|package| package.is_published()) {
        for flags in selections(&package.features) {
            eprintln!("  {} {}", package.name, flags.join(" "));
            if let Some(said) = build(workspace, package, &flags)? {
                findings.problem(format!("{} {}\n{said}", package.name, flags.join(" ")));
            }
        }
    }
    Ok(findings)
}

/// What the compiler said about the library, unless it is content.
fn build(workspace: &Workspace, package: &Package, flags: &[String]) -> Result<Option<String>> {
    let mut cargo = workspace.cargo();
    cargo.args(["check", "--lib", "--message-format", "json", "-p", &package.name]).args(flags);
    let captured = process::capture(&mut cargo)?;
    let said = complaints(&captured.stdout, &package.id);
    Ok(match (captured.success, said.is_empty()) {
        (true, true) => None,
        (_, false) => Some(said),
        (false, true) => Some(captured.stderr),
    })
}

/// Errors in any crate, and warnings in the one that is checked; each other has its own turn.
fn complaints(messages: &str, package: &str) -> String {
    let mut said = String::new();
    for message in messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let diagnostic = &message["message"];
        let counts = match diagnostic["level"].as_str() {
            Some("error") => true,
            Some("warning") => message["package_id"] == package,
            _ => false,
        };
        if counts {
            said.push_str(diagnostic["rendered"].as_str().unwrap_or_default());
        }
    }
    said
}

/// The flags that select no feature, the default ones, each single one, and all; of those that
/// enable the same, only the first.
fn selections(features: &Features) -> Vec<Vec<String>> {
    let flags = |flags: &[&str]| flags.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut selections = vec![
        (flags(&["--no-default-features"]), enabled(features, &[])),
        (flags(&[]), enabled(features, &["default"])),
    ];
    for feature in features.keys().filter(|feature| *feature != "default") {
        selections.push((
            flags(&["--no-default-features", "--features", feature]),
            enabled(features, &[feature]),
        ));
    }
    let all: Vec<&str> = features.keys().map(String::as_str).collect();
    selections.push((flags(&["--all-features"]), enabled(features, &all)));

    let mut seen = BTreeSet::new();
    selections.retain(|(_, enabled)| seen.insert(enabled.clone()));
    selections.into_iter().map(|(flags, _)| flags).collect()
}

/// All that the named features bring, except for the word `default`, which no code asks for.
fn enabled<'a>(features: &'a Features, names: &[&'a str]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = names.to_vec();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(features.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    found.remove("default");
    found
}

#[cfg(test)]
mod tests;
