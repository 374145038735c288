//! What can be said without a receiver. Deliveries are tested beside the receiving relay.

mod build;
mod closed;
