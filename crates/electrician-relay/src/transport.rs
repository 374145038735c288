//! What transports of gRPC on tokio share: the clock that sessions go by, and the tasks of a connection.

mod clock;
mod tasks;

pub use clock::{Alarm, now};
pub use tasks::{Owner, Tasks};
