//! The messages of `electrician_relay.proto`, in their order there.
//!
//! `bytes` fields are [`Bytes`](bytes::Bytes), which share what they were decoded from. Maps are
//! ordered, so that equal messages have equal bytes. `Debug` of metadata, of acknowledgements and of
//! what configures authentication shows no secret.
//!
//! A message drops fields that it does not know when it is decoded. Who passes payloads on uses
//! [`RawPayload`](crate::RawPayload), which keeps them.

mod redact;

#[expect(
    missing_docs,
    clippy::doc_markdown,
    clippy::enum_variant_names,
    clippy::struct_excessive_bools,
    reason = "generated, with the comments of the contract"
)]
mod messages {
    include!("proto/messages.in");
}

pub use messages::*;
