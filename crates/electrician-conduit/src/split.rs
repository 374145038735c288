//! Which branches of a fan-out get an item.

use std::fmt;
use std::sync::Arc;

use electrician_types::{Batch, BoxError, Item, Ledger};
use electrician_wire::engine::caught;

use crate::builder::ConduitBuilder;

/// Decides which branches get an item.
pub(crate) trait Split<T>: Send + Sync + 'static {
    /// Puts `item` into the batches of the branches that get it, and counts. When it fails or
    /// panics the item is still in `item`, and no batch has any of it.
    fn assign(
        &self,
        item: &mut Option<Item<T>>,
        branches: &mut [Batch<T>],
        ledger: &mut Ledger,
    ) -> Result<(), BoxError>;

    /// What is wrong with the configuration.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }
}

/// All of them.
pub(crate) struct Broadcast;

/// The one that a key chooses.
pub(crate) struct Partition<T> {
    key: Box<dyn Fn(&T) -> u64 + Send + Sync>,
}

type Condition<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

/// Conditions and the branches they lead to, tried in order.
///
/// What happens to an item that meets none is named: [`otherwise`](Self::otherwise) gives it to a
/// last branch, [`otherwise_drop`](Self::otherwise_drop) drops it and counts it as dropped. Without
/// either it fails, or goes to the [dead letters](crate::FanOut::with_dead_letters) of the stage.
#[must_use = "routes do nothing until a conduit gets them"]
pub struct Routes<T, Out> {
    conditions: Vec<Condition<T>>,
    branches: Vec<ConduitBuilder<T, Out>>,
    otherwise: Otherwise,
}

/// What happens to an item that no condition matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    Fail,
    Drop,
    LastBranch,
}

/// The conditions of [`Routes`], without the branches.
pub(crate) struct Routing<T> {
    conditions: Vec<Condition<T>>,
    otherwise: Otherwise,
}

// === impl Broadcast ===

impl<T: Clone + Send + 'static> Split<T> for Broadcast {
    fn assign(
        &self,
        item: &mut Option<Item<T>>,
        branches: &mut [Batch<T>],
        ledger: &mut Ledger,
    ) -> Result<(), BoxError> {
        let (Some(whole), Some((last, others))) = (item.as_ref(), branches.split_last_mut()) else {
            return Ok(());
        };
        for index in 0..others.len() {
            match caught(|| whole.value().clone()) {
                Ok(copy) => others[index].push(copy),
                Err(error) => {
                    for branch in &mut others[..index] {
                        drop(caught(|| branch.truncate(branch.len() - 1)));
                    }
                    return Err(error.into());
                }
            }
        }
        let Some((value, receipt)) = item.take().map(Item::into_parts) else {
            return Ok(());
        };
        ledger.split += others.len() as u64;
        let mut receipts = receipt.split(others.len() + 1);
        for (branch, receipt) in others.iter_mut().zip(receipts.by_ref()) {
            branch.attach_last(receipt);
        }
        last.push_tracked(value, receipts.next().unwrap_or_default());
        Ok(())
    }
}

// === impl Partition ===

impl<T> Partition<T> {
    pub(crate) fn new(key: impl Fn(&T) -> u64 + Send + Sync + 'static) -> Self {
        Self { key: Box::new(key) }
    }
}

impl<T: Send + 'static> Split<T> for Partition<T> {
    fn assign(
        &self,
        item: &mut Option<Item<T>>,
        branches: &mut [Batch<T>],
        _ledger: &mut Ledger,
    ) -> Result<(), BoxError> {
        if let Some(whole) = item.as_ref() {
            let key = (self.key)(whole.value());
            let index = usize::try_from(key % branches.len() as u64)?;
            branches[index].extend(item.take());
        }
        Ok(())
    }
}

// === impl Routes ===

impl<T: Send + 'static, Out: Send + 'static> Routes<T, Out> {
    /// No routes yet.
    pub const fn new() -> Self {
        Self { conditions: Vec::new(), branches: Vec::new(), otherwise: Otherwise::Fail }
    }

    /// Items for which `condition` is true, and no earlier one was, go to `branch`.
    pub fn when(
        mut self,
        condition: impl Fn(&T) -> bool + Send + Sync + 'static,
        branch: impl Into<ConduitBuilder<T, Out>>,
    ) -> Self {
        self.conditions.push(Arc::new(condition));
        let at = self.conditions.len() - 1;
        self.branches.insert(at, branch.into());
        self
    }

    /// Items that meet no condition go to `branch`. The last call counts.
    pub fn otherwise(mut self, branch: impl Into<ConduitBuilder<T, Out>>) -> Self {
        self.branches.truncate(self.conditions.len());
        self.branches.push(branch.into());
        self.otherwise = Otherwise::LastBranch;
        self
    }

    /// Items that meet no condition are dropped: acknowledged, and counted as dropped.
    pub fn otherwise_drop(mut self) -> Self {
        self.branches.truncate(self.conditions.len());
        self.otherwise = Otherwise::Drop;
        self
    }

    pub(crate) fn into_parts(self) -> (Vec<ConduitBuilder<T, Out>>, Routing<T>) {
        let Self { conditions, branches, otherwise } = self;
        (branches, Routing { conditions, otherwise })
    }
}

impl<T: Send + 'static, Out: Send + 'static> Default for Routes<T, Out> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, Out> fmt::Debug for Routes<T, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("branches", &self.branches)
            .field("otherwise", &self.otherwise)
            .finish_non_exhaustive()
    }
}

// === impl Routing ===

impl<T: Send + 'static> Split<T> for Routing<T> {
    fn assign(
        &self,
        item: &mut Option<Item<T>>,
        branches: &mut [Batch<T>],
        ledger: &mut Ledger,
    ) -> Result<(), BoxError> {
        let Some(whole) = item.as_ref() else {
            return Ok(());
        };
        let matching = self.conditions.iter().position(|condition| condition(whole.value()));
        match (matching, self.otherwise) {
            (Some(index), _) => branches[index].extend(item.take()),
            (None, Otherwise::LastBranch) => {
                if let Some(last) = branches.last_mut() {
                    last.extend(item.take());
                }
            }
            (None, Otherwise::Drop) => {
                ledger.dropped += 1;
                // Dropping the value is user code, which may panic.
                drop(caught(|| drop(item.take().map(Item::accept))));
            }
            (None, Otherwise::Fail) => {
                return Err("no route matches the item: add a condition, or say otherwise".into());
            }
        }
        Ok(())
    }

    fn problems(&self) -> Vec<String> {
        let text = || "a route without a condition routes nothing: add at least one `when`".into();
        self.conditions.is_empty().then(text).into_iter().collect()
    }
}
