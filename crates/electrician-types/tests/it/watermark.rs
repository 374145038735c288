//! The window of a watermark.

use electrician_types::Watermark;

#[test]
fn a_window_of_any_size_can_be_had() {
    let mut watermark = Watermark::new(usize::MAX);
    drop(watermark.track(1));
    assert_eq!((watermark.in_flight(), watermark.nacked().count()), (1, 1));
    let mut watermark = Watermark::new(0);
    let _first = watermark.track(1).unwrap();
    assert!(watermark.track(2).is_none());
}
