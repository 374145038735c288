use super::*;

const MS: Duration = Duration::from_millis(1);

struct Bench {
    aimd: Aimd,
    now: Instant,
}

impl Bench {
    fn new(min: usize, max: usize, initial: usize) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do to begin with")]
        let now = Instant::now();
        Self { aimd: Aimd::new(min, max, initial, 0.5, 2.0), now }
    }

    /// A call that begins now, with `in_flight` under way.
    fn call(&mut self, latency: Duration, in_flight: usize, went_well: bool) {
        let started = self.now;
        self.now += latency;
        self.aimd.learn(&Sample { started, now: self.now, in_flight, went_well });
    }
}

#[test]
fn a_limit_of_successes_raises_it_by_about_one() {
    let mut bench = Bench::new(1, 100, 10);
    for _ in 0..11 {
        bench.call(MS, 10, true);
    }
    assert_eq!(bench.aimd.limit(), 11);
}

#[test]
fn what_is_not_used_is_not_raised() {
    let mut bench = Bench::new(1, 100, 10);
    for _ in 0..1000 {
        bench.call(MS, 7, true);
    }
    assert_eq!(bench.aimd.limit(), 10);
    for _ in 0..12 {
        bench.call(MS, 8, true);
    }
    assert_eq!(bench.aimd.limit(), 11);
}

#[test]
fn it_stays_between_its_ends() {
    let mut bench = Bench::new(3, 12, 10);
    for _ in 0..1000 {
        bench.call(MS, 12, true);
    }
    assert_eq!(bench.aimd.limit(), 12);
    for _ in 0..10 {
        bench.call(MS, 1, false);
    }
    assert_eq!(bench.aimd.limit(), 3);
}

#[test]
fn calls_that_fail_together_lower_it_once() {
    let mut bench = Bench::new(1, 100, 64);
    let started = bench.now;
    let now = started + MS;
    for in_flight in (1..=64).rev() {
        bench.aimd.learn(&Sample { started, now, in_flight, went_well: false });
    }
    assert_eq!(bench.aimd.limit(), 32);
    bench.now = now;
    bench.call(MS, 1, false);
    assert_eq!(bench.aimd.limit(), 16);
}

#[test]
fn what_takes_longer_than_the_tolerance_lowers_it() {
    let mut bench = Bench::new(1, 100, 64);
    bench.call(10 * MS, 1, true);
    bench.call(20 * MS, 1, true);
    assert_eq!(bench.aimd.limit(), 64, "as long as is tolerated");
    bench.call(20 * MS + Duration::from_nanos(1), 1, true);
    assert_eq!(bench.aimd.limit(), 32);
}

#[test]
fn an_old_baseline_is_forgotten() {
    let mut bench = Bench::new(1, 100, 64);
    bench.call(MS, 1, true);
    for _ in 0..2 * WINDOW {
        bench.call(10 * MS, 1, true);
    }
    let lowered = bench.aimd.limit;
    bench.call(10 * MS, 1, true);
    assert!((bench.aimd.limit - lowered).abs() < f64::EPSILON, "ten is normal now");
}
