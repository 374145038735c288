#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

/// The code of the repository's README, which is compiled and run with the documentation tests.
#[cfg(all(doctest, feature = "conduit", feature = "plug"))]
#[doc = include_str!("../../../README.md")]
mod readme {}

#[cfg(feature = "conduit")]
pub use electrician_conduit as conduit;
#[cfg(feature = "generator")]
pub use electrician_generator as generator;
#[cfg(feature = "plug")]
pub use electrician_plug as plug;
pub use electrician_types as types;
#[cfg(feature = "wire")]
pub use electrician_wire as wire;

#[cfg(feature = "conduit")]
#[doc(inline)]
pub use electrician_conduit::{Conduit, ConduitBuilder, Ended, Routes, SinkStage};
#[cfg(feature = "generator")]
#[doc(inline)]
pub use electrician_generator::{Generator, Restart};
#[cfg(feature = "plug")]
#[doc(inline)]
pub use electrician_plug::{Plug, Tap, sink_async, sink_fn};
#[doc(inline)]
pub use electrician_types::{
    Batch, BoxError, ConfigError, Encoder, Error, ErrorKind, Event, Item, Ledger, Next, Observer,
    Receipt, Refusal, Refused, Result, Sink, Source, Submit, Watermark,
};
#[cfg(feature = "wire")]
#[doc(inline)]
pub use electrician_wire::{
    Batching, DeadLetter, DeadLetterPort, DeadLetters, EncoderSink, Inlet, Output, Retry, Running,
    StartError, Stopped, Wire, WireBuilder, dead_letters,
};
