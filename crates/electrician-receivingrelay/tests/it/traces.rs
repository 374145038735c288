//! The trace of an item goes with it.

use std::sync::Arc;

use electrician_receivingrelay::ReceivingRelay;
use electrician_receivingrelay::auth::Authenticator;
use electrician_relay::EnvelopeReader;
use electrician_testkit::drive::soon;
use electrician_types::{
    Acknowledge, Batch, Item, OpenSource, Receipt, Sink, Source, TraceContext, Verdict,
};

use crate::support::plain_sender;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Items with an even token belong to a trace.
#[derive(Debug)]
struct Traced;

impl Acknowledge for Traced {
    fn settle(&self, token: u64, verdict: Verdict) {
        assert_eq!(verdict, Verdict::Ack, "{token}");
    }

    fn trace(&self, token: u64) -> Option<TraceContext> {
        token.is_multiple_of(2).then(|| TRACE.parse().unwrap())
    }
}

#[tokio::test]
async fn an_item_arrives_with_the_trace_it_was_sent_with() {
    let relay = ReceivingRelay::<u64>::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_reader(EnvelopeReader::json)
        .build()
        .unwrap();
    let mut source = relay.open().unwrap();
    let mut near = plain_sender(relay.handle().local_addr().unwrap());
    soon(near.open()).await.unwrap();
    let issuer: Arc<dyn Acknowledge> = Arc::new(Traced);
    let item = |n| Item::with_receipt(n, Receipt::new(Arc::clone(&issuer), n));
    let mut batch: Batch<u64> = (0..10).map(item).collect();
    soon(near.write(&mut batch)).await.unwrap();
    let mut seen = 0;
    let mut batch = Batch::new();
    while seen < 10 {
        soon(source.read(&mut batch, 10)).await.unwrap();
        while let Some(item) = batch.take() {
            let trace = item.receipt().trace().map(|trace| trace.to_string());
            let expected = item.value().is_multiple_of(2).then(|| TRACE.to_owned());
            assert_eq!(trace, expected, "{}", item.value());
            item.accept();
            seen += 1;
        }
    }
    soon(near.flush()).await.unwrap();
    soon(near.close()).await.unwrap();
    drop(source);
}
