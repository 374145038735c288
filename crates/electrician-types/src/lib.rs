#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
mod clock;
mod config_error;
mod decode;
mod encode;
mod error;
mod event;
mod guard;
mod item;
mod ledger;
mod metadata;
#[cfg(all(test, loom))]
mod models;
mod observer;
mod receipt;
mod refused;
mod sink;
mod source;
mod split;
mod stage;
mod submit;
mod sync;
mod trace;
mod transform;
mod watermark;

pub use batch::{Batch, BatchIter};
pub use clock::{Clock, Timer};
pub use config_error::ConfigError;
pub use decode::Decoder;
pub use encode::Encoder;
pub use error::{BoxError, Error, ErrorKind, Result};
pub use event::{Event, EventKind, Field};
pub use guard::{Denial, Denied, Guard, Leave, Outcomes};
pub use item::Item;
pub use ledger::Ledger;
pub use metadata::{ComponentId, ComponentKind, Metadata};
pub use observer::{BatchReport, Finished, Observer, StageObserver};
pub use receipt::{Acknowledge, NackReason, Receipt, Verdict};
pub use refused::{Refusal, Refused};
pub use sink::{Flushing, Sink};
pub use source::{Next, OpenSource, Source};
pub use split::Receipts;
pub use stage::{Doing, GuardView, Inspect, StageId, StageView};
pub use submit::{Receive, Submit};
pub use trace::{TraceContext, TraceParentError};
pub use transform::{AsyncTransform, BorrowsInput, KeepsInput, Transform};
pub use watermark::{Nacked, Watermark};
