//! Observers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use electrician_surgeprotector::{
    Admission, Backup, Blackout, Burst, Guarded, Overflow, Rate, State, SurgeProtector,
    SurgeProtectorBuilder,
};
use electrician_types::{ComponentKind, Event, Refusal, Submit};

use crate::support::{Target, Task, builder_at, count, ms, now};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn observer(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
        let log = self.clone();
        move |event| {
            let (name, text) = match *event {
                Event::RateLimited { component, wait } => (component, format!("wait {wait:?}")),
                Event::BlackoutBegan { component } => (component, "black".to_owned()),
                Event::BlackoutEnded { component } => (component, "light".to_owned()),
                Event::SurgeTripped { component } => (component, "tripped".to_owned()),
                Event::SurgeReset { component } => (component, "reset".to_owned()),
                Event::BackupUsed { component, items } => (component, format!("backup {items}")),
                Event::BackupFailed { component, items, reason } => {
                    (component, format!("no backup {items}: {reason:?}"))
                }
                Event::OverflowDropped { component, items } => {
                    (component, format!("dropped {items}"))
                }
                _ => panic!("{event:?}"),
            };
            assert_eq!(name, "door");
            log.0.lock().unwrap().push(text);
        }
    }

    /// What was told since the last time.
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// One token every 10 ms.
fn limited(builder: SurgeProtectorBuilder) -> SurgeProtectorBuilder {
    builder.with_name("door").with_rate(Rate::new(1, ms(10)).unwrap(), Burst::new(1).unwrap())
}

#[test]
fn holding_back_is_told_when_it_begins() {
    let log = Log::default();
    let (builder, clock) = builder_at(SystemTime::UNIX_EPOCH);
    let protector = limited(builder).with_observer(log.observer()).build().unwrap();
    assert_eq!(protector.try_admit(1), Admission::Admitted(1));
    assert_eq!(log.told(), [""; 0]);
    clock.advance(ms(4));
    for _ in 0..3 {
        assert_eq!(protector.try_admit(1), Admission::Wait(ms(6)));
    }
    assert_eq!(log.told(), ["wait 6ms"]);
    clock.advance(ms(6));
    assert_eq!(protector.try_admit(1), Admission::Admitted(1));
    assert_eq!(protector.try_admit(1), Admission::Wait(ms(10)));
    assert_eq!(log.told(), ["wait 10ms"]);
    assert_eq!(protector.metadata().kind, ComponentKind::SurgeProtector);
}

#[test]
fn a_blackout_is_told_at_both_ends() {
    let log = Log::default();
    let start = SystemTime::UNIX_EPOCH;
    let (builder, clock) = builder_at(start);
    let blackout = Blackout::between(start + ms(10), start + ms(20));
    let protector =
        limited(builder).with_blackout(blackout).with_observer(log.observer()).build().unwrap();
    assert_eq!(log.told(), [""; 0]);
    clock.advance(ms(10));
    assert_eq!((protector.state(), protector.state()), (State::BlackedOut, State::BlackedOut));
    assert_eq!(log.told(), ["black"]);
    let mut task = Task::waiting({
        let protector = protector.clone();
        async move { protector.opened().await }
    });
    clock.advance(ms(10));
    assert!(task.run().is_some());
    assert_eq!(log.told(), ["light"], "who waits finds out, too");
}

#[test]
fn a_blackout_that_is_there_already_is_told_at_once() {
    let log = Log::default();
    let (builder, _clock) = builder_at(SystemTime::UNIX_EPOCH);
    let black = Blackout::when(|| true);
    let builder = limited(builder).with_blackout(black).with_observer(log.observer());
    let _protector = builder.build().unwrap();
    assert_eq!(log.told(), ["black"]);
}

#[test]
fn a_trip_and_a_reset_are_told_once() {
    let log = Log::default();
    let (builder, _clock) = builder_at(SystemTime::UNIX_EPOCH);
    let protector = limited(builder).with_observer(log.observer()).build().unwrap();
    protector.reset();
    protector.trip();
    protector.trip();
    protector.reset();
    assert_eq!(log.told(), ["tripped", "reset"]);
}

#[test]
fn backups_are_told() {
    let log = Log::default();
    let (builder, _clock) = builder_at(SystemTime::UNIX_EPOCH);
    let protector = limited(builder).with_observer(log.observer()).build().unwrap();
    let backup = Target::open();
    let way = Overflow::Divert(Backup::failover(backup.clone()));
    let guarded = Guarded::with_backup(
        protector.clone(),
        Target::open(),
        way,
        Backup::failover(backup.clone()),
    );
    now(guarded.submit(1)).unwrap();
    assert_eq!(log.told(), [""; 0]);
    now(guarded.submit(2)).unwrap();
    guarded.try_submit(3).unwrap();
    assert_eq!(log.told(), ["wait 10ms", "backup 1", "backup 1"]);
    protector.trip();
    now(guarded.submit(4)).unwrap();
    backup.close();
    assert_eq!(guarded.try_submit(5).unwrap_err().reason, Refusal::Closed);
    assert_eq!(now(guarded.submit(6)).unwrap_err().item, 6);
    assert_eq!(log.told(), ["tripped", "backup 1", "no backup 1: Closed", "no backup 1: Closed"]);
}

#[test]
fn what_the_policy_drops_is_told() {
    let log = Log::default();
    let (builder, _clock) = builder_at(SystemTime::UNIX_EPOCH);
    let protector = limited(builder).with_observer(log.observer()).build().unwrap();
    let newest = Guarded::new(protector.clone(), Target::open(), Overflow::DropNewest);
    for item in 0..3 {
        newest.try_submit(item).unwrap();
    }
    assert_eq!(log.told(), ["wait 10ms", "dropped 1", "dropped 1"]);
    let oldest = Guarded::new(protector, Target::open(), Overflow::DropOldest(count(1)));
    let submit = |item| {
        let oldest = oldest.clone();
        Task::waiting(async move { oldest.submit(item).await })
    };
    let mut first = submit(1);
    let _second = submit(2);
    first.run().expect("it must go").unwrap();
    assert_eq!(log.told(), ["dropped 1"]);
}

#[test]
fn an_observer_that_panics_ends_nothing() {
    let (builder, _clock) = builder_at(SystemTime::UNIX_EPOCH);
    let observer = |_: &Event<'_>| panic!("an observer");
    let protector = limited(builder).with_observer(observer).build().unwrap();
    assert!(protector.trip() && protector.reset());
    assert_eq!(protector.try_admit(2), Admission::Admitted(1));
    assert_eq!(protector.try_admit(2), Admission::Wait(ms(10)));
}

/// It is called without a lock.
#[test]
fn an_observer_may_use_the_protector() {
    let shared: Arc<Mutex<Option<SurgeProtector>>> = Arc::default();
    let mine = Arc::clone(&shared);
    let observer = move |_: &Event<'_>| {
        let protector = mine.lock().unwrap().clone();
        if let Some(protector) = protector {
            let _admission = protector.try_admit(1);
            protector.reset();
            assert_ne!(protector.state(), State::Tripped);
        }
    };
    let (builder, clock) = builder_at(SystemTime::UNIX_EPOCH);
    let black = Blackout::when(|| true).every(Duration::from_secs(1));
    let protector = limited(builder).with_blackout(black).with_observer(observer).build().unwrap();
    *shared.lock().unwrap() = Some(protector.clone());
    protector.trip();
    clock.advance(Duration::from_secs(1));
    assert_eq!(protector.state(), State::BlackedOut);
    *shared.lock().unwrap() = None;
}
