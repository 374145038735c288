//! A pipeline in which everything happens to items.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::{Conduit, Ended, SinkStage};
use electrician_generator::{Generator, Restart};
use electrician_meter::{Meter, Snapshot, StageSnapshot};
use electrician_plug::{Plug, sink_fn};
use electrician_wire::types::{
    ComponentKind, Inspect, Ledger, Observer, StageId, StageObserver, StageView,
};
use electrician_wire::{DeadLetterPort, Retry, Wire, dead_letters};
use futures_util::future::join;

/// Items that the source gives in each of its first two lives.
pub(crate) const ITEMS: u64 = 3_000;

/// A source that is opened twice, retries, dead letters, failures, a filter, a split, a batch.
pub(crate) fn eventful(meter: &Meter, port: DeadLetterPort<u64>) -> Conduit<u64, Ended> {
    let parse =
        Wire::by_ref("parse", |n: &u64| if n.is_multiple_of(7) { Err("seven") } else { Ok(*n) })
            .with_workers(2)
            .with_retry(Retry::fixed(2, Duration::from_micros(1)))
            .with_dead_letters(port);
    let odd = Wire::filter("odd", |n: &u64| n % 2 == 1);
    let split = Wire::flat_map("split", |n: u64| vec![n; usize::try_from(n % 3).unwrap()]);
    let check =
        Wire::new("check", |n: u64| if n.is_multiple_of(11) { Err("eleven") } else { Ok(n) });
    let written = AtomicU64::new(0);
    let sink = sink_fn(move |_: &u64| {
        written.fetch_add(1, Ordering::Relaxed);
        Ok::<_, io::Error>(())
    });
    // Its third life is empty, and after that it is not opened again.
    let lives = AtomicU64::new(0);
    let life = move || 0..if lives.fetch_add(1, Ordering::Relaxed) < 2 { ITEMS } else { 0 };
    let source = Generator::new("numbers", Plug::iter(life));
    Conduit::from(parse)
        .then(odd)
        .then(split)
        .then(check.with_workers(2))
        .sink_stage(SinkStage::new("count", sink))
        .with_source(
            source.with_restart(Restart::always(Retry::fixed(1, Duration::from_micros(1)))),
        )
        .with_observer(meter.clone())
        .build()
        .unwrap()
}

/// Runs it to its end: the account of the run, those of its stages, and how many dead letters
/// there were.
pub(crate) async fn run(meter: &Meter) -> (Ledger, Vec<StageView>, u64) {
    let (port, mut letters) = dead_letters(16);
    let reading = async {
        let mut count = 0;
        while let Some(letter) = letters.recv().await {
            letter.accept();
            count += 1;
        }
        count
    };
    let running = async {
        let stopped = eventful(meter, port).start().unwrap().finish().await;
        (stopped.ledger, stopped.stages)
        // With the conduit goes the port, and so the reading ends.
    };
    let ((ledger, stages), letters) = join(running, reading).await;
    (ledger, stages, letters)
}

/// A stage that a test moves by hand.
pub(crate) struct Dummy(pub(crate) Mutex<StageView>);

impl Dummy {
    pub(crate) fn new(kind: ComponentKind, name: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(StageView::new(StageId::next(), kind, name))))
    }

    /// Changes what it shows.
    pub(crate) fn set(&self, change: impl FnOnce(&mut StageView)) {
        change(&mut self.0.lock().unwrap());
    }

    pub(crate) fn attach(self: &Arc<Self>, meter: &Meter) -> Option<Arc<dyn StageObserver>> {
        meter.stage(&(Arc::clone(self) as Arc<dyn Inspect>))
    }
}

impl Inspect for Dummy {
    fn view(&self) -> StageView {
        self.0.lock().unwrap().clone()
    }
}

pub(crate) fn stage<'a>(snapshot: &'a Snapshot, name: &str) -> &'a StageSnapshot {
    snapshot.stages.iter().find(|stage| &*stage.name == name).unwrap()
}
