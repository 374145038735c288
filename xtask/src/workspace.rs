//! What cargo and git know about the workspace.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::{Result, process};

/// The workspace that the current directory belongs to.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    manifest_path: PathBuf,
    /// `None` may go to any registry, an empty list to none.
    publish: Option<Vec<String>>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
    /// `package.metadata` of the manifest.
    #[serde(default)]
    pub(crate) metadata: serde_json::Value,
}

/// One line of a `[dependencies]` table.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `*` when the manifest gives a path and no version.
    pub(crate) req: String,
    kind: Option<String>,
}

/// Something that cargo builds from a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
    #[serde(default, rename = "required-features")]
    pub(crate) required_features: Vec<String>,
}

// === impl Workspace ===

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let mut metadata = process::cargo();
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
        Ok(serde_json::from_str(&process::read(&mut metadata)?)?)
    }

    /// Cargo at the root, wherever the user stands.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = process::cargo();
        cargo.current_dir(&self.root);
        cargo
    }

    /// The packages in `crates/`.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        let folder = self.root.join("crates");
        self.packages.iter().filter(move |package| package.dir().parent() == Some(&folder))
    }

    /// The package whose manifest lies in the folder.
    pub(crate) fn package_in(&self, folder: &str) -> Option<&Package> {
        let folder = self.root.join(folder);
        self.packages.iter().find(|package| package.dir() == folder)
    }

    /// The text of a file, given by its path from the root.
    pub(crate) fn text(&self, path: impl AsRef<Path>) -> Result<String> {
        let path = path.as_ref();
        let text = fs::read_to_string(self.root.join(path));
        Ok(text.map_err(|error| format!("could not read {}: {error}", path.display()))?)
    }

    /// All that git tracks, as paths from the root.
    pub(crate) fn tracked(&self) -> Result<Vec<PathBuf>> {
        self.git_files(&["--cached"])
    }

    /// The Rust files that git tracks or would track after `git add`, as paths from the root.
    pub(crate) fn rust_files(&self) -> Result<Vec<PathBuf>> {
        let mut files =
            self.git_files(&["--cached", "--others", "--exclude-standard", "--", "*.rs"])?;
        files.sort();
        files.dedup();
        files.retain(|file| self.root.join(file).is_file());
        Ok(files)
    }

    fn git_files(&self, selection: &[&str]) -> Result<Vec<PathBuf>> {
        let mut git = Command::new("git");
        git.current_dir(&self.root).args(["ls-files", "-z"]).args(selection);
        let listed = process::read(&mut git)?;
        Ok(listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect())
    }
}

// === impl Package ===

impl Package {
    /// The folder that holds the manifest.
    pub(crate) fn dir(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest lies in a folder")
    }

    pub(crate) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }

    /// What the package is built with, whatever the features; tests may use more.
    pub(crate) fn build_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| !dependency.is_dev())
    }

    pub(crate) fn examples(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "example"))
    }
}

// === impl Dependency ===

impl Dependency {
    pub(crate) fn is_normal(&self) -> bool {
        self.kind.is_none()
    }

    pub(crate) fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}
