//! Rules that cargo's own tools already know.

use crate::{Result, check::findings::Findings, process, workspace::Workspace};

/// Formatting is not discussed in review; see `.rustfmt.toml`.
pub(super) fn fmt(workspace: &Workspace) -> Result<Findings> {
    verdict(workspace.cargo().args(["fmt", "--all", "--check"]))
}

/// A warning that may stay will stay, and hides the next one. Tests, examples and benchmarks are
/// code too; `.clippy.toml` says which functions are banned and why.
pub(super) fn clippy(workspace: &Workspace) -> Result<Findings> {
    verdict(workspace.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))
}

/// A broken link in the documentation is a broken promise.
pub(super) fn docs(workspace: &Workspace) -> Result<Findings> {
    verdict(workspace.cargo().env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--workspace",
        "--no-deps",
        "--all-features",
    ]))
}

/// The tool has printed its own findings.
fn verdict(command: &mut std::process::Command) -> Result<Findings> {
    Ok(if process::succeeds(command)? {
        Findings::default()
    } else {
        Findings::from_problem(format!("`{}` failed, see above", process::shown(command)))
    })
}
