use std::path::{Path, PathBuf};

use super::{built, folder, strangers};

#[test]
fn only_the_table_and_dot_files_are_at_the_top() {
    let tracked =
        ["Cargo.toml", ".ci/run", "crates/a/src/lib.rs", "docs/a.md", "docs/b.md", "x.sh"];
    let tracked = tracked.map(PathBuf::from);
    assert_eq!(
        strangers(&tracked),
        ["docs: it does not belong at the top level", "x.sh: it does not belong at the top level"]
    );
}

#[test]
fn knows_which_folders_are_packages() {
    let folder = |file: &str| folder(Path::new(file));
    assert_eq!(folder("crates/a/src/lib.rs"), Some("crates/a".into()));
    assert_eq!(folder("crates/stray.rs"), Some("crates/stray.rs".into()));
    assert_eq!(folder("examples/hello.rs"), Some("examples".into()));
    assert_eq!(folder("proto/relay.proto"), None);
    assert_eq!(folder("README.md"), None);
}

#[test]
fn nothing_built_is_tracked_at_any_depth() {
    let tracked = [
        "crates/a/src/target.rs",
        "crates/a/target/debug/x.d",
        "crates/a/target/tests/trybuild/target/y.o",
        "crates/targets/src/lib.rs",
        "target/debug/x",
    ];
    assert_eq!(
        built(&tracked.map(PathBuf::from)),
        [
            "crates/a/target: what cargo builds should not be tracked",
            "target: what cargo builds should not be tracked"
        ]
    );
}
