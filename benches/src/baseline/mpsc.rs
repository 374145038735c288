//! Hand-rolled workers around two bounded tokio channels.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use crate::line::{BATCH, CAPACITY, Entrance, Exit, Line, Open, WORKERS};
use crate::workload::{Parcel, Work};

const TAKE: usize = 64;

/// Workers that share the receiver behind a mutex.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared;

/// Workers with a channel each, fed in turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundRobin;

#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundRobinPermits;
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedPermits;

#[derive(Clone)]
pub(crate) struct Turns { senders: [Sender<Parcel>; WORKERS], next: usize }
#[derive(Clone)]
pub(crate) struct TurnsPermits(Turns);
#[derive(Clone)]
pub(crate) struct One(Sender<Parcel>);

impl Line for Shared {
    type Entrance = Sender<Parcel>;
    type Exit = Receiver<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let (entrance, inputs) = channel::<Parcel>(CAPACITY);
        let (outputs, exit) = channel(CAPACITY);
        let inputs = Arc::new(Mutex::new(inputs));
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (inputs, outputs) = (Arc::clone(&inputs), outputs.clone());
            workers.spawn(async move {
                let mut batch = Vec::with_capacity(TAKE);
                loop {
                    if inputs.lock().await.recv_many(&mut batch, TAKE).await == 0 {
                        return;
                    }
                    for parcel in batch.drain(..) {
                        if outputs.send(work.apply(parcel)).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
        let closing = Box::pin(async move { while workers.join_next().await.is_some() {} });
        Open { entrance, exit, closing }
    }
}

impl Line for SharedPermits {
    type Entrance = One;
    type Exit = Receiver<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let (entrance, inputs) = channel::<Parcel>(CAPACITY);
        let (outputs, exit) = channel(CAPACITY);
        let inputs = Arc::new(Mutex::new(inputs));
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (inputs, outputs) = (Arc::clone(&inputs), outputs.clone());
            workers.spawn(async move {
                let mut batch = Vec::with_capacity(TAKE);
                loop {
                    if inputs.lock().await.recv_many(&mut batch, TAKE).await == 0 {
                        return;
                    }
                    let Ok(permits) = outputs.reserve_many(batch.len()).await else { return };
                    for (permit, parcel) in permits.zip(batch.drain(..)) {
                        permit.send(work.apply(parcel));
                    }
                }
            });
        }
        let closing = Box::pin(async move { while workers.join_next().await.is_some() {} });
        Open { entrance: One(entrance), exit, closing }
    }
}

impl Line for RoundRobin {
    type Entrance = Turns;
    type Exit = Receiver<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let (outputs, exit) = channel(CAPACITY);
        let mut workers = JoinSet::new();
        let senders = std::array::from_fn(|_| {
            let (entrance, mut inputs) = channel::<Parcel>(CAPACITY / WORKERS);
            let outputs = outputs.clone();
            workers.spawn(async move {
                let mut batch = Vec::with_capacity(TAKE);
                loop {
                    if inputs.recv_many(&mut batch, TAKE).await == 0 {
                        return;
                    }
                    for parcel in batch.drain(..) {
                        if outputs.send(work.apply(parcel)).await.is_err() {
                            return;
                        }
                    }
                }
            });
            entrance
        });
        let closing = Box::pin(async move { while workers.join_next().await.is_some() {} });
        Open { entrance: Turns { senders, next: 0 }, exit, closing }
    }
}

impl Line for RoundRobinPermits {
    type Entrance = TurnsPermits;
    type Exit = Receiver<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let (outputs, exit) = channel(CAPACITY);
        let mut workers = JoinSet::new();
        let senders = std::array::from_fn(|_| {
            let (entrance, mut inputs) = channel::<Parcel>(CAPACITY / WORKERS);
            let outputs = outputs.clone();
            workers.spawn(async move {
                let mut batch = Vec::with_capacity(TAKE);
                loop {
                    if inputs.recv_many(&mut batch, TAKE).await == 0 {
                        return;
                    }
                    let Ok(permits) = outputs.reserve_many(batch.len()).await else { return };
                    for (permit, parcel) in permits.zip(batch.drain(..)) {
                        permit.send(work.apply(parcel));
                    }
                }
            });
            entrance
        });
        let closing = Box::pin(async move { while workers.join_next().await.is_some() {} });
        Open { entrance: TurnsPermits(Turns { senders, next: 0 }), exit, closing }
    }
}

impl Entrance for Sender<Parcel> {
    async fn send(&mut self, parcel: Parcel) {
        Self::send(self, parcel).await.expect("the workers listen");
    }

    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        Self::try_send(self, parcel).map_err(tokio::sync::mpsc::error::TrySendError::into_inner)
    }
}
impl Entrance for One {
    async fn send(&mut self, parcel: Parcel) {
        self.0.send(parcel).await.expect("the workers listen");
    }
    async fn send_batch(&mut self, parcels: &mut Vec<Parcel>) {
        let permits = self.0.reserve_many(parcels.len()).await.expect("the workers listen");
        for (permit, parcel) in permits.zip(parcels.drain(..)) { permit.send(parcel) }
    }

    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        self.0.try_send(parcel).map_err(tokio::sync::mpsc::error::TrySendError::into_inner)
    }
}

impl Entrance for Turns {
    async fn send(&mut self, parcel: Parcel) {
        self.next = (self.next + 1) % WORKERS;
        self.senders[self.next].send(parcel).await.expect("the workers listen");
    }

    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        self.next = (self.next + 1) % WORKERS;
        self.senders[self.next].try_send(parcel).map_err(tokio::sync::mpsc::error::TrySendError::into_inner)
    }
}
impl Entrance for TurnsPermits {
    async fn send(&mut self, parcel: Parcel) {
        self.0.send(parcel).await;
    }
    async fn send_batch(&mut self, parcels: &mut Vec<Parcel>) {
        let mut left = parcels.len();
        let mut drain = parcels.drain(..);
        while left > 0 {
            let n = left.min(TAKE);
            left -= n;
            self.0.next = (self.0.next + 1) % WORKERS;
            let permits = self.0.senders[self.0.next].reserve_many(n).await.expect("the workers listen");
            for (permit, parcel) in permits.zip(&mut drain) { permit.send(parcel) }
        }
    }
    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        self.0.try_send(parcel)
    }
}

impl Exit for Receiver<Parcel> {
    async fn receive(&mut self, into: &mut Vec<Parcel>) {
        assert!(self.recv_many(into, BATCH).await > 0, "the workers speak");
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Naive;
impl Line for Naive {
    type Entrance = Sender<Parcel>;
    type Exit = Receiver<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let (entrance, inputs) = channel::<Parcel>(CAPACITY);
        let (outputs, exit) = channel(CAPACITY);
        let inputs = Arc::new(Mutex::new(inputs));
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (inputs, outputs) = (Arc::clone(&inputs), outputs.clone());
            workers.spawn(async move {
                loop {
                    let Some(parcel) = inputs.lock().await.recv().await else { return };
                        if outputs.send(work.apply(parcel)).await.is_err() {
                            return;
                        }
                }
            });
        }
        let closing = Box::pin(async move { while workers.join_next().await.is_some() {} });
        Open { entrance, exit, closing }
    }
}
