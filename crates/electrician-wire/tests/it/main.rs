//! The promises of the wire.

mod basics;
mod batching;
mod budget;
mod build_errors;
mod cancel;
mod compile_fail;
mod drops;
mod elsewhere;
mod failures;
mod guards;
#[cfg(feature = "json")]
mod json;
mod ledger;
mod letters;
mod lifecycle;
mod limits;
mod observe_batches;
mod observe_end;
mod observe_events;
mod observe_samples;
mod observe_views;
mod observer;
mod order;
mod output;
mod parked;
mod parts;
mod races;
mod receipts;
mod retries;
mod sink;
mod stopping;
mod stress;
mod stuck;
mod submit;
mod support;
#[cfg(feature = "tower")]
mod tower;
mod traits;
mod transforms;
mod workers;
