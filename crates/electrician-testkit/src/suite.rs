//! What every contract suite has: laws, violations, a limit in time.

mod acknowledge;
mod line;
mod sink;
mod source;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_wire::engine::caught_async;

use crate::changes::lock;
use crate::watchdog::within;

pub use acknowledge::{Issuer, acknowledge};
pub use line::{Line, submit_receive};
pub use sink::sink;
pub use source::source;

/// How long a suite takes at most, unless told.
const LIMIT: Duration = Duration::from_secs(30);

/// The most violations that are listed.
const LISTED: usize = 32;

/// A contract suite: await it, and unwrap what comes out.
///
/// A law that is broken does not end the suite, so one run shows everything. What hangs is a
/// violation of the law that was being checked; so is a panic.
#[must_use = "a suite checks nothing until it is awaited"]
pub struct Suite<'a> {
    contract: &'static str,
    limit: Duration,
    laws: Laws,
    body: Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
}

/// A law that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The law, by the name it has in the docs of the contract.
    pub law: &'static str,
    /// What was seen.
    pub what: String,
}

/// Every law of a contract that was broken.
#[derive(Clone, PartialEq, Eq)]
pub struct Violations {
    contract: &'static str,
    all: Vec<Violation>,
}

/// Where a suite notes what it checks and what it finds.
#[derive(Clone, Debug, Default)]
struct Laws(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    law: &'static str,
    violations: Vec<Violation>,
}

// === impl Suite ===

impl<'a> Suite<'a> {
    fn new<Fut>(contract: &'static str, body: impl FnOnce(Laws) -> Fut) -> Self
    where
        Fut: Future<Output = ()> + Send + 'a,
    {
        let laws = Laws::default();
        let body = Box::pin(body(laws.clone()));
        Self { contract, limit: LIMIT, laws, body }
    }

    /// Sets how long the suite takes at most, in real time. Default: 30 s.
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl<'a> IntoFuture for Suite<'a> {
    type Output = Result<(), Violations>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { contract, limit, laws, body } = self;
        Box::pin(async move {
            match within(limit, caught_async(body)).await {
                Ok(Ok(())) => {}
                Ok(Err(panic)) => laws.broken(panic.to_string()),
                Err(overdue) => laws.broken(format!("it hangs: {overdue}")),
            }
            let all = std::mem::take(&mut lock(&laws.0).violations);
            if all.is_empty() { Ok(()) } else { Err(Violations { contract, all }) }
        })
    }
}

impl fmt::Debug for Suite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("contract", &self.contract)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

// === impl Laws ===

impl Laws {
    /// From now on `law` is being checked.
    fn now(&self, law: &'static str) {
        lock(&self.0).law = law;
    }

    /// The law that is being checked is broken.
    fn broken(&self, what: String) {
        let law = lock(&self.0).law;
        self.broken_law(law, what);
    }

    /// This law is broken, whatever is being checked.
    fn broken_law(&self, law: &'static str, what: String) {
        let mut notes = lock(&self.0);
        let violation = Violation { law, what };
        if notes.violations.len() < LISTED && !notes.violations.contains(&violation) {
            notes.violations.push(violation);
        }
    }

    fn check(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken(what());
        }
    }

    fn check_law(&self, law: &'static str, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken_law(law, what());
        }
    }
}

// === impl Violations ===

impl Violations {
    /// Each of them, in the order they were found.
    pub fn all(&self) -> &[Violation] {
        &self.all
    }

    /// Whether this law was broken.
    pub fn has(&self, law: &str) -> bool {
        self.all.iter().any(|violation| violation.law == law)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the laws of {} are broken:", self.contract)?;
        let mut all = self.all.iter();
        all.try_for_each(|Violation { law, what }| write!(f, "\n  {law}: {what}"))
    }
}

// `unwrap` shows it.
impl fmt::Debug for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Violations {}
