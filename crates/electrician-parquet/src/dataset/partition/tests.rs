use std::sync::Arc;

use super::Partition;

fn path(value: &str) -> String {
    let show = Arc::new(|record: &String, text: &mut String| text.push_str(record));
    let partition = Partition { name: "k".to_owned(), show };
    let mut path = String::new();
    partition.write(&value.to_owned(), &mut String::new(), &mut path);
    path
}

#[test]
fn a_value_never_leaves_its_directory() {
    assert_eq!(path("ATL"), "k=ATL/");
    assert_eq!(path("a/../b"), "k=a%2F..%2Fb/");
    assert_eq!(path("100%=\\"), "k=100%25%3D%5C/");
    assert_eq!(path("\0\n"), "k=%00%0A/");
    assert_eq!(path("Zürich 8"), "k=Zürich 8/");
}

#[test]
fn no_value_has_a_name() {
    assert_eq!(path(""), "k=__HIVE_DEFAULT_PARTITION__/");
}
