//! `cargo xtask check`: every rule of the workspace, the quick ones first.
//!
//! All of them run even after one failed: one run shows every problem at once.

mod alone;
mod banned;
mod changelog;
mod examples;
mod findings;
mod layers;
mod package;
mod readme;
mod sizes;
mod tools;
mod tree;

use findings::Findings;

use crate::{Result, stopwatch::Stopwatch, summary, workspace::Workspace};

/// A rule that the whole workspace must keep.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// One line for `cargo xtask help`.
    pub(crate) about: &'static str,
    run: fn(&Workspace) -> Result<Findings>,
}

#[rustfmt::skip] // a table, one check per line
pub(crate) const CHECKS: &[Check] = &[
    Check::new("fmt", "everything is formatted", tools::fmt),
    Check::new("tree", "nothing lies where it does not belong", tree::run),
    Check::new("sizes", "no Rust file is too long", sizes::run),
    Check::new("banned", "no placeholders, unbounded queues, sleeps", banned::run),
    Check::new("changelog", "each crate keeps a changelog", changelog::run),
    Check::new("readme", "the READMEs are complete and true", readme::run),
    Check::new("layers", "crates depend on lower layers only", layers::run),
    Check::new("examples", "examples are declared and explained", examples::run),
    Check::new("package", "each crate can be packaged", package::run),
    Check::new("clippy", "no lint fires, with all features", tools::clippy),
    Check::new("docs", "the documentation builds, links included", tools::docs),
    Check::new("alone", "each crate builds alone, with each feature", alone::run),
];

// === impl Check ===

impl Check {
    const fn new(
        name: &'static str,
        about: &'static str,
        run: fn(&Workspace) -> Result<Findings>,
    ) -> Self {
        Self { name, about, run }
    }
}

/// Runs the named checks, or all when none is named; whether no problem was found.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> bool {
    let mut passed = 0;
    let mut failed = Vec::new();
    for check in CHECKS {
        if !only.is_empty() && only.iter().all(|name| name != check.name) {
            continue;
        }
        let stopwatch = Stopwatch::start();
        let findings = (check.run)(workspace)
            .unwrap_or_else(|error| Findings::from_problem(error.to_string()));
        let seconds = stopwatch.elapsed().as_secs_f64();
        if findings.has_problems() {
            println!("✗ {:<10} {seconds:6.1} s", check.name);
            failed.push(check.name);
        } else {
            println!("✓ {:<10} {seconds:6.1} s", check.name);
            passed += 1;
        }
        print!("{findings}");
    }
    println!("\n{}", summary(passed, &failed));
    failed.is_empty()
}
