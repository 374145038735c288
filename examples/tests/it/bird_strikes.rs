//! The job on the file that comes with it, and the ways to call it.
//!
//! The totals were also computed from the file by another program in another language.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::program::{Folder, Outcome, example};

const SPECIES: &[&str] = &[
    "Canada goose           190 55.8 % 15,389,869 39.4 % ████████████",
    "Unknown bird - large   436 40.8 % 10,359,212 26.5 % ████████▏",
    "Unknown bird - medium  3,367 12.6 % 4,015,639 10.3 % ███▎",
    "Rock pigeon            231 18.2 % 2,663,396 6.8 % ██▏",
    "Red-tailed hawk        99 27.3 % 2,289,609 5.9 % █▉",
    "Herring gull           52 36.5 % 1,390,275 3.6 % █▏",
    "European starling      319 6.6 % 912,653 2.3 % ▊",
    "Unknown bird - small   3,570 3.3 % 607,096 1.6 % ▌",
];

const TOTALS: &[&str] = &[
    "Wildlife strikes on aircraft, 1990-01-08 to 2002-07-25",
    "strikes            9,982",
    "with damage        1,045 10.5 %",
    "severe             318 3.2 %: substantial damage, or 100,000 $ and more",
    "animal identified  1,984 19.9 %",
    "cost               39,023,044 US dollars, of 193 strikes; the others report none",
    "most strikes of those identified: European starling 319, Rock pigeon 231, Mourning dove 216",
    "Texas              1,495 6.5 % 7,798,739 20.0 % ████████████",
    "most strikes: Texas 1,495, California 890, Louisiana 613",
    "Climb              1,952 16.1 % 16,656,941 42.7 % 178",
    "Approach           4,610 8.7 % 10,105,099 25.9 % 153",
    "Take-off run       1,588 11.1 % 7,038,934 18.0 % 123",
    "Landing Roll       1,405 5.6 % 4,522,387 11.6 % 112",
    "Descent            399 18.3 % 697,484 1.8 % 232",
    "Parked             11 9.1 % 2,199 0.0 % 0",
    "Taxi               17 11.8 % 0 0.0 % 12",
    "Spring, Mar-May    2,401 10.4 % 7,418,077 19.0 %",
    "Summer, Jun-Aug    3,014 7.2 % 8,334,993 21.4 %",
    "Autumn, Sep-Nov    3,394 10.8 % 10,114,241 25.9 %",
    "Winter, Dec-Feb    1,173 18.2 % 13,155,733 33.7 %",
    "Night              3,360 11.4 % 9,448,759 24.2 %",
    "1990 ▄▅▅▅▅▆▆▇▇▇██▅ 2002, most in 2001: 1,091",
    "Hard to believe, kept all the same: 75",
    "24  the same in every column as the row before",
    "27  no damage, but a cost of repair",
    "16  airborne below 40 knots, or rolling at 0",
    "7  approaching at more than 250 knots",
    "5  a land animal, met in the air",
    "Rejected: 18",
    "15  by \"parse\": \"Effect Amount of damage\" not understood",
    "2  by \"validate\": too fast for \"Take-off run\"",
    "1  by \"validate\": too fast for \"Taxi\"",
    "they report a cost of 1,522,232 $, which no table includes",
    "ledger: accepted 10000 = delivered 9982 + dead-lettered 18 (balanced)",
];

const REJECTED_LINES: &[u64] = &[
    301, 443, 600, 650, 1495, 2545, 2606, 3383, 5272, 5755, 7409, 7965, 8365, 8527, 8647, 9008,
    9493, 9883,
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/birdstrikes.csv")
}

#[test]
fn the_bundled_records_give_the_known_totals() {
    let folder = Folder::new();
    let rejected = folder.path("new/folder/rejected.csv");
    let outcome = Outcome::of(example("bird_strikes").arg("--rejected").arg(&rejected));
    let outcome = outcome.expect_success();
    for line in SPECIES.iter().chain(TOTALS) {
        outcome.expect_line(line);
    }
    // What the progress leaves behind, where it is not drawn on a terminal.
    assert_eq!(outcome.stderr, "100 %  9,982 strikes\n");

    // The rejected rows are the rows of these lines, as they stand in the file.
    let input = fs::read_to_string(data()).unwrap();
    let input: Vec<&str> = input.lines().collect();
    let mut lines = Vec::new();
    for record in csv::Reader::from_path(rejected).unwrap().records() {
        let record = record.unwrap();
        let line: u64 = record[0].parse().unwrap();
        assert_eq!(&record[3], input[usize::try_from(line).unwrap() - 1]);
        let stage = if matches!(line, 2606 | 8527 | 9008) { "validate" } else { "parse" };
        assert_eq!(&record[1], stage, "{record:?}");
        lines.push(line);
    }
    lines.sort_unstable();
    assert_eq!(lines, REJECTED_LINES);
}

