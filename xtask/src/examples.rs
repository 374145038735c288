//! `cargo xtask examples`: runs the examples.
//!
//! An example that does not run is worse than none. Which of them run offline, which need servers
//! (see `services`), and with what they run, is said in `examples/Cargo.toml`:
//!
//! ```toml
//! [package.metadata.examples]
//! offline = ["hello_wire", "word_count"]
//! servers.kafka_word_count = ["kafka"]    # optional
//! limit-seconds = 60                      # optional, for each example; 60 unless told
//! args.word_count = ["--lines", "1000"]   # optional
//! ```
//!
//! The servers are started for the examples and stopped again. An example whose server cannot be had
//! is skipped, by name and reason; where `CI` is `true` it has failed.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::Duration,
};

use serde::Deserialize;

use crate::{
    Result, process,
    services::{self, Endpoints},
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
    /// The services that an example needs.
    #[serde(default)]
    servers: BTreeMap<String, Vec<String>>,
}

fn default_limit_seconds() -> u64 {
    60
}

/// Builds and runs each example as its documentation says; whether all ended well.
pub(crate) fn run(workspace: &Workspace) -> Result<bool> {
    let package = workspace.package_in("examples").ok_or("examples/ is no package")?;
    let table = Schedule::of(package)?;
    let problems = table.problems(package);
    if !problems.is_empty() {
        return Err(format!("examples/Cargo.toml: {}", problems.join("; ")).into());
    }
    let mut outcomes = Vec::new();
    let mut perform = |name: &str, servers: &Endpoints| -> Result<()> {
        let example = package.examples().find(|example| example.name == *name);
        let example = example.ok_or_else(|| format!("there is no example {name}"))?;
        let stopwatch = Stopwatch::start();
        let outcome = table.perform(workspace, example, servers)?;
        let seconds = stopwatch.elapsed().as_secs_f64();
        match &outcome {
            Ok(()) => println!("✓ {name:<24} {seconds:6.1} s"),
            Err(why) => println!("✗ {name:<24} {seconds:6.1} s  {why}"),
        }
        outcomes.push((name.to_owned(), outcome.is_ok()));
        Ok(())
    };
    for name in &table.offline {
        perform(name, &Vec::new())?;
    }
    let servers = Servers::up(workspace, &table);
    for (name, needed) in &table.servers {
        match servers.missing(needed) {
            None => perform(name, &servers.endpoints)?,
            Some(why) => println!("- {name:<24} skipped: {why}"),
        }
    }
    let is_strict = env::var("CI").is_ok_and(|ci| ci == "true");
    let skipped = table.servers.values().filter(|needed| servers.missing(needed).is_some()).count();
    services::down(workspace, servers.started)?;
    let failed: Vec<_> =
        outcomes.iter().filter(|(_, is_good)| !is_good).map(|(name, _)| name.as_str()).collect();
    let passed = outcomes.len() - failed.len();
    println!("\n{}, {skipped} skipped", summary(passed, &failed));
    Ok(failed.is_empty() && (skipped == 0 || !is_strict))
}

/// The servers of all examples that need some.
struct Servers {
    endpoints: Endpoints,
    /// Those that were not running before.
    started: Vec<&'static str>,
    /// Those that cannot be had, and why.
    missing: BTreeMap<&'static str, String>,
}

// === impl Servers ===

impl Servers {
    fn up(workspace: &Workspace, table: &Schedule) -> Self {
        let mut servers =
            Self { endpoints: Vec::new(), started: Vec::new(), missing: BTreeMap::new() };
        let names: BTreeSet<&String> = table.servers.values().flatten().collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        // No name would mean all of them.
        let up = if names.is_empty() { Vec::new() } else { services::up(workspace, &names) };
        for (name, outcome) in up {
            match outcome {
                Ok(up) => {
                    servers.endpoints.extend(up.endpoints);
                    servers.started.extend(up.is_new.then_some(name));
                }
                Err(error) => drop(servers.missing.insert(name, error.to_string())),
            }
        }
        servers
    }

    /// Why one of those that are needed is not there.
    fn missing(&self, needed: &[String]) -> Option<&str> {
        needed.iter().find_map(|name| self.missing.get(name.as_str())).map(String::as_str)
    }
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
        for (name, services) in &self.servers {
            if package.examples().all(|example| example.name != *name) {
                problems.push(format!("`servers` names {name}, which is no example"));
            }
            if self.offline.contains(name) {
                problems.push(format!("{name} is in `offline` and in `servers`"));
            }
            for service in services.iter().filter(|service| !services::exists(service)) {
                problems.push(format!("{name} needs {service}, which is no service"));
            }
        }
        let is_run = |name: &String| self.offline.contains(name) || self.servers.contains_key(name);
        for name in self.args.keys().filter(|name| !is_run(name)) {
            problems.push(format!("`args` names {name}, which is not in `offline` or `servers`"));
        }
        problems
    }

    /// Builds without a limit, then runs within it.
    fn perform(
        &self,
        workspace: &Workspace,
        example: &Target,
        servers: &Endpoints,
    ) -> Result<Result<(), String>> {
        let mut build = workspace.cargo();
        build.args(["build", "--release"]).args(selection(example));
        if !process::succeeds(&mut build)? {
            return Ok(Err("it does not build".into()));
        }
        let mut run = workspace.cargo();
        run.envs(servers.iter().map(|(name, value)| (name, value)));
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
