//! Tripping and resetting by hand, and watching.

use std::num::NonZeroUsize;

use electrician_surgeprotector::{Admission, Bulkhead, State, SurgeProtector, SurgeProtectorError};
use electrician_types::Guard;

use crate::support::{Task, exhaust, limited, ms, now};

fn admit_if_open(
    protector: &SurgeProtector,
) -> impl Future<Output = Result<(), SurgeProtectorError>> + Send + 'static {
    let protector = protector.clone();
    async move { protector.admit_if_open(1).await }
}

fn admit(
    protector: &SurgeProtector,
) -> impl Future<Output = Result<(), SurgeProtectorError>> + Send + 'static {
    let protector = protector.clone();
    async move { protector.admit(1).await }
}

#[test]
fn twice_is_once() {
    let (protector, _clock) = limited(ms(10), 5);
    assert!(!protector.reset());
    assert!(protector.trip());
    assert!(!protector.trip());
    assert_eq!(protector.state(), State::Tripped);
    assert_eq!(protector.try_admit(1), Admission::Refused(SurgeProtectorError::Tripped));
    assert!(protector.reset());
    assert!(!protector.reset());
    assert_eq!(protector.try_admit(1), Admission::Admitted(1));
}

#[test]
fn a_trip_wakes_who_does_not_want_to_wait_for_its_end() {
    let (protector, clock) = limited(ms(10), 1);
    exhaust(&protector);
    let mut first = Task::waiting(admit_if_open(&protector));
    let mut second = Task::waiting(admit_if_open(&protector));
    protector.trip();
    assert_eq!(second.run(), Some(Err(SurgeProtectorError::Tripped)));
    assert_eq!(first.run(), Some(Err(SurgeProtectorError::Tripped)));
    assert_eq!(now(protector.admit_if_open(1)), Err(SurgeProtectorError::Tripped));
    assert_eq!(clock.pending(), 0);
}

#[test]
fn a_trip_holds_who_waits_and_a_reset_wakes_them() {
    let (protector, clock) = limited(ms(10), 1);
    exhaust(&protector);
    let mut task = Task::waiting(admit(&protector));
    protector.trip();
    clock.advance(ms(1000));
    assert_eq!(task.run(), None);
    protector.reset();
    assert_eq!(task.run(), Some(Ok(())));

    protector.trip();
    let mut late = Task::waiting(admit(&protector));
    clock.advance(ms(10));
    assert_eq!(late.run(), None);
    protector.reset();
    assert_eq!(late.run(), Some(Ok(())));
}

#[test]
fn whoever_waits_for_the_reset_is_woken() {
    let (protector, _clock) = limited(ms(10), 1);
    now(protector.opened());
    protector.trip();
    let waiting = protector.clone();
    let mut task = Task::waiting(async move { waiting.opened().await });
    protector.reset();
    assert_eq!(task.run(), Some(()));
}

#[test]
fn a_watch_sees_every_kind_of_change() {
    let (protector, clock) = limited(ms(10), 1);
    let watch = || {
        let mut watch = protector.watch();
        Task::waiting(async move { watch.changed().await })
    };
    let mut task = watch();
    exhaust(&protector);
    assert_eq!(task.run(), Some(State::RateLimited));
    let mut task = watch();
    clock.advance(ms(10));
    assert_eq!(task.run(), Some(State::Open), "without anybody's doing");
    let (mut task, mut other) = (watch(), watch());
    protector.trip();
    assert_eq!(task.run(), Some(State::Tripped));
    assert_eq!(other.run(), Some(State::Tripped));
    let mut task = watch();
    protector.reset();
    assert_eq!(task.run(), Some(State::Open));
}

#[test]
fn a_watch_has_seen_the_state_it_was_made_in() {
    let (protector, _clock) = limited(ms(10), 1);
    let mut watch = protector.watch();
    assert_eq!(watch.seen(), State::Open);
    protector.trip();
    assert_eq!(now(watch.changed()), State::Tripped, "also what came before it waited");
    assert_eq!(watch.seen(), State::Tripped);
}

#[test]
fn what_is_shared_can_be_sent() {
    fn send_sync<T: Send + Sync + 'static>() {}
    send_sync::<SurgeProtector>();
    send_sync::<electrician_surgeprotector::StateWatch>();
    send_sync::<electrician_surgeprotector::Lease>();
    send_sync::<electrician_surgeprotector::Adaptive>();
    send_sync::<electrician_surgeprotector::Permit>();
    send_sync::<electrician_surgeprotector::Guarded<u32, crate::support::Target>>();
}

#[test]
fn whoever_looks_at_the_pipeline_sees_its_state() {
    let (protector, clock) = limited(ms(10), 1);
    let seen = || Guard::view(&protector).map(|view| (view.state, view.is_admitting));
    assert_eq!(seen(), Some(("admitting".into(), true)));
    exhaust(&protector);
    assert!(matches!(protector.try_admit(1), Admission::Wait(_)));
    assert_eq!(seen(), Some(("rate limited".into(), true)));
    clock.advance(ms(10));
    protector.trip();
    assert_eq!(seen(), Some(("tripped".into(), false)));
    let bulkhead = Bulkhead::new(NonZeroUsize::MIN);
    let seen = || Guard::view(&bulkhead).map(|view| (view.state, view.is_admitting));
    assert_eq!(seen(), Some(("0 of 1 under way".into(), true)));
    let _held = bulkhead.try_acquire().unwrap();
    assert_eq!(seen(), Some(("1 of 1 under way".into(), false)));
}