#[test]
fn a_file_can_be_named_and_repeated() {
    let folder = Folder::new();
    let rejected = folder.path("rejected.csv");
    let mut command = example("bird_strikes");
    let command = command.arg(data()).arg("--rejected").arg(&rejected).args(["--repeat", "3"]);
    let outcome = Outcome::of(command).expect_success();
    outcome.expect_line("strikes 29,946");
    outcome.expect_line("72 the same in every column as the row before");
    outcome.expect_line("ledger: accepted 30000 = delivered 29946 + dead-lettered 54 (balanced)");
    let records = csv::Reader::from_path(rejected).unwrap().into_records();
    let mut lines: Vec<u64> = records.map(|record| record.unwrap()[0].parse().unwrap()).collect();
    lines.sort_unstable();
    let expected: Vec<u64> = REJECTED_LINES.iter().flat_map(|line| [*line; 3]).collect();
    assert_eq!(lines, expected);
}

#[test]
fn help_is_help() {
    let outcome = Outcome::of(example("bird_strikes").arg("--help")).expect_success();
    assert!(outcome.stdout.contains("usage: bird_strikes"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn a_wrong_command_line_is_explained() {
    for (args, complaint) in [
        (&["--fast"][..], "--fast"),
        (&["one.csv", "two.csv"], "two.csv"),
        (&["--repeat"], "--repeat needs a number"),
        (&["--repeat", "0"], "\"0\""),
        (&["--repeat", "many"], "\"many\""),
        (&["--rejected"], "--rejected needs a path"),
    ] {
        Outcome::of(example("bird_strikes").args(args)).expect_complaint(2, &[complaint]);
    }
}

#[test]
fn a_file_is_not_overwritten_by_its_own_rejected_rows() {
    let folder = Folder::new();
    let input = folder.file("strikes.csv", fs::read(data()).unwrap());
    let mut command = example("bird_strikes");
    let command = command.arg(&input).arg("--rejected").arg(folder.path("./strikes.csv"));
    Outcome::of(command).expect_complaint(2, &["strikes.csv"]);
    assert_eq!(fs::read(&input).unwrap(), fs::read(data()).unwrap());
}

#[test]
fn rejected_rows_need_a_place() {
    let folder = Folder::new();
    let file = folder.file("file", "");
    let rejected = file.join("rejected.csv");
    let outcome = Outcome::of(example("bird_strikes").arg("--rejected").arg(&rejected));
    outcome.expect_complaint(2, &[rejected.to_str().unwrap()]);
}

#[test]
fn a_reader_may_see_only_the_beginning() {
    let folder = Folder::new();
    let rejected = folder.path("rejected.csv");
    let mut command = example("bird_strikes");
    let command = command.arg("--rejected").arg(&rejected).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Outcome::from(child.wait_with_output().unwrap()).expect_success();
}

/// A disk that is full: the run does not pretend that the rejected rows are safe.
#[cfg(target_os = "linux")]
#[test]
fn rejected_rows_that_cannot_be_kept_are_a_failure() {
    let full = "/dev/full";
    let outcome = Outcome::of(example("bird_strikes").args(["--rejected", full]));
    outcome.expect_complaint(1, &[full, "No space left"]);
}

/// Ctrl-C drains what was begun, prints the part that there is, and says that it is one.
#[cfg(unix)]
#[test]
fn an_interrupted_run_accounts_for_its_part() {
    let folder = Folder::new();
    let rejected = folder.path("rejected.csv");
    let mut command = example("bird_strikes");
    let command = command.arg("--rejected").arg(&rejected).args(["--repeat", "1000000"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The first line of progress: it runs.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut progress = String::new();
    stderr.read_line(&mut progress).unwrap();
    assert!(progress.contains("strikes"), "{progress}");
    let mut kill = std::process::Command::new("kill");
    assert!(kill.arg("-INT").arg(child.id().to_string()).status().unwrap().success());
    let outcome = Outcome::from(child.wait_with_output().unwrap());
    assert_eq!(outcome.code, Some(130), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("(balanced)"), "{}", outcome.stdout);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let rest: Vec<_> = rest.lines().collect();
    let [.., progress, complaint] = &rest[..] else { panic!("{rest:?}") };
    assert!(progress.ends_with(" strikes") && !progress.starts_with("100 %"), "{rest:?}");
    assert!(complaint.contains("interrupted"), "{rest:?}");
}
