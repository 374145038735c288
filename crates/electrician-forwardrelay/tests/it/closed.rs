//! A sink that is not open, and items that cannot be sent.

use electrician_forwardrelay::ForwardRelay;
use electrician_forwardrelay::relay::EnvelopeWriter;
use electrician_testkit::Verdicts;
use electrician_testkit::drive::soon;
use electrician_types::{Batch, ErrorKind, Sink};

fn relay() -> ForwardRelay<Vec<u8>> {
    ForwardRelay::builder()
        .with_target("127.0.0.1:1")
        .with_writer(EnvelopeWriter::bytes())
        .dangerously_in_plaintext()
        .with_max_message_bytes(1000)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_write_before_the_open_is_refused_and_takes_nothing() {
    let mut batch: Batch<Vec<u8>> = [b"a".to_vec()].into_iter().map(Into::into).collect();
    let error = soon(relay().write(&mut batch)).await.unwrap_err();
    assert_eq!((error.kind(), batch.len()), (ErrorKind::Closed, 1));
}

#[tokio::test]
async fn an_item_that_is_too_large_fails_alone_and_stays_in_front() {
    let verdicts = Verdicts::plain();
    let mut relay = relay();
    soon(relay.open()).await.unwrap();
    let mut batch = Batch::new();
    batch.push(verdicts.item(0, vec![0; 100]));
    batch.push(verdicts.item(1, vec![0; 2000]));
    let error = soon(relay.write(&mut batch)).await.unwrap_err();
    assert_eq!((error.kind(), batch.len()), (ErrorKind::TooLarge, 1));
    assert_eq!(verdicts.settled(), 0, "the first waits for a receiver");
    drop(relay);
    assert!(verdicts.is_nacked(0), "and comes back with the sink");
}

#[tokio::test]
async fn a_run_without_items_connects_to_nobody_and_ends() {
    let mut relay = relay();
    let stats = relay.stats();
    soon(relay.open()).await.unwrap();
    soon(relay.close()).await.unwrap();
    assert_eq!(stats.links()[0].attempts, 0);
}
