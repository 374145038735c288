//! A component's kind, name and id.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

use electrician_types::{ComponentId, ComponentKind, Metadata};

const THREADS: usize = 4;
const EACH: usize = 1000;

#[test]
fn says_what_it_was_made_of() {
    let name: Arc<str> = "parse".into();
    let metadata = Metadata::new(ComponentKind::Wire, Arc::clone(&name));
    assert_eq!(metadata.kind, ComponentKind::Wire);
    assert!(Arc::ptr_eq(&metadata.name, &name));
    assert_eq!(&*Metadata::new(ComponentKind::Sink, "s").name, "s");
    assert_eq!(metadata, metadata.clone());
}

#[test]
fn two_of_one_name_are_told_apart() {
    let [one, other] = ["same", "same"].map(|name| Metadata::new(ComponentKind::Wire, name));
    assert_ne!(one.id, other.id);
    assert_ne!(one, other);
}

#[test]
fn ids_are_unique_whatever_the_thread() {
    let ids = || (0..EACH).map(|_| Metadata::new(ComponentKind::Wire, "").id).collect::<Vec<_>>();
    let all: HashSet<ComponentId> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(ids)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(all.len(), THREADS * EACH);
}

#[test]
fn an_id_is_printed_as_32_hexadecimal_digits() {
    for _ in 0..EACH {
        let id = Metadata::new(ComponentKind::Conduit, "").id;
        let printed = id.to_string();
        assert_eq!(printed.len(), 32, "{printed}");
        assert!(printed.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f')), "{printed}");
        assert_eq!(format!("{id:?}"), printed);
    }
}

#[test]
fn different_ids_are_printed_differently() {
    let ids = (0..EACH).map(|_| Metadata::new(ComponentKind::Wire, "").id.to_string());
    assert_eq!(ids.collect::<HashSet<_>>().len(), EACH);
}

#[test]
fn kinds_are_printed_in_capitals() {
    let kinds = [
        (ComponentKind::Wire, "WIRE"),
        (ComponentKind::Conduit, "CONDUIT"),
        (ComponentKind::Generator, "GENERATOR"),
        (ComponentKind::Sink, "SINK"),
    ];
    for (kind, printed) in kinds {
        assert_eq!(kind.to_string(), printed);
    }
}
