//! The command line: a handful of words, parsed by hand.

use crate::check::CHECKS;
use crate::{chaos, fuzz, interop, services};

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Check { only: Vec<String> },
    Test { args: Vec<String> },
    Bench { args: Vec<String> },
    Chaos(chaos::Options),
    Examples,
    Fuzz(fuzz::Options),
    Interop(interop::Options),
    Miri { args: Vec<String> },
    Services(services::Action),
}

/// Parses the arguments after the program's name; the error says which one is wrong.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut args = args.into_iter();
    let command = args.next().ok_or("a command is missing")?;
    let args: Vec<String> = args.collect();
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Command::Help),
        "check" => Ok(Command::Check { only: only(&args)? }),
        "test" => Ok(Command::Test { args }),
        "bench" => Ok(Command::Bench { args }),
        "chaos" => chaos::parse(&args).map(Command::Chaos),
        "examples" => match args.first() {
            None => Ok(Command::Examples),
            Some(arg) => Err(format!("`examples` takes no arguments, but got `{arg}`")),
        },
        "fuzz" => fuzz::parse(&args).map(Command::Fuzz),
        "interop" => interop::parse(&args).map(Command::Interop),
        "miri" => Ok(Command::Miri { args }),
        "services" => services::parse(&args).map(Command::Services),
        other => Err(format!("there is no command `{other}`")),
    }
}

/// The text of `cargo xtask help`.
pub(crate) fn usage() -> String {
    let mut text = String::from(
        "\
usage: cargo xtask COMMAND

commands:
  check [--only NAME…]  every rule of the workspace, or only the named ones
  test [ARGS…]          all tests, examples built and doc tests included, then the loom models;
                        ARGS go to `cargo test` and leave the loom models out
  examples              run the examples, those that need servers with the servers they need
  bench [ARGS…]         run the benchmarks; writes target/bench/report.json and report.html
  chaos kafka [--kills N] [--seed N]
                        kill consumers, producers and brokers N times (default 500), and see that
                        nothing is lost, nor in transactions repeated
  chaos relay [--cuts N] [--seed N]
                        cut the connections of relays N times for each play (default 1000), and see
                        that nothing is lost, nor repeated where repeats are recognised
  services up [NAME…]   start the servers that tests need, all or the named ones, and print where
                        they are
  services down         stop what `up` started
  fuzz [--seconds N] [TARGET…]
                        feed the decoders with hostile input, each target for N seconds (default
                        60), all or the named ones (needs cargo-fuzz)
  interop [--go-module PATH]
                        relays with the Go library of the same name at their other end, and how
                        fast they are beside it; PATH is a checkout, without it Go downloads one
  miri [ARGS…]          run what is unsafe under Miri (a nightly toolchain that has it)
  help                  this text

checks:",
    );
    for check in CHECKS {
        text.extend(["\n  ", &format!("{:<10}", check.name), "  ", check.about]);
    }
    text.push_str("\n\nservices:");
    for (name, about) in services::usage() {
        text.extend(["\n  ", &format!("{name:<14}"), "  ", about]);
    }
    text
}

fn only(args: &[String]) -> Result<Vec<String>, String> {
    let names = match args {
        [] => return Ok(Vec::new()),
        [flag, names @ ..] if flag == "--only" => names,
        [other, ..] => return Err(format!("`check` knows `--only NAME…`, but got `{other}`")),
    };
    if names.is_empty() {
        return Err("`--only` needs the name of a check".into());
    }
    match names.iter().find(|name| CHECKS.iter().all(|check| check.name != *name)) {
        Some(unknown) => Err(format!("there is no check `{unknown}`")),
        None => Ok(names.to_vec()),
    }
}

#[cfg(test)]
mod tests;
