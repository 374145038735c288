//! Shows a whole job: 10,000 real records of aircraft that struck wildlife are read, checked,
//! classified and summed up, and not one is lost on the way.
//!
//! ```sh
//! cargo run --release --example bird_strikes
//! cargo run --release --example bird_strikes -- --help
//! ```
//!
//! ```text
//! records ── parse ── validate ── classify ── summary
//!              │          │
//!              └──────────┴── rejected.csv
//! ```
//!
//! Prints the costliest species, states and phases of flight, the rows that are hard to believe and
//! those that were rejected, what every stage did, and the ledger. Rejected rows are written to
//! `target/bird_strikes/rejected.csv` with their line, the stage and the reason.
//!
//! While it runs it shows on standard error how far it is, and leaves one line about that there.
//! It ends with 0 only if every row that was read is accounted for: see `--help`.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use electrician::plug::BlockingSource;
use electrician::{
    Conduit, ConfigError, DeadLetterPort, Ended, Generator, Plug, SinkStage, Stopped, Wire,
    dead_letters,
};
use electrician_examples::strikes::{
    Args, Case, Progress, RejectedLog, Report, Row, Rows, Strike, SummarySink, Usage, parse,
    validate,
};

/// How many rejected rows wait to be written at most; then the stages wait.
const LETTERS: usize = 256;

/// How long an interrupted run may take to finish what it has begun.
const DEADLINE: Duration = Duration::from_secs(5);

/// The run failed.
const FAILED: u8 = 1;
/// The command line or the file is not usable.
const UNUSABLE: u8 = 2;
/// A row is not accounted for.
const UNBALANCED: u8 = 3;
/// As shells say it of a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(Usage::Help) => {
            print!("{}", Usage::Help);
            return ExitCode::SUCCESS;
        }
        Err(error) => return complain(error, UNUSABLE),
    };
    let progress = Arc::new(Progress::default());
    let rows = match Rows::open(&args.input, args.repeat, Arc::clone(&progress)) {
        Ok(rows) => rows,
        Err(error) => return complain(error, UNUSABLE),
    };
    let log = match RejectedLog::create(&args.rejected, rows.columns()) {
        Ok(log) => log,
        Err(error) => return complain(in_file(&args.rejected, &error), UNUSABLE),
    };
    match run(&args, rows, log, progress).await {
        Ok(code) => code,
        Err(error) => complain(error, FAILED),
    }
}

/// Four types, from the row of a file to the case that is counted: what one stage gives is what the
/// next one takes, or this does not compile.
fn pipeline(
    rows: Rows,
    bad_rows: DeadLetterPort<Row>,
    bad_strikes: DeadLetterPort<Strike>,
    summary: SummarySink,
    progress: Arc<Progress>,
) -> Result<Conduit<Row, Ended>, ConfigError> {
    let columns = rows.columns();
    // By reference, so that a row that is no strike can be rejected as it was read.
    let parse = Wire::by_ref("parse", move |row: &Row| parse(row, &columns));
    // In place: marks what is hard to believe, rejects what cannot be.
    let validate = Wire::in_place("validate", validate);
    let classify = Wire::map("classify", Case::from);
    let summary = SinkStage::new("summary", summary).with_observer(progress.observer());
    // Reading a file blocks, so it has a thread of its own.
    let records = Plug::once(BlockingSource::try_new(|| rows));

    Conduit::from(parse.with_dead_letters(bad_rows))
        .then(validate.with_dead_letters(bad_strikes))
        .then(classify)
        .sink_stage(summary)
        .with_source(Generator::new("records", records))
        .named("bird strikes")
        .build()
}

async fn run(
    args: &Args,
    rows: Rows,
    log: RejectedLog,
    progress: Arc<Progress>,
) -> Result<ExitCode, Box<dyn Error>> {
    let (bad_rows, row_letters) = dead_letters(LETTERS);
    let (bad_strikes, strike_letters) = dead_letters(LETTERS);
    let (sink, summary) = SummarySink::new();
    let conduit = pipeline(rows, bad_rows, bad_strikes, sink, Arc::clone(&progress))?;
    let logging = tokio::spawn(log.write_all(row_letters, strike_letters));

    let mut is_interrupted = false;
    let interrupt = async {
        // Where Ctrl-C cannot be listened to, it ends the program as it always did.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        is_interrupted = true;
    };
    let start = now();
    let stopped = tokio::select! {
        stopped = conduit.start()?.finish_or_stop(interrupt, DEADLINE) => stopped,
        never = progress.show() => match never {},
    };
    let elapsed = start.elapsed();
    progress.close();

    // The dead-letter ports go with the conduit; only then the log knows that there is no more.
    let Stopped { component, .. } = stopped;
    drop(component);
    let rejections = logging.await?.map_err(|error| in_file(&args.rejected, &error))?;

    let summary = std::mem::take(&mut *summary.lock().unwrap_or_else(PoisonError::into_inner));
    let report = Report {
        summary: &summary,
        rejections: &rejections,
        rejected_path: &args.rejected,
        stages: &stopped.stages,
        ledger: stopped.ledger,
        elapsed,
        bytes: progress.bytes(),
        is_bold: io::stdout().is_terminal(),
    };
    print(&report)?;

    // The sink and the log must have what the ledger says they have.
    let (ledger, counted, rejected) = (stopped.ledger, summary.all.strikes, rejections.rows);
    if !ledger.is_balanced() || (counted, rejected) != (ledger.delivered, ledger.dead_lettered) {
        let error = format!(
            "rows are not accounted for: {ledger}, but {counted} were counted, {rejected} rejected"
        );
        return Ok(complain(error, UNBALANCED));
    }
    if let Some(error) = stopped.source_errors.first() {
        return Err(format!("the file was not read to its end: {error}").into());
    }
    if ledger.failed > 0 {
        let error = stopped.failures.first().map(ToString::to_string).unwrap_or_default();
        return Err(format!("rows failed and are not in the log: {error}").into());
    }
    if is_interrupted {
        return Ok(complain("interrupted: this is a part only", INTERRUPTED));
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &Report<'_>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match report.write(&mut out).and_then(|()| out.flush()) {
        // Whoever reads it, perhaps `head`, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn complain(error: impl Display, code: u8) -> ExitCode {
    eprintln!("bird_strikes: {error}");
    ExitCode::from(code)
}

fn in_file(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "the one place that times the run, for people")]
fn now() -> Instant {
    Instant::now()
}
