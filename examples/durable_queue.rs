//! Shows a queue that survives the death of its process: a first run is killed in the middle of
//! its work, a second one finishes it.
//!
//! ```sh
//! cargo run --release --example durable_queue --features resister-disk
//! ```
//!
//! The first run is a process of its own, which queues 1,000 jobs, works on them, and is killed when
//! a third is done. Prints what the second run finds in the log, and the totals: no job is missing,
//! and only those that were done but not yet noted are done twice.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use electrician::{BoxError, DiskResister, Fsync, Record};

/// How many jobs there are.
const JOBS: u64 = 1000;

/// How many are done before the kill.
const BEFORE: usize = 333;

/// A job, as it is kept on disk: its number, and what to do.
#[derive(Debug)]
struct Job {
    number: u64,
    task: String,
}

impl Record for Job {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(self.task.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, BoxError> {
        let (number, task) = bytes.split_first_chunk().ok_or("it is too short for a number")?;
        let task = String::from_utf8(task.to_vec())?;
        Ok(Self { number: u64::from_le_bytes(*number), task })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => parent(),
        [option, dir] if option == "--first-run" => first_run(Path::new(dir)),
        _ => Err("usage: durable_queue".into()),
    }
}

/// Kills a first run, then does the rest.
fn parent() -> Result<(), Box<dyn Error>> {
    let dir = env::temp_dir().join(format!("electrician-durable-queue-{}", std::process::id()));
    let result = kill_and_finish(&dir);
    fs::remove_dir_all(&dir)?;
    result
}

fn kill_and_finish(dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut child = Command::new(env::current_exe()?)
        .arg("--first-run")
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()?;
    let said = child.stdout.take().ok_or("it has an output")?;
    let mut done: BTreeMap<u64, u32> = BTreeMap::new();
    for (count, line) in BufReader::new(said).lines().enumerate() {
        *done.entry(line?.parse()?).or_default() += 1;
        if count + 1 == BEFORE {
            child.kill()?;
        }
    }
    child.wait()?;
    println!("first run   killed after {} jobs", done.len());

    let (queue, report) = DiskResister::<Job>::open(dir)?;
    println!("the log     {report}");
    let mut count = 0;
    while let Some(element) = queue.try_pop() {
        work(element.value())?;
        *done.entry(element.value().number).or_default() += 1;
        element.accept();
        count += 1;
    }
    queue.close()?;
    println!("second run  {count} jobs");

    let twice = done.values().filter(|times| **times > 1).count();
    println!("\ntotal       {} of {JOBS} jobs done, {twice} of them twice", done.len());
    if done.len() as u64 != JOBS {
        return Err("a job is missing".into());
    }
    Ok(())
}

/// Queues the jobs, every tenth of them urgent, and works until it is killed.
fn first_run(dir: &Path) -> Result<(), Box<dyn Error>> {
    // A kill loses nothing that the system was told. For power failures there are other policies.
    let (queue, _) = DiskResister::<Job>::builder(dir).with_fsync(Fsync::Never).open()?;
    for number in 0..JOBS {
        let task = format!("longest way from below {}", 2000 + number);
        let priority = if number % 10 == 0 { 5 } else { 0 };
        queue.try_push(Job { number, task }, priority)?;
    }
    let mut out = std::io::stdout();
    while let Some(element) = queue.try_pop() {
        work(element.value())?;
        writeln!(out, "{}", element.value().number)?;
        out.flush()?;
        // A kill before this line: the job is done, and will be done once more.
        element.accept();
    }
    Ok(())
}

/// Does what the job says: finds the number from which the way to 1 is longest, by halving the even
/// and tripling the odd.
fn work(job: &Job) -> Result<Option<u64>, Box<dyn Error>> {
    let end: u64 = job.task.rsplit(' ').next().unwrap_or_default().parse()?;
    let way = |start: &u64| {
        let next = |n: &u64| (*n > 1).then(|| if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 });
        std::iter::successors(Some(*start), next).count()
    };
    Ok((1..end).max_by_key(way))
}
