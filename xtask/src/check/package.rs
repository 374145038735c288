//! Each crate can be packaged.
//!
//! A crate that only builds inside this repository is found out on the day of its release. Listing
//! what the package would hold is cheap and finds most of it: a file that lies outside, a
//! dependency without the version under which the registry has it, documentation that the registry
//! would build without the features.

use crate::{
    Result,
    check::findings::Findings,
    process,
    workspace::{Package, Workspace},
};

/// The README is the documentation of the crate, so the packaged crate does not compile without.
const NEEDED: &[&str] = &["README.md", "src/lib.rs"];

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    for package in workspace.crates().filter(|package| package.is_published()) {
        findings.problems(unversioned(package));
        findings.problems(undocumented(package));
        let mut cargo = workspace.cargo();
        cargo.args(["package", "--list", "--allow-dirty", "-p", &package.name]);
        let captured = process::capture(&mut cargo)?;
        if !captured.success {
            findings.problem(format!("{}: {}", package.name, captured.stderr));
            continue;
        }
        for needed in NEEDED {
            if !captured.stdout.lines().any(|file| file.replace('\\', "/") == *needed) {
                findings.problem(format!("{}: the package lacks {needed}", package.name));
            }
        }
    }
    Ok(findings)
}

/// Dependencies that only this repository could resolve.
fn unversioned(package: &Package) -> impl Iterator<Item = String> {
    package.build_dependencies().filter(|dependency| dependency.req == "*").map(|dependency| {
        format!("{}: the dependency on {} needs a version", package.name, dependency.name)
    })
}

/// Says that what stands behind a feature would be missing from the documentation.
fn undocumented(package: &Package) -> Option<String> {
    let all = package.metadata["docs"]["rs"]["all-features"] == true;
    (!all).then(|| {
        format!("{}: `[package.metadata.docs.rs]` needs `all-features = true`", package.name)
    })
}

#[cfg(test)]
mod tests;
