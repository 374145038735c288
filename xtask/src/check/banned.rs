//! Words that must not be in the code.
//!
//! Clippy knows some of them (`.clippy.toml`), but only where the crate that defines them is in the
//! graph, only in code that the current features compile, and not by the kind of file. This check
//! reads the text.
//!
//! Where a rule is wrong for once, the line (or the one above it) says why, as with `#[expect]`:
//!
//! ```text
//! // xtask allow(sleep): the clock is paused, so this is virtual time
//! ```

use std::path::Path;

use crate::{
    Result,
    check::findings::Findings,
    source::{code, ends_in_word, is_test, starts_in_word},
    workspace::Workspace,
};

/// One thing that must not be written, and where.
struct Rule {
    name: &'static str,
    applies: fn(&Path) -> bool,
    /// Whether a line of code, literals blanked, breaks the rule.
    breaks: fn(&str) -> bool,
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        name: "unbounded",
        applies: |_| true,
        breaks: |line| calls(line, "unbounded") || calls(line, "unbounded_channel"),
        why: "a queue without a bound hides overload until memory is gone; give it a capacity",
    },
    Rule {
        name: "placeholder",
        applies: |_| true,
        breaks: |line| invokes(line, "todo!") || invokes(line, "unimplemented!"),
        why: "what is not written yet is not offered yet",
    },
    Rule {
        name: "dbg",
        applies: |_| true,
        breaks: |line| invokes(line, "dbg!"),
        why: "a trace of debugging",
    },
    Rule {
        name: "ignore",
        applies: |_| true,
        breaks: ignores_without_reason,
        why: "a test that does not run must say why: `#[ignore = \"reason\"]`",
    },
    Rule {
        name: "sleep",
        applies: is_test,
        breaks: sleeps,
        why: "a sleep in a test is either too short or too long; use virtual time, or an event",
    },
    Rule {
        name: "unwrap",
        applies: is_library,
        breaks: |line| line.contains(".unwrap()"),
        why: "return the error, or state the invariant with `expect`; tests go in `tests.rs`",
    },
];

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    for file in workspace.rust_files()? {
        findings.problems(broken(&file, &workspace.text(&file)?));
    }
    Ok(findings)
}

fn broken(file: &Path, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    // Time that the runtime only pretends to pass may be slept through.
    let is_virtual = text.contains("start_paused = true");
    let mut problems = Vec::new();
    for (index, line) in code(text).lines().enumerate() {
        for rule in RULES {
            let is_pretended =
                rule.name == "sleep" && is_virtual && !line.contains("thread::sleep");
            if (rule.applies)(file)
                && (rule.breaks)(line)
                && !is_pretended
                && !allowed(&lines, index, rule.name)
            {
                let (file, number) = (file.display(), index + 1);
                problems.push(format!("{file}:{number}: {}: {}", rule.name, rule.why));
            }
        }
    }
    problems
}

/// Whether the line, or the one above it, allows what the rule forbids, and gives a reason.
fn allowed(lines: &[&str], index: usize, rule: &str) -> bool {
    let marker = format!("// xtask allow({rule}):");
    [Some(index), index.checked_sub(1)].into_iter().flatten().any(|index| {
        let reason = lines.get(index).and_then(|line| line.split_once(&marker));
        reason.is_some_and(|(_, reason)| !reason.trim().is_empty())
    })
}

/// Whether the file is what users of a crate run.
fn is_library(file: &Path) -> bool {
    let parts: Vec<_> = file.iter().collect();
    matches!(parts.as_slice(), [crates, _, src, ..] if *crates == "crates" && *src == "src")
        && !is_test(file)
}

/// Whether the line calls the function, also as `name::<T>()`.
fn calls(line: &str, name: &str) -> bool {
    mentions(line, name).any(|(_, after)| after.starts_with('(') || after.starts_with("::<"))
}

/// Whether the line invokes the macro.
fn invokes(line: &str, name: &str) -> bool {
    mentions(line, name).any(|(_, after)| after.trim_start().starts_with(['(', '[', '{']))
}

/// Whether the line calls the sleep of the standard library or of tokio; `clock.sleep(…)` and
/// `Clock::sleep(…)` belong to an injected clock, and `fn sleep(…)` defines something.
fn sleeps(line: &str) -> bool {
    mentions(line, "sleep").any(|(before, after)| {
        let elsewhere = match before.strip_suffix("::") {
            Some(path) => !path.ends_with("thread") && !path.ends_with("time"),
            None => before.ends_with('.') || before.ends_with("fn "),
        };
        after.starts_with('(') && !elsewhere
    })
}

fn ignores_without_reason(line: &str) -> bool {
    mentions(line, "ignore").any(|(before, after)| {
        let opens = before.ends_with("#[");
        let conditional = before.contains("cfg_attr(") && before.trim_end().ends_with(',');
        let reason = after.trim_start().strip_prefix('=').map(str::trim_start);
        (opens || conditional) && reason.is_none_or(|reason| !reason.starts_with("\" "))
    })
}

/// Every place where the word stands alone, as what is before and what is after it.
fn mentions<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(word).filter_map(move |(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        (!ends_in_word(before) && !starts_in_word(after)).then_some((before, after))
    })
}

#[cfg(test)]
mod tests;
