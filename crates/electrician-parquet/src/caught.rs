//! The border to code that may panic on what strangers wrote.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::ParquetError;

/// What `work` gives; a panic is an error about the input. Whoever calls does not use again what the
/// work had in its hands.
pub(crate) fn caught<R>(work: impl FnOnce() -> Result<R, ParquetError>) -> Result<R, ParquetError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(of(&*panic)))
}

fn of(panic: &(dyn Any + Send)) -> ParquetError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("it does not say why");
    ParquetError::malformed(format!("the decoder gave up: {message}"))
}
