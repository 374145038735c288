//! Every promised name is where it was promised, by feature.

/// Names that are there without any feature.
#[expect(unused_imports, reason = "that they resolve is the test")]
mod always {
    use electrician::types::{
        Acknowledge, AsyncTransform, BorrowsInput, Clock, ComponentId, ComponentKind, KeepsInput,
        Metadata, NackReason, Nacked, OpenSource, Receipts, Receive, Timer, Transform, Verdict,
    };
    use electrician::{
        Batch, BoxError, ConfigError, Decoder, Encoder, Error, ErrorKind, Event, EventKind, Field,
        Item, Ledger, Next, Observer, Receipt, Refusal, Refused, Result, Sink, Source, StageView,
        Submit, TraceContext, Watermark,
    };
}

#[cfg(feature = "wire")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod wire {
    use electrician::wire::engine::{Feed, Feeder, Launch, Segment, Start, Work, Worker};
    use electrician::wire::{Component, InletSink, IntoSegment, Leftover, RuntimeClock};
    use electrician::{
        Batching, Bottleneck, Cause, DeadLetter, DeadLetterPort, DeadLetters, EncoderSink, Inlet,
        Output, Retry, Running, Stopped, Topology, Wire, WireBuilder, dead_letters,
    };
}

#[cfg(feature = "codec")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod codec {
    use electrician::codec::{
        AsyncRecords, Bytes, CodecError, Decode, Encode, FramedDecoder, FramedEncoder, Frames,
        Framing, Layer, Layered, LengthPrefix, Limits, Lines, RecordStream, Records, Text,
        VarintPrefix, Whole,
    };
    #[cfg(feature = "codec-csv")]
    use electrician::codec::{CsvDecoder, CsvEncoder, CsvRows};
    #[cfg(feature = "codec-json-go")]
    use electrician::codec::{GoJson, Rfc3339};
    #[cfg(feature = "codec-html")]
    use electrician::codec::{Html, scraper};
    #[cfg(feature = "codec-json")]
    use electrician::codec::{Json, JsonArray, JsonValues};
    #[cfg(feature = "codec-protobuf")]
    use electrician::codec::{Protobuf, prost};
    #[cfg(feature = "codec-wave")]
    use electrician::codec::{Wave, WaveAnalyzer, WaveRecord, WaveRecords};
    #[cfg(feature = "codec-xml")]
    use electrician::codec::{Xml, XmlElements};
}

#[cfg(feature = "conduit")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod conduit {
    use electrician::conduit::Discard;
    use electrician::{Conduit, ConduitBuilder, Ended, Routes, SinkStage};
}

#[cfg(feature = "plug")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod plug {
    use electrician::plug::{
        FunctionSource, IterSource, SinkAsync, SinkFn, StreamSource, TryIterSource,
    };
    use electrician::{Plug, Tap, sink_async, sink_fn};
}

#[cfg(feature = "generator")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod generator {
    use electrician::generator::Generator as SameGenerator;
    use electrician::{Generator, Restart};
}

#[cfg(feature = "circuitbreaker")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod circuitbreaker {
    use electrician::circuitbreaker::{
        CircuitBreakerError, Diverted, Open, Outcome, Permit, Permits, Snapshot, SystemClock, Watch,
    };
    use electrician::{BreakerState, CircuitBreaker, CircuitBreakerBuilder, Neutral};
}

#[cfg(all(feature = "circuitbreaker", feature = "tower"))]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod circuitbreaker_tower {
    use electrician::circuitbreaker::{
        CircuitBreakerFuture, CircuitBreakerLayer, CircuitBreakerService, Classify, ErrorsFail,
    };
}

#[cfg(feature = "surgeprotector")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod surgeprotector {
    use electrician::surgeprotector::{
        Account, AdaptiveBuilder, DriveError, Fifo, Lease, Permit, Queue, RateError, RuntimeClock,
        State, StateWatch, SurgeProtectorBuilder, SurgeProtectorError, TimeOfDay, TimeOfDayError,
    };
    use electrician::{
        Adaptive, Admission, Backup, Blackout, Burst, Guarded, Overflow, Rate, SurgeProtector,
    };
}

