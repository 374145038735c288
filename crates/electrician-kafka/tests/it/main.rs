//! Against real brokers. Where there are none, the tests that need them say so and pass; where `CI`
//! is `true`, they fail.

mod exactly_once;
mod nodes;
mod sink_failures;
mod sink_partitions;
mod sink_pipeline;
mod sink_records;
mod support;

#[tokio::test]
async fn what_is_produced_is_read() {
    let Some(kafka) = support::Kafka::one() else { return };
    let topic = kafka.topic("support", 2).await;
    let sent = |at: u8| support::Sent::new([at]).to(i32::from(at % 2));
    kafka.produce(&topic, (0..100).map(sent));
    assert_eq!(kafka.read(&topic).len(), 100);
    assert!(kafka.committed("nobody", &topic).is_empty());
}
