//! The contract suites go red: each law, broken on purpose.

mod lines;
mod sinks;
mod sources;

use std::time::Duration;

use electrician_testkit::contract::Violations;

const SOON: Duration = Duration::from_millis(300);

#[track_caller]
fn breaks(law: &str, result: Result<(), Violations>) {
    let violations = result.expect_err(law);
    assert!(violations.has(law), "{law} should be broken: {violations}");
}
