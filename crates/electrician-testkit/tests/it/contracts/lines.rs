//! Lines and takers of verdicts that break the law.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_testkit::contract::{self, Issuer, Line, Violations};
use electrician_types::{Acknowledge, Item, Receipt, Receive, Refusal, Refused, Submit, Verdict};
use tokio::task::yield_now;

use super::breaks;

/// Takes the first verdict for the last one.
#[derive(Clone, Default)]
struct Hasty(Arc<Mutex<Vec<(u64, Verdict)>>>);

struct Shared(Hasty);

impl Acknowledge for Shared {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.0.0.lock().unwrap().push((token, verdict));
    }

    fn split(&self, _token: u64, _extra: u32) -> bool {
        // It says so, and does not.
        true
    }
}

impl Issuer for Hasty {
    fn receipt(&mut self, number: u64) -> Receipt {
        Receipt::new(Arc::new(Shared(self.clone())), number)
    }

    fn outcome(&mut self, number: u64) -> Option<Verdict> {
        let all = self.0.lock().unwrap();
        all.iter().find(|(token, _)| *token == number).map(|(_, verdict)| *verdict)
    }
}

#[tokio::test]
async fn who_does_not_count_parts_is_seen() {
    breaks("Parts", contract::acknowledge(Hasty::default).await);
}

/// A line of a queue without a bound, and other flaws.
#[derive(Clone)]
struct Pipe {
    items: Arc<Mutex<State>>,
    flaw: Flaw,
}

#[derive(Default)]
struct State {
    items: Vec<Item<u64>>,
    is_closed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    Endless,
    Cancelled,
    Reversed,
    Wrong,
    Open,
    Taken,
}

impl Submit<u64> for Pipe {
    async fn submit(&self, item: u64) -> Result<(), Refused<u64>> {
        while !self.items.lock().unwrap().is_closed {
            let result = self.try_submit(item);
            if self.flaw == Flaw::Cancelled {
                yield_now().await;
            }
            match result {
                Err(refused) if refused.is_full() => yield_now().await,
                other => return other,
            }
        }
        self.try_submit(item)
    }

    fn try_submit(&self, item: u64) -> Result<(), Refused<u64>> {
        let mut state = self.items.lock().unwrap();
        if state.is_closed && self.flaw != Flaw::Open {
            return Err(Refused::new(item, Refusal::Closed));
        }
        if state.items.len() >= 10 && self.flaw != Flaw::Endless {
            let item = if self.flaw == Flaw::Wrong { item + 1 } else { item };
            return Err(Refused::new(item, Refusal::Full));
        }
        let at = if self.flaw == Flaw::Reversed { 0 } else { state.items.len() };
        state.items.insert(at, item.into());
        Ok(())
    }
}

impl Receive<u64> for Pipe {
    async fn receive(&mut self) -> Option<Item<u64>> {
        loop {
            let item = {
                let mut state = self.items.lock().unwrap();
                if state.items.is_empty() && state.is_closed {
                    return None;
                }
                (!state.items.is_empty()).then(|| state.items.remove(0))
            };
            if self.flaw == Flaw::Taken {
                yield_now().await;
            }
            match item {
                Some(item) => return Some(item),
                None => yield_now().await,
            }
        }
    }
}

async fn pipe(flaw: Flaw) -> Result<(), Violations> {
    let make = move || {
        let pipe = Pipe { items: Arc::default(), flaw };
        let closing = pipe.clone();
        let close = async move { closing.items.lock().unwrap().is_closed = true };
        Line::new(pipe.clone(), pipe, close)
    };
    contract::submit_receive(make, |n| n).within(Duration::from_secs(20)).await
}

#[tokio::test]
async fn flaws_of_lines_are_seen() {
    breaks("Backpressure", pipe(Flaw::Endless).await);
    breaks("Cancellation", pipe(Flaw::Cancelled).await);
    breaks("Order", pipe(Flaw::Reversed).await);
    breaks("Refusal", pipe(Flaw::Wrong).await);
    breaks("Refusal", pipe(Flaw::Open).await);
    breaks("Cancellation", pipe(Flaw::Taken).await);
}
