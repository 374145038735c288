//! The laws of those who take items in and give them out.

use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;

use electrician_types::{Item, Receive, Refusal, Submit};

use crate::polls::{both, give_up_after, yield_now};
use crate::suite::{Laws, Suite};

/// How many items a check sends.
const ITEMS: u64 = 200;

/// A line that takes more than this without anybody reading is taken to have no bound.
const ENDLESS: u64 = 100_000;

/// Both ends of something that items go through: what goes in comes out, in order, unchanged.
pub struct Line<S, R> {
    submit: S,
    receive: R,
    close: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Checks the laws of [`Submit`] and [`Receive`], on both ends of a line.
///
/// `make` makes the line anew, `item` makes item number `n`.
pub fn submit_receive<'a, T, S, R, F, I>(make: F, item: I) -> Suite<'a>
where
    T: PartialEq + Debug + Send + Sync + 'static,
    S: Submit<T> + 'a,
    R: Receive<T> + 'a,
    F: Fn() -> Line<S, R> + Send + Sync + 'a,
    I: Fn(u64) -> T + Send + Sync + 'a,
{
    Suite::new("Submit and Receive", |laws| async move {
        let check = Check { make, item, laws };
        check.order().await;
        check.backpressure().await;
        check.cancelled_submits().await;
        check.cancelled_receives().await;
        check.end().await;
    })
}

// === impl Line ===

impl<S, R> Line<S, R> {
    /// A line from `submit` to `receive`. `close` ends it: from then on submits are refused, and
    /// what is inside can still be received, which goes on while `close` is awaited.
    pub fn new(submit: S, receive: R, close: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { submit, receive, close: Box::pin(close) }
    }
}

impl<S, R> Debug for Line<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

struct Check<F, I> {
    make: F,
    item: I,
    laws: Laws,
}

impl<T, S, R, F, I> Check<F, I>
where
    T: PartialEq + Debug + Send + Sync + 'static,
    S: Submit<T>,
    R: Receive<T>,
    F: Fn() -> Line<S, R> + Sync,
    I: Fn(u64) -> T + Sync,
{
    async fn order(&self) {
        self.laws.now("Order");
        let Line { submit, mut receive, close } = (self.make)();
        let sending = async {
            for number in 0..ITEMS {
                if let Err(refused) = submit.submit((self.item)(number)).await {
                    self.laws.broken(format!("item {number} of an open line: {refused}"));
                }
            }
            close.await;
        };
        let ((), all) = both(sending, self.rest(&mut receive)).await;
        self.same(&(0..ITEMS).collect::<Vec<_>>(), &all);
    }

    async fn backpressure(&self) {
        self.laws.now("Backpressure");
        let Line { submit, mut receive, close } = (self.make)();
        let mut accepted = Vec::new();
        let mut number = 0;
        let mut refusals = 0;
        // It may drain into something behind it; when that is full too, it stays full.
        while refusals < 50 && number < ENDLESS {
            match submit.try_submit((self.item)(number)) {
                Ok(()) => {
                    accepted.push(number);
                    refusals = 0;
                }
                Err(refused) => {
                    let reason = refused.reason;
                    self.laws.check(reason == Refusal::Full, || format!("it said {reason:?}"));
                    self.laws.now("Refusal");
                    self.back(number, &refused.item);
                    self.laws.now("Backpressure");
                    refusals += 1;
                    yield_now().await;
                }
            }
            number += 1;
        }
        self.laws.check(number < ENDLESS, || "it took everything, and nobody read".into());
        let ((), all) = both(close, self.rest(&mut receive)).await;
        self.laws.now("Refusal");
        self.same(&accepted, &all);
    }

    async fn cancelled_submits(&self) {
        self.laws.now("Cancellation");
        let Line { submit, mut receive, close } = (self.make)();
        let sending = async {
            let mut accepted = Vec::new();
            for number in 0..ITEMS {
                let polls = usize::try_from(number % 3).unwrap_or_default();
                let submitted = give_up_after(polls, submit.submit((self.item)(number))).await;
                if let Some(Ok(())) = submitted {
                    accepted.push(number);
                }
            }
            close.await;
            accepted
        };
        let (accepted, all) = both(sending, self.rest(&mut receive)).await;
        self.same(&accepted, &all);
    }

    async fn cancelled_receives(&self) {
        self.laws.now("Cancellation");
        let Line { submit, mut receive, close } = (self.make)();
        let sending = async {
            for number in 0..ITEMS {
                if number % 5 == 0 {
                    yield_now().await;
                }
                let _ = submit.submit((self.item)(number)).await;
            }
            close.await;
        };
        let receiving = async {
            let mut all = Vec::new();
            let mut given_up = 0;
            loop {
                let polls = if given_up < 5 { given_up % 3 } else { usize::MAX };
                match give_up_after(polls, receive.receive()).await {
                    Some(Some(item)) => {
                        all.push(item.accept());
                        given_up = 0;
                    }
                    Some(None) => return all,
                    None => given_up += 1,
                }
            }
        };
        let ((), all) = both(sending, receiving).await;
        self.same(&(0..ITEMS).collect::<Vec<_>>(), &all);
    }

    async fn end(&self) {
        self.laws.now("End");
        let Line { submit, mut receive, close } = (self.make)();
        let ((), all) = both(close, self.rest(&mut receive)).await;
        self.same(&[], &all);
        let is_over = receive.receive().await.is_none();
        self.laws.check(is_over, || "an item came after the end".into());
        self.laws.now("Refusal");
        for refused in [submit.submit((self.item)(1)).await, submit.try_submit((self.item)(1))] {
            match refused {
                Ok(()) => self.laws.broken("an item was accepted after the end".into()),
                Err(refused) => {
                    let reason = refused.reason;
                    let is_closed = refused.is_closed();
                    self.laws.check(is_closed, || format!("after the end it said {reason:?}"));
                    self.back(1, &refused.item);
                }
            }
        }
    }

    async fn rest(&self, receive: &mut R) -> Vec<T> {
        let mut all = Vec::new();
        while let Some(item) = receive.receive().await {
            all.push(Item::accept(item));
        }
        all
    }

    fn back(&self, number: u64, item: &T) {
        let expected = (self.item)(number);
        self.laws.check(expected == *item, || format!("{item:?} came back for {expected:?}"));
    }

    fn same(&self, numbers: &[u64], all: &[T]) {
        let (want, have) = (numbers.len(), all.len());
        self.laws.check(want == have, || format!("of {want} items {have} came out"));
        let differ = numbers.iter().zip(all).find(|(number, item)| (self.item)(**number) != **item);
        if let Some((number, item)) = differ {
            self.laws
                .broken(format!("{item:?} came out in the place of {:?}", (self.item)(*number)));
        }
    }
}
