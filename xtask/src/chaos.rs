//! `cargo xtask chaos`: a long afternoon for those who must not lose anything.
//!
//! The tests of every day kill a few processes and cut a few connections. This does so hundreds of
//! times, for as long as it takes, with a seed that repeats the choices of a run that went wrong.

use crate::{Result, process, services, workspace::Workspace};

/// How many kills, unless told.
const KILLS: u32 = 500;

/// How many cuts, unless told.
const CUTS: u32 = 1000;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    stage: Stage,
    /// How many kills or cuts.
    strokes: u32,
    seed: Option<u64>,
}

/// What is tormented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Kafka,
    Relay,
}

/// Parses the arguments after `chaos`.
pub(crate) fn parse(args: &[String]) -> Result<Options, String> {
    let stages =
        [("kafka", Stage::Kafka, "--kills", KILLS), ("relay", Stage::Relay, "--cuts", CUTS)];
    let found = args.split_first().and_then(|(first, rest)| {
        let stage = stages.iter().find(|(name, ..)| name == first)?;
        Some((stage, rest))
    });
    let Some(((name, stage, count, strokes), mut rest)) = found else {
        return Err("`chaos` knows `kafka [--kills N] [--seed N]` and \
                    `relay [--cuts N] [--seed N]`"
            .into());
    };
    let mut options = Options { stage: *stage, strokes: *strokes, seed: None };
    while let [flag, value, more @ ..] = rest {
        let wrong = || format!("`{flag}` needs a number, but got `{value}`");
        match flag.as_str() {
            flag if flag == *count => options.strokes = value.parse().map_err(|_| wrong())?,
            "--seed" => options.seed = Some(value.parse().map_err(|_| wrong())?),
            _ => break,
        }
        rest = more;
    }
    match rest {
        [] => Ok(options),
        [flag, ..] => Err(format!("`chaos {name}` knows `{count} N` and `--seed N`, not `{flag}`")),
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    match options.stage {
        Stage::Kafka => kafka(workspace, options),
        Stage::Relay => relay(workspace, options),
    }
}

/// So many cuts for each play.
fn relay(workspace: &Workspace, options: &Options) -> Result<bool> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--release", "-p", "electrician-receivingrelay", "--all-features"]);
    cargo.args(["--test", "it", "--", "cuts::cuts", "--nocapture", "--test-threads", "1"]);
    cargo.env("RELAY_CHAOS_CUTS", options.strokes.to_string());
    if let Some(seed) = options.seed {
        cargo.env("RELAY_CHAOS_SEED", seed.to_string());
    }
    process::succeeds(&mut cargo)
}

/// Kills half of them under each guarantee.
fn kafka(workspace: &Workspace, options: &Options) -> Result<bool> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--release", "-p", "electrician-kafka", "--all-features"]);
    cargo.args(["--test", "chaos", "--", "kills", "--nocapture", "--test-threads", "1"]);
    cargo.env("KAFKA_CHAOS_KILLS", options.strokes.div_ceil(2).to_string());
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
