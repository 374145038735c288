//! What the tests share.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A future that is polled by hand, and counts how often it was woken.
pub(crate) struct Task<'a, R> {
    future: Pin<Box<dyn Future<Output = R> + 'a>>,
    wakes: Arc<Wakes>,
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

// === impl Task ===

impl<'a, R> Task<'a, R> {
    pub(crate) fn new(future: impl Future<Output = R> + 'a) -> Self {
        Self { future: Box::pin(future), wakes: Arc::default() }
    }

    /// One that has been polled once, and waits.
    #[track_caller]
    pub(crate) fn parked(future: impl Future<Output = R> + 'a) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_none(), "it should wait");
        task
    }

    pub(crate) fn poll(&mut self) -> Option<R> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    /// How often it was woken since this was asked last.
    #[cfg(feature = "tower")]
    pub(crate) fn take_wakes(&self) -> usize {
        self.wakes.0.swap(0, Ordering::SeqCst)
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }
}

/// A folder that is deleted in the end.
#[cfg(feature = "disk")]
#[derive(Debug)]
pub(crate) struct Folder(std::path::PathBuf);

#[cfg(feature = "disk")]
impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("electrician-resister-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    /// The segments, oldest first.
    pub(crate) fn segments(&self) -> Vec<std::path::PathBuf> {
        self.files("log")
    }

    pub(crate) fn files(&self, extension: &str) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let is_wanted =
            |path: &std::path::PathBuf| path.extension().is_some_and(|e| e == extension);
        let mut files: Vec<_> = entries.filter(is_wanted).collect();
        files.sort();
        files
    }
}

#[cfg(feature = "disk")]
impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be deleted is the system's to tidy.
        std::fs::remove_dir_all(&self.0).ok();
    }
}
