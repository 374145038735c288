//! Where items go while the breaker is open.

use std::fmt;

use electrician_types::{ConfigError, Refusal, Refused, Submit};

/// Neutral wires: where items go that the breaker does not admit.
///
/// Whoever asks the breaker diverts what it refused. The wires are all of one type, as the inlets
/// of wires with the same input are, whatever the wires do.
pub struct Neutral<T, S> {
    wires: Vec<S>,
    mode: Mode<T>,
}

enum Mode<T> {
    Failover,
    Broadcast(fn(&T) -> T),
}

/// An item was diverted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a broadcast may have reached some wires only"]
pub struct Diverted {
    /// How many wires accepted it: 1 with failover, at least 1 with broadcast.
    pub accepted: usize,
    /// Which wires refused it, by their place in the list from 0, and why.
    pub refused: Vec<(usize, Refusal)>,
}

// === impl Neutral ===

impl<T: Send, S: Submit<T>> Neutral<T, S> {
    /// The first wire that accepts an item gets it.
    pub fn failover(wires: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        Self::new(wires, Mode::Failover)
    }

    /// Every wire gets a clone of each item.
    pub fn broadcast(wires: impl IntoIterator<Item = S>) -> Result<Self, ConfigError>
    where
        T: Clone,
    {
        Self::new(wires, Mode::Broadcast(T::clone))
    }

    /// The wires, in order.
    pub fn wires(&self) -> &[S] {
        &self.wires
    }

    /// Diverts `item`. If no wire accepts it, it comes back in the error, with the reason of the
    /// last one.
    ///
    /// Failover takes the first wire that has room now; if none has, it waits for room in the first
    /// that is not closed. Broadcast waits for each wire in turn, and a wire that refuses stops
    /// nothing: [`Diverted::refused`] says which did.
    ///
    /// Cancelling drops the item; with broadcast, wires that were asked before may have accepted
    /// their clone.
    pub async fn divert(&self, item: T) -> Result<Diverted, Refused<T>> {
        match self.mode {
            Mode::Failover => {
                let refused = match self.try_failover(item) {
                    Ok(diverted) => return Ok(diverted),
                    Err(refused) => refused,
                };
                self.failover_waiting(refused).await
            }
            Mode::Broadcast(clone) => {
                let mut round = Round::default();
                let (last, others) = self.last();
                for (place, wire) in others.iter().enumerate() {
                    round.note(place, wire.submit(clone(&item)).await);
                }
                let result = last.submit(item).await;
                round.end(others.len(), result)
            }
        }
    }

    /// As [`divert`](Self::divert), without waiting: a wire that is full has refused.
    pub fn try_divert(&self, item: T) -> Result<Diverted, Refused<T>> {
        match self.mode {
            Mode::Failover => self.try_failover(item),
            Mode::Broadcast(clone) => {
                let mut round = Round::default();
                let (last, others) = self.last();
                for (place, wire) in others.iter().enumerate() {
                    round.note(place, wire.try_submit(clone(&item)));
                }
                round.end(others.len(), last.try_submit(item))
            }
        }
    }

    fn new(wires: impl IntoIterator<Item = S>, mode: Mode<T>) -> Result<Self, ConfigError> {
        let wires: Vec<S> = wires.into_iter().collect();
        let problem = wires.is_empty().then(|| "no neutral wire: give at least one".to_owned());
        ConfigError::check(problem.into_iter().collect())?;
        Ok(Self { wires, mode })
    }

    fn last(&self) -> (&S, &[S]) {
        self.wires.split_last().expect("a list of neutral wires is never empty")
    }

    fn try_failover(&self, mut item: T) -> Result<Diverted, Refused<T>> {
        let mut round = Round::default();
        let (last, others) = self.last();
        for (place, wire) in others.iter().enumerate() {
            match wire.try_submit(item) {
                Ok(()) => return round.end(place, Ok(())),
                Err(refused) => {
                    round.refused.push((place, refused.reason));
                    item = refused.item;
                }
            }
        }
        round.end(others.len(), last.try_submit(item))
    }

    /// Every wire has refused without waiting.
    async fn failover_waiting(&self, refused: Refused<T>) -> Result<Diverted, Refused<T>> {
        let mut round = Round::default();
        let Refused { mut item, mut reason } = refused;
        for (place, wire) in self.wires.iter().enumerate() {
            match wire.submit(item).await {
                Ok(()) => return round.end(place, Ok(())),
                Err(refused) => {
                    round.refused.push((place, refused.reason));
                    Refused { item, reason } = refused;
                }
            }
        }
        Err(Refused::new(item, reason))
    }
}

/// For whoever diverts without asking which wires accepted. A broadcast that reached one wire has
/// accepted the item.
impl<T: Send, S: Submit<T>> Submit<T> for Neutral<T, S> {
    async fn submit(&self, item: T) -> Result<(), Refused<T>> {
        self.divert(item).await.map(drop)
    }

    fn try_submit(&self, item: T) -> Result<(), Refused<T>> {
        self.try_divert(item).map(drop)
    }
}

impl<T, S> fmt::Debug for Neutral<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            Mode::Failover => "failover",
            Mode::Broadcast(_) => "broadcast",
        };
        f.debug_struct("Neutral").field("wires", &self.wires.len()).field("mode", &mode).finish()
    }
}

/// Wires that were asked, and what they said.
#[derive(Default)]
struct Round {
    accepted: usize,
    refused: Vec<(usize, Refusal)>,
}

// === impl Round ===

impl Round {
    fn note<T>(&mut self, place: usize, result: Result<(), Refused<T>>) -> Option<Refused<T>> {
        match result {
            Ok(()) => {
                self.accepted += 1;
                None
            }
            Err(refused) => {
                self.refused.push((place, refused.reason));
                Some(refused)
            }
        }
    }

    /// With what the last wire said.
    fn end<T>(
        mut self,
        place: usize,
        result: Result<(), Refused<T>>,
    ) -> Result<Diverted, Refused<T>> {
        match self.note(place, result) {
            Some(refused) if self.accepted == 0 => Err(refused),
            _ => Ok(Diverted { accepted: self.accepted, refused: self.refused }),
        }
    }
}
