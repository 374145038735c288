//! Validators of one's own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::error::AuthError;
use crate::identity::Identity;
use crate::presented::Presented;

/// A validation under way.
pub type Validating<'a> = Pin<Box<dyn Future<Output = Result<Identity, AuthError>> + Send + 'a>>;

/// Decides who somebody is by what they show.
///
/// # Laws
///
/// It refuses when in doubt. Its errors hold no token and no secret. Dropping its future leaves
/// nothing behind.
pub trait Validate: Send + Sync + fmt::Debug {
    /// Who it is, or why they are not let in.
    fn validate<'a>(&'a self, presented: Presented<'a>) -> Validating<'a>;
}
