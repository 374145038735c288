//! What a thread needs to write records, kept from one to the next.

use std::cell::Cell;

use crate::fields::Fields;
use crate::names::Cache;
use crate::timestamp::Stamp;

/// Buffers that grew larger than this are given back.
const KEPT: usize = 256 * 1024;

/// The buffers of a thread.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) fields: Fields,
    pub(crate) line: String,
    pub(crate) text: Text,
    pub(crate) stamp: Stamp,
}

/// What recording a field needs.
#[derive(Default)]
pub(crate) struct Text {
    /// A value as its `Display` wrote it.
    pub(crate) raw: String,
    pub(crate) spare: String,
    pub(crate) names: Cache,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// Lends the buffers of this thread. While they are lent (a value's `Display` logs itself), and
/// when the thread is ending, new ones.
pub(crate) fn with<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    let kept = SCRATCH.try_with(Cell::take).ok().flatten();
    let mut scratch = kept.unwrap_or_default();
    let result = work(&mut scratch);
    if scratch.line.capacity() > KEPT || scratch.text.raw.capacity() > KEPT {
        *scratch = Scratch::default();
    }
    // Fails in a thread that is ending, which needs them no more.
    let _ = SCRATCH.try_with(|place| place.set(Some(scratch)));
    result
}

/// From now on, this thread writes for a sink. What it logs itself is not logged: a sink that logs
/// about each batch would never come to an end.
pub(crate) fn mark_writer() {
    IS_WRITER.set(true);
}

pub(crate) fn is_writer() -> bool {
    IS_WRITER.try_with(Cell::get).unwrap_or(false)
}
