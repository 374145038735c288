//! The command line.

use std::path::{Path, PathBuf};

/// What `--help` prints.
pub const USAGE: &str = "\
Reads wildlife strikes from a CSV file, checks, classifies and sums them up.

usage: bird_strikes [CSV] [--rejected PATH] [--repeat N]

  CSV              the file to read; default: the 10,000 records that come with the example
  --rejected PATH  where rejected rows go; default: target/bird_strikes/rejected.csv
  --repeat N       read the file N times, for a longer run; default: 1
  --help           print this

It ends with 0 if every row is accounted for, 1 if the run failed, 2 if the command line or the
file is not usable, 3 if the ledger does not balance, 130 if it was interrupted with Ctrl-C.
";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// The file to read.
    pub input: PathBuf,
    /// Where rejected rows go.
    pub rejected: PathBuf,
    /// How often the file is read.
    pub repeat: u32,
}

/// Why there is nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Usage {
    /// Help was asked for.
    #[error("{USAGE}")]
    Help,
    /// The command line is not understood.
    #[error("{0}; see --help")]
    Wrong(String),
}

// === impl Args ===

impl Args {
    /// Reads the command line, without the name of the program.
    pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, Usage> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = package.parent().unwrap_or(package);
        let mut input = None;
        let mut rejected = workspace.join("target/bird_strikes/rejected.csv");
        let mut repeat = 1;
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value =
                |what: &str| args.next().ok_or_else(|| Usage::Wrong(format!("{arg} needs {what}")));
            match arg.as_str() {
                "--help" | "-h" => return Err(Usage::Help),
                "--rejected" => rejected = value("a path")?.into(),
                "--repeat" => {
                    let text = value("a number")?;
                    let number = text.parse().ok().filter(|number| *number > 0);
                    repeat = number.ok_or_else(|| {
                        Usage::Wrong(format!("--repeat {text:?} is no number from 1 on"))
                    })?;
                }
                option if option.starts_with('-') => {
                    return Err(Usage::Wrong(format!("there is no option {option}")));
                }
                _ if input.is_some() => {
                    return Err(Usage::Wrong(format!("{arg:?} is one file too many")));
                }
                _ => input = Some(PathBuf::from(arg)),
            }
        }
        let input = input.unwrap_or_else(|| package.join("data/birdstrikes.csv"));
        let is_same = |one: &Path, other: &Path| {
            one == other
                || matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
        };
        if is_same(&input, &rejected) {
            return Err(Usage::Wrong(format!(
                "{} cannot be read and rejected to",
                input.display()
            )));
        }
        Ok(Self { input, rejected, repeat })
    }
}
