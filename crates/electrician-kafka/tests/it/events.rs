//! What a source tells its observer.

use std::sync::{Arc, Mutex};

use electrician_types::{Event, Observer};
use tokio::sync::Notify;

use crate::support::LONG;

/// Keeps events as text: their kind, their fields and their error.
#[derive(Clone, Default)]
pub(crate) struct Events {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    all: Mutex<Vec<String>>,
    news: Notify,
}

impl Events {
    pub(crate) fn all(&self) -> Vec<String> {
        self.shared.all.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, begin: &str) -> usize {
        self.shared.all.lock().unwrap().iter().filter(|one| one.starts_with(begin)).count()
    }

    /// Waits until an event begins with `begin`, however long it takes.
    pub(crate) async fn until_at_last(&self, begin: &str) {
        self.there(begin, 1).await;
    }

    /// Waits until `count` events begin with `begin`.
    pub(crate) async fn until(&self, begin: &str, count: usize) {
        let came = tokio::time::timeout(LONG, self.there(begin, count)).await;
        assert!(came.is_ok(), "{count} × {begin} did not come: {:#?}", self.all());
    }

    async fn there(&self, begin: &str, count: usize) {
        loop {
            let news = self.shared.news.notified();
            let mut news = std::pin::pin!(news);
            news.as_mut().enable();
            if self.count(begin) >= count {
                return;
            }
            news.await;
        }
    }
}

impl Observer for Events {
    fn observe(&self, event: &Event<'_>) {
        let mut text = event.kind().to_string();
        event.each_field(|name, field| text.push_str(&format!(" {name}={field}")));
        if let Some(error) = event.error() {
            text.push_str(&format!(": {error}"));
        }
        self.shared.all.lock().unwrap().push(text);
        self.shared.news.notify_waiters();
    }
}
