//! A record on its way from an item to the driver, in buffers that are used again and again.

use electrician_types::{BoxError, Encoder, Error, ErrorKind, Result};
use rdkafka::message::{Header, OwnedHeaders};

use crate::Template;

/// How an item becomes a record.
pub(crate) struct Shape<T> {
    pub(crate) topic: Topic<T>,
    pub(crate) key: Option<Part<T>>,
    pub(crate) headers: Vec<(String, Part<T>)>,
    pub(crate) partition: Option<Box<PartitionOf<T>>>,
    pub(crate) timestamp: Option<Box<TimestampOf<T>>>,
    pub(crate) tombstone: Option<Box<TombstoneOf<T>>>,
    pub(crate) encoder: Box<dyn Encoder<T>>,
}

pub(crate) enum Topic<T> {
    Fixed(String),
    By(Box<TopicOf<T>>),
}

/// A key, or the value of a header.
pub(crate) enum Part<T> {
    By(Box<AppendTo<T>>),
    Template(Template),
}

pub(crate) type TopicOf<T> = dyn for<'a> Fn(&'a T) -> &'a str + Send;
pub(crate) type AppendTo<T> = dyn Fn(&T, &mut Vec<u8>) + Send;
pub(crate) type PartitionOf<T> = dyn Fn(&T) -> Option<i32> + Send;
pub(crate) type TimestampOf<T> = dyn Fn(&T) -> i64 + Send;
pub(crate) type TombstoneOf<T> = dyn Fn(&T) -> bool + Send;

/// The record of the item at hand.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) topic: String,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) is_tombstone: bool,
    pub(crate) partition: Option<i32>,
    pub(crate) timestamp: Option<i64>,
    headers: Vec<u8>,
    /// Where the value of each header ends.
    ends: Vec<usize>,
}

// === impl Shape ===

impl<T: 'static> Shape<T> {
    /// Makes `draft` the record of `item`.
    pub(crate) fn draw(&mut self, item: &T, draft: &mut Draft) -> Result<()> {
        draft.value.clear();
        self.encode(item, &mut draft.value).map_err(encoding)?;
        if let Topic::By(topic) = &self.topic {
            draft.topic.clear();
            draft.topic.push_str(topic(item));
        }
        draft.key.clear();
        if let Some(key) = &self.key {
            key.append(item, &draft.value, &mut draft.key);
        }
        draft.headers.clear();
        draft.ends.clear();
        for (_, value) in &self.headers {
            value.append(item, &draft.value, &mut draft.headers);
            draft.ends.push(draft.headers.len());
        }
        draft.is_tombstone = self.tombstone.as_ref().is_some_and(|is_one| is_one(item));
        draft.partition = self.partition.as_ref().and_then(|partition| partition(item));
        draft.timestamp = self.timestamp.as_ref().map(|timestamp| timestamp(item));
        if let Some(partition) = draft.partition.filter(|partition| *partition < 0) {
            let what = format!("partition {partition} is none: give 0 or more, or `None`");
            return Err(Error::new(ErrorKind::Config, what));
        }
        if let Some(timestamp) = draft.timestamp.filter(|timestamp| *timestamp < 0) {
            let what = format!("timestamp {timestamp} is none: give milliseconds since 1970");
            return Err(Error::new(ErrorKind::Config, what));
        }
        Ok(())
    }

    /// Each value is a stream of one record.
    fn encode(&mut self, item: &T, into: &mut Vec<u8>) -> Result<(), BoxError> {
        self.encoder.begin(into)?;
        self.encoder.encode(item, into)?;
        self.encoder.end(into)
    }

    /// The record's headers, none if there are none.
    pub(crate) fn headers(&self, draft: &Draft) -> Option<OwnedHeaders> {
        if self.headers.is_empty() {
            return None;
        }
        let mut headers = OwnedHeaders::new_with_capacity(self.headers.len());
        let mut start = 0;
        for ((name, _), end) in self.headers.iter().zip(&draft.ends) {
            let value = draft.headers.get(start..*end);
            headers = headers.insert(Header { key: name, value });
            start = *end;
        }
        Some(headers)
    }
}

fn encoding(error: BoxError) -> Error {
    Error::new(ErrorKind::Failed, "encoding the record").with_source(error).with_retryable(false)
}

// === impl Part ===

impl<T> Part<T> {
    fn append(&self, item: &T, value: &[u8], into: &mut Vec<u8>) {
        match self {
            Self::By(append) => append(item, into),
            Self::Template(template) => template.render(value, into),
        }
    }
}

// === impl Draft ===

impl Draft {
    /// What it takes of the bound in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.key.len() + if self.is_tombstone { 0 } else { self.value.len() }
    }
}
