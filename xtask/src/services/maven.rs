//! Jars from Maven Central, by coordinates.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, process, workspace::Workspace};

/// The folder that holds the artifact `group:name:version` and all that it depends on. It is kept in
/// `target/jars`, so it is fetched once.
pub(super) fn jars(
    workspace: &Workspace,
    group: &str,
    name: &str,
    version: &str,
) -> Result<PathBuf> {
    let folder = workspace.root.join("target/jars").join(format!("{name}-{version}"));
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let project = folder.join("pom.xml");
    fs::write(&project, pom(group, name, version))?;
    fetch(&project, &folder)?;
    fs::write(folder.join("complete"), "")?;
    Ok(folder)
}

fn pom(group: &str, name: &str, version: &str) -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\
         <modelVersion>4.0.0</modelVersion>\
         <groupId>electrician</groupId><artifactId>{name}-jars</artifactId><version>1</version>\
         <packaging>pom</packaging>\
         <dependencies><dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>\
         <version>{version}</version></dependency></dependencies></project>"
    )
}

fn fetch(project: &Path, into: &Path) -> Result<()> {
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f"]).arg(project).arg("dependency:copy-dependencies");
    maven.arg(format!("-DoutputDirectory={}", into.display()));
    process::read(&mut maven).map(drop)
}
