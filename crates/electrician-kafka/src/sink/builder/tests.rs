use std::time::Duration;

use super::*;

fn builder() -> KafkaSinkBuilder<String> {
    KafkaSink::builder(Connection::new("127.0.0.1:9092"))
        .with_topic("strikes")
        .with_value(|text: &String, into| into.extend_from_slice(text.as_bytes()))
}

fn problems(builder: KafkaSinkBuilder<String>) -> Vec<String> {
    builder.build().expect_err("a problem").problems().to_vec()
}

#[test]
fn it_says_everything_that_is_wrong_at_once() {
    let builder = KafkaSink::<String>::builder(Connection::new(" "))
        .with_header("", |_, _| {})
        .with_capacity(0)
        .with_capacity_bytes(10)
        .with_delivery_timeout(Duration::from_millis(500));
    let problems = problems(builder);
    assert_eq!(problems.len(), 7, "{problems:#?}");
}

#[test]
fn properties_that_it_sets_itself_are_refused() {
    for property in MANAGED {
        let connection = Connection::new("127.0.0.1:9092").with(property, "1");
        let problems = problems(KafkaSinkBuilder { connection, ..builder() });
        assert_eq!(problems, [format!("`{property}` is set by this client, leave it out")]);
    }
}

#[test]
fn names_of_topics_have_rules() {
    for name in ["", "..", "a b", "ä", "a/b"] {
        assert!(problems(builder().with_topic(name))[0].contains("is no name of a topic"));
    }
    assert_eq!(problems(builder().with_topic("a".repeat(250))).len(), 1);
    assert!(builder().with_topic("Strikes_2.by-year").build().is_ok());
}

#[test]
fn the_room_in_bytes_holds_the_largest_record() {
    let connection = Connection::new("127.0.0.1:9092").with("message.max.bytes", "5000000");
    let with_room = |bytes| {
        let connection = connection.clone();
        KafkaSinkBuilder { connection, ..builder() }.with_capacity_bytes(bytes)
    };
    let problems = problems(with_room(4_000_000));
    assert_eq!(problems, ["a capacity of 4000000 bytes, but a record may have 5000000"]);
    assert!(with_room(5_000_000).build().is_ok());
}

#[test]
fn the_driver_knows_every_setting() {
    let partitioners =
        [Partitioner::Murmur2, Partitioner::Fnv1a, Partitioner::Random, Partitioner::own(|_| 0)];
    let compressions = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    for partitioner in partitioners {
        for compression in compressions {
            let builder =
                builder().with_partitioner(partitioner.clone()).with_compression(compression);
            let sink = builder.build().expect("a sink");
            sink.plan.config.create_native_config().expect("settings");
            let producer = sink.plan.config.create::<rdkafka::producer::BaseProducer>();
            assert!(producer.is_ok(), "{partitioner:?} {compression:?}");
        }
    }
}
