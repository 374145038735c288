//! Neutral wires.

use std::future::ready;
use std::sync::{Arc, Mutex};

use electrician_circuitbreaker::{Diverted, Neutral};
use electrician_types::{Refusal, Refused, Submit};

use crate::support::poll;

/// A wire with so much room, or closed.
#[derive(Clone, Default)]
struct Wire {
    room: usize,
    is_closed: bool,
    items: Arc<Mutex<Vec<u32>>>,
}

impl Wire {
    fn new(room: usize) -> Self {
        Self { room, ..Self::default() }
    }

    fn closed() -> Self {
        Self { is_closed: true, ..Self::default() }
    }

    fn items(&self) -> Vec<u32> {
        self.items.lock().unwrap().clone()
    }
}

impl Submit<u32> for Wire {
    async fn submit(&self, item: u32) -> Result<(), Refused<u32>> {
        match self.try_submit(item) {
            Err(refused) if refused.is_full() => std::future::pending().await,
            result => ready(result).await,
        }
    }

    fn try_submit(&self, item: u32) -> Result<(), Refused<u32>> {
        let mut items = self.items.lock().unwrap();
        if self.is_closed {
            return Err(Refused::new(item, Refusal::Closed));
        }
        if items.len() == self.room {
            return Err(Refused::new(item, Refusal::Full));
        }
        items.push(item);
        Ok(())
    }
}

fn accepted(accepted: usize, refused: &[(usize, Refusal)]) -> Diverted {
    Diverted { accepted, refused: refused.to_vec() }
}

#[tokio::test]
async fn failover_takes_the_first_that_accepts() {
    let wires = [Wire::closed(), Wire::new(1), Wire::new(9)];
    let neutral = Neutral::failover(wires.clone()).unwrap();
    let closed = (0, Refusal::Closed);
    assert_eq!(neutral.divert(1).await.unwrap(), accepted(1, &[closed]));
    assert_eq!(neutral.try_divert(2).unwrap(), accepted(1, &[closed, (1, Refusal::Full)]));
    assert_eq!(wires.map(|wire| wire.items()), [vec![], vec![1], vec![2]]);
    assert_eq!(neutral.wires().len(), 3);
}

#[tokio::test]
async fn failover_waits_when_no_wire_has_room() {
    let neutral = Neutral::failover([Wire::closed(), Wire::new(0)]).unwrap();
    assert!(poll(&mut Box::pin(neutral.divert(1))).is_pending());
    assert_eq!(neutral.try_divert(1), Err(Refused::new(1, Refusal::Full)));
}

#[tokio::test]
async fn an_item_that_nobody_takes_comes_back() {
    let closed = || [Wire::closed(), Wire::closed()];
    for neutral in [Neutral::failover(closed()).unwrap(), Neutral::broadcast(closed()).unwrap()] {
        assert_eq!(neutral.divert(7).await, Err(Refused::new(7, Refusal::Closed)));
        assert_eq!(neutral.try_divert(8), Err(Refused::new(8, Refusal::Closed)));
    }
}

/// A refusal in the middle neither keeps the item from the others nor hides who has it.
#[tokio::test]
async fn broadcast_reaches_all_that_accept_and_says_who_did_not() {
    for closed in 0..3 {
        let mut wires = [Wire::new(2), Wire::new(2), Wire::new(2)];
        wires[closed].is_closed = true;
        let neutral = Neutral::broadcast(wires.clone()).unwrap();
        assert_eq!(neutral.divert(1).await.unwrap(), accepted(2, &[(closed, Refusal::Closed)]));
        assert_eq!(neutral.try_divert(2).unwrap(), accepted(2, &[(closed, Refusal::Closed)]));
        for (place, wire) in wires.iter().enumerate() {
            let expected = if place == closed { vec![] } else { vec![1, 2] };
            assert_eq!(wire.items(), expected);
        }
    }
}

#[test]
fn a_list_without_wires_does_not_build() {
    let error = Neutral::<u32, Wire>::failover([]).unwrap_err();
    assert_eq!(error.problems(), ["no neutral wire: give at least one"]);
}
