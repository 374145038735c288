//! The automation of the workspace, in Rust: `cargo xtask help`.
//!
//! Whatever a pull request must hold is a command here, so that a developer and the machine that
//! checks the change run the same thing. Each rule of `cargo xtask check` is one small module whose
//! doc says why the rule exists; a rule without a reason should be deleted, not obeyed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool prints")]

mod args;
mod chaos;
mod check;
mod examples;
mod fuzz;
mod interop;
mod process;
mod run;
mod services;
mod source;
mod stopwatch;
mod test;
mod workspace;

use std::{env, error::Error, process::ExitCode};

use args::Command;
use workspace::Workspace;

/// What goes wrong in a tool is read by a human, never matched on.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let command = match args::parse(env::args().skip(1)) {
        Ok(command) => command,
        Err(wrong) => {
            eprintln!("error: {wrong}\n\n{}", args::usage());
            return ExitCode::from(2);
        }
    };
    match perform(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the command found everything in order; an error means that it could not find out.
fn perform(command: Command) -> Result<bool> {
    match command {
        Command::Help => {
            println!("{}", args::usage());
            Ok(true)
        }
        Command::Check { only } => Ok(check::run(&Workspace::load()?, &only)),
        Command::Test { args } => Ok(test::run(&Workspace::load()?, &args)),
        Command::Bench { args } => run::bench(&Workspace::load()?, &args),
        Command::Chaos(options) => chaos::run(&Workspace::load()?, &options),
        Command::Examples => examples::run(&Workspace::load()?),
        Command::Services(action) => services::run(&Workspace::load()?, &action),
        Command::Fuzz(options) => fuzz::run(&Workspace::load()?, &options),
        Command::Interop(options) => interop::run(&Workspace::load()?, &options),
        Command::Miri { args } => run::miri(&Workspace::load()?, &args),
    }
}

/// The line that closes a list of things that passed or failed.
fn summary(passed: usize, failed: &[&str]) -> String {
    match failed {
        [] => format!("{passed} passed"),
        _ => format!("{passed} passed, {} failed: {}", failed.len(), failed.join(", ")),
    }
}
