//! Nothing lies where it does not belong.
//!
//! The top level is the first thing a visitor reads, so it holds only what the table names; tool
//! settings hide in dot-files. `crates/` is flat and a folder has the name of its package, so that
//! a name leads to its source. A folder that is no member of the workspace is never compiled, and
//! rots. What cargo builds lies in folders called `target`, and is nobody's source.

use std::path::{Path, PathBuf};

use crate::{Result, check::findings::Findings, workspace::Workspace};

const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "benches",
    "crates",
    "examples",
    "proto",
    "xtask",
];

/// Folders at the top that are packages.
const MEMBERS: &[&str] = &["benches", "examples", "xtask"];

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    let tracked = workspace.tracked()?;
    findings.problems(strangers(&tracked));
    findings.problems(built(&tracked));

    let mut folders: Vec<PathBuf> = tracked.iter().filter_map(|file| folder(file)).collect();
    folders.dedup();
    for folder in folders {
        let name = folder.to_string_lossy();
        match workspace.package_in(&name) {
            None => findings.problem(format!("{name}: it is no member of the workspace")),
            Some(package) if folder.starts_with("crates") && !folder.ends_with(&package.name) => {
                findings.problem(format!("{name}: the package in it is called {}", package.name));
            }
            Some(_) => {}
        }
    }
    Ok(findings)
}

/// What is tracked at the top level without a place in the table.
fn strangers(tracked: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<_> = tracked
        .iter()
        .filter_map(|file| file.iter().next()?.to_str())
        .filter(|name| !name.starts_with('.') && !TOP.contains(name))
        .collect();
    names.dedup();
    names.into_iter().map(|name| format!("{name}: it does not belong at the top level")).collect()
}

/// The folders of build artefacts of which something is tracked, each once.
fn built(tracked: &[PathBuf]) -> Vec<String> {
    let mut folders: Vec<PathBuf> = tracked
        .iter()
        .filter_map(|file| {
            let depth = file.iter().position(|part| part == "target")?;
            Some(file.iter().take(depth + 1).collect())
        })
        .collect();
    folders.dedup();
    let problem =
        |folder: PathBuf| format!("{}: what cargo builds should not be tracked", folder.display());
    folders.into_iter().map(problem).collect()
}

/// The folder that should be a package, if the file lies in one.
fn folder(file: &Path) -> Option<PathBuf> {
    let parts: Vec<&str> = file.iter().map(|part| part.to_str().unwrap_or_default()).collect();
    match parts.as_slice() {
        ["crates", name, _, ..] => Some(Path::new("crates").join(name)),
        ["crates", file] => Some(Path::new("crates").join(file)),
        [top, _, ..] if MEMBERS.contains(top) => Some(PathBuf::from(top)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
