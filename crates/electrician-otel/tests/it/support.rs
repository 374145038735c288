//! A pipeline of three stages whose source gives contexts.

use std::io;

use electrician_conduit::{Conduit, Ended, SinkStage};
use electrician_generator::Generator;
use electrician_plug::{Plug, sink_fn};
use electrician_wire::Wire;
use electrician_wire::types::{Batch, Item, Next, Observer, Receipt, Result, Source, TraceContext};

/// The context that item `n` comes with. Every tenth is not sampled.
pub(crate) fn context(n: u64) -> TraceContext {
    TraceContext::new(0xabcd_0000 + u128::from(n), 0x1000 + n, !n.is_multiple_of(10)).unwrap()
}

/// Gives the numbers from 1, each with its context.
pub(crate) struct Traced {
    next: u64,
    last: u64,
}

impl Source for Traced {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        for _ in 0..demand {
            if self.next > self.last {
                return Ok(Next::End);
            }
            let receipt = Receipt::none().with_trace(context(self.next));
            batch.push(Item::with_receipt(self.next, receipt));
            self.next += 1;
        }
        Ok(Next::More)
    }
}

/// Parse, check, store: the check fails on multiples of seven.
pub(crate) fn conduit(items: u64, observer: impl Observer) -> Conduit<u64, Ended> {
    let check = Wire::new("check", |n: u64| if n.is_multiple_of(7) { Err("seven") } else { Ok(n) });
    Conduit::from(Wire::map("parse", |n: u64| n).with_workers(2))
        .then(check.with_workers(2))
        .sink_stage(SinkStage::new("store", sink_fn(|_: &u64| Ok::<_, io::Error>(()))))
        .with_source(Generator::new("numbers", Plug::once(Traced { next: 1, last: items })))
        .with_observer(observer)
        .build()
        .unwrap()
}

/// Runs it to its end.
pub(crate) async fn run(items: u64, observer: impl Observer) {
    let stopped = conduit(items, observer).start().unwrap().finish().await;
    assert_eq!(stopped.ledger.accepted, items);
    assert_eq!(stopped.ledger.failed, items / 7);
    assert!(stopped.ledger.is_balanced());
}
