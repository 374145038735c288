//! Relays of this workspace with programs in Go at their other end, both ways.
//!
//! The peer has Go's own libraries under it and the contract between: `peer/`. Where it cannot be
//! built the tests are skipped, with the reason; with `CI=true` they fail instead.
//!
//! With `ELECTRICIAN_GO` the other end is the Go library of the same name, too: `original/`. That is
//! the folder of a checkout of it, or empty for the module as Go downloads it. `cargo xtask interop`
//! sets it.

#![allow(clippy::print_stdout, reason = "it reports as a test harness does")]

mod ends;
mod feedback;
mod from_go;
mod harness;
mod original;
mod program;
mod secure;
mod speed;
mod to_go;
mod way;

use std::env;
use std::process::ExitCode;

use harness::Case;
use program::Program;

fn main() -> ExitCode {
    if let Some(ended) = speed::child() {
        return ended;
    }
    let is_strict = env::var("CI").is_ok_and(|ci| ci == "true");
    let mut cases = match Program::peer() {
        Ok(peer) => {
            let both = to_go::cases(&peer).into_iter().chain(from_go::cases(&peer));
            both.chain(secure::cases(&peer)).collect()
        }
        Err(reason) if is_strict => vec![Case::failed("a peer in Go", reason)],
        Err(reason) => vec![Case::skipped("a peer in Go", reason)],
    };
    match env::var("ELECTRICIAN_GO").ok().map(|from| Program::original(&from)) {
        None => {}
        Some(Ok(original)) => {
            cases.extend(original::cases(&original));
            cases.push(speed::case(&original));
        }
        Some(Err(reason)) => cases.push(Case::failed("the Go library", reason)),
    }
    harness::run(cases)
}
