//! The threads of the sink.

use electrician_logger::{Logger, MemoryLog};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

fn logger(log: &MemoryLog) -> Logger {
    Logger::builder().with_sink("memory", log.sink()).build().unwrap()
}

#[test]
fn what_its_threads_log_is_not_logged() {
    let log = MemoryLog::default();
    let logger = logger(&log);
    let say = |logger: Logger| {
        let registry = tracing_subscriber::registry().with(logger.layer());
        tracing::subscriber::with_default(registry, || tracing::error!("about a line"));
    };
    let runtime = runtime().unwrap();
    let (worker, helper) = (logger.clone(), logger.clone());
    runtime.block_on(runtime.spawn(async move { say(worker) })).unwrap();
    // Where names of hosts are looked up.
    runtime.block_on(runtime.spawn_blocking(move || say(helper))).unwrap();
    logger.flush(Duration::from_mins(1)).unwrap();
    assert_eq!(log.lines(), [""; 0]);
    // Any other thread is.
    say(logger.clone());
    logger.flush(Duration::from_mins(1)).unwrap();
    assert_eq!(log.lines().len(), 1);
}

#[test]
fn without_a_word_about_encryption_there_is_none() {
    let problems = LogRelay::builder("logs:1").with_patience(Duration::ZERO).build().unwrap_err();
    let text = problems.to_string();
    assert!(text.contains("nothing encrypts connections"), "{text}");
    assert!(text.contains("a patience of 0"), "{text}");
}
