use std::path::Path;

use super::broken;

const LIBRARY: &str = "crates/electrician-wire/src/queue.rs";
const TEST: &str = "crates/electrician-wire/tests/it/queue.rs";

/// The names of the rules that the text breaks.
fn names(file: &str, text: &str) -> Vec<String> {
    let name = |problem: String| problem.split(": ").nth(1).expect("a rule's name").to_owned();
    broken(Path::new(file), text).into_iter().map(name).collect()
}

#[test]
fn finds_unbounded_queues() {
    for line in ["mpsc::unbounded_channel()", "flume::unbounded::<u8>()", "unbounded()"] {
        assert_eq!(names(LIBRARY, line), ["unbounded"], "{line}");
    }
    for line in ["flume::bounded(8)", "is_unbounded(x)", "if unbounded { 1 }"] {
        assert!(names(LIBRARY, line).is_empty(), "{line}");
    }
}

#[test]
fn finds_placeholders() {
    assert_eq!(names(LIBRARY, "fn f() { todo!() }"), ["placeholder"]);
    assert_eq!(names(TEST, "unimplemented!(\"later\")"), ["placeholder"]);
    assert_eq!(names(LIBRARY, "dbg!(x)"), ["dbg"]);
    assert!(names(LIBRARY, "// todo!() is banned").is_empty());
    assert!(names(LIBRARY, "let text = \"todo!()\";").is_empty());
}

#[test]
fn a_test_that_does_not_run_says_why() {
    assert_eq!(names(TEST, "#[ignore]"), ["ignore"]);
    assert_eq!(names(TEST, "#[ignore = \"\"]"), ["ignore"]);
    assert_eq!(names(TEST, "#[cfg_attr(miri, ignore)]"), ["ignore"]);
    assert!(names(TEST, "#[ignore = \"needs a printer\"]").is_empty());
    assert!(names(TEST, "#[cfg_attr(miri, ignore = \"too slow\")]").is_empty());
    assert!(names(TEST, "ignore(x)").is_empty());
}

#[test]
fn tests_do_not_sleep() {
    for line in ["std::thread::sleep(d)", "tokio::time::sleep(d).await", "sleep(d).await"] {
        assert_eq!(names(TEST, line), ["sleep"], "{line}");
        assert!(names(LIBRARY, line).is_empty(), "{line} outside a test");
    }
    for line in ["clock.sleep(d).await", "Clock::sleep(&c, d)", "fn sleep(d: u8) {}", "asleep(d)"] {
        assert!(names(TEST, line).is_empty(), "{line}");
    }
}

#[test]
fn libraries_do_not_unwrap() {
    assert_eq!(names(LIBRARY, "x.unwrap()"), ["unwrap"]);
    assert!(names(LIBRARY, "/// x.unwrap()\nx.unwrap_or(1)").is_empty());
    assert!(names(TEST, "x.unwrap()").is_empty());
    assert!(names("crates/electrician-wire/src/queue/tests.rs", "x.unwrap()").is_empty());
    assert!(names("examples/hello.rs", "x.unwrap()").is_empty());
}

#[test]
fn an_exception_needs_a_reason() {
    assert!(names(LIBRARY, "x.unwrap() // xtask allow(unwrap): it is fine").is_empty());
    assert!(names(LIBRARY, "// xtask allow(unwrap): it is fine\nx.unwrap()").is_empty());
    assert_eq!(names(LIBRARY, "// xtask allow(unwrap):\nx.unwrap()"), ["unwrap"]);
    assert_eq!(names(LIBRARY, "// xtask allow(dbg): it is fine\nx.unwrap()"), ["unwrap"]);
}

#[test]
fn says_where() {
    let problems = broken(Path::new(LIBRARY), "fn f() {\n    dbg!(1);\n}");
    assert!(problems[0].starts_with("crates/electrician-wire/src/queue.rs:2: dbg: "));
}

#[test]
fn pretended_time_may_be_slept_through() {
    let paused =
        "#[tokio::test(start_paused = true)]\nasync fn f() { tokio::time::sleep(S).await }";
    assert!(broken(Path::new(TEST), paused).is_empty());
    let real = "#[tokio::test]\nasync fn f() { tokio::time::sleep(S).await }";
    assert_eq!(broken(Path::new(TEST), real).len(), 1);
    let thread = "// start_paused = true\nfn f() { std::thread::sleep(S) }";
    assert_eq!(broken(Path::new(TEST), thread).len(), 1);
}
