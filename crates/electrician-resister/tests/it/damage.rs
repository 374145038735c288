//! Logs that end in the middle of a write, and logs in which something was changed.

use std::fs;

use electrician_resister::{DiskResister, Element};

use crate::disk::small;
use crate::support::Folder;

/// A log with one segment, and what was pushed: values that say themselves which they are.
fn log() -> (Folder, Vec<String>) {
    let folder = Folder::new();
    let (queue, _) = small(&folder).with_segment_bytes(1 << 16).open().unwrap();
    let values: Vec<String> = (0..6).map(|number| format!("value {number}")).collect();
    for (index, value) in values.iter().enumerate() {
        let priority = i32::try_from(index % 2).unwrap();
        if index == 3 {
            queue.try_push(value.clone(), (priority, "key")).unwrap();
        } else {
            queue.try_push(value.clone(), priority).unwrap();
        }
    }
    // One is done with, and one has come back.
    queue.try_pop().unwrap().accept();
    drop(queue.try_pop().unwrap());
    drop(queue);
    (folder, values)
}

fn rest(queue: &DiskResister<String>) -> Vec<String> {
    std::iter::from_fn(|| queue.try_pop().map(Element::accept)).collect()
}

/// A folder with this segment alone.
fn with_segment(content: &[u8]) -> Folder {
    let folder = Folder::new();
    fs::write(folder.path().join(format!("{:020}.log", 1)), content).unwrap();
    folder
}

/// Still takes and gives.
fn is_usable(queue: &DiskResister<String>) {
    queue.try_push("new".to_owned(), 9).unwrap();
    assert_eq!(queue.try_pop().unwrap().accept(), "new");
}

#[test]
fn a_log_cut_anywhere_gives_what_was_written_before() {
    let (folder, values) = log();
    let whole = fs::read(&folder.segments()[0]).unwrap();
    let mut recovered = 0;
    for length in 0..=whole.len() {
        let folder = with_segment(&whole[..length]);
        let (queue, report) = small(&folder).open().unwrap();
        if length < 32 {
            assert_eq!((report.records, report.damaged.len()), (0, 1), "no header");
            is_usable(&queue);
            continue;
        }
        assert!(report.damaged.is_empty() && report.torn <= 1, "at {length}: {report:?}");
        let good = u64::try_from(length).unwrap() - report.bytes_cut;
        assert_eq!(folder.segments()[0].metadata().unwrap().len(), good);
        is_usable(&queue);
        let mut rest = rest(&queue);
        rest.sort();
        // After the pushes, one acknowledgement takes one away.
        let frames = usize::try_from(report.frames).unwrap();
        let expected = match frames {
            0..=6 => values[..frames].to_vec(),
            _ => values.iter().filter(|value| *value != "value 1").cloned().collect(),
        };
        assert_eq!(rest, expected, "at {length}");
        assert!(frames >= recovered, "a longer log does not give less");
        recovered = frames;
        // What was cut is gone: the next opening finds nothing wrong.
        drop(queue);
        assert!(small(&folder).open().unwrap().1.is_clean());
    }
    assert_eq!(recovered, 8);
}

#[test]
fn no_changed_byte_gives_a_wrong_value() {
    let (folder, values) = log();
    let whole = fs::read(&folder.segments()[0]).unwrap();
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut content = whole.clone();
            content[at] ^= change;
            let folder = with_segment(&content);
            let (queue, report) = small(&folder).open().unwrap();
            assert!(!report.is_clean(), "byte {at} was changed, and nobody noticed");
            for kept in &report.damaged {
                assert_eq!(fs::read(kept).unwrap(), content, "nothing is destroyed");
            }
            is_usable(&queue);
            let rest = rest(&queue);
            let known = |value: &String| values.contains(value);
            assert!(rest.iter().all(known), "byte {at}: {rest:?}");
            let mut unique = rest.clone();
            unique.sort();
            unique.dedup();
            assert_eq!(unique.len(), rest.len(), "byte {at}: {rest:?}");
            drop(queue);
            assert!(small(&folder).open().unwrap().1.is_clean());
        }
    }
}

