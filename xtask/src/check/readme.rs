//! The READMEs are complete and true.
//!
//! The root README lists every crate, because it is the only page that all users read. The README
//! of a crate is its documentation as well, so that there is one text, and its examples are tested.
//! A test that is named as the proof of a promise must be there, and an example must be as short as
//! its row says.
//! Numbers in prose drift; those that come from a benchmark carry a mark and are compared with the
//! last report.

mod lengths;
mod numbers;

use std::{collections::BTreeSet, path::Path};

use numbers::Report;

use crate::{Result, check::findings::Findings, workspace::Workspace};

const ROOT: &str = "README.md";
const INCLUDED: &str = "#![doc = include_str!(\"../README.md\")]";
const REPORT: &str = "target/bench/report.json";

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    let root = workspace.text(ROOT).unwrap_or_default();
    if root.is_empty() {
        findings.problem("README.md is missing");
    }
    let crates: Vec<&str> = workspace.crates().map(|package| package.name.as_str()).collect();
    findings.problems(missing_rows(&root, &crates));
    findings.problems(stale_rows(&root, &crates));

    for (name, promised) in lengths::promises(&root) {
        let text = workspace.text(format!("examples/{name}.rs"))?;
        findings.problems(lengths::contradicts(&name, promised, &text));
    }

    let mut marked = vec![(ROOT.to_owned(), root)];
    for name in crates {
        let folder = Path::new("crates").join(name);
        let lib = workspace.text(folder.join("src/lib.rs"))?;
        if !lib.lines().any(|line| line == INCLUDED) {
            findings.problem(format!("crates/{name}/src/lib.rs: `{INCLUDED}` is missing"));
        }
        let file = format!("crates/{name}/README.md");
        match workspace.text(&file) {
            Ok(text) => marked.push((file, text)),
            Err(error) => findings.problem(error.to_string()),
        }
    }
    for (file, text) in &marked {
        let missing = |path: &&str| !workspace.root.join("crates").join(path).is_file();
        let missing = paths(text).filter(missing);
        findings.problems(missing.map(|path| format!("{file}: crates/{path} does not exist")));
    }
    compare(workspace, &marked, &mut findings)?;
    Ok(findings)
}

/// Compares the marked numbers of all READMEs with the report, if there is one.
fn compare(
    workspace: &Workspace,
    readmes: &[(String, String)],
    findings: &mut Findings,
) -> Result<()> {
    let report = if workspace.root.join(REPORT).exists() {
        Some(Report::parse(&workspace.text(REPORT)?).map_err(|why| format!("{REPORT}: {why}"))?)
    } else {
        None
    };
    let mut waiting = 0;
    for (file, text) in readmes {
        for mark in numbers::marks(text) {
            let problem = match (mark, &report) {
                (Err(problem), _) => Some(problem),
                (Ok(mark), Some(report)) => report.contradicts(&mark),
                (Ok(_), None) => {
                    waiting += 1;
                    None
                }
            };
            findings.problems(problem.map(|problem| format!("{file}:{problem}")));
        }
    }
    if waiting > 0 {
        findings.note(format!(
            "skipped {waiting} numbers: there is no {REPORT}, `cargo xtask bench` writes it"
        ));
    }
    Ok(())
}

/// Crates that no table names.
fn missing_rows(readme: &str, crates: &[&str]) -> Vec<String> {
    let named: BTreeSet<&str> = rows(readme).flat_map(words).collect();
    crates
        .iter()
        .filter(|name| !named.contains(*name))
        .map(|name| format!("{ROOT}: no row of a table names {name}"))
        .collect()
}

/// Rows about a crate that does not exist.
fn stale_rows(readme: &str, crates: &[&str]) -> Vec<String> {
    rows(readme)
        .filter_map(|row| words(row.trim_start_matches('|').split('|').next()?).next())
        .filter(|name| name.starts_with("electrician-") && !crates.contains(name))
        .map(|name| format!("{ROOT}: a row is about {name}, but crates/{name} does not exist"))
        .collect()
}

/// The Rust files of our crates that a text names, as paths below `crates/`.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |word: &&str| word.starts_with("electrician") && word.contains('/');
    let is_rust = |word: &&str| Path::new(word).extension().is_some_and(|ext| ext == "rs");
    text.split('`').filter(is_path).filter(is_rust)
}

fn rows(readme: &str) -> impl Iterator<Item = &str> {
    readme.lines().map(str::trim).filter(|line| line.starts_with('|'))
}

/// The names of packages in a row, whatever stands around them.
fn words(row: &str) -> impl Iterator<Item = &str> {
    row.split(|letter: char| !(letter.is_alphanumeric() || "-_".contains(letter)))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests;
