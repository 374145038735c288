//! How payloads become items.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use electrician_relay::{EnvelopeError, EnvelopeReader, RawPayload, StreamDefaults};

/// Readers that are kept for the next stream. More are made when they are needed.
const SPARE: usize = 64;

/// What reads one payload.
pub(crate) type Read<T> = dyn FnMut(RawPayload, &StreamDefaults) -> Result<T, EnvelopeError> + Send;

/// Makes what reads payloads, and keeps it from stream to stream.
pub(crate) struct Reading<T> {
    make: Box<dyn Fn() -> Box<Read<T>> + Send + Sync>,
    spare: Mutex<Vec<Box<Read<T>>>>,
}

/// A reader that goes back when it is dropped.
pub(crate) struct Lent<T> {
    read: Option<Box<Read<T>>>,
    home: Arc<Reading<T>>,
}

// === impl Reading ===

impl<T: 'static> Reading<T> {
    pub(crate) fn by(make: impl Fn() -> EnvelopeReader<T> + Send + Sync + 'static) -> Self {
        Self::new(move || {
            let mut reader = make();
            Box::new(move |payload, defaults| reader.read(&payload, defaults))
        })
    }

    fn new(make: impl Fn() -> Box<Read<T>> + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), spare: Mutex::default() }
    }

    pub(crate) fn lend(self: &Arc<Self>) -> Lent<T> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Lent { read: Some(spare.unwrap_or_else(|| (self.make)())), home: Arc::clone(self) }
    }
}

impl Reading<RawPayload> {
    /// Payloads as they came.
    pub(crate) fn passing() -> Self {
        Self::new(|| Box::new(|payload, defaults| Ok(payload.completed(defaults, ""))))
    }
}

// === impl Lent ===

impl<T> Lent<T> {
    pub(crate) fn read(
        &mut self,
        payload: RawPayload,
        defaults: &StreamDefaults,
    ) -> Result<T, EnvelopeError> {
        let read = self.read.as_mut().expect("it goes back when this is dropped");
        read(payload, defaults)
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        let mut spare = self.home.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE {
            spare.extend(self.read.take());
        }
    }
}

impl<T> fmt::Debug for Reading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading")
    }
}
