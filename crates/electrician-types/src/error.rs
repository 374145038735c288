//! The one error of the workspace's public surface.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Any error, as user code returns it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A result with the workspace's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and whether trying again may help.
///
/// Clones share what they hold. Changing one leaves the others as they are, and gives the same
/// error as if there were none.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    component: Cow<'static, str>,
    operation: Cow<'static, str>,
    source: Option<Cause>,
    retryable: Option<bool>,
}

enum Cause {
    Own(BoxError),
    /// That of an error which was shared when this one was made from it.
    Of(Error),
}

/// The class of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A configuration that cannot work; nothing was started.
    Config,
    /// User code returned an error.
    Failed,
    /// User code panicked.
    Panicked,
    /// The time allowed has passed.
    Timeout,
    /// The run stopped while the operation was under way.
    Cancelled,
    /// A guard gave no leave: a breaker is open, a rate is used up.
    Denied,
    /// The other side is closed.
    Closed,
    /// A bound was exceeded.
    TooLarge,
    /// The input is malformed.
    Malformed,
    /// A file, socket or service could not be read or written.
    Io,
}

// === impl Error ===

impl Error {
    /// An error of `kind` in `operation`.
    pub fn new(kind: ErrorKind, operation: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            component: Cow::Borrowed(""),
            operation: operation.into(),
            source: None,
            retryable: None,
        }))
    }

    /// User code failed with `source`. If that is an [`Error`] already it stays what it is, kind
    /// and retryability included.
    pub fn failed(source: impl Into<BoxError>) -> Self {
        match source.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(source) => Self::new(ErrorKind::Failed, "").with_source(source),
        }
    }

    /// The same error with its cause.
    pub fn with_source(self, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        self.edit(|inner| inner.source = Some(Cause::Own(source)))
    }

    /// The same error with the name of the component it happened in.
    pub fn with_component(self, component: impl Into<Cow<'static, str>>) -> Self {
        let component = component.into();
        self.edit(|inner| inner.component = component)
    }

    /// The same error, saying itself whether trying again may help.
    pub fn with_retryable(self, retryable: bool) -> Self {
        self.edit(|inner| inner.retryable = Some(retryable))
    }

    /// The class of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The component's name, empty when unknown.
    pub fn component(&self) -> &str {
        &self.0.component
    }

    /// What was being done, empty when the cause says it.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Whether trying again may help. Unless the error says itself: yes for [`ErrorKind::Failed`],
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Io`], no for the others.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable.unwrap_or(matches!(
            self.0.kind,
            ErrorKind::Failed | ErrorKind::Timeout | ErrorKind::Io
        ))
    }

    /// The first cause of type `E`, however deep.
    pub fn cause<E: std::error::Error + 'static>(&self) -> Option<&E> {
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    fn edit(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
            return self;
        }
        // Shared already: the cause stays where it is.
        let mut inner = Inner {
            kind: self.0.kind,
            component: self.0.component.clone(),
            operation: self.0.operation.clone(),
            source: None,
            retryable: self.0.retryable,
        };
        inner.source = Some(Cause::Of(self));
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, component, operation, .. } = &*self.0;
        if !component.is_empty() {
            write!(f, "{component}: ")?;
        }
        match (operation.is_empty(), std::error::Error::source(self)) {
            (true, Some(source)) => write!(f, "{source}"),
            (true, None) => write!(f, "{kind}"),
            (false, Some(source)) => write!(f, "{operation}: {source}"),
            (false, None) => write!(f, "{operation}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("component", &self.0.component)
            .field("operation", &self.0.operation)
            .field("source", &std::error::Error::source(self))
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.0.source.as_ref()? {
            Cause::Own(source) => Some(&**source),
            Cause::Of(error) => error.source(),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, "").with_source(source)
    }
}

// === impl ErrorKind ===

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "invalid configuration",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Timeout => "timed out",
            Self::Cancelled => "cancelled",
            Self::Denied => "denied",
            Self::Closed => "closed",
            Self::TooLarge => "too large",
            Self::Malformed => "malformed input",
            Self::Io => "input or output failed",
        })
    }
}
