//! Filters.

use std::sync::{Arc, Mutex};

use electrician_sensor::types::{
    ComponentKind, Event, EventKind, Inspect, Observer, StageId, StageObserver, StageView,
};
use electrician_sensor::{Filter, ObserverExt, Sampling, Sensor};

use crate::events::each;
use crate::support::{Diary, started};

#[test]
fn an_empty_filter_lets_everything_through() {
    each(|event| assert!(Filter::new().admits(event), "{event:?}"));
}

#[test]
fn kinds_and_components_both_have_to_fit() {
    let filter = Filter::from([EventKind::Started, EventKind::Reset]);
    let both = filter.clone().with_components(["price", "parse"]);
    let admitted = |filter: &Filter, event: Event<'_>| filter.admits(&event);
    assert!(admitted(&filter, started("other")));
    assert!(!admitted(&both, started("other")));
    assert!(admitted(&both, started("parse")));
    assert!(admitted(&both, Event::Reset { component: "price" }));
    assert!(!admitted(&both, Event::HalfOpened { component: "price" }));
    let name_alone = Filter::new().with_components(["price"]);
    assert!(admitted(&name_alone, Event::HalfOpened { component: "price" }));
    assert!(!admitted(&name_alone, Event::HalfOpened { component: "prices" }));
}

#[test]
fn problems_are_what_did_not_work() {
    let mut kinds = Vec::new();
    each(|event| kinds.extend(Filter::problems().admits(event).then(|| event.kind().as_str())));
    let expected = [
        "retrying",
        "failed",
        "denied",
        "dropped",
        "refused",
        "handed_back",
        "worker_panicked",
        "sink_failed",
        "restarting",
        "tripped",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn callbacks_are_called_for_their_kinds_alone_in_the_order_they_were_added() {
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let note = |name: &'static str| {
        let heard = Arc::clone(&heard);
        move |event: &Event<'_>| heard.lock().unwrap().push(format!("{name} {}", event.kind()))
    };
    let sensor = Sensor::new()
        .with_callback(EventKind::Started, note("a"))
        .with_callback([EventKind::Started, EventKind::Reset], note("b"))
        .with_callback(Filter::new().with_components(["parse"]), note("c"));
    sensor.observe(&started("price"));
    sensor.observe(&Event::Reset { component: "parse" });
    sensor.observe(&Event::HalfOpened { component: "price" });
    assert_eq!(*heard.lock().unwrap(), ["a started", "b started", "b reset", "c reset"]);
}

#[test]
fn a_sensor_without_observers_does_nothing() {
    each(|event| Sensor::new().observe(event));
    assert_eq!(Sensor::new().health().observers(), []);
}

struct Named(&'static str);

impl Inspect for Named {
    fn view(&self) -> StageView {
        StageView::new(StageId::next(), ComponentKind::Wire, self.0)
    }
}

/// Watches every stage that it is shown.
struct Watcher(Diary);

struct Nothing;

impl StageObserver for Nothing {
    fn batch(&self, _: &electrician_sensor::types::BatchReport<'_>) {}
}

impl Observer for Watcher {
    fn observe(&self, _: &Event<'_>) {}

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        self.0.observe(&started(&stage.view().name));
        Some(Arc::new(Nothing))
    }
}

#[test]
fn stages_are_shown_by_component_whatever_the_kinds() {
    let diary = Diary::default();
    let filter = Filter::from(EventKind::Failed).with_components(["price"]);
    let sensor = Sensor::new().with_observer(Watcher(diary.clone()).filtered(filter));
    let stage = |name| Arc::new(Named(name)) as Arc<dyn Inspect>;
    assert!(sensor.stage(&stage("price")).is_some());
    assert!(sensor.stage(&stage("parse")).is_none());
    assert_eq!(diary.lines(), ["price started"]);
    // Samples are of events; stages are all shown.
    let sampled = Watcher(diary.clone()).sampled(Sampling::one_in(1000));
    assert!(sampled.stage(&stage("a")).is_some() && sampled.stage(&stage("b")).is_some());
}
