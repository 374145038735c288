#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod blocking;
mod function;
mod iter;
mod once;
mod plug;
mod sink_fn;
mod stream;

pub use blocking::BlockingSource;
pub use function::{FunctionSource, Tap};
pub use iter::{IterSource, TryIterSource};
pub use plug::Plug;
pub use sink_fn::{SinkAsync, SinkFn, sink_async, sink_fn};
pub use stream::{StreamSource, TryStreamSource};