/// The zeros that a file system leaves after a power failure, and other rubbish.
#[test]
fn rubbish_at_the_end_is_cut() {
    let (folder, _) = log();
    let whole = fs::read(&folder.segments()[0]).unwrap();
    for rubbish in
        [vec![0; 4096], vec![0xff; 777], b"\x01\x02\x03\x04\x05\x06\x07\x08\x01".to_vec()]
    {
        let folder = with_segment(&[&whole[..], &rubbish[..]].concat());
        let (queue, report) = small(&folder).open().unwrap();
        assert_eq!((report.records, report.torn), (5, 1));
        assert_eq!(report.bytes_cut, u64::try_from(rubbish.len()).unwrap());
        assert!(report.damaged.is_empty());
        assert_eq!(rest(&queue).len(), 5);
    }
}

/// Several segments, and damage in the middle of one: the others are read, and the damaged one is
/// kept.
#[test]
fn damage_in_the_middle_costs_the_rest_of_one_segment() {
    let folder = Folder::new();
    let (queue, _) = small(&folder).open().unwrap();
    for number in 0..40 {
        queue.try_push(format!("{number:02} {}", "x".repeat(80)), 0).unwrap();
    }
    drop(queue);
    let segments = folder.segments();
    assert!(segments.len() > 4);
    let mut content = fs::read(&segments[1]).unwrap();
    let frame = 8 + 50 + 83;
    let inside = 32 + frame + frame / 2;
    content[inside] ^= 0x10;
    fs::write(&segments[1], &content).unwrap();

    let (queue, report) = small(&folder).open().unwrap();
    assert_eq!((report.damaged.len(), report.torn), (1, 0));
    assert_eq!(fs::read(&report.damaged[0]).unwrap(), content);
    // One frame of the damaged segment is before the damage.
    let in_segment = (content.len() - 32) / frame;
    let found = rest(&queue);
    assert_eq!(found.len(), 40 - in_segment + 1);
    let lost: Vec<usize> = (0..40)
        .filter(|number| !found.iter().any(|value| value.starts_with(&format!("{number:02}"))))
        .collect();
    assert_eq!(lost, (in_segment + 1..2 * in_segment).collect::<Vec<_>>());
    is_usable(&queue);
    drop(queue);
    let (_, report) = small(&folder).open().unwrap();
    assert!(report.is_clean() && folder.files("damaged").len() == 1);
}

#[test]
fn a_missing_segment_is_reported() {
    let folder = Folder::new();
    let (queue, _) = small(&folder).open().unwrap();
    for number in 0..40 {
        queue.try_push(format!("{number:02} {}", "x".repeat(80)), 0).unwrap();
    }
    drop(queue);
    fs::remove_file(&folder.segments()[2]).unwrap();
    let (queue, report) = small(&folder).open().unwrap();
    assert_eq!(report.missing, 1);
    assert!(report.records < 40 && report.to_string().contains("1 missing"), "{report}");
    assert_eq!(rest(&queue).len() as u64, report.records);
}

/// What rots while the queue is open is found when it is read, and stops nobody.
#[test]
fn what_rots_later_is_set_aside() {
    let folder = Folder::new();
    let (queue, _) = small(&folder).open().unwrap();
    for value in ["first", "second", "third"] {
        queue.try_push(value.to_owned(), 0).unwrap();
    }
    let path = &folder.segments()[0];
    let mut content = fs::read(path).unwrap();
    let at = content.windows(6).position(|window| window == b"second").unwrap();
    content[at] = b'X';
    fs::write(path, content).unwrap();
    assert_eq!(rest(&queue), ["first", "third"]);
    let spoiled = queue.drain_spoiled();
    assert!(spoiled[0].error.to_string().contains("checksum"), "{}", spoiled[0].error);
    for spoiled in spoiled {
        spoiled.receipt.ack();
    }
    assert_eq!((queue.len(), queue.in_flight(), queue.bytes()), (0, 0, 0));
    // The segment that holds the damage is not deleted when it is done with.
    for round in 0..100 {
        queue.try_push(format!("{round} {}", "x".repeat(80)), 0).unwrap();
        queue.try_pop().unwrap().accept();
    }
    queue.len();
    assert_eq!(folder.files("damaged").len(), 1);
}
