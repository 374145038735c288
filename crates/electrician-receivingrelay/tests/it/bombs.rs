//! Payloads that are small on the wire and nowhere else.

use electrician_relay::codec::Limits;
use electrician_relay::codec::compress::{Compression, ZstdLevel};
use electrician_relay::proto::{AckMode, StreamClose};
use electrician_relay::{About, Ack, EnvelopeReader, EnvelopeWriter, Frame};
use electrician_testkit::drive::soon;
use futures_util::{StreamExt, stream};
use tokio::task::JoinSet;

use crate::raw::{client, connect, opening, payload};
use crate::support::{Store, open_relay, start};

/// What the bomb would be: 16 MiB of one letter, where 1 MiB is allowed.
const BYTES: usize = 16 << 20;

#[tokio::test]
async fn a_bomb_is_refused_for_good_and_the_others_go_on() {
    let store = Store::new();
    let limits = Limits::DEFAULT.with_decoded_bytes(1 << 20);
    let relay = open_relay().with_reader(move || EnvelopeReader::json().with_limits(limits));
    let far = start(relay.build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let mut client = client(connect(far.address, &mut tasks).await);
    let mut bombs = EnvelopeWriter::<Vec<u8>>::bytes()
        .with_compression(Compression::Zstd(ZstdLevel::DEFAULT))
        .with_content_type("application/json")
        .with_metadata_in_each();
    let bomb = bombs.write(&vec![b'1'; BYTES], &About::default()).unwrap();
    assert!(bomb.encoded_len() < 4096, "{} bytes on the wire", bomb.encoded_len());
    let mut writer = EnvelopeWriter::json();
    let frames = [
        opening("s", AckMode::AckPerMessage, 0),
        Frame::Payload(payload(&mut writer, 1, 1)),
        Frame::Payload(bomb.with_seq(2)),
        Frame::Payload(payload(&mut writer, 3, 3)),
        Frame::Close(StreamClose { reason: "end".into() }),
    ];
    let acks = soon(client.stream_receive(stream::iter(frames))).await.unwrap().into_inner();
    let acks: Vec<Ack> = soon(acks.map(Result::unwrap).collect()).await;
    let about = |seq| acks.iter().find(|ack| ack.seq == seq).unwrap();
    assert!(about(1).success && about(3).success, "{acks:?}");
    let said = about(2);
    assert!(!said.success && !said.retryable && said.code == 413, "{said:?}");
    assert_eq!(store.items(), [1, 3]);
    assert_eq!(far.handle.stats().unreadable, 1);
    far.stop().await;
}
