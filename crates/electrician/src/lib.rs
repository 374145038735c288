#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "auth")]
pub use electrician_auth as auth;
#[cfg(feature = "circuitbreaker")]
pub use electrician_circuitbreaker as circuitbreaker;
#[cfg(feature = "codec")]
pub use electrician_codec as codec;
/// The code of the repository's README, which is compiled and run with the documentation tests.
#[cfg(all(doctest, feature = "conduit", feature = "plug"))]
#[doc = include_str!("../../../README.md")]
mod readme {}

#[cfg(feature = "conduit")]
pub use electrician_conduit as conduit;
#[cfg(feature = "forwardrelay")]
pub use electrician_forwardrelay as forwardrelay;
#[cfg(feature = "generator")]
pub use electrician_generator as generator;
#[cfg(feature = "kafka")]
pub use electrician_kafka as kafka;
#[cfg(feature = "logger")]
pub use electrician_logger as logger;
#[cfg(feature = "meter")]
pub use electrician_meter as meter;
#[cfg(feature = "otel")]
pub use electrician_otel as otel;
#[cfg(feature = "panel")]
pub use electrician_panel as panel;
#[cfg(feature = "parquet")]
pub use electrician_parquet as parquet;
#[cfg(feature = "plug")]
pub use electrician_plug as plug;
#[cfg(feature = "receivingrelay")]
pub use electrician_receivingrelay as receivingrelay;
#[cfg(feature = "relay")]
pub use electrician_relay as relay;
#[cfg(feature = "resister")]
pub use electrician_resister as resister;
#[cfg(feature = "sensor")]
pub use electrician_sensor as sensor;
#[cfg(feature = "surgeprotector")]
pub use electrician_surgeprotector as surgeprotector;
#[cfg(feature = "tls")]
pub use electrician_tls as tls;
pub use electrician_types as types;
#[cfg(feature = "wire")]
pub use electrician_wire as wire;

#[cfg(feature = "auth")]
#[doc(inline)]
pub use electrician_auth::{Authenticator, Identity, Secret, TokenSource};
#[cfg(feature = "circuitbreaker")]
#[doc(inline)]
pub use electrician_circuitbreaker::{
    BreakerState, CircuitBreaker, CircuitBreakerBuilder, Neutral,
};
#[cfg(feature = "conduit")]
#[doc(inline)]
pub use electrician_conduit::{
    Conduit, ConduitBuilder, Ended, FanOut, Routes, SinkHandle, SinkStage,
};
#[cfg(feature = "forwardrelay")]
#[doc(inline)]
pub use electrician_forwardrelay::{ForwardRelay, ForwardRelayBuilder, Routing};
#[cfg(feature = "generator")]
#[doc(inline)]
pub use electrician_generator::{Generator, Restart};
#[cfg(feature = "logger")]
#[doc(inline)]
pub use electrician_logger::{FileSink, LogFilter, Logger, LoggerConfig, LoggerGuard};
#[cfg(feature = "meter")]
#[doc(inline)]
pub use electrician_meter::{Meter, MeterBuilder, Snapshot, StageSnapshot};
#[cfg(feature = "otel")]
#[doc(inline)]
pub use electrician_otel::{Otel, OtelBuilder};
#[cfg(feature = "panel")]
#[doc(inline)]
pub use electrician_panel::{Panel, PanelBuilder, PanelError};
#[cfg(feature = "parquet")]
#[doc(inline)]
pub use electrician_parquet::{
    DatasetOptions, DatasetWriter, ParquetFile, ParquetReader, ParquetSink, ParquetWriter,
};
#[cfg(feature = "plug")]
#[doc(inline)]
pub use electrician_plug::{Plug, Tap, sink_async, sink_fn};
#[cfg(feature = "receivingrelay")]
#[doc(inline)]
pub use electrician_receivingrelay::{ReceivingRelay, ReceivingRelayBuilder};
#[cfg(feature = "relay")]
#[doc(inline)]
pub use electrician_relay::{About, Encoding, EnvelopeReader, EnvelopeWriter, RawPayload};
#[cfg(feature = "resister")]
#[doc(inline)]
pub use electrician_resister::{Aging, Element, Placement, Resister};
#[cfg(feature = "resister-disk")]
#[doc(inline)]
pub use electrician_resister::{DiskResister, Fsync, Record};
#[cfg(feature = "sensor")]
#[doc(inline)]
pub use electrician_sensor::{
    EventFeed, EventStream, Filter, LogObserver, ObserverExt, OwnedEvent, Sampling, Sensor,
    SensorHealth,
};
#[cfg(feature = "surgeprotector")]
#[doc(inline)]
pub use electrician_surgeprotector::{
    Adaptive, Admission, Backup, Blackout, Bulkhead, Burst, Guarded, Overflow, Rate, SurgeProtector,
};
#[cfg(feature = "tls")]
#[doc(inline)]
pub use electrician_tls::{ClientTls, ServerTls};
#[doc(inline)]
pub use electrician_types::{
    Batch, BoxError, ConfigError, Decoder, Encoder, Error, ErrorKind, Event, EventKind, Field,
    Flushing, Item, Ledger, Next, Observer, Receipt, Refusal, Refused, Result, Sink, Source,
    StageView, Submit, TraceContext, Watermark,
};
#[cfg(feature = "wire")]
#[doc(inline)]
pub use electrician_wire::{
    Batching, Bottleneck, Cause, DeadLetter, DeadLetterPort, DeadLetters, EncoderSink, Inlet,
    Output, Retry, RetryBudget, Running, StartError, Stopped, Topology, WhenDenied, Wire,
    WireBuilder, dead_letters,
};
