//! Commands that only know how another program is called.

use crate::{Result, process, services, workspace::Workspace};

/// Where code is `unsafe`, and therefore worth the time Miri takes.
const UNSAFE: &[&str] = &["electrician-wire"];

/// The suite that needs a server, and the server.
const KAFKA: &str = "kafka";

/// Runs the benchmarks, which write `target/bench/report.json` and `report.html`. Where the server
/// that a suite needs cannot be had, the suite says that it is skipped.
pub(crate) fn bench(workspace: &Workspace, args: &[String]) -> Result<bool> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "run",
        "--release",
        "-p",
        "electrician-benches",
        "--features",
        "kafka,parquet,relay",
    ]);
    cargo.arg("--").args(args);
    let mut started = Vec::new();
    if wants(args, KAFKA) {
        for (name, outcome) in services::up(workspace, &[KAFKA.to_owned()]) {
            match outcome {
                Ok(up) => {
                    cargo.envs(up.endpoints);
                    started.extend(up.is_new.then_some(name));
                }
                Err(error) => eprintln!("skipped: the suite {KAFKA}: {error}"),
            }
        }
    }
    let outcome = process::succeeds(&mut cargo);
    services::down(workspace, started)?;
    outcome
}

/// Whether the words after `bench` ask for the suite.
fn wants(args: &[String], suite: &str) -> bool {
    let part = args.iter().skip_while(|arg| *arg != "--only").nth(1);
    part.is_none_or(|part| suite.contains(part.as_str()))
}

/// Runs the unit tests of the crates that hold unsafe code under Miri, or what `args` select.
///
/// It is a command of its own: Miri exists for nightly toolchains only, and runs code some hundred
/// times slower.
pub(crate) fn miri(workspace: &Workspace, args: &[String]) -> Result<bool> {
    if !process::capture(workspace.cargo().args(["miri", "--version"]))?.success {
        return Err("the active toolchain has no Miri; `rustup toolchain install nightly \
                    --component miri`, then `cargo +nightly xtask miri`"
            .into());
    }
    let mut cargo = workspace.cargo();
    cargo.args(["miri", "test"]);
    if args.is_empty() {
        cargo.arg("--lib").args(UNSAFE.iter().flat_map(|name| ["-p", name]));
    } else {
        cargo.args(args);
    }
    process::succeeds(&mut cargo)
}

#[cfg(test)]
mod tests;
