//! What may cross threads.

use electrician_sensor::{
    EventFeed, EventStream, Filter, Filtered, Isolated, LogObserver, OwnedEvent, Sampled, Sampling,
    Sensor, SensorHealth, Silent,
};

const fn send_sync<T: Send + Sync>() {}

#[test]
fn everything() {
    send_sync::<(EventFeed, EventStream, OwnedEvent, Filter, Sampling)>();
    send_sync::<(Sensor<(Silent, Isolated<LogObserver>)>, SensorHealth)>();
    send_sync::<(Filtered<Silent>, Sampled<Silent>)>();
}
