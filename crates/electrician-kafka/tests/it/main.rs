//! Against real brokers. Where there are none, the tests that need them say so and pass; where `CI`
//! is `true`, they fail.

mod events;
mod exactly_once;
mod nodes;
mod outage;
mod reader;
mod replicas;
#[cfg(feature = "tls")]
mod security;
mod sink_failures;
mod sink_partitions;
mod sink_pipeline;
mod sink_records;
mod source_brokers;
mod source_commits;
mod source_config;
mod source_edges;
mod source_failures;
mod source_group;
mod source_hangs;
mod source_pipeline;
mod source_start;
mod support;
