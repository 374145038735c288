//! The crate as its users see it.

mod allocations;
mod bytes;
mod chunks;
mod csv;
mod frames;
mod go;
mod html;
mod json;
mod protobuf;
mod readers;
mod samples;
mod support;
mod wave;
mod xml;
