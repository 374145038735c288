//! The process and its machine.

use std::sync::Arc;
use std::time::Duration;

use electrician_meter::Meter;
use electrician_testkit::VirtualClock;

#[test]
fn it_is_looked_at_only_when_asked_and_once_a_second() {
    assert!(Meter::new("no").snapshot().host.is_none());
    let clock = VirtualClock::new();
    let meter = Meter::builder("host").with_host().with_clock(Arc::new(clock.clone()));
    let meter = meter.build().unwrap();
    let first = meter.snapshot().host.unwrap();
    assert!(first.memory_total > first.memory_used && first.memory_used > 0, "{first:?}");
    assert!(first.process_memory > 1 << 20 && first.process_memory < first.memory_total);
    assert_eq!((first.cpu_percent, first.process_cpu_percent), (None, None));
    clock.advance(Duration::from_millis(999));
    assert_eq!(meter.snapshot().host.unwrap(), first);
    clock.advance(Duration::from_millis(1));
    let second = meter.snapshot().host.unwrap();
    let (cpu, peak) = (second.cpu_percent.unwrap(), second.peak_cpu_percent.unwrap());
    assert!((0.0..=100.0).contains(&cpu) && peak >= cpu, "{second:?}");
    assert!(second.process_cpu_percent.is_some() && second.processors > 0);
}
