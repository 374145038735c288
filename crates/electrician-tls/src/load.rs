//! How material is read.

use crate::problem::Problems;

/// Reads what a configuration needs, again and again.
pub(crate) trait Load: Send + Sync {
    /// What was read, checked and fit for use.
    type Material: Send + Sync;

    /// Reads it, for use from `now` on, in seconds since the epoch.
    fn load(&self, now: u64) -> Result<Self::Material, Problems>;

    /// Whether both were made of the same files.
    fn is_same(one: &Self::Material, other: &Self::Material) -> bool;
}
