//! The process and its machine, looked at beside the hot path.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// How far apart two looks are at least: a share of the processor is one of the time between them.
const APART: Duration = if MINIMUM_CPU_UPDATE_INTERVAL.as_millis() > 1000 {
    MINIMUM_CPU_UPDATE_INTERVAL
} else {
    Duration::from_secs(1)
};

/// The process and its machine at one moment. Sizes are bytes; shares of the processors are of the
/// time since the look before, and `None` at the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HostSnapshot {
    /// Percent of all processors of the machine that are in use, from 0 to 100.
    pub cpu_percent: Option<f64>,
    /// The most that was seen of that.
    pub peak_cpu_percent: Option<f64>,
    /// Memory in use.
    pub memory_used: u64,
    /// Memory there is.
    pub memory_total: u64,
    /// The most that was seen in use.
    pub peak_memory_used: u64,
    /// Percent of one processor that this process uses: 200 are two processors.
    pub process_cpu_percent: Option<f64>,
    /// Memory of this process that is in the machine's.
    pub process_memory: u64,
    /// The most that was seen of that.
    pub peak_process_memory: u64,
    /// Processors of the machine.
    pub processors: usize,
}

/// Looks at the process and its machine.
#[derive(Debug)]
pub(crate) struct Host(Mutex<State>);

#[derive(Debug)]
struct State {
    /// None where the system cannot be asked.
    system: Option<System>,
    process: Option<Pid>,
    looked: Option<Duration>,
    shown: Option<HostSnapshot>,
}

// === impl Host ===

impl Host {
    pub(crate) fn new() -> Self {
        let process = sysinfo::get_current_pid().ok();
        let system = System::new().ok();
        Self(Mutex::new(State { system, process, looked: None, shown: None }))
    }

    /// Looks again, unless it did a moment ago.
    pub(crate) fn refresh(&self, now: Duration) {
        let mut state = self.lock();
        if state.looked.is_some_and(|looked| now < looked + APART) {
            return;
        }
        let is_first = state.looked.is_none();
        state.looked = Some(now);
        state.look(is_first);
    }

    pub(crate) fn snapshot(&self) -> Option<HostSnapshot> {
        self.lock().shown
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    fn look(&mut self, is_first: bool) {
        let Some(system) = &mut self.system else {
            return;
        };
        system.refresh_cpu_usage();
        system.refresh_memory();
        if let Some(process) = self.process {
            let kind = ProcessRefreshKind::nothing().with_cpu().with_memory();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), false, kind);
        }
        let process = self.process.and_then(|process| system.process(process));
        let before = self.shown.unwrap_or_default();
        let cpu_percent = (!is_first).then(|| f64::from(system.global_cpu_usage()));
        let process_memory = process.map_or(0, sysinfo::Process::memory);
        let process_cpu = process.map(|process| f64::from(process.cpu_usage()));
        self.shown = Some(HostSnapshot {
            cpu_percent,
            peak_cpu_percent: match (before.peak_cpu_percent, cpu_percent) {
                (Some(peak), Some(cpu)) => Some(peak.max(cpu)),
                (peak, cpu) => peak.or(cpu),
            },
            memory_used: system.used_memory(),
            memory_total: system.total_memory(),
            peak_memory_used: before.peak_memory_used.max(system.used_memory()),
            process_cpu_percent: process_cpu.filter(|_| !is_first),
            process_memory,
            peak_process_memory: before.peak_process_memory.max(process_memory),
            processors: system.cpus().len(),
        });
    }
}
