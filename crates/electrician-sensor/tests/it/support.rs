//! What the tests share.

use std::sync::{Arc, Mutex};

use electrician_sensor::types::{Event, Observer};

/// Writes down the kind and the component of each event.
#[derive(Clone, Default)]
pub(crate) struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Observer for Diary {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", event.component(), event.kind()));
    }
}

pub(crate) const fn started(component: &str) -> Event<'_> {
    Event::Started { component, workers: 2 }
}
