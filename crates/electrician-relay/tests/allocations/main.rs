//! What a payload costs on its way through writer, sessions and reader.

mod counter;

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use electrician_codec::compress::{Compression, ZstdLevel};
use electrician_codec::seal::{KeyRing, SealKey};
use electrician_relay::proto::StreamOpen;
use electrician_relay::session::{
    Acks, Received, ReceiverSession, SenderEvent, SenderSession, Settle,
};
use electrician_relay::{
    About, Ack, EnvelopeReader, EnvelopeWriter, Frame, RawPayload, StreamDefaults,
};

use crate::counter::allocations;

const COUNT: u64 = 10_000;
const AT_ONCE: u64 = 32;

#[expect(clippy::disallowed_methods, reason = "a moment to count from; no time passes")]
fn start() -> Instant {
    Instant::now()
}

fn ring() -> KeyRing {
    SealKey::from_bytes(&[7; 32]).expect("32 bytes").into()
}

fn writer() -> EnvelopeWriter<[u64; 4]> {
    let zstd = Compression::Zstd(ZstdLevel::DEFAULT);
    EnvelopeWriter::json().with_payload_type("numbers").with_compression(zstd).with_keys(ring())
}

#[test]
fn a_payload_is_written_into_memory_that_it_shares() {
    let mut writer = writer();
    let about = About { dedupe_key: "topic/0/17", ..About::default() };
    let mut write = |number: u64| {
        let payload = writer.write(&[number; 4], &about).expect("it is small");
        payload.encoded_len() as u64
    };
    let warm: u64 = (0..200).map(&mut write).sum();
    let each = warm.div_ceil(200);
    let count = allocations(|| (0..COUNT).map(&mut write).for_each(drop));
    // A piece of 16 KiB, and the count of who shares it.
    let pieces = COUNT * each / (16 << 10) + 1;
    assert!(count <= 3 * pieces, "{count} for {COUNT} payloads of {each} bytes");
}

#[test]
fn reading_costs_what_the_item_does() {
    let mut writer = writer();
    let defaults = StreamDefaults::new(writer.metadata());
    let payload = writer.write(&[1, 2, 3, 4], &About::default()).expect("it is small");
    let mut reader = EnvelopeReader::<[u64; 4]>::json().with_keys(ring());
    let mut read = || reader.read(&payload, &defaults).expect("it is sound");
    assert_eq!(read(), [1, 2, 3, 4]);
    assert_eq!(allocations(|| (0..1000).for_each(|_| _ = read())), 0);
}

#[test]
fn a_payload_is_looked_at_in_place() {
    let mut writer = writer().with_metadata_in_each();
    let payload = writer.write(&[1; 4], &About::default()).expect("it is small");
    // Bytes that are shared already.
    let mut bytes = BytesMut::from(&Frame::Payload(payload).to_bytes()[..]);
    let bytes = bytes.split().freeze();
    let look = || {
        let Ok(Frame::Payload(payload)) = Frame::parse(bytes.clone(), 1000) else {
            panic!("a payload");
        };
        (payload.id().len(), payload.payload().len())
    };
    assert_eq!(allocations(|| (0..1000).for_each(|_| _ = look())), 0);
}

/// Both sessions, with frames and acknowledgements written and read as on a wire.
fn through(acks: Acks) -> u64 {
    let now = start();
    let mut sender: SenderSession<u64> =
        SenderSession::<u64>::builder().with_acks(acks).build().expect("sound");
    let mut receiver = ReceiverSession::builder().build().expect("sound");
    let payload = RawPayload::parse(shared(b"\x0a\x03one\x1a\x05value")).expect("a payload");
    sender.connected();
    receiver.attach();
    let Some(Frame::Open(open)) = sender.poll_transmit(now) else { panic!("an opening") };
    let open: StreamOpen = *open;
    receiver.open(&open);
    sender.on_ack(&receiver.poll_ack(now).expect("it is opened"), now);

    let mut wire = BytesMut::with_capacity(1 << 20);
    let mut settled = 0;
    let mut round = || {
        for tag in 0..AT_ONCE {
            sender.submit(payload.clone(), tag, None).expect("there is room");
        }
        while let Some(frame) = sender.poll_transmit(now) {
            frame.encode(&mut wire);
            let bytes = wire.split().freeze();
            let Ok(Frame::Payload(payload)) = Frame::parse(bytes, 1000) else {
                panic!("a payload");
            };
            let Received::Deliver(delivery) = receiver.on_payload(payload, now) else {
                panic!("it is new");
            };
            receiver.settle(delivery.token, &Settle::Done, now);
        }
        while let Some(ack) = receiver.poll_ack(now) {
            ack.encode(&mut wire);
            let bytes = wire.split().freeze();
            sender.on_ack(&Ack::parse(&bytes, 1000).expect("sound"), now);
        }
        while let Some(event) = sender.poll_event() {
            settled += u64::from(matches!(event, SenderEvent::Settled(_)));
        }
        wire.reserve(1 << 16);
    };
    for _ in 0..4 {
        round();
    }
    let rounds = COUNT / AT_ONCE;
    let count = allocations(|| (0..rounds).for_each(|_| round()));
    assert_eq!(settled, (rounds + 4) * AT_ONCE, "all of them came back");
    count
}

fn shared(bytes: &[u8]) -> Bytes {
    BytesMut::from(bytes).split().freeze()
}

#[test]
fn sessions_allocate_nothing_for_a_payload() {
    for acks in [Acks::Batch(16), Acks::PerMessage] {
        assert_eq!(through(acks), 0, "{acks:?}");
    }
}
