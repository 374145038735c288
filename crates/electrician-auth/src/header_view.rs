//! Headers, however a transport holds them.

use std::collections::{BTreeMap, HashMap};

use http::HeaderMap;

/// A header that is there more than once, where one alone is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

/// Looks up headers. The case of names does not matter.
pub trait HeaderView: Sync {
    /// The value of the header, unless there are several.
    fn only<'a>(&'a self, name: &str) -> Result<Option<&'a [u8]>, Repeated>;
}

impl HeaderView for HeaderMap {
    fn only<'a>(&'a self, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
        one(self.get_all(name).iter().map(http::HeaderValue::as_bytes))
    }
}

impl<K: AsRef<str> + Sync, V: AsRef<[u8]> + Sync> HeaderView for [(K, V)] {
    fn only<'a>(&'a self, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
        among(self.iter().map(|(key, value)| (key.as_ref(), value.as_ref())), name)
    }
}

impl<K: AsRef<str> + Sync, V: AsRef<[u8]> + Sync, const N: usize> HeaderView for [(K, V); N] {
    fn only<'a>(&'a self, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
        self.as_slice().only(name)
    }
}

impl<K: AsRef<str> + Sync, V: AsRef<[u8]> + Sync> HeaderView for Vec<(K, V)> {
    fn only<'a>(&'a self, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
        self.as_slice().only(name)
    }
}

impl<V: AsRef<[u8]> + Sync, S: Sync> HeaderView for HashMap<String, V, S> {
    fn only<'a>(&'a self, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
        among(self.iter().map(|(key, value)| (key.as_str(), value.as_ref())), name)
    }
}

impl<V: AsRef<[u8]> + Sync> HeaderView for BTreeMap<String, V> {
    fn only<'a>(&'a self, name: &str) -> Result<Option<&'a [u8]>, Repeated> {
        among(self.iter().map(|(key, value)| (key.as_str(), value.as_ref())), name)
    }
}

/// The value under this name. Maps of text may hold it in several spellings.
fn among<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    name: &str,
) -> Result<Option<&'a [u8]>, Repeated> {
    one(headers.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn one<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Result<Option<&'a [u8]>, Repeated> {
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Repeated),
    }
}
