//! Programs that are built from their source in Go.

use std::{path::Path, process::Command};

use crate::{Result, process, services::Endpoints, workspace::Workspace};

/// A client that learns from the server what it can call.
pub(super) fn grpcurl(workspace: &Workspace, _folder: &Path) -> Result<Endpoints> {
    const VERSION: &str = "v1.9.4";
    let folder = workspace.root.join("target/go").join(VERSION);
    let program = folder.join("grpcurl");
    if !program.is_file() {
        eprintln!("building grpcurl {VERSION}");
        let module = format!("github.com/fullstorydev/grpcurl/cmd/grpcurl@{VERSION}");
        let mut go = Command::new("go");
        // Outside of the workspace's own settings, and nowhere but in this folder.
        process::read(go.env("GOBIN", &folder).args(["install", &module]))?;
    }
    Ok(vec![("GRPCURL".into(), program.display().to_string())])
}
