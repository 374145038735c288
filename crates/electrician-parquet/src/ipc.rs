//! Records as Arrow IPC.

mod message;
mod reader;
mod writer;

pub use reader::IpcReader;
pub use writer::{IpcCompression, IpcFormat, IpcOptions, IpcWriter};
