//! A wire under a sensor.

use std::hint::black_box;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use electrician_sensor::{EventFeed, FeedCounts, Sensor, events};
use electrician_wire::types::{Event, EventKind, Observer};
use electrician_wire::{Inlet, Output, Running, Wire};

use crate::electrician::closing;
use crate::line::{CAPACITY, Line, Open, WORKERS};
use crate::workload::{Parcel, Work};

/// How long the reader blocks after each event.
const BLOCKED: Duration = Duration::from_secs(1);

/// The plain wire under an observer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Watching {
    /// A callback that looks at each batch.
    Callback,
    /// A feed whose reader, a thread, blocks.
    Blocked,
}

// === impl Watching ===

impl Watching {
    /// What became of the events that the blocked reader should read.
    pub(crate) fn counts() -> FeedCounts {
        feed().counts()
    }
}

impl Line for Watching {
    type Entrance = Inlet<Parcel>;
    type Exit = Output<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let running = match self {
            Self::Callback => start(work, Sensor::new().with_callback(EventKind::Processed, look)),
            Self::Blocked => start(work, Sensor::new().with_observer(feed().clone())),
        };
        Open { entrance: running.inlet(), exit: running.output(), closing: closing(running) }
    }
}

fn start(work: Work, observer: impl Observer) -> Running<Wire<Parcel, Parcel>> {
    let wire = Wire::map("watched", move |parcel| work.apply(parcel))
        .with_workers(WORKERS)
        .with_capacity(CAPACITY)
        .with_observer(observer);
    wire.build().expect("the settings are valid").start().expect("there is a runtime")
}

fn look(event: &Event<'_>) {
    if let Event::Processed { taken, .. } = event {
        black_box(*taken);
    }
}

/// Its reader blocks as long as the process lives.
fn feed() -> &'static EventFeed {
    static FEED: OnceLock<EventFeed> = OnceLock::new();
    FEED.get_or_init(|| {
        let (feed, mut stream) = events(1024);
        thread::spawn(move || {
            for event in stream.blocking_iter() {
                black_box(event);
                thread::park_timeout(BLOCKED);
            }
        });
        feed
    })
}
