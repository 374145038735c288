use serde_json::json;

use super::cargo_test;
use crate::{process::shown, workspace::Workspace};

fn command(args: &[&str]) -> String {
    let workspace: Workspace =
        serde_json::from_value(json!({ "workspace_root": "/w", "packages": [] }))
            .expect("it has every field of a workspace");
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    shown(&cargo_test(&workspace, &args))
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
