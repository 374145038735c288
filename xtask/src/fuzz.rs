//! `cargo xtask fuzz`: input that somebody made to do harm, or luck.
//!
//! The targets need cargo-fuzz and minutes each, so no other command runs them. They are in the
//! folders called `fuzz` of the crates that read what comes from outside. What a run finds new in the
//! code stays in `corpus`, which git ignores; `seeds` are what every run begins with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, process, summary, workspace::Workspace};

/// The folder that cargo-fuzz looks for in a crate.
const FOLDER: &str = "fuzz";

const SECONDS: u64 = 60;

/// The most memory of a target, in MiB. Its own bounds are far below.
const MEMORY: usize = 512;

/// An input that takes so many seconds is a finding.
const TIMEOUT: usize = 20;

/// What to run, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    seconds: u64,
    /// All of them if none is named.
    targets: Vec<String>,
}

/// A program, and the crate it belongs to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    name: String,
    home: PathBuf,
}

/// Parses the arguments after `fuzz`.
pub(crate) fn parse(args: &[String]) -> Result<Options, String> {
    let (seconds, targets) = match args {
        [flag, seconds, targets @ ..] if flag == "--seconds" => {
            let number = seconds.parse().ok().filter(|seconds| *seconds > 0);
            let wrong = || format!("`--seconds` needs a number from 1 on, but got `{seconds}`");
            (number.ok_or_else(wrong)?, targets)
        }
        [flag] if flag == "--seconds" => return Err("`--seconds` needs a number".into()),
        targets => (SECONDS, targets),
    };
    match targets.iter().find(|target| target.starts_with('-')) {
        Some(flag) => Err(format!("`fuzz` knows `[--seconds N] [TARGET…]`, but got `{flag}`")),
        None => Ok(Options { seconds, targets: targets.to_vec() }),
    }
}

/// Runs one target after the other, also after one that found something.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    if !process::capture(workspace.cargo().args(["fuzz", "--version"]))?.success {
        return Err("cargo-fuzz is missing: `cargo install cargo-fuzz`".into());
    }
    let mut targets = all(&workspace.root.join("crates"))?;
    let is_known = |name: &&String| targets.iter().any(|target| target.name == **name);
    if let Some(unknown) = options.targets.iter().find(|name| !is_known(name)) {
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        return Err(format!("there is no target `{unknown}`: {}", names.join(", ")).into());
    }
    if !options.targets.is_empty() {
        targets.retain(|target| options.targets.contains(&target.name));
    }

    let mut failed = Vec::new();
    for Target { name: target, home } in &targets {
        let corpus = format!("{FOLDER}/corpus/{target}");
        fs::create_dir_all(home.join(&corpus))?;
        let mut cargo = workspace.cargo();
        // Instrumenting code is a matter of nightly toolchains, but for this variable. The crates
        // forbid unsafe code, and memory is bounded by the targets: no sanitizer is needed.
        cargo.current_dir(home).env("RUSTC_BOOTSTRAP", "1");
        cargo.args(["fuzz", "run", "--sanitizer", "none", target, &corpus]);
        let seeds = format!("{FOLDER}/seeds/{target}");
        if home.join(&seeds).is_dir() {
            cargo.arg(seeds);
        }
        cargo.args(["--", &format!("-max_total_time={}", options.seconds)]);
        cargo.args([format!("-rss_limit_mb={MEMORY}"), format!("-timeout={TIMEOUT}")]);
        cargo.args(["-print_final_stats=1", "-verbosity=1"]);
        if !process::succeeds(&mut cargo)? {
            failed.push(target.as_str());
        }
    }
    println!("\n{}", summary(targets.len() - failed.len(), &failed));
    Ok(failed.is_empty())
}

/// The programs of all crates in the folder.
fn all(crates: &Path) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(crates)? {
        let home = entry?.path();
        let programs = home.join(FOLDER).join("fuzz_targets");
        if !programs.is_dir() {
            continue;
        }
        for file in fs::read_dir(programs)? {
            let path = file?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            targets.extend(name.map(|name| Target { name: name.into(), home: home.clone() }));
        }
    }
    targets.sort();
    Ok(targets)
}

#[cfg(test)]
mod tests;
