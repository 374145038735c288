//! A Python with the packages that read what we write.

use std::{path::Path, process::Command};

use crate::{Result, process, services::Endpoints, workspace::Workspace};

/// The packages, by the names under which they are imported, too.
const PACKAGES: &[&str] = &["pyarrow", "duckdb"];

/// An environment of its own in `target/python`, kept from run to run.
pub(super) fn environment(workspace: &Workspace, _folder: &Path) -> Result<Endpoints> {
    let folder = workspace.root.join("target/python");
    let python = folder.join("bin/python");
    let has_all = || {
        let imports = format!("import {}", PACKAGES.join(", "));
        let mut check = Command::new(&python);
        process::capture(check.args(["-c", &imports])).is_ok_and(|captured| captured.success)
    };
    if !has_all() {
        eprintln!("installing {}", PACKAGES.join(", "));
        process::read(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]);
        process::read(pip.args(PACKAGES))?;
    }
    Ok(vec![("ELECTRICIAN_PYTHON".into(), python.display().to_string())])
}
