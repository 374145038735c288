//! The testkit, tested: that it sees what is wrong, and only that.

mod adapters;
mod clock;
mod contracts;
mod faults;
mod lines;
mod oracle;
mod scenarios;
mod sources;
mod swallow;
