//! `cargo xtask chaos`: a long afternoon for those who must not lose anything.
//!
//! The tests of every day kill a few processes. This kills hundreds of them, for as long as it takes,
//! with a seed that repeats the choices of a run that went wrong.

use crate::{Result, process, services, workspace::Workspace};

/// How many kills, unless told.
const KILLS: u32 = 500;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    kills: u32,
    seed: Option<u64>,
}

/// Parses the arguments after `chaos`.
pub(crate) fn parse(args: &[String]) -> Result<Options, String> {
    let Some(("kafka", mut rest)) = args.split_first().map(|(first, rest)| (first.as_str(), rest))
    else {
        return Err("`chaos` knows `kafka [--kills N] [--seed N]`".into());
    };
    let mut options = Options { kills: KILLS, seed: None };
    while let [flag, value, more @ ..] = rest {
        let wrong = || format!("`{flag}` needs a number, but got `{value}`");
        match flag.as_str() {
            "--kills" => options.kills = value.parse().map_err(|_| wrong())?,
            "--seed" => options.seed = Some(value.parse().map_err(|_| wrong())?),
            _ => break,
        }
        rest = more;
    }
    match rest {
        [] => Ok(options),
        [flag, ..] => Err(format!("`chaos kafka` knows `--kills N` and `--seed N`, not `{flag}`")),
    }
}

/// Kills half of them under each guarantee.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--release", "-p", "electrician-kafka", "--all-features"]);
    cargo.args(["--test", "chaos", "--", "kills", "--nocapture", "--test-threads", "1"]);
    cargo.env("KAFKA_CHAOS_KILLS", options.kills.div_ceil(2).to_string());
    if let Some(seed) = options.seed {
        cargo.env("KAFKA_CHAOS_SEED", seed.to_string());
    }
    let mut started = Vec::new();
    for (name, outcome) in services::up(workspace, &["kafka-cluster".into()]) {
        let up = outcome.map_err(|error| format!("{name}: {error}"))?;
        cargo.envs(up.endpoints);
        started.extend(up.is_new.then_some(name));
    }
    let outcome = process::succeeds(&mut cargo);
    services::down(workspace, started)?;
    outcome
}

#[cfg(test)]
mod tests;
