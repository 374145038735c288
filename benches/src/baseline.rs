//! What a pipeline is compared with. Each is written as a good engineer would write it by hand.

pub(crate) mod alone;
pub(crate) mod buffered;
pub(crate) mod flume;
pub(crate) mod mpsc;
