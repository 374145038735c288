use std::process::Command;

use serde_json::json;

use super::{Tally, cargo_loom, cargo_test, follow, programs};
use crate::{process::shown, workspace::Workspace};

fn workspace() -> Workspace {
    serde_json::from_value(json!({ "workspace_root": "/w", "packages": [] }))
        .expect("it has every field of a workspace")
}

fn command(args: &[&str]) -> String {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    shown(&cargo_test(&workspace(), &args))
}

#[test]
fn runs_everything_unless_told() {
    assert_eq!(command(&[]), "cargo test --workspace --all-features --no-fail-fast");
}

#[test]
fn arguments_win() {
    assert_eq!(
        command(&["-p", "electrician-wire", "--features=serde", "--no-fail-fast"]),
        "cargo test -p electrician-wire --features=serde --no-fail-fast"
    );
}

#[test]
fn arguments_of_the_tests_are_theirs() {
    assert_eq!(
        command(&["--", "-p", "drain"]),
        "cargo test --workspace --all-features --no-fail-fast -- -p drain"
    );
}

#[test]
fn the_models_have_a_folder_of_their_own() {
    assert_eq!(
        shown(&cargo_loom(&workspace(), "")),
        "RUSTFLAGS='--cfg loom' cargo test --release --lib -p electrician-wire \
         -p electrician-types -p electrician-resister --target-dir target/loom"
    );
}

#[test]
fn the_models_keep_the_flags_there_are() {
    let command = shown(&cargo_loom(&workspace(), "-D warnings"));
    assert!(command.starts_with("RUSTFLAGS='-D warnings --cfg loom' cargo test"), "{command}");
}

#[test]
fn the_sum_comes_last_also_when_nothing_could_be_run() {
    let mut tally = Tally::default();
    follow(&mut Command::new("no-such-program"), &mut tally);
    let shown = tally.to_string();
    assert!(shown.starts_with("failed: no-such-program: could not run"), "{shown}");
    assert_eq!(shown.lines().last(), Some("0 passed, 1 failed, 0 skipped"));
}

#[test]
fn tests_without_their_program_are_skipped() {
    let missing = [("electrician-codec", "no-such-program-anywhere", "version")];
    let skipped = |args: &[&str]| {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let mut tally = Tally::default();
        programs(&missing, &args, &mut tally);
        tally.to_string()
    };
    assert!(skipped(&[]).contains("tests of electrician-codec that need no-such-program-anywhere"));
    assert!(skipped(&["-p", "electrician-codec"]).ends_with("0 passed, 0 failed, 1 skipped\n"));
    assert!(skipped(&["-p", "electrician-wire"]).ends_with("0 passed, 0 failed, 0 skipped\n"));
}
