//! What the larger examples are made of: the domain, away from the pipeline.
//!
//! An example is one file that a reader can take in at once. What such a file is about, its records,
//! rules and tables, is here.

#[cfg(feature = "parquet")]
pub mod flights;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod strikes;
