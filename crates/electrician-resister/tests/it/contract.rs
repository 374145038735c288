//! What both queues promise, in the same words: each test runs over each of them.

mod attempts;
mod bounds;
mod closing;
mod events;
mod expiry;
mod keys;
mod order;
mod waiting;

use std::future::Future;
use std::time::Duration;

use electrician_resister::{Aging, Counters, Element, Placement, Resister};
use electrician_testkit::VirtualClock;
use electrician_types::{Batch, Item, Refusal, Refused};

/// How a queue is to be.
#[derive(Clone, Default)]
pub(crate) struct Spec {
    pub(crate) capacity: usize,
    /// For how many values of 100 bytes there is room.
    pub(crate) heavy: Option<u64>,
    pub(crate) aging: Aging,
    pub(crate) ttl: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) log: Option<events::Log>,
    pub(crate) clock: VirtualClock,
}

/// Either queue.
pub(crate) trait Queue: Clone + Send + Sync + 'static {
    fn make(spec: &Spec) -> Self;
    fn try_push(
        &self,
        item: impl Into<Item<String>>,
        at: impl Into<Placement>,
    ) -> Result<(), Refused<Item<String>>>;
    fn push(
        &self,
        item: Item<String>,
        at: Placement,
    ) -> impl Future<Output = Result<(), Refused<Item<String>>>> + Send;
    fn try_push_batch(&self, batch: &mut Batch<String>, priority: i32) -> Result<(), Refusal>;
    fn push_batch(
        &self,
        batch: &mut Batch<String>,
        priority: i32,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;
    #[expect(clippy::result_large_err, reason = "as the queue has it")]
    fn requeue(&self, element: Element<String>) -> Result<(), Refused<Element<String>>>;
    fn try_pop(&self) -> Option<Element<String>>;
    fn pop(&self) -> impl Future<Output = Option<Element<String>>> + Send;
    fn pop_batch(
        &self,
        elements: &mut Vec<Element<String>>,
        most: usize,
    ) -> impl Future<Output = usize> + Send;
    fn drain(&self) -> Vec<Element<String>>;
    fn drain_expired(&self) -> Vec<Element<String>>;
    fn drain_exhausted(&self) -> Vec<Element<String>>;
    fn exhausted_len(&self) -> usize;
    fn len(&self) -> usize;
    fn expired_len(&self) -> usize;
    fn bytes(&self) -> u64;
    fn counters(&self) -> Counters;
    fn close(&self);

    /// The same queue after a restart, if it survives one.
    fn reopen(self, spec: &Spec) -> Self;

    /// Whether it does.
    fn survives(&self) -> bool;

    /// Pops and acknowledges everything that waits.
    fn rest(&self) -> Vec<String> {
        std::iter::from_fn(|| self.try_pop().map(Element::accept)).collect()
    }

    fn fill(&self, values: &[&str], priority: i32) {
        for value in values {
            self.try_push((*value).to_owned(), priority).unwrap();
        }
    }
}

/// Delegates to the queue behind a field or value.
macro_rules! delegate {
    ($type:ty, $make:expr, $reopen:expr, $($queue:tt)+) => {
        impl Queue for $type {
            fn make(spec: &Spec) -> Self {
                $make(spec)
            }
            fn reopen(self, spec: &Spec) -> Self {
                $reopen(self, spec)
            }
            fn survives(&self) -> bool {
                stringify!($make) == "on_disk"
            }
            fn try_push(
                &self,
                item: impl Into<Item<String>>,
                at: impl Into<Placement>,
            ) -> Result<(), Refused<Item<String>>> {
                self$($queue)+.try_push(item, at)
            }
            async fn push(
                &self,
                item: Item<String>,
                at: Placement,
            ) -> Result<(), Refused<Item<String>>> {
                self$($queue)+.push(item, at).await
            }
            fn try_push_batch(
                &self,
                batch: &mut Batch<String>,
                priority: i32,
            ) -> Result<(), Refusal> {
                self$($queue)+.try_push_batch(batch, priority)
            }
            async fn push_batch(
                &self,
                batch: &mut Batch<String>,
                priority: i32,
            ) -> Result<(), Refusal> {
                self$($queue)+.push_batch(batch, priority).await
            }
            fn requeue(&self, element: Element<String>) -> Result<(), Refused<Element<String>>> {
                self$($queue)+.requeue(element)
            }
            fn try_pop(&self) -> Option<Element<String>> {
                self$($queue)+.try_pop()
            }
            async fn pop(&self) -> Option<Element<String>> {
                self$($queue)+.pop().await
            }
            async fn pop_batch(&self, elements: &mut Vec<Element<String>>, most: usize) -> usize {
                self$($queue)+.pop_batch(elements, most).await
            }
            fn drain(&self) -> Vec<Element<String>> {
                self$($queue)+.drain()
            }
            fn drain_expired(&self) -> Vec<Element<String>> {
                self$($queue)+.drain_expired()
            }
            fn drain_exhausted(&self) -> Vec<Element<String>> {
                self$($queue)+.drain_exhausted()
            }
            fn exhausted_len(&self) -> usize {
                self$($queue)+.exhausted_len()
            }
            fn len(&self) -> usize {
                self$($queue)+.len()
            }
            fn expired_len(&self) -> usize {
                self$($queue)+.expired_len()
            }
            fn bytes(&self) -> u64 {
                self$($queue)+.bytes()
            }
            fn counters(&self) -> Counters {
                self$($queue)+.counters()
            }
            fn close(&self) {
                let _ = self$($queue)+.close();
            }
        }
    };
}

