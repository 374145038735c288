//! What the codecs promise, from outside.

#[cfg(feature = "gob")]
mod gob;
