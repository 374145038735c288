//! A Python with the readers that our files are compared with.
//!
//! They are installed into a folder of their own below `target/`, once; tests find the interpreter
//! in a variable. A user who names one there is believed.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{process, workspace::Workspace};

/// Where the tests look.
pub(super) const VARIABLE: &str = "ELECTRICIAN_PYTHON";

/// The crate whose tests need it.
const USER: &str = "electrician-parquet";

/// What is installed; a version that is not the one here may see other types.
const PACKAGES: &[&str] = &["pyarrow==26.0.1", "duckdb==2.0.1"];

/// The interpreter, or why there is none; nothing at all if no test that was selected needs it.
pub(super) fn prepare(workspace: &Workspace, args: &[String]) -> Option<Result<PathBuf, String>> {
    if !is_needed(args) {
        return None;
    }
    if let Some(given) = env::var_os(VARIABLE) {
        return Some(Ok(given.into()));
    }
    let folder = workspace.root.join("target/python");
    Some(install(&folder))
}

/// Whether the arguments of `cargo test` select the crate: all crates, if none is named.
fn is_needed(args: &[String]) -> bool {
    let own = || args.iter().take_while(|arg| *arg != "--");
    let names_others = own().any(|arg| arg == "-p" || arg.starts_with("--package"));
    !names_others || own().any(|arg| arg.contains(USER))
}

fn install(folder: &Path) -> Result<PathBuf, String> {
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let mark = folder.join("installed");
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    eprintln!("installing {} for the tests of {USER}", PACKAGES.join(", "));
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES))?;
    std::fs::write(&mark, wanted).map_err(|error| format!("{}: {error}", mark.display()))?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = process::shown(command);
    match process::capture(command) {
        Ok(captured) if captured.success => Ok(()),
        Ok(captured) => {
            let last = captured.stderr.trim().lines().last().unwrap_or("it failed");
            Err(format!("`{shown}`: {last}"))
        }
        Err(error) => Err(format!("`{shown}`: {error}")),
    }
}

#[cfg(test)]
mod tests;
