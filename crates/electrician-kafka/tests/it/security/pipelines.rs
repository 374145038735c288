//! Sources, sinks and dead letters are clients too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_kafka::rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use electrician_kafka::rdkafka::client::DefaultClientContext;
use electrician_kafka::{KafkaSink, KafkaTopics, Record};
use electrician_types::{Batch, Item, Next, OpenSource, Sink, Source};

use super::*;
use crate::support::unique;

pub(super) fn decode(record: &Record<'_>) -> Result<u8, &'static str> {
    match record.payload() {
        Some([byte]) => Ok(*byte),
        _ => Err("not one byte"),
    }
}

pub(super) async fn topics(secured: &Secured, names: [&str; 2]) -> [String; 2] {
    let names = names.map(unique);
    let admin =
        Connection::new(&secured.certificates).with_security(Security::Tls(secured.mutual()));
    let admin: AdminClient<DefaultClientContext> = admin.to_config().create().unwrap();
    let new = |name| NewTopic::new(name, 1, TopicReplication::Fixed(1));
    let new = names.each_ref().map(|name| new(name));
    let options = AdminOptions::new().operation_timeout(Some(LONG));
    for created in admin.create_topics(&new, &options).await.unwrap() {
        created.unwrap();
    }
    names
}

async fn write(connection: Connection, topic: &str, value: &'static [u8]) -> Result<(), Error> {
    let sink = KafkaSink::builder(connection).with_topic(topic);
    let sink = sink.with_value(move |_: &u8, into| into.extend_from_slice(value));
    let mut sink = sink.build().unwrap();
    sink.open().await?;
    sink.write(&mut [Item::from(0)].into_iter().collect()).await?;
    sink.flush().await?;
    sink.close().await
}

/// Reads one record, after one that cannot be decoded.
async fn read(connection: Connection, topic: &str, dead: &str) -> Result<u8, Error> {
    let topics = KafkaTopics::builder(connection, decode).with_partitions(topic, [0]);
    let mut source = topics.with_dead_letter_topic(dead).build().unwrap().open()?;
    let mut batch = Batch::new();
    assert_eq!(source.read(&mut batch, 1).await?, Next::More);
    let read = batch.accept().unwrap();
    source.close().await?;
    Ok(read)
}

#[tokio::test]
async fn every_way_in_serves_sources_sinks_and_dead_letters() {
    let Some(secured) = Secured::new() else { return };
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let bearer = Sasl::oauth_bearer(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(tokens::unsigned("alice", Duration::from_mins(1)))
    });
    let mutual = Connection::new(&secured.certificates);
    let connections = [
        secured.user(Sasl::plain("alice", secured.password())),
        secured.user(Sasl::scram_sha_512("alice", secured.password())),
        mutual.with_security(Security::Tls(secured.mutual())),
        secured.user(bearer),
    ];
    for connection in connections {
        let [topic, dead] = topics(&secured, ["secured", "secured-dead"]).await;
        write(connection.clone(), &topic, b"no byte").await.unwrap();
        write(connection.clone(), &topic, b"x").await.unwrap();
        assert_eq!(read(connection.clone(), &topic, &dead).await.unwrap(), b'x');
    }
    assert_eq!(asked.load(Ordering::Relaxed), 4, "two sinks, a source, its dead letters");
}

#[tokio::test]
async fn a_source_and_a_sink_that_are_refused_say_so_at_once() {
    let Some(secured) = Secured::new() else { return };
    let strangers = [
        secured.user(Sasl::scram_sha_512("alice", "guess")),
        secured.user(Sasl::oauth_bearer(|| Err("the issuer is closed".into()))),
        Connection::new(&secured.users)
            .with_security(Security::Sasl(Sasl::plain("alice", secured.password()), Tls::new())),
        Connection::new(&secured.certificates).with_security(Security::Tls(secured.tls())),
    ];
    // Nobody would wait for as long.
    let patience = Duration::from_mins(5);
    for stranger in strangers {
        let stranger = stranger.with_connect_timeout(patience);
        let error = write(stranger.clone(), "anything", b"x").await.unwrap_err();
        assert_says(&error, ErrorKind::Denied, &[]);
        let error = read(stranger, "anything", "dead").await.unwrap_err();
        assert_says(&error, ErrorKind::Denied, &["127.0.0.1"]);
    }
}
