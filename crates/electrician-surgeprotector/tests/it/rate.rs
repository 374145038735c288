//! The rate, against a model that remembers every admission and looks at every span of time.

use std::time::Duration;

use electrician_surgeprotector::{Admission, Burst, Lease, Rate, SurgeProtector};
use electrician_testkit::VirtualClock;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{builder_at, limited, ms};

/// Every admission: when, in nanoseconds, and how many.
#[derive(Debug)]
struct Model {
    items: u128,
    per: u128,
    burst: u128,
    admissions: Vec<(u128, u128)>,
}

impl Model {
    /// What a span of `width` may hold.
    fn allowed(&self, width: u128) -> u128 {
        self.burst + width * self.items / self.per
    }

    /// How many more may come at `now`, so that no span that ends there holds too many.
    fn room(&self, now: u128) -> u128 {
        let (mut sum, mut room) = (0, self.burst);
        for (at, count) in self.admissions.iter().rev() {
            sum += count;
            room = room.min(self.allowed(now - at).saturating_sub(sum));
        }
        room
    }

    fn admit(&mut self, now: u128, count: u32) {
        self.admissions.push((now, count.into()));
    }

    /// Every span that begins and ends with an admission; others hold no more.
    fn check(&self) -> Result<(), TestCaseError> {
        for (index, (start, _)) in self.admissions.iter().enumerate() {
            let mut sum = 0;
            for (end, count) in &self.admissions[index..] {
                sum += count;
                let allowed = self.allowed(end - start);
                prop_assert!(sum <= allowed, "{sum} of {allowed} from {start} to {end}");
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Admit(u32),
    Lease(u32),
    Take(usize, u32),
    Drop(usize),
}

fn steps(interval: u64) -> impl Strategy<Value = Vec<Step>> {
    let pass = prop_oneof![0..4 * interval, Just(interval), Just(20 * interval)];
    vec(
        prop_oneof![
            pass.prop_map(Step::Pass),
            (0..12_u32).prop_map(Step::Admit),
            (0..12_u32).prop_map(Step::Lease),
            (0..4_usize, 0..8_u32).prop_map(|(which, count)| Step::Take(which, count)),
            (0..4_usize).prop_map(Step::Drop),
        ],
        1..120,
    )
}

fn protector(rate: Rate, burst: u32) -> (SurgeProtector, VirtualClock) {
    let (builder, clock) = builder_at(std::time::SystemTime::UNIX_EPOCH);
    (builder.with_rate(rate, Burst::new(burst).unwrap()).build().unwrap(), clock)
}

fn model(rate: Rate, burst: u32) -> Model {
    Model {
        items: rate.items().into(),
        per: rate.per().as_nanos(),
        burst: burst.into(),
        admissions: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Leases of any age, taken from in any order, together with direct admissions.
    #[test]
    fn no_span_of_time_holds_more(
        (items, per, burst) in (1..40_u32, 1..3_000_u64, 1..30_u32),
        steps in steps(200),
    ) {
        let rate = Rate::new(items, Duration::from_nanos(per)).unwrap();
        let (protector, clock) = protector(rate, burst);
        let mut model = model(rate, burst);
        let mut leases: Vec<Lease> = Vec::new();
        for step in steps {
            let now = clock.elapsed().as_nanos();
            match step {
                Step::Pass(nanos) => clock.advance(Duration::from_nanos(nanos)),
                Step::Admit(count) => {
                    if let Admission::Admitted(count) = protector.try_admit(count) {
                        model.admit(now, count);
                    }
                }
                Step::Lease(count) if leases.len() < 4 => leases.push(protector.lease(count)),
                Step::Lease(_) => {}
                Step::Take(which, count) => {
                    if let Some(lease) = leases.get_mut(which) {
                        let taken = lease.take(count);
                        prop_assert!(taken <= count);
                        model.admit(now, taken);
                    }
                }
                Step::Drop(which) => {
                    if which < leases.len() {
                        drop(leases.remove(which));
                    }
                }
            }
        }
        model.check()?;
    }

    /// Without leases nothing is held back that could go.
    #[test]
    fn as_many_are_admitted_as_the_rate_allows(
        (interval, items, burst) in (1..400_u64, 1..5_u32, 1..30_u32),
        steps in steps(200),
    ) {
        let per = Duration::from_nanos(interval * u64::from(items));
        let rate = Rate::new(items, per).unwrap();
        let (protector, clock) = protector(rate, burst);
        // A token comes whole, every interval.
        let mut model = model(Rate::new(1, Duration::from_nanos(interval)).unwrap(), burst);
        for step in steps {
            let now = clock.elapsed().as_nanos();
            match step {
                Step::Pass(nanos) => clock.advance(Duration::from_nanos(nanos)),
                Step::Admit(wanted) | Step::Lease(wanted) | Step::Take(_, wanted) => {
                    let room = model.room(now);
                    match protector.try_admit(wanted) {
                        Admission::Admitted(count) => {
                            prop_assert_eq!(u128::from(count), room.min(wanted.into()));
                            model.admit(now, count);
                        }
                        Admission::Wait(wait) => {
                            prop_assert_eq!(room, 0);
                            prop_assert_eq!(model.room(now + wait.as_nanos() - 1), 0);
                            prop_assert!(model.room(now + wait.as_nanos()) > 0);
                        }
                        Admission::Refused(reason) => prop_assert!(false, "{reason}"),
                    }
                }
                Step::Drop(_) => {}
            }
        }
        model.check()?;
    }
}

#[test]
fn one_token_per_interval() {
    let (protector, clock) = limited(ms(50), 1);
    assert_eq!(protector.try_admit(1), Admission::Admitted(1));
    assert_eq!(protector.try_admit(1), Admission::Wait(ms(50)));
    clock.advance(ms(49));
    assert_eq!(protector.try_admit(1), Admission::Wait(ms(1)));
    clock.advance(ms(1));
    assert_eq!(protector.try_admit(1), Admission::Admitted(1));
}

/// A window that begins anew at fixed times lets twice the burst through around its edge.
#[test]
fn there_is_no_edge_with_twice_the_burst() {
    let (protector, clock) = limited(ms(100), 10);
    clock.advance(ms(999));
    assert_eq!(protector.try_admit(10), Admission::Admitted(10));
    clock.advance(ms(2));
    assert_eq!(protector.try_admit(10), Admission::Wait(ms(98)));
}

/// A burst that does not fit 31 bits is not cut off to a small or a negative one.
#[test]
fn a_large_burst_is_a_large_burst() {
    let burst = 3_000_000_000;
    let (protector, _clock) = limited(Duration::from_nanos(1), burst);
    assert_eq!(protector.try_admit(burst), Admission::Admitted(burst));
}

#[test]
fn what_does_not_divide_is_never_faster() {
    let third = Rate::new(3, Duration::from_secs(1)).unwrap();
    let (protector, clock) = protector(third, 1);
    let mut admitted = 0;
    for _ in 0..3_000_000 / 100 {
        if protector.try_admit(1) == Admission::Admitted(1) {
            admitted += 1;
        }
        clock.advance(ms(100));
    }
    // 3,000 seconds: 9,000 and the burst at most, and a tenth of a second lost for each at worst.
    assert!((7_500..=9_001).contains(&admitted), "{admitted}");
}

#[test]
fn a_fast_rate_is_kept_to_a_thousandth() {
    let rate = Rate::new(30_000_000, Duration::from_secs(1)).unwrap();
    let (protector, clock) = protector(rate, 1000);
    let mut admitted = 0_u64;
    for _ in 0..10_000 {
        if let Admission::Admitted(count) = protector.try_admit(1000) {
            admitted += u64::from(count);
        }
        clock.advance(Duration::from_micros(10));
    }
    // A tenth of a second.
    assert!((2_997_000..=3_001_000).contains(&admitted), "{admitted}");
}

#[test]
fn without_a_limit_all_are_admitted() {
    let (builder, _clock) = builder_at(std::time::SystemTime::UNIX_EPOCH);
    let protector = builder.build().unwrap();
    assert_eq!(protector.try_admit(u32::MAX), Admission::Admitted(u32::MAX));
    assert_eq!(protector.lease(u32::MAX).take(u32::MAX), u32::MAX);
    assert_eq!((protector.rate(), protector.burst()), (None, None));
}
