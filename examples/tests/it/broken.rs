//! The job on files in which something is wrong.

use std::fs;
use std::path::Path;

use crate::program::{Folder, Outcome, example};

const HEADER: &str = "Airport Name,Aircraft Make Model,Effect Amount of damage,Flight Date,\
                      Aircraft Airline Operator,Origin State,Phase of flight,Wildlife Size,\
                      Wildlife Species,Time of day,Cost Other,Cost Repair,Cost Total $,\
                      Speed IAS in knots";

const GOOD: &str =
    "LOGAN INTL,B-727,None,1999-12-31,UNKNOWN,Massachusetts,Climb,Small,Mallard,Day,1,2,3,";

fn run(folder: &Folder, input: &Path) -> Outcome {
    let rejected = folder.path("rejected.csv");
    Outcome::of(example("bird_strikes").arg(input).arg("--rejected").arg(rejected))
}

/// Each rejected row as line, stage and reason, in the order of lines.
fn rejected(folder: &Folder) -> Vec<(u64, String, String)> {
    let reader = csv::Reader::from_path(folder.path("rejected.csv")).unwrap();
    let mut rows: Vec<_> = reader
        .into_records()
        .map(|record| record.unwrap())
        .map(|record| (record[0].parse().unwrap(), record[1].to_owned(), record[2].to_owned()))
        .collect();
    rows.sort();
    rows
}

/// Rows with every defect there is, each with the reason for which it is rejected, or none.
fn rows() -> Vec<(Vec<u8>, Option<&'static str>)> {
    let with = |from: &str, to: &str| GOOD.replacen(from, to, 1).into_bytes();
    let mut not_utf8 = with("Mallard", "Mall?rd");
    let at = not_utf8.iter().position(|byte| *byte == b'?').unwrap();
    not_utf8[at] = 0xff;
    vec![
        (GOOD.into(), None),
        (with(",Day", ""), Some("13 fields where the header has 14")),
        (with("Day", "Day,Day"), Some("15 fields where the header has 14")),
        (not_utf8, Some("\"Wildlife Species\" is not plain UTF-8 text")),
        // Quotes that are never closed: each costs its own line, not the rest of the file.
        (with("LOGAN", "\"LOGAN"), Some("a quote is not closed on its line")),
        (with("3,", "3,\""), Some("a quote is not closed on its line")),
        (with("LOGAN INTL", "\"LOGAN, \"\"THE\"\" AIRPORT\""), None),
        (b"".to_vec(), None),
        (with("Mallard", " "), Some("\"Wildlife Species\" is empty")),
        (
            with("1999-12-31", "1999-02-29"),
            Some("\"Flight Date\" is \"1999-02-29\", not a date like 1999-12-31"),
        ),
        (
            with("Climb", "climb"),
            Some(
                "\"Phase of flight\" is \"climb\", not one of Parked, Taxi, Take-off run, Climb, Descent, Approach, Landing Roll",
            ),
        ),
        (
            with("1,2,3", "1,2,-3"),
            Some("\"Cost Total $\" is \"-3\", not a whole number below 2^32"),
        ),
        (with("1,2,3", "1,2,4"), Some("repair 2 $ and other cost 1 $ are not the total of 4 $")),
        (
            with("3,", "3,fast"),
            Some("\"Speed IAS in knots\" is \"fast\", not a whole number below 2^16"),
        ),
        (with("3,", "3,801"), Some("801 knots cannot be in the phase \"Climb\", at most 800")),
        (with("Climb,Small,Mallard", "Taxi,Large,Coyote"), None),
        (with("Mallard", "  Mallard "), None),
        (
            with("Mallard", "\u{1b}[31mMallard"),
            Some("\"Wildlife Species\" is not plain UTF-8 text"),
        ),
    ]
}

fn file(rows: &[(Vec<u8>, Option<&str>)], end: &str) -> Vec<u8> {
    let rows = rows.iter().map(|(row, _)| row.as_slice());
    let lines: Vec<_> = [HEADER.as_bytes()].into_iter().chain(rows).collect();
    lines.join(end.as_bytes())
}

