//! No Rust file is longer than a reader's patience.
//!
//! A long file holds two ideas, and the reader must find out where one ends. Most files stay under
//! 300 lines; at 500 the border must be drawn.

use crate::{Result, check::findings::Findings, workspace::Workspace};

const NOTED: usize = 300;
const LIMIT: usize = 500;

pub(super) fn run(workspace: &Workspace) -> Result<Findings> {
    let mut findings = Findings::default();
    for file in workspace.rust_files()? {
        let lines = workspace.text(&file)?.lines().count();
        let file = file.display();
        if lines > LIMIT {
            findings.problem(format!("{file}: {lines} lines, at most {LIMIT}; draw a border"));
        } else if lines > NOTED {
            findings.note(format!("{file}: {lines} lines"));
        }
    }
    Ok(findings)
}
