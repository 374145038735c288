//! Headers that only those who are meant know.

use std::fmt;

use electrician_types::ConfigError;
use http::HeaderName;

use crate::error::AuthError;
use crate::header_view::HeaderView;
use crate::problem::Problems;
use crate::secret::Secret;

/// Headers that must be there with these values, such as `x-tenant: local`.
///
/// Names are compared without case, values to the letter, in a time that does not tell how much of
/// them is right. A header that is there twice is wrong.
#[derive(Clone)]
pub struct StaticHeaders {
    headers: Vec<(HeaderName, Secret)>,
}

// === impl StaticHeaders ===

impl StaticHeaders {
    /// Demands all of these.
    pub fn new<K: AsRef<str>, V: Into<Secret>>(
        headers: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        let mut problems = Problems::new();
        let mut own: Vec<(HeaderName, Secret)> = Vec::new();
        for (name, value) in headers {
            let (name, value) = (name.as_ref(), value.into());
            match name.parse::<HeaderName>() {
                Err(_) => problems.push(format!("{name:?} is no name of a header")),
                Ok(_) if value.is_empty() => {
                    problems.push(format!("header {name}: an empty value proves nothing"));
                }
                Ok(name) if own.iter().any(|(known, _)| *known == name) => {
                    problems.push(format!("header {name}: it is demanded twice"));
                }
                Ok(name) => own.push((name, value)),
            }
        }
        if own.is_empty() && problems.is_empty() {
            problems.push("no headers are demanded: give at least one".to_owned());
        }
        let named = problems.into_iter().map(|problem| format!("static headers: {problem}"));
        ConfigError::check(named.collect())?;
        Ok(Self { headers: own })
    }

    /// Whether all are there. The error names the first that is not.
    pub fn check(&self, headers: &dyn HeaderView) -> Result<(), AuthError> {
        let mut wrong = None;
        // All of them, also when the first is wrong: the time does not tell which.
        for (name, value) in &self.headers {
            let own = headers.only(name.as_str()).ok().flatten();
            let is_right = value.is(own.unwrap_or_default()) && own.is_some();
            if !is_right && wrong.is_none() {
                wrong = Some(AuthError::HeaderMismatch(name.as_str().to_owned()));
            }
        }
        wrong.map_or(Ok(()), Err)
    }

    /// Whether there is none of them.
    pub(crate) fn are_absent(&self, headers: &dyn HeaderView) -> bool {
        self.headers.iter().all(|(name, _)| headers.only(name.as_str()) == Ok(None))
    }
}

impl fmt::Debug for StaticHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        f.write_str("StaticHeaders")?;
        f.debug_list().entries(names).finish()
    }
}
