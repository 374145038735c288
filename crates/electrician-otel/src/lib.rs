#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod anchor;
mod builder;
mod error;
mod exporter;
mod metrics;
mod otel;
mod propagation;
mod queue;
mod record;
mod stats;
mod traces;

pub use builder::OtelBuilder;
pub use error::OtelError;
/// The API of OpenTelemetry that [`inject`], [`extract`] and [`span_context`] speak.
pub use opentelemetry;
pub use otel::Otel;
pub use propagation::{TRACEPARENT, extract, inject, span_context, trace_context};
pub use stats::Stats;
pub use traces::{SpanPer, Traces};