#[test]
fn a_broken_row_costs_itself_alone() {
    let rows = rows();
    let expected: Vec<_> = (2..)
        .zip(&rows)
        .filter_map(|(line, (_, reason))| reason.map(|reason| (line, reason.to_owned())))
        .collect();
    // With and without a byte order mark, as the systems have it that write such files.
    for (mark, end) in [("", "\n"), ("", "\r\n"), ("\u{feff}", "\n"), ("\u{feff}", "\r\n")] {
        let folder = Folder::new();
        let content = [mark.as_bytes(), &file(&rows, end)].concat();
        let input = folder.file("strikes.csv", content);
        let outcome = run(&folder, &input).expect_success();
        let found: Vec<_> =
            rejected(&folder).into_iter().map(|(line, _, reason)| (line, reason)).collect();
        assert_eq!(found, expected, "mark {mark:?}, line end {end:?}");
        let stages: Vec<_> = rejected(&folder)
            .into_iter()
            .filter_map(|(line, stage, _)| (stage == "validate").then_some(line))
            .collect();
        assert_eq!(stages, [14, 16]);
        // Four good rows; a blank line is none.
        outcome.expect_line("strikes 4");
        outcome.expect_line("cost 12 US dollars, of 4 strikes; the others report none");
        outcome.expect_line("ledger: accepted 17 = delivered 4 + dead-lettered 13 (balanced)");
    }
}

#[test]
fn rejected_rows_stand_there_as_they_were() {
    let folder = Folder::new();
    let quoted =
        GOOD.replace("LOGAN INTL", "\"LOGAN, \"\"THE\"\" AIRPORT\"").replace("Day", "Noon");
    let open = GOOD.replace("LOGAN", "\"LOGAN");
    let input = folder.file("strikes.csv", format!("{HEADER}\n{quoted}\n{open}\n{GOOD}\n{GOOD}\n"));
    let outcome = run(&folder, &input).expect_success();
    outcome.expect_line("1 the same in every column as the row before");
    let reader = csv::Reader::from_path(folder.path("rejected.csv")).unwrap();
    let mut rows: Vec<_> = reader.into_records().map(|row| row.unwrap()[3].to_owned()).collect();
    rows.sort();
    assert_eq!(rows, [open, quoted]);
}

#[test]
fn rows_may_all_be_broken() {
    let folder = Folder::new();
    let rows = "not,a,strike\n".repeat(5_000);
    let input = folder.file("strikes.csv", format!("{HEADER}\n{rows}"));
    let outcome = run(&folder, &input).expect_success();
    outcome.expect_line("No strike to report.");
    outcome.expect_line("ledger: accepted 5000 = delivered 0 + dead-lettered 5000 (balanced)");
    assert_eq!(rejected(&folder).len(), 5_000);
}

#[test]
fn columns_are_found_by_name() {
    let folder = Folder::new();
    let backwards = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let (header, row) = (backwards(HEADER), backwards(GOOD));
    let input = folder.file("strikes.csv", format!("Note, {header}\nnice,{row}\n"));
    let outcome = run(&folder, &input).expect_success();
    outcome.expect_line("strikes 1");
    outcome.expect_line("Mallard 1 0.0 % 3 100.0 % ████████████");
}

#[test]
fn a_file_that_is_missing_is_named() {
    let folder = Folder::new();
    let input = folder.path("nowhere.csv");
    run(&folder, &input).expect_complaint(2, &[input.to_str().unwrap(), "No such file"]);
    assert!(!folder.path("rejected.csv").exists());
}

#[test]
fn a_folder_is_no_file() {
    let folder = Folder::new();
    let input = folder.path("");
    run(&folder, &input).expect_complaint(2, &["directory"]);
}

#[test]
fn an_empty_file_lacks_a_header() {
    let folder = Folder::new();
    let input = folder.file("strikes.csv", "");
    run(&folder, &input).expect_complaint(2, &["strikes.csv", "empty"]);
    // Nothing was begun, so nothing is replaced.
    assert!(!folder.path("rejected.csv").exists());
}

#[test]
fn a_header_that_lacks_columns_is_explained() {
    let folder = Folder::new();
    let header = HEADER.replace("Flight Date", "Date").replace("Cost Repair", "Repair");
    let input = folder.file("strikes.csv", format!("{header}\n{GOOD}\n"));
    let parts = ["lacks \"Flight Date\", \"Cost Repair\"", "\"Airport Name\", ", "\"Date\""];
    run(&folder, &input).expect_complaint(2, &parts);
}

#[test]
fn what_is_no_csv_is_refused_in_few_words() {
    let folder = Folder::new();
    let input = folder.file("strikes.csv", vec![b'x'; 1 << 20]);
    let outcome = run(&folder, &input).expect_complaint(2, &["lacks", "xxxx"]);
    assert!(outcome.stderr.len() < 1_000, "{}", outcome.stderr.len());
}

#[test]
fn a_header_alone_is_a_file_without_strikes() {
    for end in ["", "\n", "\r\n", "\n\n"] {
        let folder = Folder::new();
        let input = folder.file("strikes.csv", format!("{HEADER}{end}"));
        let outcome = run(&folder, &input).expect_success();
        outcome.expect_line("No strike to report.");
        outcome.expect_line("ledger: accepted 0 = delivered 0 (balanced)");
        assert_eq!(fs::read_to_string(folder.path("rejected.csv")).unwrap().lines().count(), 1);
    }
}
