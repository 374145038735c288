#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

pub mod alloc;
mod assert;
#[cfg(feature = "certificates")]
mod authority;
mod changes;
mod clock;
pub mod drive;
mod fault;
mod faults;
mod gate;
#[cfg(feature = "issuer")]
mod issuer;
mod oracle;
mod polls;
#[cfg(feature = "proxy")]
mod proxy;
mod recorder;
mod scenario;
mod sink;
mod source;
mod suite;
mod trace;
mod transform;
mod verdicts;
mod watchdog;

pub use assert::{assert_balanced, assert_clean};
#[cfg(feature = "certificates")]
pub use authority::{Authority, Certificate, Leaf};
pub use clock::VirtualClock;
pub use fault::{Fault, FaultPlan, Injected};
pub use faults::{Faults, Times};
pub use gate::Gate;
#[cfg(feature = "issuer")]
pub use issuer::{DevIssuer, DevIssuerBuilder, Endpoint, Ill, SigningKey};
pub use oracle::{Fate, Finding, Oracle, Report, Terms};
#[cfg(feature = "proxy")]
pub use proxy::FaultProxy;
pub use recorder::{BatchRecord, Recorder, StageRecord};
pub use scenario::{Failure, Scenario, Threads};
pub use sink::{FaultySink, SinkRecord, Written};
pub use source::FaultySource;
pub use trace::Trace;
pub use transform::{FaultyAsync, FaultyTransform, faulty_async, faulty_transform};
pub use verdicts::Verdicts;
pub use watchdog::{Overdue, within};

/// Suites that check the laws of a contract, for your own sources, sinks and the like.
///
/// ```
/// use electrician_plug::IterSource;
/// use electrician_testkit::contract;
///
/// # fn main() -> Result<(), contract::Violations> {
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
/// # runtime.block_on(async {
/// contract::source(|| IterSource::new(0..100)).await
/// # })
/// # }
/// ```
pub mod contract {
    pub use crate::suite::{
        Issuer, Line, Suite, Violation, Violations, acknowledge, sink, source, submit_receive,
    };
}
