#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod access;
mod error;
mod history;
mod letters;
mod page;
mod panel;
mod serve;
mod state;

pub use error::PanelError;
pub use letters::LetterBook;
pub use panel::{Panel, PanelBuilder, Served};
