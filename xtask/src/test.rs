//! `cargo xtask test`: everything that is tested, and one line that sums it up.

mod python;
mod tally;

use std::{env, io, process::Command};

use tally::Tally;

use crate::{process, workspace::Workspace};

/// The crates that share memory between threads without locks.
const MODELLED: &[&str] = &["electrician-wire", "electrician-types"];

/// Runs the tests that `args` select (all without any) and then the loom models; whether all passed.
///
/// Where `CI` is `true` a test that is skipped has failed: on the machine that decides, a test that
/// did not run has not passed.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> bool {
    let mut tally = Tally::default();
    let mut cargo = cargo_test(workspace, args);
    match python::prepare(workspace, args) {
        Some(Ok(python)) => {
            cargo.env(python::VARIABLE, python);
        }
        Some(Err(why)) => tally.skip("comparison with PyArrow and DuckDB", &why),
        None => {}
    }
    follow(&mut cargo, &mut tally);
    loom(workspace, args, &mut tally);
    if env::var("CI").is_ok_and(|ci| ci == "true") {
        tally.allow_no_skips();
    }
    print!("\n{tally}");
    tally.is_success()
}

/// One run of cargo for unit, integration and doc tests. It names no kind of target, because that
/// is the only way to have the doc tests; so it builds the examples too.
fn cargo_test(workspace: &Workspace, args: &[String]) -> Command {
    let own = args.iter().take_while(|arg| *arg != "--");
    let has = |flags: &[&str]| {
        let starts = |arg: &String| {
            flags.iter().any(|flag| arg == flag || arg.starts_with(&format!("{flag}=")))
        };
        own.clone().any(starts)
    };
    let mut cargo = workspace.cargo();
    cargo.arg("test");
    if !has(&["-p", "--package", "--workspace"]) {
        cargo.arg("--workspace");
    }
    if !has(&["-F", "--features", "--all-features", "--no-default-features"]) {
        cargo.arg("--all-features");
    }
    if !has(&["--no-fail-fast"]) {
        cargo.arg("--no-fail-fast");
    }
    cargo.args(args);
    cargo
}

/// The models of what has no locks, under every interleaving of threads.
///
/// They live beside the code they check, as unit tests that only exist under the flag `loom`. The
/// flag changes every crate, so the build has a folder of its own; otherwise each run of either kind
/// would rebuild everything.
fn loom(workspace: &Workspace, args: &[String], tally: &mut Tally) {
    if !args.is_empty() {
        tally.skip("loom models", "the arguments select other tests");
        return;
    }
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    follow(&mut cargo_loom(workspace, &flags), tally);
}

/// One run of cargo for the loom models, with `flags` for the compiler besides its own.
fn cargo_loom(workspace: &Workspace, flags: &str) -> Command {
    let mut cargo = workspace.cargo();
    cargo
        .env("RUSTFLAGS", format!("{flags} --cfg loom").trim_start())
        .args(["test", "--release", "--lib"])
        .args(MODELLED.iter().flat_map(|name| ["-p", name]))
        .args(["--target-dir", "target/loom"]);
    cargo
}

/// Whatever happens is counted, so that the sum always comes last.
fn follow(command: &mut Command, tally: &mut Tally) {
    let before = tally.failures();
    match process::follow(command, &mut io::stdout(), |line| tally.read(line)) {
        Ok(status) if status.success() || tally.failures() > before => {}
        // It did not compile, or a test took its whole process down.
        Ok(status) => tally.fail(&process::shown(command), &format!("it ended with {status}")),
        Err(error) => tally.fail(&process::shown(command), &error.to_string()),
    }
}

#[cfg(test)]
mod tests;
