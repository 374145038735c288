//! Hand-rolled workers around two bounded flume channels, item by item.

use flume::{Receiver, Sender, bounded};
use tokio::task::JoinSet;

use crate::line::{CAPACITY, Entrance, Exit, Line, Open, WORKERS};
use crate::workload::{Parcel, Work};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Flume;

impl Line for Flume {
    type Entrance = Sender<Parcel>;
    type Exit = Receiver<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let (entrance, inputs) = bounded::<Parcel>(CAPACITY);
        let (outputs, exit) = bounded(CAPACITY);
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (inputs, outputs) = (inputs.clone(), outputs.clone());
            workers.spawn(async move {
                while let Ok(parcel) = inputs.recv_async().await {
                    if outputs.send_async(work.apply(parcel)).await.is_err() {
                        break;
                    }
                }
            });
        }
        let closing = Box::pin(async move { while workers.join_next().await.is_some() {} });
        Open { entrance, exit, closing }
    }
}

impl Entrance for Sender<Parcel> {
    async fn send(&mut self, parcel: Parcel) {
        self.send_async(parcel).await.expect("the workers listen");
    }

    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        Self::try_send(self, parcel).map_err(flume::TrySendError::into_inner)
    }
}

impl Exit for Receiver<Parcel> {
    async fn receive(&mut self, into: &mut Vec<Parcel>) {
        into.push(self.recv_async().await.expect("the workers speak"));
        into.extend(self.try_iter().take(crate::line::BATCH - 1));
    }
}
