//! Against real brokers. Where there are none, the tests that need them say so and pass; where `CI`
//! is `true`, they fail.

mod events;
mod reader;
mod source_commits;
mod source_config;
mod source_failures;
mod source_group;
mod source_pipeline;
mod source_start;
mod support;
