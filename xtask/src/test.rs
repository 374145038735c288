//! `cargo xtask test`: everything that is tested, and one line that sums it up.

mod tally;

use std::{env, io, process::Command};

use tally::Tally;

use crate::{process, services, workspace::Workspace};

/// The crates that share memory between threads without locks, or park who waits.
const MODELLED: &[&str] = &["electrician-wire", "electrician-types", "electrician-resister"];

/// What tests run: the crate that they are of, the program, and a question that it always answers.
const PROGRAMS: &[Program] = &[("electrician-codec", "go", "version")];

type Program = (&'static str, &'static str, &'static str);

/// Runs the tests that `args` select (all without any) and then the loom models; whether all passed.
///
/// Where `CI` is `true` a test that is skipped has failed: on the machine that decides, a test that
/// did not run has not passed.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> bool {
    let mut tally = Tally::default();
    let mut cargo = cargo_test(workspace, args);
    let started = services(workspace, args, &mut cargo, &mut tally);
    programs(PROGRAMS, args, &mut tally);
    follow(&mut cargo, &mut tally);
    if let Err(error) = services::down(workspace, started) {
        tally.fail("services down", &error.to_string());
    }
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

/// Starts the servers that the selected tests need, and tells the tests where they are; the names of
/// those that were not running before. What cannot be had is skipped, by name and reason.
fn services(
    workspace: &Workspace,
    args: &[String],
    cargo: &mut Command,
    tally: &mut Tally,
) -> Vec<&'static str> {
    let selects = |arg: &String| arg == "-p" || arg.starts_with("--package");
    let has_selection = args.iter().any(selects);
    let is_selected = |name: &&str| !has_selection || args.iter().any(|arg| arg.ends_with(name));
    let examples = workspace.package_in("examples");
    let packages = workspace.crates().chain(examples).map(|package| package.name.as_str());
    let mut names: Vec<_> =
        packages.filter(is_selected).flat_map(services::of).map(str::to_owned).collect();
    // Some are needed by several.
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let mut started = Vec::new();
    for (name, outcome) in services::up(workspace, &names) {
        match outcome {
            Ok(up) => {
                cargo.envs(up.endpoints);
                started.extend(up.is_new.then_some(name));
            }
            Err(error) => tally.skip(&format!("tests that need {name}"), &error.to_string()),
        }
    }
    started
}

/// Looks for the programs that tests run. Such a test passes without its program, because a harness
/// does not know better; here it is counted as skipped.
fn programs(programs: &[Program], args: &[String], tally: &mut Tally) {
    let has_selection = args.iter().any(|arg| arg == "-p" || arg.starts_with("--package"));
    for (package, program, question) in programs {
        if has_selection && !args.iter().any(|arg| arg.ends_with(package)) {
            continue;
        }
        if let Err(error) = Command::new(program).arg(question).output() {
            tally.skip(&format!("tests of {package} that need {program}"), &error.to_string());
        }
    }
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
