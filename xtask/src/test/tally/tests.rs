use super::Tally;

const OUTPUT: &str = "
running 3 tests
test queue::tests::drains ... ok
test queue::tests::prints ... ignored, needs a printer
test queue::tests::wakes ... FAILED

failures:
    queue::tests::wakes

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

running 12 tests
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 30 filtered out; finished in 1.20s

test src/lib.rs - Wire (line 3) ... ignored
test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

fn tally(output: &str) -> Tally {
    let mut tally = Tally::default();
    output.lines().for_each(|line| tally.read(line));
    tally
}

#[test]
fn sums_all_binaries() {
    let tally = tally(OUTPUT);
    assert_eq!(
        tally.to_string(),
        "skipped: queue::tests::prints: needs a printer\n\
         skipped: src/lib.rs - Wire (line 3): it gives no reason\n\
         13 passed, 1 failed, 2 skipped\n"
    );
    assert!(!tally.is_success());
}

#[test]
fn a_skip_is_no_failure_unless_told() {
    let mut tally = tally("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured");
    tally.skip("loom models", "there are none");
    assert!(tally.is_success());
    assert!(tally.to_string().ends_with("\n2 passed, 0 failed, 1 skipped\n"));

    tally.allow_no_skips();
    assert!(!tally.is_success());
    assert_eq!(
        tally.to_string(),
        "failed: loom models: must not be skipped: there are none\n2 passed, 1 failed, 0 skipped\n"
    );
}

#[test]
fn what_no_harness_reports_still_fails() {
    let mut tally = tally("error: could not compile");
    assert!(tally.is_success());
    tally.fail("cargo test", "it ended with 101");
    assert!(!tally.is_success());
    assert!(tally.to_string().contains("0 passed, 1 failed, 0 skipped"));
}

#[test]
fn a_test_may_print_what_it_likes() {
    let tally = tally("the test result: ok. 5 passed\nI ignored a test foo ... ignored");
    assert_eq!(tally.to_string(), "0 passed, 0 failed, 0 skipped\n");
}
