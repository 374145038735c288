//! Complex numbers.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// A `complex128`, or a `complex64` made wider. In other formats it is a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Complex {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

/// By this name of a newtype the serializer knows a [`Complex`].
pub(super) const TOKEN: &str = "$electrician::gob::Complex";

// === impl Complex ===

impl Complex {
    /// `re` and `im` times i.
    pub const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }
}

impl<'de> Deserialize<'de> for Complex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(f64, f64)>::deserialize(deserializer).map(|(re, im)| Self { re, im })
    }
}

impl Serialize for Complex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TOKEN, &(self.re, self.im))
    }
}