#[cfg(all(feature = "surgeprotector", feature = "tower"))]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod layers {
    use electrician::surgeprotector::{
        ConcurrencyLayer, ConcurrencyService, ResponseFuture, SurgeProtectorLayer,
        SurgeProtectorService,
    };
}

#[cfg(feature = "sensor")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod sensor {
    use electrician::sensor::{
        Callback, EventStreamIter, FeedCounts, Filtered, Isolated, ObserverHealth, Sampled, Silent,
        Value, events,
    };
    use electrician::{
        EventFeed, EventStream, Filter, LogObserver, ObserverExt, OwnedEvent, Sampling, Sensor,
        SensorHealth,
    };
}

#[cfg(feature = "tower")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod tower {
    use electrician::wire::{Served, ServiceTransform, WireService};
}

#[cfg(feature = "resister")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod resister {
    use electrician::resister::{Counters, Key, ResisterBuilder};
    use electrician::{Aging, Element, Placement, Resister};
}

#[cfg(feature = "resister-disk")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod resister_disk {
    use electrician::resister::{DiskResisterBuilder, OpenError, OpenReport, Spoiled};
    use electrician::{DiskResister, Fsync, Record};
}

/// What the root names is what the crate behind has, not a second copy.
#[cfg(all(feature = "conduit", feature = "plug", feature = "generator"))]
#[tokio::test(start_paused = true)]
async fn names_of_the_root_work_together() {
    use std::time::Duration;

    use electrician::{Conduit, Generator, Ledger, Plug, Retry, Running, Wire, sink_fn};

    let conduit: Conduit<u64, electrician::Ended> =
        Conduit::from(Wire::map("double", |n: u64| n * 2))
            .sink("out", sink_fn(|n: &u64| if n.is_multiple_of(2) { Ok(()) } else { Err("odd") }))
            .with_source(
                Generator::new("numbers", Plug::iter(|| 0..10))
                    .with_restart(electrician::Restart::on_failure(Retry::exponential(1))),
            )
            .build()
            .unwrap();
    let started: Result<Running<_>, _> = conduit.start();
    let finishing = started.unwrap().finish();
    let stopped = tokio::time::timeout(Duration::from_mins(1), finishing).await.unwrap();
    let ledger: Ledger = stopped.ledger;
    assert!(stopped.is_clean() && ledger.is_balanced(), "{ledger}");
    assert_eq!((ledger.accepted, ledger.delivered), (10, 10));
}

#[cfg(feature = "wire")]
#[tokio::test(start_paused = true)]
async fn a_wire_alone_needs_nothing_else() {
    use std::time::Duration;

    let running = electrician::Wire::map("same", |n: u64| n).build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    let stopping = running.stop(Duration::from_secs(5));
    let stopped = tokio::time::timeout(Duration::from_mins(1), stopping).await.unwrap();
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    assert_eq!(stopped.outputs.len(), 1);
}

#[cfg(feature = "codec-json")]
#[test]
fn the_encoders_are_those_of_the_contract() {
    use electrician::Encoder;
    use electrician::codec::{FramedEncoder, Json, Lines};

    let mut bytes = Vec::new();
    let mut lines = FramedEncoder::new(Json, Lines::new());
    Encoder::encode(&mut lines, &[1, 2], &mut bytes).unwrap();
    assert_eq!(bytes, b"[1,2]\n");
}

#[cfg(feature = "meter")]
#[expect(unused_imports, reason = "that they resolve is the test")]
mod meter {
    use electrician::meter::{Counter, Gauge, Outcome, Percent, Watch};
    use electrician::{Meter, MeterBuilder, Snapshot, StageSnapshot};
}
