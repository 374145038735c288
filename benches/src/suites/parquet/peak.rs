//! The most memory that a process ever had which writes or reads a file of so many rows.
//!
//! It is a process of its own: an allocator that has been busy hides what is asked of it.

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, sink};
use std::path::Path;
use std::process::Command;

use electrician_parquet::{ParquetReader, ParquetWriter};

use super::data::{self, Flight};
use super::options;
use crate::goals;
use crate::report::Row;

/// What the process is to do, in its environment: `write` or `read`, the rows, the file.
const TASK: &str = "ELECTRICIAN_BENCH_PEAK";

/// Rows of the smaller file, which has several row groups, and of the larger one.
const ROWS: [u64; 2] = [300_000, 3_000_000];

/// Rows of a row group.
const GROUP: usize = 1 << 16;

/// Whether this process has such a task, which then is done.
pub(crate) fn is_task() -> bool {
    let Ok(task) = env::var(TASK) else { return false };
    let mut words = task.splitn(3, ' ');
    let mut word = || words.next().expect("three words").to_owned();
    let (what, rows, path) = (word(), word(), word());
    let rows = rows.parse().expect("a number");
    match what.as_str() {
        "write" => write(rows, &mut sink()),
        "file" => write(rows, &mut BufWriter::new(File::create(path).expect("a file"))),
        _ => {
            let mut read = 0;
            for flight in ParquetReader::<Flight>::open(path).expect("a file") {
                flight.expect("a flight");
                read += 1;
            }
            assert_eq!(read, rows);
        }
    }
    #[expect(clippy::print_stdout, reason = "the other process reads it")]
    {
        println!("{}", peak().unwrap_or(0));
    }
    true
}

/// The rows of the report; none where the kernel does not tell.
pub(super) fn rows() -> Vec<Row> {
    let folder = Path::new(crate::FOLDER).join("scratch");
    fs::create_dir_all(&folder).expect("a folder can be created");
    let paths = ROWS.map(|rows| folder.join(format!("peak-{rows}.parquet")));
    let mut report = Vec::new();
    for (rows, path) in ROWS.iter().zip(&paths) {
        run("file", *rows, path);
    }
    for (what, title) in [("write", "writing"), ("read", "reading")] {
        let mut peaks = ROWS.iter().zip(&paths).map(|(rows, path)| run(what, *rows, path));
        let (Some(small), Some(large)) = (peaks.next(), peaks.next()) else { continue };
        if small == 0 {
            continue;
        }
        let name = format!("parquet_{what}_peak");
        let title = |rows| format!("Parquet, {title} {rows} rows: most memory of the process");
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        report.push(Row::new(&name, "small", title("300,000"), mib(small), "MiB"));
        report.push(Row::new(&name, "large", title("3,000,000"), mib(large), "MiB"));
        let title = format!("Parquet, {what}: memory for ten times the rows, times");
        let ratio = Row::new(&name, "large_over_small", title, large as f64 / small as f64, "×");
        report.push(ratio.with_goal(goals::PARQUET_PEAK));
    }
    for path in &paths {
        // It is scratch: what stays is overwritten by the next run.
        let _ = fs::remove_file(path);
    }
    report
}

fn run(what: &str, rows: u64, path: &Path) -> u64 {
    let mut process = Command::new(env::current_exe().expect("this program has a path"));
    let output = process.env(TASK, format!("{what} {rows} {}", path.display())).output();
    let output = output.expect("this program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

/// Flights of the excerpt, over and over.
fn write(rows: u64, output: &mut (dyn std::io::Write + Send)) {
    let flights = data::excerpt();
    let options = options().with_row_group_rows(GROUP);
    let mut writer = ParquetWriter::<Flight, _>::new(output, &options).expect("valid");
    for (flight, _) in flights.iter().cycle().zip(0..rows) {
        writer.write(flight).expect("it fits");
    }
    writer.finish().expect("the output takes all");
}

/// Bytes that were resident at most.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}
