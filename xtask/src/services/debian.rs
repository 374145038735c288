//! Programs from Debian's packages.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, process, services::Endpoints, workspace::Workspace};

/// A browser, and the program through which tests drive it.
pub(super) fn chromium(_workspace: &Workspace, _folder: &Path) -> Result<Endpoints> {
    let driver = program("chromedriver", &["chromium", "chromium-driver"])?;
    Ok(vec![("CHROMEDRIVER".into(), driver.display().to_string())])
}

/// The Prometheus server, and `promtool` beside it.
pub(super) fn prometheus(_workspace: &Workspace, _folder: &Path) -> Result<Endpoints> {
    let server = program("prometheus", &["prometheus"])?;
    Ok(vec![("PROMETHEUS".into(), server.display().to_string())])
}

/// Where the program is; installs `packages` if it is not there.
fn program(name: &str, packages: &[&str]) -> Result<PathBuf> {
    if let Some(path) = find(name) {
        return Ok(path);
    }
    eprintln!("installing {}", packages.join(", "));
    let install = || apt(&[&["install", "-y", "--no-install-recommends"], packages].concat());
    if install().is_err() {
        // The lists may be missing, or too old to find the packages by.
        apt(&["update"])?;
        install()?;
    }
    find(name).ok_or_else(|| format!("{} brought no program `{name}`", packages.join(", ")).into())
}

fn find(name: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn apt(args: &[&str]) -> Result<String> {
    let is_root = process::read(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    process::read(command.env("DEBIAN_FRONTEND", "noninteractive").args(args))
}
