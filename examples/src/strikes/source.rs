//! Rows from a CSV file, whatever is wrong with some of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

use crate::strikes::progress::Progress;
use crate::strikes::words::{Column, Word};

/// A row as it was read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line of the file, from 1.
    pub line: u64,
    /// Whether it is, field by field, the same as the row before.
    pub is_repeated: bool,
    /// What was on the line.
    pub content: Arc<Content>,
}

/// What is on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Fields: as many as there are, of whatever bytes.
    Fields(ByteRecord),
    /// Text with a quote that is not closed on the same line.
    OpenQuote(Vec<u8>),
}

/// Where each column is in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    positions: [usize; Column::ALL.len()],
    width: usize,
}

/// The rows of a file: an iterator that fails only if the file cannot be read.
#[derive(Debug)]
pub struct Rows {
    reader: Reader<File>,
    columns: Columns,
    progress: Arc<Progress>,
    /// Where the first row is.
    start: Position,
    /// How often the file is still to be read, this time included.
    passes: u32,
    /// The bytes of the passes that are done.
    read: u64,
    previous: Arc<Content>,
}

/// Why a file cannot be the source of a run.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there, or cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// It has no line at all.
    #[error("{path}: the file is empty; it should begin with a line of column names")]
    Empty {
        /// The file.
        path: String,
    },
    /// Its first line lacks columns.
    #[error("{path}: the header lacks {}; it has {}", quoted(.missing), quoted(.found))]
    Header {
        /// The file.
        path: String,
        /// The names that are needed and not there.
        missing: Vec<String>,
        /// The names that are there, the first of them.
        found: Vec<String>,
    },
}

// === impl Row ===

impl Row {
    /// The line as text, for people to read.
    pub fn text(&self) -> String {
        match &*self.content {
            Content::OpenQuote(bytes) => String::from_utf8_lossy(bytes.trim_ascii_end()).into(),
            Content::Fields(fields) => {
                let fields = fields.iter().map(String::from_utf8_lossy);
                fields.map(|field| as_field(&field)).collect::<Vec<_>>().join(",")
            }
        }
    }
}

impl AsRef<Self> for Row {
    fn as_ref(&self) -> &Self {
        self
    }
}

// === impl Columns ===

impl Columns {
    /// Finds each column in a header.
    ///
    /// # Errors
    ///
    /// The names of the columns that are missing.
    pub fn find(header: &ByteRecord) -> Result<Self, Vec<String>> {
        let mut positions = [0; Column::ALL.len()];
        let mut missing = Vec::new();
        for column in Column::ALL {
            let name = column.word().as_bytes();
            match header.iter().position(|field| field.trim_ascii() == name) {
                Some(position) => positions[column.index()] = position,
                None => missing.push(column.word().to_owned()),
            }
        }
        if missing.is_empty() { Ok(Self { positions, width: header.len() }) } else { Err(missing) }
    }

    /// How many fields a row should have.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// A field, without the blanks around it; empty where there is none.
    pub fn field<'a>(&self, fields: &'a ByteRecord, column: Column) -> &'a [u8] {
        fields.get(self.positions[column.index()]).unwrap_or_default().trim_ascii()
    }

    /// The cost that a row reports, if that much can be read of it.
    pub fn cost(&self, row: &Row) -> Option<u32> {
        let Content::Fields(fields) = &*row.content else {
            return None;
        };
        std::str::from_utf8(self.field(fields, Column::CostTotal)).ok()?.parse().ok()
    }
}

// === impl Rows ===

impl Rows {
    /// Opens a file to be read `passes` times and looks at its header. Rows are read as they are
    /// asked for.
    pub fn open(path: &Path, passes: u32, progress: Arc<Progress>) -> Result<Self, OpenError> {
        let name = || path.display().to_string();
        let failed = |source| OpenError::Io { path: name(), source };
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        // Whether a row has as many fields as it should is not for the reader to decide.
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader.byte_headers().map_err(|error| failed(error.into()))?;
        if header.is_empty() {
            return Err(OpenError::Empty { path: name() });
        }
        let columns = Columns::find(header).map_err(|missing| {
            // What is no CSV may have a first line without end.
            let found = header.iter().take(30);
            let short = |name: &[u8]| String::from_utf8_lossy(name).chars().take(40).collect();
            OpenError::Header { path: name(), missing, found: found.map(short).collect() }
        })?;
        progress.expect(size * u64::from(passes));
        let start = reader.position().clone();
        Ok(Self { reader, columns, progress, start, passes, read: 0, previous: nothing() })
    }

    /// Where the columns are.
    pub const fn columns(&self) -> Columns {
        self.columns
    }

    fn row(&mut self, before: &Position, record: ByteRecord) -> csv::Result<Row> {
        // A field of these files has no line break. One that seems to begins with a stray quote,
        // and would go on to the next quote or to the end of the file: a thousand good rows gone
        // for one bad one.
        let (line, content) = if record.as_slice().contains(&b'\n') {
            let (line, text) = self.line_at(before)?;
            (line, Content::OpenQuote(text))
        } else {
            (self.line_before(self.reader.position(), before), Content::Fields(record))
        };
        let content = Arc::new(content);
        let is_repeated = content == self.previous;
        self.previous = Arc::clone(&content);
        self.progress.read(self.read + self.reader.position().byte());
        Ok(Row { line, is_repeated, content })
    }

    /// The line of the record between two positions, of which there may be blank lines first.
    fn line_before(&self, after: &Position, before: &Position) -> u64 {
        // The reader counts line feeds. A carriage return ends a record before its line feed.
        let has_counted_end = self.start.line() > 1 && after.line() > before.line();
        after.line() - u64::from(has_counted_end)
    }

    /// Goes back to `position`, gives the first line from there that is not blank, with its number,
    /// and goes on after it.
    fn line_at(&mut self, position: &Position) -> csv::Result<(u64, Vec<u8>)> {
        self.reader.seek(position.clone())?;
        let mut file = BufReader::new(self.reader.get_mut());
        let (mut line, mut bytes, mut text) = (position.line(), position.byte(), Vec::new());
        while text.trim_ascii().is_empty() {
            text.clear();
            if file.read_until(b'\n', &mut text)? == 0 {
                break;
            }
            bytes += text.len() as u64;
            line += 1;
        }
        let mut next = Position::new();
        next.set_byte(bytes).set_line(line);
        self.reader.seek(next)?;
        Ok((line - 1, text))
    }
}

impl Iterator for Rows {
    type Item = csv::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = ByteRecord::with_capacity(128, self.columns.width);
        while self.passes > 0 {
            let before = self.reader.position().clone();
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => return Some(self.row(&before, record)),
                Ok(false) => {}
                Err(error) => return Some(Err(error)),
            }
            self.passes -= 1;
            self.read += before.byte();
            self.previous = nothing();
            if self.passes > 0
                && let Err(error) = self.reader.seek(self.start.clone())
            {
                return Some(Err(error));
            }
        }
        None
    }
}

/// What is before the first row, and like no row.
fn nothing() -> Arc<Content> {
    Arc::new(Content::OpenQuote(Vec::new()))
}

/// A field as it is written in CSV.
fn as_field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
