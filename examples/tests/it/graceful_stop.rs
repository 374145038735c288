//! The stop that loses nothing, whenever it comes.

use crate::program::{Outcome, example};

#[test]
fn nothing_is_missing_whenever_it_stops() {
    for after in ["0", "1", "60", "150"] {
        let outcome = Outcome::of(example("graceful_stop").args(["--after", after]));
        outcome.expect_success().expect_line("nothing is missing");
    }
}

#[test]
fn a_wrong_command_line_is_explained() {
    let outcome = Outcome::of(example("graceful_stop").args(["--after"]));
    outcome.expect_complaint(1, &["--after MILLISECONDS"]);
}
