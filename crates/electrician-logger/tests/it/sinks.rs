//! Sinks that are slow, fail, panic, come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use electrician_logger::{
    Lines, LogSink, Logger, MemoryLog, QueueSettings, SinkError, SinkHealth, SinkState, SinkTaken,
    UnknownSink, Why, mute_thread,
};
use electrician_types::ErrorKind;
use tracing::info;

use crate::support::{Bench, Calls, LONG, Stuck, install, queue};

const NOT_AT_ALL: Duration = Duration::ZERO;

fn health(logger: &Logger, id: &str) -> SinkHealth {
    let health = logger.health().sink(id).unwrap().clone();
    assert!(health.is_balanced(), "{health:?}");
    health
}

#[test]
fn what_has_no_room_is_dropped_and_counted_to_the_line() {
    let bench = Bench::new(|builder| builder.with_max_record_bytes(1024));
    let (stuck, control) = Stuck::new();
    bench.logger.add_sink("stuck", stuck, queue().with_bytes(2048)).unwrap();
    info!("first");
    control.began.recv().unwrap();
    for n in 0..1000 {
        info!(n);
    }
    let full = health(&bench.logger, "stuck");
    assert_eq!(full.submitted, 1001);
    assert_eq!(full.written, 0);
    // The first is being written, and a queue of 2 KiB holds some lines.
    assert!((5..=16).contains(&full.pending), "{full:?}");
    assert_eq!(full.dropped, 1001 - full.pending);
    assert_eq!(full.failed, 0);

    drop(control);
    bench.logger.flush(LONG).unwrap();
    let done = health(&bench.logger, "stuck");
    assert_eq!((done.written, done.dropped, done.pending), (full.pending, full.dropped, 0));
    // The other sink has everything.
    assert_eq!(health(&bench.logger, "memory").written, 1001);
}

#[test]
fn the_columns_add_up_while_several_threads_log() {
    let written = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&written);
    let slow = Calls(move |lines: Lines<'_>| {
        count.fetch_add(lines.iter().count() as u64, Ordering::SeqCst);
        thread::yield_now();
        Ok(())
    });
    let logger =
        Logger::builder().with_queued_sink("slow", slow, queue().with_bytes(1)).build().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let _default = install(&logger);
                let text = "x".repeat(8000);
                for n in 0..500 {
                    info!(n, text);
                    let _ = health(&logger, "slow");
                }
            });
        }
    });
    logger.flush(LONG).unwrap();
    let health = health(&logger, "slow");
    assert_eq!(health.submitted, 2000);
    assert_eq!(health.written, written.load(Ordering::SeqCst));
    assert_eq!(health.written + health.dropped, 2000);
}

#[test]
fn a_flush_says_what_is_pending() {
    let bench = Bench::new(|builder| builder);
    let (stuck, control) = Stuck::new();
    bench.logger.add_sink("stuck", stuck, queue()).unwrap();
    info!("first");
    control.began.recv().unwrap();
    (info!("second"), info!("third"));
    let error = bench.logger.flush(NOT_AT_ALL).unwrap_err();
    let late = error.sinks.iter().find(|sink| sink.id == "stuck").unwrap();
    assert_eq!((late.pending, &late.why), (3, &Why::Timeout(NOT_AT_ALL)));
    assert!(error.to_string().contains("sink \"stuck\" has 3 lines pending: not done within 0ns"));
    drop(control);
    bench.logger.flush(LONG).unwrap();
}

#[test]
fn a_sink_that_fails_is_counted_and_goes_on() {
    let bench = Bench::new(|builder| builder);
    let mut calls = 0;
    let fails = Calls(move |lines: Lines<'_>| {
        calls += 1;
        if calls == 1 {
            Err(SinkError::new(0, format!("no room for {}", lines.count())))
        } else {
            Ok(())
        }
    });
    bench.logger.add_sink("fails", fails, queue()).unwrap();
    info!("lost");
    let _ = bench.logger.flush(LONG);
    let first = health(&bench.logger, "fails");
    assert_eq!((first.failed, first.dropped, first.errors), (1, 1, 1));
    assert_eq!(first.last_error.as_deref(), Some("no room for 1"));
    info!("written");
    bench.logger.flush(LONG).unwrap();
    let second = health(&bench.logger, "fails");
    assert_eq!((second.written, second.failed, second.state), (1, 1, SinkState::Running));
    assert_eq!(bench.take().len(), 2);
}

