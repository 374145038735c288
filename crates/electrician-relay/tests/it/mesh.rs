//! Publish and subscribe.

mod bench;
mod filters;
mod frames;
mod limits;
mod random;
mod sessions;
mod slow;
