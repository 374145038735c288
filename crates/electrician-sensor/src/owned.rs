//! An event that borrows nothing.

use std::fmt;
use std::time::{Duration, SystemTime};

use electrician_types::{ErrorKind, Event, EventKind, Field, Ledger};

/// The most bytes of a name or a text field.
const LONGEST_TEXT: usize = 256;

/// The most bytes of the text of an error.
const LONGEST_ERROR: usize = 1024;

/// An [`Event`] that borrows nothing, to be kept or sent elsewhere.
///
/// Its size is bounded: names and texts keep 256 bytes, errors 1024, and there are at most 16
/// fields. What is longer ends in `…`.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedEvent {
    at: SystemTime,
    kind: EventKind,
    component: Box<str>,
    error: Option<(ErrorKind, Box<str>)>,
    ledger: Option<Box<Ledger>>,
    fields: Box<[(&'static str, Value)]>,
}

/// A [`Field`] that borrows nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A count, or a size in bytes.
    Unsigned(u64),
    /// A number that may be negative.
    Signed(i64),
    /// A ratio.
    Float(f64),
    /// Whether something is so.
    Bool(bool),
    /// A time.
    Duration(Duration),
    /// A text.
    Text(Box<str>),
}

// === impl OwnedEvent ===

impl OwnedEvent {
    /// When it was told, by the system's clock.
    pub const fn at(&self) -> SystemTime {
        self.at
    }

    /// Which kind of event it is.
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The name of the component that it happened in.
    pub fn component(&self) -> &str {
        &self.component
    }

    /// The text of the error that it is about, with the causes that it names.
    pub fn error(&self) -> Option<&str> {
        self.error.as_ref().map(|(_, text)| &**text)
    }

    /// The class of the error that it is about.
    pub fn error_kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(|(kind, _)| *kind)
    }

    /// The account that it closes.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_deref()
    }

    /// What it carries, by name: see [`Event::each_field`].
    pub fn fields(&self) -> &[(&'static str, Value)] {
        &self.fields
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The count of that name, such as `items` or `attempts`.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.field(name)? {
            Value::Unsigned(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<&Event<'_>> for OwnedEvent {
    fn from(event: &Event<'_>) -> Self {
        let mut fields = Vec::new();
        event.each_field(|name, field| fields.push((name, Value::from(field))));
        Self {
            at: SystemTime::now(),
            kind: event.kind(),
            component: shortened(event.component(), LONGEST_TEXT),
            error: event.error().map(|error| (error.kind(), written(error, LONGEST_ERROR))),
            ledger: event.ledger().map(|ledger| Box::new(*ledger)),
            fields: fields.into(),
        }
    }
}

impl fmt::Display for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.component, self.kind)?;
        for (name, value) in &self.fields {
            write!(f, " {name}={value}")?;
        }
        if let Some(ledger) = &self.ledger {
            write!(f, ": {ledger}")?;
        }
        self.error.as_ref().map_or(Ok(()), |(_, text)| write!(f, ": {text}"))
    }
}

// === impl Value ===

impl From<Field<'_>> for Value {
    fn from(field: Field<'_>) -> Self {
        match field {
            Field::Unsigned(number) => Self::Unsigned(number),
            Field::Signed(number) => Self::Signed(number),
            Field::Float(number) => Self::Float(number),
            Field::Bool(is_so) => Self::Bool(is_so),
            Field::Duration(time) => Self::Duration(time),
            Field::Text(text) => Self::Text(shortened(text, LONGEST_TEXT)),
            other => Self::Text(written(&other, LONGEST_TEXT)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(number) => write!(f, "{number}"),
            Self::Signed(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Bool(is_so) => write!(f, "{is_so}"),
            Self::Duration(time) => write!(f, "{time:?}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A text that takes no more than it may, so that no error can fill the memory while it is written.
struct Bounded {
    text: String,
    most: usize,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.most - self.text.len();
        let fits = text.floor_char_boundary(room);
        self.text.push_str(&text[..fits]);
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// What `value` says, at most `most` bytes and the sign that something is missing.
fn written(value: &dyn fmt::Display, most: usize) -> Box<str> {
    let mut into = Bounded { text: String::new(), most };
    if fmt::write(&mut into, format_args!("{value}")).is_err() {
        into.text.push('…');
    }
    into.text.into()
}

fn shortened(text: &str, most: usize) -> Box<str> {
    if text.len() <= most { text.into() } else { written(&text, most) }
}
