//! CSV, by serde.

mod read;
mod rows;
mod write;

pub use read::CsvDecoder;
pub use rows::CsvRows;
pub use write::CsvEncoder;

const FORMAT: &str = "csv";
