//! What Electrician costs, next to what it replaces: `cargo xtask bench`.
//!
//! Every suite is a race in rounds: each contestant runs once per round, the first round does not
//! count, and the median of the others is the result. Producer and consumer are the same for all;
//! contestants differ in nothing but the line between them. The baselines come first: every number
//! of ours is an overhead over something.
//!
//! The results go to the terminal, `target/bench/report.json` and `target/bench/report.html`. A
//! missed requirement does not fail the run: machines differ, and a number is not a test.

mod alloc;
mod baseline;
mod clock;
mod drive;
mod electrician;
mod goals;
mod line;
mod machine;
mod race;
mod report;
mod rss;
mod settings;
mod stats;
mod suites;
mod workload;

use std::path::Path;
use std::process::{self, ExitCode};
use std::{env, panic};

use machine::{Machine, Ticks};
use report::Report;
use settings::Settings;
use suites::Arena;

/// Where the report goes, from this package.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench");

#[expect(clippy::print_stderr, reason = "a command line tool prints")]
fn main() -> ExitCode {
    #[cfg(feature = "parquet")]
    if suites::parquet::peak::is_task() {
        return ExitCode::SUCCESS;
    }
    #[cfg(feature = "kafka")]
    if suites::kafka::scale::is_task() {
        return ExitCode::SUCCESS;
    }
    let settings = match Settings::parse(env::args().skip(1)) {
        Ok(settings) => settings,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(2);
        }
    };
    end_on_panic();
    match measure(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(settings: Settings) -> std::io::Result<()> {
    let start = Ticks::now();
    let arena = Arena::new(settings)?;
    let settings = arena.describe();
    let sections = suites::run(&arena);
    let report = Report { machine: Machine::describe(start), settings, sections };
    report.print_goals();
    report.write(Path::new(FOLDER), &arena.settings)
}

/// A panic anywhere ends the run: others would wait for ever for what does not come.
fn end_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        report(info);
        process::exit(101);
    }));
}
