//! What every reading needs to know.

use super::Names;
use crate::Limits;

/// The types that one stream may define.
pub(super) const TYPES: usize = 4096;

#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) limits: Limits,
    pub(super) names: Names,
    pub(super) types: usize,
}

// === impl Options ===

impl Default for Options {
    fn default() -> Self {
        Self { limits: Limits::DEFAULT, names: Names::Exact, types: TYPES }
    }
}
