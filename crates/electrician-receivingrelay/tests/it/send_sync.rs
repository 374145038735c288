//! What crosses threads.

use electrician_receivingrelay::{
    GrpcWeb, ReceivingRelay, ReceivingRelayBuilder, ReceivingRelayHandle, ReceivingRelayStats,
    RelaySource,
};

#[test]
fn everything_may_cross_threads() {
    fn is_send<T: Send>() {}
    fn is_both<T: Send + Sync>() {}
    is_both::<ReceivingRelay<u64>>();
    is_both::<ReceivingRelayHandle>();
    is_both::<GrpcWeb>();
    is_both::<ReceivingRelayStats>();
    is_send::<ReceivingRelayBuilder<u64>>();
    is_send::<RelaySource<u64>>();
}
