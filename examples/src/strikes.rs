//! The domain of `bird_strikes`: records of aircraft that struck wildlife.
//!
//! A [`Row`] is what was read, a [`Strike`] is what it means, a [`Case`] is what follows from it,
//! and the [`Summary`] counts cases. A row that cannot become a strike is [`Malformed`]; a strike
//! that cannot have happened as it is written down is a [`Contradiction`]; one that is hard to
//! believe keeps its place, with a [`Suspicion`].

mod args;
mod case;
mod parse;
mod progress;
mod rejected;
mod report;
mod rules;
mod source;
mod strike;
mod summary;
mod table;
mod words;

pub use args::{Args, USAGE, Usage};
pub use case::{Animal, Case, Season, Severity};
pub use parse::{Malformed, parse};
pub use progress::Progress;
pub use rejected::{RejectedLog, Rejections};
pub use report::{Report, grouped};
pub use rules::{Contradiction, Suspicion, Suspicions, validate};
pub use source::{Columns, Content, OpenError, Row, Rows};
pub use strike::{Date, Strike};
pub use summary::{Published, Summary, SummarySink, Tally};
pub use table::Table;
pub use words::{Column, Damage, Light, Phase, Size, Word};
