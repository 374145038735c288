//! Tasks that end with their owner.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

/// Where a connection's tasks run. They are aborted when the connection is gone.
///
/// Clones share them; their [`Owner`] ends them.
#[derive(Clone, Debug)]
pub struct Tasks(Arc<Mutex<JoinSet<()>>>);

/// Ends the tasks when it is dropped.
#[derive(Debug)]
pub struct Owner(Tasks);

// === impl Tasks ===

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, task: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that are done make room: there are never more than streams on the connection.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

// === impl Owner ===

impl Default for Owner {
    fn default() -> Self {
        Self::new()
    }
}

impl Owner {
    /// Without tasks.
    pub fn new() -> Self {
        Self(Tasks(Arc::default()))
    }

    /// Where a connection runs its tasks.
    pub fn tasks(&self) -> Tasks {
        self.0.clone()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}
