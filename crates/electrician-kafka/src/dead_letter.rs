//! Records that could not be processed, in a topic of their own.

mod producer;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) use producer::{DeadLetters, Grave};

use crate::Record;

/// Where a record in a dead-letter topic came from, and why it is there.
///
/// A dead letter has the key, the value, the timestamp and the headers of the record, and these
/// headers besides, all of them text:
///
/// | header | value |
/// |---|---|
/// | `electrician-error` | why: the text of the decode function's error; or whether a stage or the sink failed, refused the record, or let go of it. Verdicts carry no text, so what a stage failed with is where the stage reports it |
/// | `electrician-topic` | the topic it came from |
/// | `electrician-partition` | the partition's number |
/// | `electrician-offset` | the offset within that partition |
/// | `electrician-attempts` | how often it was tried, from 1; a record that cannot be decoded is tried once |
/// | `electrician-first-seen` | when it first failed, in milliseconds since 1970 UTC |
///
/// ```
/// use electrician_kafka::{DeadLetter, Record};
///
/// /// A decode function for a reader of dead letters.
/// fn decode(record: &Record<'_>) -> Result<String, &'static str> {
///     let letter = DeadLetter::of(record).ok_or("not a dead letter")?;
///     Ok(format!("{}[{}]@{}: {}", letter.topic, letter.partition, letter.offset, letter.error))
/// }
/// # let _ = decode;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter<'a> {
    /// What the last attempt failed with.
    pub error: &'a str,
    /// The topic it came from.
    pub topic: &'a str,
    /// The partition's number.
    pub partition: i32,
    /// The offset within that partition.
    pub offset: i64,
    /// How often it was tried, from 1.
    pub attempts: u32,
    /// When it first failed.
    pub first_seen: SystemTime,
}

// === impl DeadLetter ===

impl<'a> DeadLetter<'a> {
    /// The header with what the last attempt failed with.
    pub const ERROR: &'static str = "electrician-error";
    /// The header with the topic of origin.
    pub const TOPIC: &'static str = "electrician-topic";
    /// The header with the partition of origin.
    pub const PARTITION: &'static str = "electrician-partition";
    /// The header with the offset of origin.
    pub const OFFSET: &'static str = "electrician-offset";
    /// The header with the number of attempts.
    pub const ATTEMPTS: &'static str = "electrician-attempts";
    /// The header with the time of the first failure.
    pub const FIRST_SEEN: &'static str = "electrician-first-seen";

    /// What the headers of `record` say. `None` when one of them is missing or is not what it should
    /// be.
    ///
    /// # Panics
    ///
    /// As [`Record::headers`] does.
    pub fn of(record: &Record<'a>) -> Option<Self> {
        let text = |name| std::str::from_utf8(record.header(name)?).ok();
        let millis = text(Self::FIRST_SEEN)?.parse().ok()?;
        Some(Self {
            error: text(Self::ERROR)?,
            topic: text(Self::TOPIC)?,
            partition: text(Self::PARTITION)?.parse().ok()?,
            offset: text(Self::OFFSET)?.parse().ok()?,
            attempts: text(Self::ATTEMPTS)?.parse().ok()?,
            first_seen: UNIX_EPOCH.checked_add(Duration::from_millis(millis))?,
        })
    }
}
