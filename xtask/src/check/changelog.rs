//! Each crate keeps a changelog, in the form of <https://keepachangelog.com>.
//!
//! Crates are released one by one, so a user of one must not have to read the history of all. The
//! section for what is unreleased exists at any time, so that a change brings its own line along.

use crate::{Result, check::findings::Findings, workspace::Workspace};

const UNRELEASED: &str = "[Unreleased]";
const KINDS: &[&str] = &["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    for package in workspace.crates() {
        let file = format!("crates/{}/CHANGELOG.md", package.name);
        if workspace.root.join(&file).exists() {
            let text = workspace.text(&file)?;
            findings.problems(problems(&text).map(|problem| format!("{file}: {problem}")));
        } else {
            findings.problem(format!("{file} is missing"));
        }
    }
    Ok(findings)
}

fn problems(text: &str) -> impl Iterator<Item = String> {
    let mut problems = Vec::new();
    if text.lines().next() != Some("# Changelog") {
        problems.push("it starts with `# Changelog`".to_owned());
    }
    let sections = text.lines().filter_map(|line| line.strip_prefix("## "));
    for (index, section) in sections.clone().enumerate() {
        if section == UNRELEASED {
            if index > 0 {
                problems.push(format!("`## {UNRELEASED}` is the first section"));
            }
        } else if !is_release(section) {
            problems.push(format!("`## {section}` should be like `## [1.2.3] - 2026-01-31`"));
        }
    }
    if !sections.clone().any(|section| section == UNRELEASED) {
        problems.push(format!("a section `## {UNRELEASED}` is missing"));
    }
    for kind in text.lines().filter_map(|line| line.strip_prefix("### ")) {
        if !KINDS.contains(&kind) {
            problems.push(format!("`### {kind}` should be one of {}", KINDS.join(", ")));
        }
    }
    problems.into_iter()
}

/// Whether the heading is like `[1.2.3] - 2026-01-31`, `[YANKED]` or not.
fn is_release(heading: &str) -> bool {
    let heading = heading.strip_suffix(" [YANKED]").unwrap_or(heading);
    let Some((version, date)) = heading.split_once(" - ") else {
        return false;
    };
    let Some(version) = version.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    let core = version.split(['-', '+']).next().unwrap_or_default();
    are_numbers(core, '.', &[None; 3]) && are_numbers(date, '-', &[Some(4), Some(2), Some(2)])
}

/// Whether the text is as many numbers as there are lengths, each of its length if that is given.
fn are_numbers(text: &str, separator: char, lengths: &[Option<usize>]) -> bool {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.parse::<u64>().is_ok() && length.is_none_or(|length| part.len() == length)
        })
}

#[cfg(test)]
mod tests;
