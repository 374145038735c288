//! What goes wrong with which item.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// An error; trying again may help.
    Error,
    /// An error that says that trying again is no use.
    Fatal,
    /// A panic. It is raised without the panic hook, so it prints nothing.
    Panic,
    /// It takes until the [`Gate`](crate::Gate) is opened. Code that does not await blocks its
    /// thread.
    Hang,
    /// It takes this long, by the clock. Code that does not await blocks its thread.
    Slow(Duration),
    /// It happens twice: a source gives the item twice, a transform emits two outputs, a sink
    /// writes it twice.
    Duplicate,
    /// It does not happen, and nobody is told: a source skips the item, a transform filters it
    /// out, a sink takes it and drops its receipt.
    Drop,
    /// Success is reported and nothing was done: a source says that there is more and gives none,
    /// a sink takes nothing. Transforms know no such thing, and do their work.
    Idle,
}

/// Says which items meet which [`Fault`], and for how many attempts.
///
/// A plan is a pure function of its seed: the same item meets the same fault in every run. Items
/// are known by a number, which the user of the plan chooses.
///
/// ```
/// use electrician_testkit::{Fault, FaultPlan};
///
/// let plan = FaultPlan::seeded(7)
///     .with_rate(Fault::Error, 100) // of a thousand items
///     .with_fault(3, Fault::Panic)
///     .lasting(2);
/// assert_eq!(plan.fault(3, 1), Some(Fault::Panic));
/// assert_eq!(plan.fault(3, 2), Some(Fault::Panic));
/// assert_eq!(plan.fault(3, 3), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    seed: u64,
    rates: Vec<(Fault, u32)>,
    script: BTreeMap<u64, Option<Fault>>,
    attempts: Option<u32>,
}

/// The cause of every error that a fault raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Injected {
    /// The number of the item.
    pub item: u64,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

// === impl FaultPlan ===

impl FaultPlan {
    /// Nothing goes wrong, until more is said. `seed` decides which items the rates hit.
    pub const fn seeded(seed: u64) -> Self {
        Self { seed, rates: Vec::new(), script: BTreeMap::new(), attempts: None }
    }

    /// Nothing goes wrong.
    pub const fn none() -> Self {
        Self::seeded(0)
    }

    /// Of a thousand items about `per_mille` meet `fault`. No item meets two faults: the rates of
    /// one plan add up, and what is above a thousand never happens.
    pub fn with_rate(mut self, fault: Fault, per_mille: u32) -> Self {
        self.rates.push((fault, per_mille));
        self
    }

    /// `item` meets `fault`, whatever the rates say.
    pub fn with_fault(mut self, item: u64, fault: Fault) -> Self {
        self.script.insert(item, Some(fault));
        self
    }

    /// Nothing happens to `item`, whatever the rates say.
    pub fn sparing(mut self, item: u64) -> Self {
        self.script.insert(item, None);
        self
    }

    /// A fault strikes the first `attempts` attempts on its item. Default: every attempt.
    pub const fn lasting(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// What attempt number `attempt` (from 1) on `item` meets.
    pub fn fault(&self, item: u64, attempt: u32) -> Option<Fault> {
        if self.attempts.is_some_and(|attempts| attempt > attempts) {
            return None;
        }
        if let Some(fault) = self.script.get(&item) {
            return *fault;
        }
        let draw = mix(self.seed ^ mix(item)) % 1000;
        let mut below = 0;
        self.rates.iter().find_map(|(fault, per_mille)| {
            below += u64::from(*per_mille);
            (draw < below).then_some(*fault)
        })
    }

    /// Whether nothing ever goes wrong.
    pub fn is_empty(&self) -> bool {
        self.script.values().all(Option::is_none)
            && self.rates.iter().all(|(_, per_mille)| *per_mille == 0)
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let rates = self.rates.iter().filter(|(_, per_mille)| *per_mille > 0);
        for (fault, per_mille) in rates {
            write!(f, "{fault:?} {per_mille}‰ ")?;
        }
        for (item, fault) in &self.script {
            write!(f, "{item}:{fault:?} ")?;
        }
        match self.attempts {
            Some(attempts) => write!(f, "for {attempts} attempt(s)"),
            None => f.write_str("always"),
        }
    }
}

// === impl Injected ===

impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { item, attempt } = self;
        write!(f, "injected fault on item {item}, attempt {attempt}")
    }
}

impl std::error::Error for Injected {}

/// Spreads `value` over all 64 bits: the finaliser of `SplitMix64` (G. Steele and others, "Fast
/// Splittable Pseudorandom Number Generators", 2014).
pub(crate) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