#[test]
fn a_flush_tells_of_lines_lost_meanwhile() {
    let (began, told) = std::sync::mpsc::sync_channel(1);
    let (go, leave) = std::sync::mpsc::sync_channel::<()>(1);
    let fails = Calls(move |_: Lines<'_>| {
        began.send(()).unwrap();
        leave.recv().unwrap();
        Err(SinkError::new(0, "gone"))
    });
    let bench = Bench::new(|builder| builder.with_queued_sink("fails", fails, queue()));
    info!("lost");
    told.recv().unwrap();
    let logger = bench.logger.clone();
    let flush = thread::spawn(move || logger.flush(LONG));
    go.send(()).unwrap();
    // The flush came before the failure or after it, and tells of it in the first case.
    if let Err(error) = flush.join().unwrap() {
        assert_eq!(error.sinks[0].why, Why::Failed("1 lines are lost: gone".into()));
    }
    assert_eq!(health(&bench.logger, "fails").failed, 1);
}

#[test]
fn lines_before_an_error_are_written() {
    let (stuck, control) = Stuck::new();
    let mut stuck = stuck;
    let half = Calls(move |lines: Lines<'_>| {
        stuck.write(lines)?;
        if lines.count() == 1 { Ok(()) } else { Err(SinkError::new(2, "full")) }
    });
    let bench = Bench::new(|builder| builder.with_queued_sink("half", half, queue()));
    info!("alone");
    control.began.recv().unwrap();
    (1..=5).for_each(|n| info!(n));
    drop(control);
    let _ = bench.logger.flush(LONG);
    let health = health(&bench.logger, "half");
    assert_eq!((health.written, health.failed), (3, 3));
}

#[test]
fn a_sink_that_panics_ends_alone() {
    let bench = Bench::new(|builder| builder);
    let panics = Calls(|_: Lines<'_>| panic!("a sink that panics"));
    bench.logger.add_sink("panics", panics, queue()).unwrap();
    info!("first");
    let error = bench.logger.flush(LONG).unwrap_err();
    assert_eq!((error.sinks.len(), &error.sinks[0].why), (1, &Why::Panicked));
    info!("second");
    let panicked = health(&bench.logger, "panics");
    assert_eq!(panicked.state, SinkState::Panicked);
    assert_eq!((panicked.submitted, panicked.dropped, panicked.pending), (2, 2, 0));

    let log = MemoryLog::default();
    let error = bench.logger.replace_sink("panics", log.sink(), queue(), LONG).unwrap_err();
    assert!(error.to_string().contains("it panicked"), "{error}");
    info!("third");
    assert_eq!(bench.take().len(), 3);
    assert_eq!(log.take().len(), 1);
}

#[test]
fn sinks_come_and_go_by_id() {
    let bench = Bench::new(|builder| builder);
    let (one, two) = (MemoryLog::default(), MemoryLog::default());
    bench.logger.add_sink("one", one.sink(), QueueSettings::default()).unwrap();
    assert_eq!(bench.logger.sinks(), ["memory", "one"]);
    let error = bench.logger.add_sink("one", two.sink(), queue()).unwrap_err();
    assert_eq!(error.cause::<SinkTaken>().unwrap().id, "one");

    info!("to one");
    bench.logger.replace_sink("one", two.sink(), queue(), LONG).unwrap();
    info!("to two");
    bench.logger.remove_sink("one", LONG).unwrap();
    info!("to none");
    assert_eq!((one.take().len(), two.take().len()), (1, 1));
    assert_eq!(bench.logger.sinks(), ["memory"]);

    let error = bench.logger.remove_sink("one", LONG).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.cause::<UnknownSink>().unwrap().known, ["memory"]);
    assert_eq!(error.to_string(), "no sink \"one\": there is memory");
    let error = bench.logger.replace_sink("one", one.sink(), queue(), LONG).unwrap_err();
    assert!(error.cause::<UnknownSink>().is_some());
    assert_eq!(bench.take().len(), 3);
}

