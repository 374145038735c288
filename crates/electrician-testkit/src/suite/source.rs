//! The laws of a source.

use std::fmt::Debug;

use electrician_types::{Batch, Item, NackReason, Next, Source};
use electrician_wire::engine::caught_async;

use crate::polls::{give_up_after, yield_now};
use crate::suite::{Laws, Suite};

const DEMANDS: [usize; 6] = [1, 2, 3, 7, 64, 1000];

/// Checks the laws of [`Source`].
///
/// `make` opens the source anew: it must end, must not fail, and gives the same items in the same
/// order each time. What it waits for has to be there without the suite's help.
pub fn source<'a, S, F>(make: F) -> Suite<'a>
where
    S: Source,
    S::Item: PartialEq + Debug + Sync,
    F: Fn() -> S + Send + Sync + 'a,
{
    Suite::new("Source", |laws| async move {
        let check = Check { make, laws };
        check.laws.now("Progress");
        let expected = check.whole(1000).await;
        check.demand(&expected).await;
        check.end().await;
        check.cancellation(&expected).await;
        check.hand_over(&expected).await;
        check.receipts(expected.len()).await;
    })
}

struct Check<F> {
    make: F,
    laws: Laws,
}

impl<S, F> Check<F>
where
    S: Source,
    S::Item: PartialEq + Debug + Sync,
    F: Fn() -> S + Sync,
{
    /// Everything the source has, read with this demand.
    async fn whole(&self, demand: usize) -> Vec<S::Item> {
        let mut source = (self.make)();
        let mut batch = Batch::new();
        while self.read(&mut source, &mut batch, demand).await == Next::More {}
        self.close(&mut source, &mut batch).await;
        values(batch)
    }

    /// Reads once, and looks at what every read has to keep.
    async fn read(&self, source: &mut S, batch: &mut Batch<S::Item>, demand: usize) -> Next {
        let before = batch.len();
        let read = source.read(batch, demand).await;
        self.look(before, batch, demand);
        let gained = batch.len().saturating_sub(before);
        match read {
            Ok(Next::More) => {
                let what = || "there is more, but nothing was appended".into();
                self.laws.check_law("Progress", gained > 0, what);
                // Or else this would go on for ever.
                if gained > 0 { Next::More } else { Next::End }
            }
            Ok(Next::End) => Next::End,
            Err(error) => {
                self.laws.broken_law("Progress", format!("it failed: {error}"));
                Next::End
            }
        }
    }

    fn look(&self, before: usize, batch: &Batch<S::Item>, demand: usize) {
        let after = batch.len();
        let taken_out = || format!("of {before} items {after} are left");
        self.laws.check_law("Demand", after >= before, taken_out);
        let gained = after.saturating_sub(before);
        let too_many = || format!("{demand} were asked for, {gained} given");
        self.laws.check_law("Demand", gained <= demand, too_many);
    }

    async fn close(&self, source: &mut S, batch: &mut Batch<S::Item>) {
        source.hand_over(batch);
        if let Err(error) = source.close().await {
            self.laws.broken_law("End", format!("close failed: {error}"));
        }
    }

    async fn demand(&self, expected: &[S::Item]) {
        self.laws.now("Demand");
        for demand in DEMANDS {
            let all = self.whole(demand).await;
            self.same(expected, &all, || format!("read by {demand}"));
        }
    }

    async fn end(&self) {
        self.laws.now("End");
        let mut source = (self.make)();
        let mut batch = Batch::new();
        while self.read(&mut source, &mut batch, 64).await == Next::More {}
        let count = batch.len();
        // A source need not bear being asked again, but must not give anything.
        let again = caught_async(source.read(&mut batch, 64)).await;
        let gained = batch.len() - count;
        self.laws.check(gained == 0, || format!("{gained} more came after the end"));
        if let Ok(Ok(next)) = again {
            self.laws.check(next == Next::End, || "the end was not the end".into());
        }
        self.close(&mut source, &mut batch).await;
        let gained = batch.len() - count;
        self.laws.check(gained == 0, || format!("{gained} were handed over after the end"));
    }

    async fn cancellation(&self, expected: &[S::Item]) {
        self.laws.now("Cancellation");
        for polls in 0..4 {
            for demand in [7, 1] {
                let mut source = (self.make)();
                let mut batch = Batch::new();
                while self.interrupted(&mut source, &mut batch, demand, polls).await == Next::More {
                }
                self.close(&mut source, &mut batch).await;
                let all = values(batch);
                let how = || format!("each read of {demand} given up after {} poll(s)", polls + 1);
                self.same(expected, &all, how);
            }
        }
    }

    /// Reads, gives it up, then asks for less, until the source has given something.
    async fn interrupted(
        &self,
        source: &mut S,
        batch: &mut Batch<S::Item>,
        demand: usize,
        polls: usize,
    ) -> Next {
        for demand in [demand, demand.div_ceil(2), 1] {
            let before = batch.len();
            let read = give_up_after(polls, source.read(batch, demand)).await;
            self.look(before, batch, demand);
            match read {
                // Or else this would go on for ever.
                Some(Ok(Next::More)) if batch.len() <= before => return Next::End,
                Some(Ok(next)) => return next,
                Some(Err(error)) => {
                    self.laws.broken_law("Progress", format!("it failed: {error}"));
                    return Next::End;
                }
                // Whatever feeds it goes on meanwhile.
                None => yield_now().await,
            }
        }
        self.read(source, batch, demand).await
    }

    async fn hand_over(&self, expected: &[S::Item]) {
        self.laws.now("End");
        for reads in 0..3 {
            let mut source = (self.make)();
            let mut batch = Batch::new();
            for _ in 0..reads {
                let _ = give_up_after(reads, source.read(&mut batch, 3)).await;
            }
            self.close(&mut source, &mut batch).await;
            let all = values(batch);
            let what = || format!("{all:?} was given until the stop, {expected:?} was there");
            self.laws.check(expected.starts_with(&all), what);
        }
    }

    async fn receipts(&self, count: usize) {
        let settle: [fn(Item<S::Item>); 3] =
            [|item| drop(item.accept()), |item| item.into_parts().1.nack(NackReason::Failed), drop];
        self.laws.now("Receipts");
        for (index, settle) in settle.into_iter().enumerate() {
            let mut source = (self.make)();
            let mut batch = Batch::new();
            while self.read(&mut source, &mut batch, 64).await == Next::More {}
            source.hand_over(&mut batch);
            let items: Vec<_> = batch.into_iter().collect();
            self.laws.check(items.len() == count, || format!("{} of {count} came", items.len()));
            // The last one first: verdicts come in any order.
            items.into_iter().rev().for_each(settle);
            let closed = source.close().await;
            let is_fine = index > 0 || closed.is_ok();
            self.laws.check(is_fine, || format!("all were acknowledged, close said {closed:?}"));
        }
    }

    fn same(&self, expected: &[S::Item], all: &[S::Item], how: impl Fn() -> String) {
        let differ = expected.iter().zip(all).position(|(one, other)| one != other);
        if let Some(at) = differ {
            let (one, other) = (&expected[at], &all[at]);
            self.laws.broken(format!("{}: item {at} should be {one:?}, but is {other:?}", how()));
        }
        let (want, have) = (expected.len(), all.len());
        self.laws.check(want == have, || format!("{}: {have} of {want} items came", how()));
    }
}

fn values<T>(batch: Batch<T>) -> Vec<T> {
    batch.into_iter().map(Item::accept).collect()
}
