//! A Python with the packages that read what we write, and call what we serve.

use std::{path::Path, process::Command};

use crate::{Result, process, services::Endpoints, workspace::Workspace};

/// The packages and their versions.
const PACKAGES: &[(&str, &str)] = &[
    ("duckdb", "2.0.1"),
    ("grpcio", "1.85.3"),
    ("grpcio-health-checking", "1.85.1"),
    ("grpcio-reflection", "1.85.1"),
    ("pyarrow", "26.0.1"),
];

/// An environment of its own in `target/python`, kept from run to run.
pub(super) fn environment(workspace: &Workspace, _folder: &Path) -> Result<Endpoints> {
    let folder = workspace.root.join("target/python");
    let python = folder.join("bin/python");
    let has_all = || {
        let check = |(name, version): &(&str, &str)| {
            let assert = format!(
                "import importlib.metadata as m; assert m.version('{name}') == '{version}'"
            );
            let ran = process::capture(Command::new(&python).args(["-c", &assert]));
            ran.is_ok_and(|captured| captured.success)
        };
        PACKAGES.iter().all(check)
    };
    if !has_all() {
        let wanted = PACKAGES.iter().map(|(name, version)| format!("{name}=={version}"));
        let wanted: Vec<_> = wanted.collect();
        eprintln!("installing {}", wanted.join(", "));
        process::read(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]);
        process::read(pip.args(wanted))?;
    }
    Ok(vec![("ELECTRICIAN_PYTHON".into(), python.display().to_string())])
}
