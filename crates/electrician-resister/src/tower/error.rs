//! Why a request got no response.

use std::error::Error;
use std::fmt;

use electrician_types::Refused;

/// Why a request behind a [`ResisterLayer`](crate::ResisterLayer) got no response.
#[non_exhaustive]
pub enum ResisterError<R, E> {
    /// There was no place for it in the queue. It is inside.
    Refused(Refused<R>),
    /// It became overdue while it waited. Here it is.
    Expired(R),
    /// The service failed.
    Failed(E),
}

// === impl ResisterError ===

impl<R, E> ResisterError<R, E> {
    /// The request, if it did not reach the service.
    pub fn into_request(self) -> Option<R> {
        match self {
            Self::Refused(refused) => Some(refused.item),
            Self::Expired(request) => Some(request),
            Self::Failed(_) => None,
        }
    }
}

impl<R, E: fmt::Debug> fmt::Debug for ResisterError<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => f.debug_tuple("Refused").field(refused).finish(),
            Self::Expired(_) => f.write_str("Expired(..)"),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

impl<R, E> fmt::Display for ResisterError<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => write!(f, "request refused: {}", refused.reason),
            Self::Expired(_) => f.write_str("the request became overdue while it waited"),
            Self::Failed(_) => f.write_str("the service failed"),
        }
    }
}

impl<R, E: Error + 'static> Error for ResisterError<R, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}
