//! A limit of concurrency that stays what it is.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::slots::Slots;

/// Limits how many attempts are under way at once, so that what they go to (a database, a partner's
/// service) is not overrun, and so that one slow thing does not take every worker. Clones share the
/// limit.
///
/// # When
///
/// `with_workers` and `with_concurrency` bound one stage: use those when one stage alone goes to
/// the dependency. A bulkhead bounds what several stages, calls by hand and `tower` services do
/// *together*: give each a clone. [`Adaptive`](crate::Adaptive) is the bulkhead for when the right
/// number is not known.
///
/// As the guard of a stage it gives leave for one attempt at a time, so that stages take turns. The
/// place is given back when the attempt is over, before the stage waits for anything else. How a
/// stage waits, and whether it does, is what `WhenDenied` names.
///
/// # Order
///
/// Those who wait in [`acquire`](Self::acquire) get permits in the order in which they came, and
/// before any `try_acquire` that comes while they wait; a waiting future that is not polled holds
/// up those behind it, until it is dropped. Between them and stages there is no order.
///
/// # Cancelling
///
/// An `acquire` can be dropped at any time: it has then taken nothing.
///
/// ```
/// use std::num::NonZeroUsize;
/// use electrician_surgeprotector::Bulkhead;
///
/// let database = Bulkhead::new(NonZeroUsize::new(2).expect("not zero"));
/// let (one, two) = (database.try_acquire(), database.try_acquire());
/// assert!(one.is_some() && two.is_some() && database.try_acquire().is_none());
/// drop(one);
/// assert_eq!((database.limit(), database.in_flight()), (2, 1));
/// ```
#[derive(Clone)]
pub struct Bulkhead {
    slots: Arc<Slots<usize>>,
}

/// The right to one attempt, until it is dropped.
#[must_use = "the place is free again when the permit is dropped"]
pub struct BulkheadPermit {
    slots: Arc<Slots<usize>>,
}

// === impl Bulkhead ===

impl Bulkhead {
    /// At most `limit` attempts at once.
    pub fn new(limit: NonZeroUsize) -> Self {
        Self { slots: Arc::new(Slots::new(limit.get())) }
    }

    /// A permit, if there is one now and nobody waits for it.
    pub fn try_acquire(&self) -> Option<BulkheadPermit> {
        self.slots.try_take().then(|| self.permit())
    }

    /// Waits for a permit.
    pub async fn acquire(&self) -> BulkheadPermit {
        self.slots.take().await;
        self.permit()
    }

    /// How many attempts may be under way at once.
    pub fn limit(&self) -> usize {
        self.slots.use_of().0
    }

    /// How many attempts are under way.
    pub fn in_flight(&self) -> usize {
        self.slots.use_of().1
    }

    pub(crate) fn slots(&self) -> &Slots<usize> {
        &self.slots
    }

    /// For a place that was taken.
    fn permit(&self) -> BulkheadPermit {
        BulkheadPermit { slots: Arc::clone(&self.slots) }
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, in_flight) = self.slots.use_of();
        f.debug_struct("Bulkhead").field("limit", &limit).field("in_flight", &in_flight).finish()
    }
}

// === impl BulkheadPermit ===

impl Drop for BulkheadPermit {
    fn drop(&mut self) {
        self.slots.exit(|_, _| {});
    }
}

impl fmt::Debug for BulkheadPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BulkheadPermit")
    }
}
