//! Processes that are killed in the middle of their work.
//!
//! Fifty cycles, or as many as `RESISTER_CRASH_CYCLES` says.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use electrician_resister::{DiskResister, DiskResisterBuilder, Element, Fsync};

use crate::support::Folder;

const DIR: &str = "RESISTER_CRASH_DIR";
const SEED: &str = "RESISTER_CRASH_SEED";
const CYCLES: &str = "RESISTER_CRASH_CYCLES";

fn builder(dir: &Path, seed: u64) -> DiskResisterBuilder<String> {
    let fsync = match seed % 5 {
        0 => Fsync::EveryWrite,
        1 => Fsync::Every(Duration::from_millis(5)),
        _ => Fsync::Never,
    };
    DiskResister::builder(dir).with_max_bytes(1 << 20).with_segment_bytes(8 << 10).with_fsync(fsync)
}

/// A value that proves itself: its number, its priority, and bytes that follow from the number.
fn value(number: u64, priority: i32) -> String {
    let mut random = fastrand::Rng::with_seed(number);
    let filler: String = (0..random.usize(..200)).map(|_| random.alphanumeric()).collect();
    format!("{number} {priority} {filler}")
}

fn parse(text: &str) -> (u64, i32) {
    let mut words = text.splitn(3, ' ');
    let number = words.next().unwrap().parse().unwrap();
    let priority = words.next().unwrap().parse().unwrap();
    assert_eq!(text, value(number, priority), "a wrong value came out");
    (number, priority)
}

/// What the child does until it is killed. Each line that it prints is written at once, so what it
/// says has happened (`pushed`) or is about to happen (`acking`).
#[test]
fn child() {
    let (Ok(dir), Ok(seed)) = (env::var(DIR), env::var(SEED)) else {
        // The other tests call it with these.
        return;
    };
    let seed = seed.parse().unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    let (queue, _) = builder(Path::new(&dir), seed).open().unwrap();
    let mut out = std::io::stdout().lock();
    // The harness has begun a line.
    writeln!(out).unwrap();
    let mut held = Vec::new();
    for number in (seed << 32).. {
        let priority = random.i32(0..4);
        // When it is full it goes on with what is in it.
        if queue.try_push(value(number, priority), priority).is_ok() {
            writeln!(out, "pushed {number}").unwrap();
        }
        held.extend(queue.try_pop());
        if held.len() > random.usize(1..20) {
            let element: Element<String> = held.swap_remove(random.usize(..held.len()));
            let (number, _) = parse(element.value());
            if random.u8(..5) == 0 {
                drop(element);
            } else {
                writeln!(out, "acking {number}").unwrap();
                element.accept();
            }
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_and_spoils_nothing() {
    let cycles: u64 = env::var(CYCLES).map_or(50, |cycles| cycles.parse().unwrap());
    let folder = Folder::new();
    // What is in the queue; with `true`, what was about to be acknowledged and may be gone.
    let mut known: BTreeMap<u64, bool> = BTreeMap::new();
    let (mut pushed, mut twice, mut unheard, mut torn) = (0, 0, 0, 0);
    for seed in 1..=cycles {
        for line in lines_until_killed(folder.path(), seed) {
            let Some((what, number)) = line.split_once(' ') else { continue };
            let Ok(number) = number.parse() else { continue };
            pushed += u64::from(what == "pushed");
            known.insert(number, what == "acking");
        }
        let (queue, report) = builder(folder.path(), seed).open().unwrap();
        assert!(report.damaged.is_empty() && report.missing == 0, "cycle {seed}: {report}");
        torn += report.torn;
        let found: Vec<_> = std::iter::from_fn(|| queue.try_pop()).collect();
        assert!(queue.drain_spoiled().is_empty(), "cycle {seed}");
        assert_eq!(found.len() as u64, report.records, "cycle {seed}");
        let is_ordered = found.is_sorted_by(|one, two| one.priority() >= two.priority());
        assert!(is_ordered, "cycle {seed}: the order is lost");
        let is_crowded = found.len() > 2000;
        let mut stay = BTreeMap::new();
        for element in found {
            let (number, priority) = parse(element.value());
            assert_eq!(element.priority(), priority);
            match known.remove(&number) {
                Some(false) => {}
                Some(true) => twice += 1,
                // Killed between the push and the word about it.
                None => unheard += 1,
            }
            // Half of them stay for the next cycle.
            if is_crowded || number % 2 == 0 {
                element.accept();
            } else {
                stay.insert(number, false);
            }
        }
        let lost: Vec<_> = known.iter().filter(|(_, is_acking)| !**is_acking).collect();
        assert!(lost.is_empty(), "cycle {seed}: lost {lost:?}");
        known = stay;
    }
    println!(
        "{cycles} kills: {pushed} pushed, 0 lost, {twice} came twice, {unheard} unannounced, \
         {torn} torn ends"
    );
    assert!(pushed > cycles);
}

/// Runs a child, kills it at some moment, and gives all that it said.
fn lines_until_killed(dir: &Path, seed: u64) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture", "--test-threads", "1"])
        .env(DIR, dir)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut random = fastrand::Rng::with_seed(!seed);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let wanted = random.usize(4..600);
    let mut said: Vec<String> = lines.by_ref().take(wanted).map(Result::unwrap).collect();
    assert_eq!(said.len(), wanted, "the child ended by itself: {:?}", said.last());
    // It has gone on meanwhile, nobody knows how far.
    child.kill().unwrap();
    child.wait().unwrap();
    said.extend(lines.map_while(Result::ok));
    said
}
