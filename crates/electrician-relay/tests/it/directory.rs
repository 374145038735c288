//! Streams that a receiver remembers.

use std::cell::Cell;
use std::rc::Rc;

use electrician_relay::session::StreamDirectory;

type Stream = Rc<Cell<bool>>;

/// Joins, and says whether the stream is a new one. Those that hold `true` are busy.
fn join(directory: &mut StreamDirectory<Stream>, principal: &str, id: &str) -> Option<bool> {
    let is_new = Cell::new(false);
    let make = || {
        is_new.set(true);
        Stream::default()
    };
    directory.join(principal, id, make, |stream| !stream.get())?;
    Some(is_new.get())
}

#[test]
fn a_stream_is_found_by_its_id_and_by_whose_it_is() {
    let mut directory = StreamDirectory::new(10);
    assert_eq!(join(&mut directory, "ann", "s"), Some(true));
    assert_eq!(join(&mut directory, "ann", "s"), Some(false));
    assert_eq!(join(&mut directory, "eve", "s"), Some(true), "the id alone is not enough");
    directory.leave("ann", "s");
    assert_eq!(join(&mut directory, "ann", "s"), Some(true));
    assert_eq!(directory.len(), 2);
}

#[test]
fn the_one_that_was_joined_longest_ago_makes_room_if_it_is_idle() {
    let mut directory = StreamDirectory::new(2);
    join(&mut directory, "", "a");
    join(&mut directory, "", "b");
    join(&mut directory, "", "a");
    assert_eq!(join(&mut directory, "", "c"), Some(true));
    assert_eq!(join(&mut directory, "", "a"), Some(false), "b was the oldest");
    directory.iter().for_each(|stream| stream.set(true));
    assert_eq!(join(&mut directory, "", "d"), None, "all are busy");
    assert_eq!(join(&mut directory, "", "a"), Some(false));
    assert_eq!(directory.len(), 2);
}