/// Tells when it is dropped.
struct Tells(std::sync::mpsc::SyncSender<&'static str>);

impl LogSink for Tells {
    fn write(&mut self, _: Lines<'_>) -> Result<(), SinkError> {
        self.0.send("write").unwrap();
        Ok(())
    }

    fn flush(&mut self, _: Duration) -> Result<(), SinkError> {
        self.0.send("flush").unwrap();
        Ok(())
    }
}

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.send("drop").unwrap();
    }
}

#[test]
fn what_is_replaced_is_flushed_and_dropped() {
    let (tell, told) = std::sync::mpsc::sync_channel(10);
    let bench = Bench::new(|builder| builder.with_queued_sink("x", Tells(tell), queue()));
    info!("x");
    bench.logger.replace_sink("x", MemoryLog::default().sink(), queue(), LONG).unwrap();
    assert_eq!(told.iter().collect::<Vec<_>>(), ["write", "flush", "drop"]);
}

#[test]
fn without_a_logger_the_sinks_come_to_their_end() {
    let (tell, told) = std::sync::mpsc::sync_channel(10);
    let bench = Bench::new(|builder| builder.with_sink("x", Tells(tell)));
    info!("x");
    drop(bench);
    assert_eq!(told.iter().collect::<Vec<_>>(), ["write", "flush", "drop"]);
}

#[test]
fn a_stuck_sink_can_be_removed_while_logging_goes_on() {
    let bench = Bench::new(|builder| builder);
    let (stuck, control) = Stuck::new();
    bench.logger.add_sink("stuck", stuck, queue()).unwrap();
    info!("first");
    control.began.recv().unwrap();
    info!("second");
    let error = bench.logger.remove_sink("stuck", NOT_AT_ALL).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("sink \"stuck\" has 2 lines pending"), "{error}");
    info!("third");
    assert_eq!(bench.take().len(), 3);
    assert_eq!(bench.logger.sinks(), ["memory"]);
}

#[test]
fn a_guard_closes_within_its_bound() {
    let log = MemoryLog::default();
    let (stuck, control) = Stuck::new();
    let logger = Logger::builder().with_sink("memory", log.sink()).build().unwrap();
    let _default = install(&logger);
    {
        let _guard = logger.guard(LONG);
        info!("last");
    }
    assert_eq!(log.take().len(), 1);

    logger.add_sink("stuck", stuck, queue()).unwrap();
    info!("first");
    control.began.recv().unwrap();
    drop(logger.guard(NOT_AT_ALL));
    assert!(logger.sinks().is_empty());

    logger.add_sink("memory", log.sink(), queue()).unwrap();
    logger.guard(LONG).close().unwrap();
}

#[test]
fn what_a_sink_logs_is_not_logged() {
    let bench = Bench::new(|builder| builder);
    let logger = bench.logger.clone();
    let logs = Calls(move |_: Lines<'_>| {
        let _default = install(&logger);
        info!("wrote");
        Ok(())
    });
    bench.logger.add_sink("logs", logs, queue()).unwrap();
    info!("x");
    bench.logger.flush(LONG).unwrap();
    assert_eq!(bench.take().len(), 1);
    bench.logger.close(LONG).unwrap();
}

#[test]
fn what_a_muted_thread_logs_is_not_logged() {
    let bench = Bench::new(|builder| builder);
    let logger = bench.logger.clone();
    let muted = thread::spawn(move || {
        let _default = install(&logger);
        info!("before");
        mute_thread();
        info!("about a line");
    });
    muted.join().unwrap();
    info!("another thread");
    let lines = bench.take();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("before") && lines[1].contains("another thread"));
}
