//! `cargo xtask interop`: relays with the Go library of the same name at their other end, both ways,
//! and how fast a pair is beside its pair.
//!
//! The tests of every day have a peer in Go of our own, which needs nothing but Go. The library itself
//! is not to be had everywhere, so this is run by hand, with a checkout of it.

use std::{fs, path::PathBuf};

use crate::{Result, process, workspace::Workspace};

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The folder of a checkout of the library; without one it is downloaded.
    go_module: Option<PathBuf>,
}

/// Parses the arguments after `interop`.
pub(crate) fn parse(args: &[String]) -> Result<Options, String> {
    match args {
        [] => Ok(Options { go_module: None }),
        [flag, path] if flag == "--go-module" => Ok(Options { go_module: Some(path.into()) }),
        [other, ..] => Err(format!("`interop` knows `--go-module PATH`, but got `{other}`")),
    }
}

/// Optimised, because it also measures.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    // The tests run elsewhere.
    let module = match &options.go_module {
        Some(path) => {
            fs::canonicalize(path).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => PathBuf::new(),
    };
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--release", "-p", "electrician-receivingrelay", "--test", "go"]);
    cargo.args(["--", "Go library"]).env("ELECTRICIAN_GO", module);
    process::succeeds(&mut cargo)
}

#[cfg(test)]
mod tests;
