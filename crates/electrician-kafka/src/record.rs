//! What a decode function sees.

use std::fmt;

use rdkafka::Message;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers};

/// A record as the broker sent it, borrowed from the driver: nothing is copied until you do.
///
/// ```
/// use electrician_kafka::Record;
///
/// /// The length of a record's value, by its key.
/// fn decode(record: &Record<'_>) -> Result<(Vec<u8>, usize), &'static str> {
///     let key = record.key().ok_or("a key is missing")?;
///     Ok((key.to_vec(), record.payload().map_or(0, <[u8]>::len)))
/// }
/// # let _ = decode;
/// ```
#[derive(Clone)]
pub struct Record<'a> {
    /// Asked for what is wanted, for each answer takes a call of the driver.
    message: &'a BorrowedMessage<'a>,
}

// === impl Record ===

impl<'a> Record<'a> {
    /// The record in `message`.
    pub(crate) const fn new(message: &'a BorrowedMessage<'a>) -> Self {
        Self { message }
    }

    /// The topic.
    pub fn topic(&self) -> &'a str {
        self.message.topic()
    }

    /// The partition's number.
    pub fn partition(&self) -> i32 {
        self.message.partition()
    }

    /// The offset within the partition.
    pub fn offset(&self) -> i64 {
        self.message.offset()
    }

    /// When it was created, or appended if the topic says so: milliseconds since 1970 UTC. `None`
    /// when the record has none.
    pub fn timestamp(&self) -> Option<i64> {
        self.message.timestamp().to_millis()
    }

    /// The key; `None` when there is none, which is not the same as an empty one.
    pub fn key(&self) -> Option<&'a [u8]> {
        self.message.key()
    }

    /// The value; `None` for a tombstone.
    pub fn payload(&self) -> Option<&'a [u8]> {
        self.message.payload()
    }

    /// The headers, in the order of the record. A name may come more than once.
    ///
    /// # Panics
    ///
    /// When a name is not UTF-8. Within a decode function that is an error of the record.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, Option<&'a [u8]>)> + use<'a> {
        let headers = self.native_headers();
        let count = headers.map_or(0, Headers::count);
        (0..count).filter_map(move |at| {
            let header = headers?.try_get(at)?;
            Some((header.key, header.value))
        })
    }

    /// The value of the last header with this name, as Kafka's own clients give it.
    ///
    /// # Panics
    ///
    /// As [`headers`](Self::headers) does.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().filter(|(key, _)| *key == name).last().and_then(|(_, value)| value)
    }

    /// The headers as the driver has them.
    pub(crate) fn native_headers(&self) -> Option<&'a BorrowedHeaders> {
        self.message.headers()
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("topic", &self.topic())
            .field("partition", &self.partition())
            .field("offset", &self.offset())
            .field("key", &self.key().map(<[u8]>::len))
            .field("payload", &self.payload().map(<[u8]>::len))
            .finish_non_exhaustive()
    }
}
