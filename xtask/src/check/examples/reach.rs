//! What cargo would build for a package.
//!
//! `cargo run --example NAME` at the root selects all default members, and cargo unites the features
//! that any of them asks for: one member that wants the facade with Kafka gives Kafka to every
//! example. So the question is put to cargo in the same way, for the whole workspace at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Result, process, workspace::Workspace};

/// Which package depends on which, with the features of one command.
#[derive(Debug, Default)]
pub(super) struct Tree {
    edges: BTreeMap<String, BTreeSet<String>>,
}

// === impl Tree ===

impl Tree {
    /// The tree of the default members with some more features.
    pub(super) fn of_default_members(workspace: &Workspace, features: &[String]) -> Result<Self> {
        let mut cargo = workspace.cargo();
        cargo.args(["tree", "-e", "normal,build,dev", "--prefix", "depth", "--format", " {p}"]);
        if !features.is_empty() {
            cargo.args(["--features", &features.join(",")]);
        }
        let mut tree = Self::parse(&process::read(&mut cargo)?);
        tree.forget_tests(workspace);
        Ok(tree)
    }

    /// Everything that the package needs, however far below.
    pub(super) fn below(&self, package: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![package];
        while let Some(name) = open.pop() {
            for next in self.edges.get(name).into_iter().flatten() {
                if reached.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        reached
    }

    /// Reads lines like `2 tokio v1.52.0 (*)`, where the number is the depth.
    fn parse(text: &str) -> Self {
        let mut tree = Self::default();
        let mut path: Vec<&str> = Vec::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let depth = words.next().and_then(|depth| depth.parse().ok());
            let (Some(depth), Some(name)) = (depth, words.next()) else {
                continue;
            };
            path.truncate(depth);
            if let Some(parent) = path.last() {
                tree.edges.entry((*parent).to_owned()).or_default().insert(name.to_owned());
            }
            path.push(name);
        }
        tree
    }

    /// Leaves out what members need for their own tests, which an example does not build. The
    /// package of the examples keeps it: to cargo, examples are a kind of test.
    fn forget_tests(&mut self, workspace: &Workspace) {
        let examples = workspace.package_in("examples").map(|package| &package.name);
        for package in workspace.packages.iter().filter(|package| Some(&package.name) != examples) {
            if let Some(edges) = self.edges.get_mut(&package.name) {
                edges
                    .retain(|name| package.build_dependencies().any(|needed| needed.name == *name));
            }
        }
    }
}

#[cfg(test)]
mod tests;
