//! Files and their rotation.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use electrician_logger::{FileSink, FileSinkBuilder, Logger, QueueSettings, SinkState};
use serde_json::Value;
use tempfile::TempDir;
use tracing::info;

use crate::support::{LONG, fixed, install, queue};

fn logger(file: FileSinkBuilder) -> Logger {
    Logger::builder().with_queued_sink("file", file.build().unwrap(), queue()).build().unwrap()
}

/// The number `n` of each line.
fn numbers(path: &Path) -> Vec<u64> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let of = |line: &str| serde_json::from_str::<Value>(line).unwrap()["n"].as_u64().unwrap();
    text.lines().map(of).collect()
}

fn log(logger: &Logger, numbers: impl IntoIterator<Item = u64>) {
    let _default = install(logger);
    for n in numbers {
        info!(n);
        logger.flush(LONG).unwrap();
    }
}

#[test]
fn folders_are_made_and_lines_appended() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b/app.log");
    for n in 0..2 {
        let logger = logger(FileSink::builder(&path));
        log(&logger, [n]);
        logger.close(LONG).unwrap();
    }
    assert_eq!(numbers(&path), [0, 1]);
}

#[test]
fn a_full_file_is_put_aside_and_the_oldest_goes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    let logger = logger(FileSink::builder(&path).with_max_bytes(1).with_keep(2));
    log(&logger, 0..5);
    assert_eq!(numbers(&path), [4]);
    assert_eq!(numbers(&folder.path().join("app.log.1")), [3]);
    assert_eq!(numbers(&folder.path().join("app.log.2")), [2]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn none_beside_the_one_that_is_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    log(&logger(FileSink::builder(&path).with_max_bytes(1).with_keep(0)), 0..3);
    assert_eq!(numbers(&path), [2]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rotation_under_several_threads_loses_and_splits_nothing() {
    const THREADS: u64 = 4;
    const EACH: u64 = 500;
    const MAX: u64 = 4096;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    let file = FileSink::builder(&path).with_max_bytes(MAX).with_keep(999);
    let settings = QueueSettings::default().with_bytes(64 << 20);
    let logger = Logger::builder()
        .with_queued_sink("file", file.build().unwrap(), settings)
        .build()
        .unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let logger = &logger;
            scope.spawn(move || {
                let _default = install(logger);
                for n in 0..EACH {
                    info!(
                        n = thread * EACH + n,
                        "{:width$}",
                        "",
                        width = usize::try_from(n).unwrap()
                    );
                }
            });
        }
    });
    logger.flush(LONG).unwrap();
    assert_eq!(logger.health().sinks[0].dropped, 0);
    logger.close(LONG).unwrap();

    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() > 100, "{}", files.len());
    let mut seen = BTreeSet::new();
    for file in files {
        assert!(file.metadata().unwrap().len() <= MAX);
        for n in numbers(&file.path()) {
            assert!(seen.insert(n), "{n} twice");
        }
    }
    assert_eq!(seen.len() as u64, THREADS * EACH);
}

#[test]
fn an_old_file_is_put_aside() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst));
    let logger =
        logger(FileSink::builder(&path).with_max_age(Duration::from_mins(1)).with_clock(now));
    log(&logger, [0]);
    seconds.store(59, Ordering::SeqCst);
    log(&logger, [1]);
    seconds.store(60, Ordering::SeqCst);
    log(&logger, [2]);
    assert_eq!(numbers(&folder.path().join("app.log.1")), [0, 1]);
    assert_eq!(numbers(&path), [2]);
}

#[test]
fn a_day_has_its_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    let now = move || fixed() + Duration::from_secs(clock.load(Ordering::SeqCst));
    let logger = logger(FileSink::builder(&path).with_daily().with_clock(now));
    log(&logger, [0]);
    seconds.store(1, Ordering::SeqCst);
    log(&logger, [1, 2]);
    assert_eq!(numbers(&folder.path().join("app.log.1")), [0]);
    assert_eq!(numbers(&path), [1, 2]);
}

#[test]
fn a_file_that_was_moved_away_is_opened_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    let moved = folder.path().join("moved.log");
    let logger = logger(FileSink::builder(&path));
    log(&logger, [0]);
    fs::rename(&path, &moved).unwrap();
    log(&logger, [1]);
    logger.reopen(LONG).unwrap();
    log(&logger, [2]);
    assert_eq!(numbers(&moved), [0, 1]);
    assert_eq!(numbers(&path), [2]);
}

#[test]
fn half_a_line_of_a_crash_spoils_no_other() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    fs::write(&path, "{\"n\":0}\n{\"n\":").unwrap();
    log(&logger(FileSink::builder(&path)), [1]);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[1]), (3, "{\"n\":"));
    assert!(lines[2].ends_with("\"n\":1}"));
}

#[test]
fn where_a_file_cannot_be_put_aside_lines_are_written_all_the_same() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    // A folder with something in it is in the way.
    fs::create_dir_all(folder.path().join("app.log.1/x")).unwrap();
    let logger = logger(FileSink::builder(&path).with_max_bytes(1).with_keep(1));
    let _default = install(&logger);
    for n in 0..3_u64 {
        info!(n);
        let _ = logger.flush(LONG);
    }
    assert_eq!(numbers(&path), [0, 1, 2]);
    let health = &logger.health().sinks[0];
    assert_eq!((health.written, health.dropped, health.state), (3, 0, SinkState::Running));
    assert!(health.last_error.as_ref().unwrap().contains("cannot be put aside"));
}

#[test]
fn a_disk_without_room_is_counted() {
    // On Linux there is a file that is always full.
    if !Path::new("/dev/full").exists() {
        return;
    }
    let logger = logger(FileSink::builder("/dev/full"));
    let _default = install(&logger);
    info!("x");
    let _ = logger.flush(LONG);
    let health = &logger.health().sinks[0];
    assert_eq!((health.submitted, health.failed, health.pending), (1, 1, 0));
    assert!(health.errors >= 1);
}

#[test]
fn what_cannot_work_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.log");
    let error = FileSink::builder(&path)
        .with_max_bytes(0)
        .with_max_age(Duration::ZERO)
        .with_keep(1000)
        .build()
        .unwrap_err();
    assert_eq!(error.problems().len(), 3, "{error}");
    assert!(!path.exists());
    let error = FileSink::builder(folder.path()).build().unwrap_err();
    assert!(error.to_string().contains("cannot be opened for appending"), "{error}");
}
