//! Pipelines that hang, and what is read again meanwhile.

use electrician_types::NackReason;

use crate::reader::{Reader, rows};
use crate::support::{Kafka, Sent, unique};

#[tokio::test]
async fn what_failed_comes_again_however_often_the_pipeline_hangs() {
    let Some(kafka) = Kafka::one() else { return };
    for replays in [false, true] {
        let (topic, group) = (kafka.topic("hangs", 1).await, unique("hangs"));
        kafka.produce(&topic, (0..100).map(|at| Sent::new(at.to_string())));
        let builder = rows(&kafka).with_group(&group).with_topics([&topic]);
        let mut reader = Reader::open(builder.with_buffer(4).with_replay(replays));
        let first = reader.take(1).await.remove(0);
        first.into_parts().1.nack(NackReason::Failed);
        let mut last = 0;
        let again = 'seen: loop {
            // By now everything is paused, after the driver was told to go back.
            let held = reader.events.count("kafka.held");
            reader.events.until("kafka.held", held + 1).await;
            for row in reader.accept(4).await {
                if row.offset <= last {
                    break 'seen row.offset;
                }
                last = row.offset;
            }
        };
        assert_eq!(again, 0, "{:?}", reader.events.all());
        assert_eq!(reader.events.count("kafka.vanished"), 0, "{:?}", reader.events.all());
        reader.give_up().await;
    }
}
