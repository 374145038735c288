//! The contracts as their users see them.

mod batch;
mod config_error;
mod defaults;
mod error;
mod executor;
mod item;
mod ledger;
mod merge;
mod metadata;
mod observer;
mod receipt;
mod refused;
mod seeds;
mod send_sync;
mod split;
mod verdicts;
mod waiting;
mod watermark;
