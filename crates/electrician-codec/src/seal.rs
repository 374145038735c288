//! AES-GCM: `nonce (12 random bytes) ‖ ciphertext ‖ tag (16 bytes)`, NIST SP 800-38D.
//!
//! # How long a key lasts
//!
//! Nonces are random, so two messages may meet the same one, and that would reveal both and let
//! others forge. NIST allows 2³² messages for one key (a chance of 2⁻³² that any two meet): at 50,000
//! a second that is a day. Rotate in time: a [`KeyRing`] seals with the new key and still opens with
//! the old ones. One message holds less than 64 GiB. Nothing here counts messages, because no process
//! knows what the others sealed with the same key.

mod key;
mod key_ring;

pub use key::{OVERHEAD, SealKey, SealKeyError};
pub use key_ring::KeyRing;
