//! Programs that tests need and Debian has.
//!
//! What is missing is installed by its package's name where that can be done; where it cannot, the
//! tests that need it are skipped by name and reason, never in silence.

use std::{env, path::Path, process::Command};

use crate::process;

/// A package, what it is needed for, and the programs of it that must be there.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) programs: &'static [&'static str],
    /// The crate whose tests need it, and the tests.
    pub(crate) of: &'static str,
    pub(crate) tests: &'static [&'static str],
}

pub(crate) const PACKAGES: &[Package] = &[Package {
    name: "prometheus",
    programs: &["prometheus", "promtool"],
    of: "electrician-meter",
    tests: &["promtool_finds_nothing_to_say", "a_prometheus_server_scrapes_it"],
}];

// === impl Package ===

impl Package {
    /// Sees to it that the programs are there; why they are not, if they cannot be had.
    pub(crate) fn ensure(&self) -> Result<(), String> {
        if self.is_there() {
            return Ok(());
        }
        let why = match process::succeeds(&mut self.install()) {
            Ok(_) if self.is_there() => return Ok(()),
            Ok(_) => "apt-get could not install it".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(format!("the Debian package {} is missing, and {why}", self.name))
    }

    fn is_there(&self) -> bool {
        let folders = env::var_os("PATH").unwrap_or_default();
        let has = |folder: &Path, program: &str| folder.join(program).is_file();
        let is_found = |program: &&str| env::split_paths(&folders).any(|path| has(&path, program));
        self.programs.iter().all(|program| is_found(&program))
    }

    fn install(&self) -> Command {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt.args(["install", "--yes", "--quiet", "--no-install-recommends", self.name]);
        apt
    }
}

#[cfg(test)]
mod tests;
