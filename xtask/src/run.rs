//! Commands that only know how another program is called.

use crate::{Result, process, workspace::Workspace};

/// Where code is `unsafe`, and therefore worth the time Miri takes.
const UNSAFE: &[&str] = &["electrician-wire"];

/// Runs the benchmarks, which write `target/bench/report.json` and `report.html`.
pub(crate) fn bench(workspace: &Workspace, args: &[String]) -> Result<bool> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--release", "-p", "electrician-benches", "--features", "parquet", "--"]);
    cargo.args(args);
    process::succeeds(&mut cargo)
}

/// Runs the unit tests of the crates that hold unsafe code under Miri, or what `args` select.
///
/// It is a command of its own: Miri exists for nightly toolchains only, and runs code some hundred
/// times slower.
pub(crate) fn miri(workspace: &Workspace, args: &[String]) -> Result<bool> {
    if !process::capture(workspace.cargo().args(["miri", "--version"]))?.success {
        return Err("the active toolchain has no Miri; `rustup toolchain install nightly \
                    --component miri`, then `cargo +nightly xtask miri`"
            .into());
    }
    let mut cargo = workspace.cargo();
    cargo.args(["miri", "test"]);
    if args.is_empty() {
        cargo.arg("--lib").args(UNSAFE.iter().flat_map(|name| ["-p", name]));
    } else {
        cargo.args(args);
    }
    process::succeeds(&mut cargo)
}
