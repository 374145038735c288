//! A whole pipeline whose sink stalls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_conduit::{Conduit, SinkStage};
use electrician_generator::Generator;
use electrician_plug::Plug;
use electrician_types::{Batch, Result, Sink};
use electrician_wire::Wire;
use tokio::sync::Notify;

use super::{Growth, INSIDE, ITEMS, WARM_UP};
use crate::line::{CAPACITY, WORKERS};
use crate::rss::Resident;
use crate::workload::Parcel;

/// How often memory is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// So many glances without anything read, and the source stands still.
const STILL: u32 = 25;

/// Takes `WARM_UP` items, stalls until it is told to go on, and takes the rest.
struct Stalling {
    taken: u64,
    has_stalled: Arc<Notify>,
    go_on: Arc<Notify>,
}

/// Memory while the sink stalls and while everything goes through; and how many items were read
/// from the source beyond those that the sink had taken when it stalled.
pub(super) async fn stall() -> Growth {
    let (has_stalled, go_on) = (Arc::<Notify>::default(), Arc::<Notify>::default());
    let sink =
        Stalling { taken: 0, has_stalled: Arc::clone(&has_stalled), go_on: Arc::clone(&go_on) };
    let read = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&read);
    let source = Plug::iter(move || {
        let count = Arc::clone(&count);
        (0..ITEMS).map(Parcel::new).inspect(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
    });
    let wire = Wire::map("pass", |parcel: Parcel| parcel);
    let running = Conduit::from(wire.with_workers(WORKERS).with_capacity(CAPACITY))
        .sink_stage(SinkStage::new("stalls", sink).with_capacity(CAPACITY))
        .with_source(Generator::new("ten million", source))
        .build()
        .expect("the settings are valid")
        .start()
        .expect("there is a runtime");

    has_stalled.notified().await;
    let mut resident = Resident::open();
    let before = resident.bytes();
    let (mut peak, mut seen, mut still) = (before, 0, 0);
    while still < STILL {
        tokio::time::sleep(GLANCE).await;
        peak = peak.max(resident.bytes());
        let now = read.load(Ordering::Relaxed);
        still = if now == seen { still + 1 } else { 0 };
        seen = now;
    }
    let accepted = seen - WARM_UP;
    assert!(accepted <= 2 * INSIDE, "{accepted} items read for a sink that stalls");

    go_on.notify_one();
    let finishing = running.finish();
    tokio::pin!(finishing);
    let stopped = loop {
        tokio::select! {
            stopped = &mut finishing => break stopped,
            () = tokio::time::sleep(GLANCE) => peak = peak.max(resident.bytes()),
        }
    };
    let ledger = stopped.ledger;
    assert!(ledger.is_balanced() && ledger.delivered == ITEMS, "{ledger}");
    let after = resident.bytes();
    Growth { before, peak: peak.max(after), after, accepted }
}

// === impl Stalling ===

impl Sink<Parcel> for Stalling {
    async fn write(&mut self, batch: &mut Batch<Parcel>) -> Result<()> {
        while let Some(_parcel) = batch.accept() {
            self.taken += 1;
            if self.taken == WARM_UP {
                self.has_stalled.notify_one();
                self.go_on.notified().await;
            }
        }
        Ok(())
    }
}
