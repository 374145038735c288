//! What a run is asked to do.

use std::time::Duration;

pub(crate) const USAGE: &str = "\
usage: electrician-benches [--quick] [--only SUBSTR]

  --quick        shorter and fewer rounds, noisier: 40 seconds without parquet, kafka and relay
  --only SUBSTR  only the suites whose name contains SUBSTR; they go to target/bench/partial.*";

/// How long, how often, and what.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) is_quick: bool,
    pub(crate) only: Option<String>,
    /// Rounds that count, of races for throughput.
    pub(crate) rounds: usize,
    /// About how long a contestant runs in each of them.
    pub(crate) window: Duration,
    /// Rounds that count, where items come at a steady pace.
    pub(crate) paced_rounds: usize,
    /// How long the pace is kept in each of them.
    pub(crate) paced_window: Duration,
}

// === impl Settings ===

impl Settings {
    /// Reads the command line, or says what is wrong with it.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let (mut is_quick, mut only) = (false, None);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => is_quick = true,
                "--only" => only = Some(args.next().ok_or("--only needs a part of a name")?),
                _ => return Err(format!("`{arg}` is not an option\n\n{USAGE}")),
            }
        }
        Ok(if is_quick { Self::quick(only) } else { Self::full(only) })
    }

    /// Whether the suite is wanted.
    pub(crate) fn wants(&self, suite: &str) -> bool {
        self.only.as_ref().is_none_or(|part| suite.contains(part))
    }

    const fn full(only: Option<String>) -> Self {
        Self {
            is_quick: false,
            only,
            rounds: 41,
            window: Duration::from_millis(30),
            paced_rounds: 11,
            paced_window: Duration::from_millis(400),
        }
    }

    const fn quick(only: Option<String>) -> Self {
        Self {
            is_quick: true,
            only,
            rounds: 9,
            window: Duration::from_millis(15),
            paced_rounds: 7,
            paced_window: Duration::from_millis(80),
        }
    }
}

#[cfg(test)]
mod tests;
