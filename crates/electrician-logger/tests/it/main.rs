//! What the logger promises.

mod config;
mod files;
mod json;
mod lines;
mod names;
mod redaction;
mod run_time;
mod sinks;
mod support;
