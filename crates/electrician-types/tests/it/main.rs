//! The contracts as their users see them.

mod batch;
mod verdicts;
mod watermark;
