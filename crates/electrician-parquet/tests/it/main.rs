//! Typed records to and from Parquet and Arrow IPC.

mod dataset;
mod every;
mod forged;
mod hostile;
mod interop;
mod ipc;
mod nulls;
mod options;
mod pipeline;
mod records;
mod schema;
mod send_sync;
mod support;
