//! What the logger promises.
