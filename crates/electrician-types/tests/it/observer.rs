//! Observers are functions, or several in a row.

use std::sync::{Arc, Mutex};

use electrician_types::{Event, Ledger, Observer};

fn started(component: &str) -> Event<'_> {
    Event::Started { component, workers: 2 }
}

/// Keeps the name of each stage that started, with its own name before it.
fn listener(name: &'static str, heard: &Arc<Mutex<Vec<String>>>) -> impl Observer {
    let heard = Arc::clone(heard);
    move |event: &Event<'_>| {
        if let Event::Started { component, .. } = event {
            heard.lock().unwrap().push(format!("{name} {component}"));
        }
    }
}

#[test]
fn a_function_observes() {
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let observer: Box<dyn Observer> = Box::new(listener("a", &heard));
    observer.observe(&started("parse"));
    observer.observe(&Event::Stopped { component: "parse", ledger: &Ledger::default() });
    assert_eq!(*heard.lock().unwrap(), ["a parse"]);
}

#[test]
fn several_in_a_row_each_hear_each_event_once_in_order() {
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let [a, b, c] = ["a", "b", "c"].map(|name| listener(name, &heard));
    (a, (b, c)).observe(&started("parse"));
    assert_eq!(*heard.lock().unwrap(), ["a parse", "b parse", "c parse"]);
}
