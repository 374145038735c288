//! What cannot work does not build, and says all of why.

use std::time::{Duration, SystemTime};

use electrician_surgeprotector::{Adaptive, Blackout, Burst, Rate, SurgeProtector};

#[test]
fn every_problem_is_reported_at_once() {
    let noon = "12:00".parse().unwrap();
    let error = SurgeProtector::builder()
        .with_rate(Rate::new(1, Duration::from_hours(24)).unwrap(), Burst::new(366).unwrap())
        .with_blackout(Blackout::between(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH))
        .with_blackout(Blackout::daily(noon, noon))
        .with_blackout(Blackout::when(|| true).every(Duration::ZERO))
        .build()
        .unwrap_err();
    let problems = error.problems();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.starts_with("surge protector: ")));
    assert!(problems[3].contains("burst of 366 at 1/24h"), "{}", problems[3]);
}

#[test]
fn the_longest_burst_is_a_year() {
    let rate = Rate::new(1, Duration::from_hours(24)).unwrap();
    let builder = SurgeProtector::builder().with_rate(rate, Burst::new(365).unwrap());
    let protector = builder.build().unwrap();
    assert_eq!(protector.rate(), Some(rate));
    assert_eq!(protector.burst(), Burst::new(365).ok());
}

#[test]
fn an_adaptive_limit_reports_every_problem_at_once() {
    let error = Adaptive::builder()
        .with_min(0)
        .with_max(10)
        .with_initial(11)
        .with_backoff(1.0)
        .with_tolerance(f64::NAN)
        .build()
        .unwrap_err();
    assert_eq!(error.problems().len(), 4, "{:?}", error.problems());
    let error = Adaptive::builder().with_min(5).with_max(4).build().unwrap_err();
    assert_eq!(error.problems().len(), 1, "{:?}", error.problems());
}
