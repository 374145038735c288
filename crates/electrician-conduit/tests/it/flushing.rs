//! A sink says how often it is flushed.

use electrician_conduit::{Conduit, SinkStage};
use electrician_generator::Generator;
use electrician_plug::Plug;
use electrician_types::{Batch, Flushing, Result, Sink};
use electrician_wire::Wire;

/// Counts what was written at each flush.
struct Flushed {
    flushing: Flushing,
    written: u64,
    flushes: Vec<u64>,
}

impl Sink<u64> for Flushed {
    async fn write(&mut self, batch: &mut Batch<u64>) -> Result<()> {
        self.written += batch.len() as u64;
        batch.accept_all();
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        self.flushes.push(std::mem::take(&mut self.written));
        Ok(())
    }

    fn flushing(&self) -> Flushing {
        self.flushing
    }
}

async fn flushes(flushing: Flushing) -> Vec<u64> {
    let sink = Flushed { flushing, written: 0, flushes: Vec::new() };
    let stage = SinkStage::new("sink", sink);
    let handle = stage.handle();
    let conduit = Conduit::from(Wire::map("same", |number: u64| number))
        .sink_stage(stage)
        .with_source(Generator::new("numbers", Plug::iter(|| 0..5000)))
        .build()
        .unwrap();
    let stopped = conduit.start().unwrap().finish().await;
    assert_eq!(stopped.ledger.delivered, 5000);
    handle.take().unwrap().flushes
}

#[tokio::test]
async fn rare_flushes_are_as_rare_as_the_sink_wants() {
    let rare = Flushing::EAGER.with_when_idle(false);
    assert_eq!(flushes(rare.with_items(1_000_000)).await, [5000]);
    assert_eq!(flushes(rare.with_items(2000)).await, [2000, 2000, 1000]);
}

#[tokio::test]
async fn by_default_no_more_than_1024_items_wait() {
    let flushes = flushes(Flushing::default()).await;
    assert!(flushes.iter().all(|items| (1..=1024).contains(items)), "{flushes:?}");
    assert_eq!(flushes.iter().sum::<u64>(), 5000);
}
