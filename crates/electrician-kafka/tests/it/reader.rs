//! A source in the hands of a test.

use std::future::Future;
use std::time::Duration;

use electrician_kafka::{KafkaSource, KafkaSourceHandle, KafkaTopics, KafkaTopicsBuilder, Record};
use electrician_types::{Batch, BoxError, Error, Item, Next, OpenSource, Result, Source};

use crate::events::Events;
use crate::support::{Kafka, LONG};

/// A record as tests see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) text: String,
}

/// Reads as a pipeline would, and leaves the verdicts to the test.
pub(crate) struct Reader {
    pub(crate) source: KafkaSource<Row>,
    pub(crate) handle: KafkaSourceHandle,
    pub(crate) events: Events,
}

/// Makes a row, and fails on `poison`.
pub(crate) fn row(record: &Record<'_>) -> Result<Row, BoxError> {
    let text = std::str::from_utf8(record.payload().unwrap_or_default())?.to_owned();
    assert!(text != "panic", "this record cannot be borne");
    if text == "poison" {
        return Err("this record is poison".into());
    }
    Ok(Row { partition: record.partition(), offset: record.offset(), text })
}

/// A source of rows, that waits little before it tries again.
pub(crate) fn rows(kafka: &Kafka) -> KafkaTopicsBuilder<Row> {
    rows_with(kafka, &[])
}

/// The same, with settings of the driver.
pub(crate) fn rows_with(kafka: &Kafka, settings: &[(&str, &str)]) -> KafkaTopicsBuilder<Row> {
    let add = |connection: electrician_kafka::Connection, (property, value): &(&str, &str)| {
        connection.with(*property, *value)
    };
    let quick = kafka.connection().with("statistics.interval.ms", "100");
    let connection = settings.iter().fold(quick, add);
    let (first, longest) = (Duration::from_millis(20), Duration::from_millis(100));
    KafkaTopics::builder(connection, row).with_backoff(first, longest)
}

/// Waits, but not for ever.
pub(crate) async fn soon<R>(what: &str, future: impl Future<Output = R>) -> R {
    let result = tokio::time::timeout(LONG, future).await;
    result.unwrap_or_else(|_| panic!("{what}: not within {LONG:?}"))
}

/// Acknowledges all of `items`, in order.
pub(crate) fn accept(items: impl IntoIterator<Item = Item<Row>>) {
    for item in items {
        item.accept();
    }
}

// === impl Reader ===

impl Reader {
    pub(crate) fn open(builder: KafkaTopicsBuilder<Row>) -> Self {
        let events = Events::default();
        let topics = builder.with_observer(events.clone()).build().unwrap();
        let handle = topics.handle();
        Self { source: topics.open().unwrap(), handle, events }
    }

    /// The next `count` records.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Item<Row>> {
        let mut batch = Batch::new();
        while batch.len() < count {
            let demand = count - batch.len();
            let have = batch.len();
            let read = tokio::time::timeout(LONG, self.source.read(&mut batch, demand)).await;
            let Ok(read) = read else {
                panic!(
                    "{have} of {count} came: {:#?} {:#?}",
                    self.events.all(),
                    self.handle.stats()
                );
            };
            assert_eq!(read.unwrap(), Next::More);
        }
        batch.into_iter().collect()
    }

    /// The next `count` records, acknowledged.
    pub(crate) async fn accept(&mut self, count: usize) -> Vec<Row> {
        self.take(count).await.into_iter().map(Item::accept).collect()
    }

    /// What the next read fails with; records before it are acknowledged.
    pub(crate) async fn error(&mut self) -> (Vec<Row>, Error) {
        let mut batch = Batch::new();
        loop {
            let read = soon("an error", self.source.read(&mut batch, 100)).await;
            if let Err(error) = read {
                return (batch.into_iter().map(Item::accept).collect(), error);
            }
        }
    }

    pub(crate) async fn close(mut self) -> Events {
        soon("closing", self.source.close()).await.unwrap();
        self.events
    }

    /// Gives it up without waiting for anything, and waits until it is gone.
    pub(crate) async fn give_up(self) -> Events {
        drop(self.source);
        self.events.until("kafka.closed", 1).await;
        self.events
    }
}
