//! What can be a part of a conduit.

use electrician_wire::IntoSegment;

use crate::builder::ConduitBuilder;
use crate::conduit::Conduit;

/// What can be a part of a conduit: a wire, a conduit, or a builder of either.
///
/// Everything that is [`IntoSegment`] is. A conduit is more than a segment: it brings sources and
/// a clock along.
pub trait IntoConduit {
    /// What goes in.
    type In: Send + 'static;
    /// What comes out.
    type Out: Send + 'static;

    /// The part as a conduit in the making. Its problems, if it has any, are reported when the
    /// whole is built.
    fn into_conduit(self) -> ConduitBuilder<Self::In, Self::Out>;
}

// === impl IntoConduit ===

impl<S: IntoSegment> IntoConduit for S {
    type In = S::In;
    type Out = S::Out;

    fn into_conduit(self) -> ConduitBuilder<S::In, S::Out> {
        ConduitBuilder::new(self.into_segment())
    }
}

impl<In: Send + 'static, Out: Send + 'static> IntoConduit for Conduit<In, Out> {
    type In = In;
    type Out = Out;

    fn into_conduit(self) -> ConduitBuilder<In, Out> {
        self.into()
    }
}

impl<In: Send + 'static, Out: Send + 'static> IntoConduit for ConduitBuilder<In, Out> {
    type In = In;
    type Out = Out;

    fn into_conduit(self) -> Self {
        self
    }
}
