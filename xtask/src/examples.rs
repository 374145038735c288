//! `cargo xtask examples`: runs the examples that need no network.
//!
//! An example that does not run is worse than none. Which of them run offline, and with what, is
//! said in `examples/Cargo.toml`:
//!
//! ```toml
//! [package.metadata.examples]
//! offline = ["hello_wire", "word_count"]
//! limit-seconds = 60                      # optional, for each example; 60 unless told
//! args.word_count = ["--lines", "1000"]   # optional
//! ```

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use crate::{
    Result, process,
    stopwatch::Stopwatch,
    summary,
    workspace::{Package, Target, Workspace},
};

/// The table `[package.metadata.examples]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Schedule {
    offline: Vec<String>,
    #[serde(default = "default_limit_seconds")]
    limit_seconds: u64,
    #[serde(default)]
    args: BTreeMap<String, Vec<String>>,
}

fn default_limit_seconds() -> u64 {
    60
}

/// Builds and runs each offline example as its documentation says; whether all ended well.
pub(crate) fn run(workspace: &Workspace) -> Result<bool> {
    let package = workspace.package_in("examples").ok_or("examples/ is no package")?;
    let table = Schedule::of(package)?;
    let problems = table.problems(package);
    if !problems.is_empty() {
        return Err(format!("examples/Cargo.toml: {}", problems.join("; ")).into());
    }
    let mut failed = Vec::new();
    for name in &table.offline {
        let example = package.examples().find(|example| example.name == *name);
        let example = example.ok_or_else(|| format!("there is no example {name}"))?;
        let stopwatch = Stopwatch::start();
        let outcome = table.perform(workspace, example)?;
        let seconds = stopwatch.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("✓ {name:<24} {seconds:6.1} s"),
            Err(why) => {
                println!("✗ {name:<24} {seconds:6.1} s  {why}");
                failed.push(name.as_str());
            }
        }
    }
    println!("\n{}", summary(table.offline.len() - failed.len(), &failed));
    Ok(failed.is_empty())
}

// === impl Schedule ===

impl Schedule {
    pub(crate) fn of(package: &Package) -> Result<Self> {
        let table = package.metadata.get("examples").ok_or(
            "examples/Cargo.toml: `[package.metadata.examples]` with `offline = […]` is missing",
        )?;
        let table = Self::deserialize(table);
        Ok(table
            .map_err(|error| format!("examples/Cargo.toml: package.metadata.examples: {error}"))?)
    }

    /// What the table says about examples that do not exist, or do not run.
    pub(crate) fn problems(&self, package: &Package) -> Vec<String> {
        let mut problems = Vec::new();
        if self.offline.is_empty() {
            problems.push("no example is offline, so none is ever run".to_owned());
        }
        for name in &self.offline {
            if package.examples().all(|example| example.name != *name) {
                problems.push(format!("`offline` names {name}, which is no example"));
            }
        }
        for name in self.args.keys().filter(|name| !self.offline.contains(name)) {
            problems.push(format!("`args` names {name}, which is not in `offline`"));
        }
        problems
    }

    /// Builds without a limit, then runs within it.
    fn perform(&self, workspace: &Workspace, example: &Target) -> Result<Result<(), String>> {
        let mut build = workspace.cargo();
        build.args(["build", "--release"]).args(selection(example));
        if !process::succeeds(&mut build)? {
            return Ok(Err("it does not build".into()));
        }
        let mut run = workspace.cargo();
        run.args(["run", "--quiet", "--release"]).args(selection(example));
        if let Some(args) = self.args.get(&example.name) {
            run.arg("--").args(args);
        }
        let status = process::limited(&mut run, Duration::from_secs(self.limit_seconds))?;
        Ok(match status {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("it ended with {status}")),
            None => Err(format!("it was stopped after {} s", self.limit_seconds)),
        })
    }
}

/// What selects the example on cargo's command line, as its documentation has it.
pub(crate) fn selection(example: &Target) -> Vec<String> {
    let mut words = vec!["--example".to_owned(), example.name.clone()];
    if !example.required_features.is_empty() {
        words.extend(["--features".to_owned(), example.required_features.join(",")]);
    }
    words
}

#[cfg(test)]
mod tests;
