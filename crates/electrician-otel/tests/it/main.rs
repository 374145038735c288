//! Pipelines against a collector that speaks OTLP over gRPC by the official protocol.

mod builder;
mod collector;
mod loss;
mod metrics;
mod propagation;
mod roots;
mod spans;
mod support;
