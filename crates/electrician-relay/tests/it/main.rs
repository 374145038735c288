//! Integration tests of `electrician-relay`.

mod contract;
mod generate;
mod generated;
