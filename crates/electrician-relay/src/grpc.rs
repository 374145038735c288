//! The services of the contract for gRPC, on frames that stay as they are on the wire.
//!
//! The clients are made from anything that carries gRPC, such as a channel of tonic's transport; no
//! transport comes with this crate.

use std::fmt;
use std::marker::PhantomData;

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::mesh::MeshFrame;
use crate::{Ack, Frame, RawPayload};

#[expect(
    clippy::pedantic,
    unused_qualifications,
    reason = "generated, with the comments of the contract"
)]
mod services {
    include!("grpc/services.in");
}

pub use services::{
    mesh_service_client, mesh_service_server, relay_service_client, relay_service_server,
};

/// The contract and what it imports, as a `google.protobuf.FileDescriptorSet`: what a server that
/// describes itself tells.
pub const DESCRIPTORS: &[u8] = include_bytes!("grpc/descriptors.bin");

/// What the services carry.
pub trait Carried: Sized {
    /// Its size on the wire, bytes.
    fn encoded_len(&self) -> usize;

    /// Appends it.
    fn put(&self, into: &mut impl BufMut);

    /// Reads it; the text says what is wrong.
    fn take(bytes: Bytes) -> Result<Self, String>;
}

/// How gRPC writes `E` and reads `D`. A message that cannot be read is `INVALID_ARGUMENT`.
///
/// Nothing is limited here: that is the job of the client and the server, before a message is whole.
pub struct RelayCodec<E, D>(PhantomData<fn(E) -> D>);

// === impl RelayCodec ===

impl<E, D> Default for RelayCodec<E, D> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E, D> fmt::Debug for RelayCodec<E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayCodec")
    }
}

impl<E, D> Codec for RelayCodec<E, D>
where
    E: Carried + Send + 'static,
    D: Carried + Send + 'static,
{
    type Encode = E;
    type Decode = D;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::default()
    }

    fn decoder(&mut self) -> Self {
        Self::default()
    }
}

impl<E: Carried, D> Encoder for RelayCodec<E, D> {
    type Item = E;
    type Error = Status;

    fn encode(&mut self, item: E, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.reserve(item.encoded_len());
        item.put(into);
        Ok(())
    }
}

impl<E, D: Carried> Decoder for RelayCodec<E, D> {
    type Item = D;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<D>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        D::take(bytes).map(Some).map_err(Status::invalid_argument)
    }
}

// === impl Carried ===

impl Carried for RawPayload {
    fn encoded_len(&self) -> usize {
        Self::encoded_len(self)
    }

    fn put(&self, into: &mut impl BufMut) {
        self.encode(into);
    }

    fn take(bytes: Bytes) -> Result<Self, String> {
        Self::parse(bytes).map_err(|error| error.to_string())
    }
}

impl Carried for Frame {
    fn encoded_len(&self) -> usize {
        Self::encoded_len(self)
    }

    fn put(&self, into: &mut impl BufMut) {
        self.encode(into);
    }

    fn take(bytes: Bytes) -> Result<Self, String> {
        Self::parse(&bytes, usize::MAX).map_err(|error| error.to_string())
    }
}

impl Carried for Ack {
    fn encoded_len(&self) -> usize {
        Self::encoded_len(self)
    }

    fn put(&self, into: &mut impl BufMut) {
        self.encode(into);
    }

    fn take(bytes: Bytes) -> Result<Self, String> {
        Self::parse(&bytes, usize::MAX).map_err(|error| error.to_string())
    }
}

impl Carried for MeshFrame {
    fn encoded_len(&self) -> usize {
        Self::encoded_len(self)
    }

    fn put(&self, into: &mut impl BufMut) {
        self.encode(into);
    }

    fn take(bytes: Bytes) -> Result<Self, String> {
        Self::parse(&bytes, usize::MAX).map_err(|error| error.to_string())
    }
}
