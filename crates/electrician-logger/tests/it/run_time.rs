//! What changes while it runs.

use electrician_logger::LogFilter;
use tracing::{Level, debug, info, trace, warn};

use crate::support::Bench;

#[test]
fn the_level_changes_at_run_time() {
    let bench = Bench::new(|builder| builder);
    let log = || (debug!("debug"), info!("info"), warn!("warn"));
    let messages = || -> Vec<String> {
        let of = |line: &String| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["msg"].to_string()
        };
        bench.take().iter().map(of).collect()
    };
    log();
    assert_eq!(messages(), ["\"info\"", "\"warn\""]);
    bench.logger.set_filter(Level::DEBUG);
    log();
    assert_eq!(messages(), ["\"debug\"", "\"info\"", "\"warn\""]);
    bench.logger.set_filter_text("warn,it::run_time=off").unwrap();
    log();
    assert!(messages().is_empty());
    assert_eq!(bench.logger.filter().to_string(), "warn,it::run_time=off");
    bench.logger.set_filter("off,it=warn".parse::<LogFilter>().unwrap());
    log();
    assert_eq!(messages(), ["\"warn\""]);
}

#[test]
fn a_wrong_level_is_an_error_and_changes_nothing() {
    let bench = Bench::new(|builder| builder);
    let error = bench.logger.set_filter_text("verbose").unwrap_err();
    assert!(error.to_string().contains("expected off, error, warn, info, debug or trace"));
    (info!("still"), debug!("not"));
    assert!(bench.line().contains("still"));
}

#[test]
fn targets_have_levels_of_their_own() {
    let bench = Bench::new(|builder| builder);
    bench.logger.set_filter_text("error,noisy=off,engine=debug,engine::ring=trace").unwrap();
    info!(target: "other", "no");
    warn!(target: "noisy", "no");
    debug!(target: "engine", "yes");
    trace!(target: "engine", "no");
    trace!(target: "engine::ring", "yes");
    let lines = bench.take();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.contains("\"yes\"")));
}

#[test]
fn what_is_not_logged_is_not_evaluated() {
    let bench = Bench::new(|builder| builder);
    let evaluated = std::cell::Cell::new(0);
    let value = || evaluated.replace(evaluated.get() + 1);
    debug!(x = value());
    assert_eq!(evaluated.get(), 0);
    bench.logger.set_filter(Level::DEBUG);
    debug!(x = value());
    assert_eq!(evaluated.get(), 1);
}
