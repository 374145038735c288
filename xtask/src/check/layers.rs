//! Crates depend on lower layers only.
//!
//! A lower layer that knows a higher one cannot be used, tested or understood without it, and two
//! siblings that know each other are one crate with two names. Siblings meet through the traits in
//! `electrician-types`. Tests are free to use more.

mod table;

use table::{CONTRACTS, INTEGRATING, INTEGRATIONS, LAYERS, Layer};

use crate::{
    Result,
    check::findings::Findings,
    process,
    workspace::{Package, Workspace},
};

/// Everybody builds the contracts, so everybody pays for what they depend on.
const CONTRACT_DEPENDENCIES: usize = 3;

/// The one crypto backend is aws-lc-rs. A second one costs build time and size, and it is left to
/// chance which of them a TLS configuration takes.
const UNWANTED: &str = "ring";

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    for package in workspace.crates() {
        findings.problems(misplaced(package));
        findings.problems(versioned(package));
    }
    findings.problems(workspace.crates().find(|package| package.name == CONTRACTS).and_then(heavy));
    findings.problems(unwanted(workspace)?);
    Ok(findings)
}

/// The crates of the workspace that bring an integration, by the name users see.
pub(super) fn integrations() -> impl Iterator<Item = &'static str> {
    LAYERS
        .iter()
        .filter(|layer| INTEGRATIONS.contains(&layer.name))
        .flat_map(|layer| layer.crates.iter().copied())
        .chain(INTEGRATING.iter().copied())
}

/// Dependencies that the crate's layer does not allow.
fn misplaced(package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some(layer) = Layer::of(name) else {
        return vec![format!(
            "{name}: it has no layer; name it in xtask/src/check/layers/table.rs"
        )];
    };
    let ours = |name: &str| name == "electrician" || name.starts_with("electrician-");
    package
        .build_dependencies()
        .filter(|dependency| ours(&dependency.name) && !layer.allows(name, &dependency.name))
        .map(|dependency| match Layer::of(&dependency.name) {
            Some(other) => format!(
                "{name} ({}) must not know {} ({})",
                layer.name, dependency.name, other.name
            ),
            None => format!("{name} depends on {}, which has no layer", dependency.name),
        })
        .collect()
}

/// Test dependencies on siblings that carry a version.
///
/// A crate and its testkit depend on each other in tests, and on a registry one of them comes
/// first. Without a version cargo leaves such a dependency out of the package.
fn versioned(package: &Package) -> Vec<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.is_dev() && Layer::of(&dependency.name).is_some())
        .filter(|dependency| dependency.req != "*")
        .map(|dependency| {
            format!(
                "{}: the dev-dependency on {} must have a path and no version",
                package.name, dependency.name
            )
        })
        .collect()
}

/// What is wrong with the dependencies of the contracts.
fn heavy(contracts: &Package) -> Option<String> {
    let names: Vec<&str> = contracts
        .dependencies
        .iter()
        .filter(|dependency| dependency.is_normal())
        .map(|dependency| dependency.name.as_str())
        .collect();
    (names.len() > CONTRACT_DEPENDENCIES || names.contains(&"tokio")).then(|| {
        format!(
            "{CONTRACTS} may have {CONTRACT_DEPENDENCIES} dependencies, none of them tokio, but \
             has {}",
            names.join(", ")
        )
    })
}

/// The way by which the unwanted backend comes in, if it does.
fn unwanted(workspace: &Workspace) -> Result<Option<String>> {
    let tree = |more: &[&str]| {
        let mut cargo = workspace.cargo();
        cargo.args(["tree", "--workspace", "--all-features", "-e", "normal,build"]).args(more);
        process::read(&mut cargo)
    };
    let listed = tree(&["--prefix", "none", "--format", "{p}"])?;
    if !lists(&listed, UNWANTED) {
        return Ok(None);
    }
    Ok(Some(format!("{UNWANTED} must not be built:\n{}", tree(&["--invert", UNWANTED])?)))
}

/// Whether `cargo tree --prefix none` names the package.
fn lists(tree: &str, package: &str) -> bool {
    tree.lines().any(|line| line.split(' ').next() == Some(package))
}

#[cfg(test)]
mod tests;
