#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod changes;
mod clock;
mod fault;
mod faults;
mod gate;
mod oracle;
mod scenario;
mod sink;
mod source;
mod trace;
mod transform;
mod verdicts;
mod watchdog;

pub use clock::VirtualClock;
pub use fault::{Fault, FaultPlan, Injected};
pub use faults::{Faults, Times};
pub use gate::Gate;
pub use oracle::{Fate, Finding, Oracle, Report, Terms};
pub use scenario::{Failure, Scenario, Threads};
pub use sink::{FaultySink, SinkRecord, Written};
pub use source::FaultySource;
pub use trace::Trace;
pub use transform::{FaultyAsync, FaultyTransform, faulty_async, faulty_transform};
pub use verdicts::Verdicts;
pub use watchdog::{Overdue, within};
