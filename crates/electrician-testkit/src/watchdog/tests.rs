use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::{Overdue, guarded};

#[test]
fn what_returns_or_panics_does_so_in_time() {
    let limit = Duration::from_mins(1);
    assert_eq!(guarded(limit, || 7).unwrap().unwrap(), 7);
    let panic = guarded(limit, || panic!("on purpose")).unwrap().unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
}

#[test]
fn what_hangs_is_left_behind() {
    let (release, hang) = sync_channel::<()>(1);
    let limit = Duration::from_millis(20);
    let overdue = guarded(limit, move || hang.recv()).unwrap_err();
    assert_eq!(overdue, Overdue { limit });
    release.send(()).unwrap();
}
