//! The way out of the queue, which one at a time may use, so that items stay in order.

use std::sync::atomic::{AtomicBool, Ordering};

use electrician_types::Submit;

use super::{Shared, put_back};
use crate::account::Fate;
use crate::protector::Admission;
use crate::queue::Queue;

#[derive(Debug, Default)]
pub(super) struct Outlet {
    /// Whether somebody is between taking an item out and handing it on.
    is_busy: AtomicBool,
    /// Whether somebody drives.
    is_driven: AtomicBool,
}

/// A flag that was raised by this one. Dropping it lowers the flag.
#[derive(Debug)]
pub(super) struct Raised<'a>(&'a AtomicBool);

// === impl Outlet ===

impl Outlet {
    pub(super) fn enter(&self) -> Option<Raised<'_>> {
        raise(&self.is_busy)
    }

    pub(super) fn drive(&self) -> Option<Raised<'_>> {
        raise(&self.is_driven)
    }
}

fn raise(flag: &AtomicBool) -> Option<Raised<'_>> {
    let is_raised = flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::SeqCst).is_ok();
    // Made only when it is true: dropping it lowers the flag.
    is_raised.then(|| Raised(flag))
}

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

// === impl Shared ===

impl<T: Send + 'static, S: Submit<T>> Shared<T, S> {
    /// Whether items are before a new one: in the queue, or on the way out of it.
    pub(super) fn is_ahead(&self, queue: &dyn Queue<T>) -> bool {
        // In this order: who takes the last item out was busy before, and is until it is on.
        !queue.is_empty() || self.outlet.is_busy.load(Ordering::SeqCst)
    }

    /// Lets out of the queue what can go now, without waiting: no item is in hand at an await.
    pub(super) fn pump(&self, queue: &dyn Queue<T>) {
        // Again when something was queued by one who found the outlet busy.
        while !queue.is_empty() {
            let Some(busy) = self.outlet.enter() else {
                return;
            };
            while !queue.is_empty() {
                if self.protector.try_admit(1) != Admission::Admitted(1) {
                    return;
                }
                let Some(item) = queue.pop() else {
                    break;
                };
                let passage = self.counters.unqueue();
                if let Err(refused) = self.target.try_submit(item) {
                    put_back(queue, refused.item, passage);
                    return;
                }
                passage.end(Fate::Delivered);
            }
            drop(busy);
        }
    }
}