/// The queue in memory, in a struct like its sibling.
#[derive(Clone)]
pub(crate) struct InMemory(pub(crate) Resister<String>);

delegate!(InMemory, in_memory, |same, _: &Spec| same, .0);

fn in_memory(spec: &Spec) -> InMemory {
    let mut builder =
        Resister::builder(spec.capacity).with_clock(spec.clock.clone()).with_aging(spec.aging);
    if let Some(heavy) = spec.heavy {
        builder = builder.with_max_bytes(heavy * 100, |value: &String| value.len() as u64);
    }
    if let Some(ttl) = spec.ttl {
        builder = builder.with_ttl(ttl);
    }
    if let Some(attempts) = spec.max_attempts {
        builder = builder.with_max_attempts(attempts);
    }
    if let Some(log) = &spec.log {
        builder = builder.with_name("line").with_observer(log.observer());
    }
    InMemory(builder.build().unwrap())
}

#[cfg(feature = "disk")]
pub(crate) use on_disk::OnDisk;

#[cfg(feature = "disk")]
mod on_disk {
    use std::sync::Arc;
    use std::time::UNIX_EPOCH;

    use electrician_resister::{DiskResister, Fsync};

    use super::*;
    use crate::support::Folder;

    /// What a value takes beside its bytes, in the log.
    const OVERHEAD: u64 = 75;

    /// The queue on disk, with its folder.
    #[derive(Clone)]
    pub(crate) struct OnDisk {
        pub(crate) queue: DiskResister<String>,
        // After the queue: what is in it goes when nobody uses it.
        folder: Arc<Folder>,
    }

    delegate!(OnDisk, on_disk, reopened, .queue);

    fn on_disk(spec: &Spec) -> OnDisk {
        open(Arc::new(Folder::new()), spec)
    }

    fn reopened(OnDisk { queue, folder }: OnDisk, spec: &Spec) -> OnDisk {
        drop(queue);
        open(folder, spec)
    }

    fn open(folder: Arc<Folder>, spec: &Spec) -> OnDisk {
        let mut builder = DiskResister::builder(folder.path())
            .with_capacity(spec.capacity)
            .with_clock(spec.clock.clone())
            .with_wall_time(UNIX_EPOCH + spec.clock.elapsed())
            .with_aging(spec.aging)
            .with_fsync(Fsync::Never);
        if let Some(heavy) = spec.heavy {
            builder = builder.with_max_bytes(heavy * (100 + OVERHEAD));
        }
        if let Some(ttl) = spec.ttl {
            builder = builder.with_ttl(ttl);
        }
        if let Some(attempts) = spec.max_attempts {
            builder = builder.with_max_attempts(attempts);
        }
        if let Some(log) = &spec.log {
            builder = builder.with_name("line").with_observer(log.observer());
        }
        let (queue, report) = builder.open().unwrap();
        assert!(report.is_clean(), "{report}");
        OnDisk { queue, folder }
    }
}

/// A queue of so many items.
pub(crate) fn queue<Q: Queue>(capacity: usize) -> Q {
    Q::make(&Spec { capacity, ..Spec::default() })
}

/// Makes a test of each function, for each queue.
macro_rules! for_both {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(
                #[test]
                fn $test() {
                    super::$test::<crate::contract::InMemory>();
                }
            )+
        }

        #[cfg(feature = "disk")]
        mod disk {
            $(
                #[test]
                fn $test() {
                    super::$test::<crate::contract::OnDisk>();
                }
            )+
        }
    };
}

pub(crate) use for_both;
