use std::{process::Command, time::Duration};

use super::{cargo, follow, limited, read, shown};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn shows_a_command_as_typed() {
    let mut command = Command::new("/opt/bin/cargo");
    command.env("RUSTFLAGS", "--cfg loom").args(["test", "--release"]);
    assert_eq!(shown(&command), "RUSTFLAGS='--cfg loom' cargo test --release");
}

#[test]
fn hides_this_package_from_cargo() {
    let cargo = cargo();
    let removed = cargo.get_envs().any(|(name, value)| name == "CARGO_PKG_NAME" && value.is_none());
    assert!(removed, "a nested cargo must not see CARGO_PKG_NAME");
}

#[test]
fn follows_every_line() {
    let (mut terminal, mut lines) = (Vec::new(), Vec::new());
    let mut command = shell("printf 'one\\ntwo'; exit 3");
    let status = follow(&mut command, &mut terminal, |line| {
        lines.push(line.to_owned());
    });
    assert_eq!(status.expect("sh runs").code(), Some(3));
    assert_eq!(terminal, b"one\ntwo");
    assert_eq!(lines, ["one", "two"]);
}

#[test]
fn a_failure_carries_its_words() {
    let error = read(&mut shell("echo why >&2; exit 1")).expect_err("it exits with 1");
    assert!(error.to_string().ends_with("why"), "{error}");
}

#[test]
fn the_limit_ends_what_does_not_end() {
    let mut endless = shell("exec tail -f /dev/null");
    let status = limited(&mut endless, Duration::from_millis(50)).expect("sh runs");
    assert_eq!(status, None);
    let status = limited(&mut shell("exit 0"), Duration::from_mins(1)).expect("sh runs");
    assert!(status.is_some_and(|status| status.success()));
}
