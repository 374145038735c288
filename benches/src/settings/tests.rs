use super::Settings;

fn parse(line: &str) -> Result<Settings, String> {
    Settings::parse(line.split_whitespace().map(str::to_owned))
}

#[test]
fn without_arguments_everything_is_wanted() {
    let settings = parse("").unwrap();
    assert!(!settings.is_quick && settings.wants("noop"));
}

#[test]
fn only_selects_by_a_part_of_the_name() {
    let settings = parse("--only aten --quick").unwrap();
    assert!(settings.is_quick && settings.wants("latency") && !settings.wants("noop"));
}

#[test]
fn a_wrong_argument_is_an_error_that_shows_the_usage() {
    assert!(parse("--fast").unwrap_err().contains("usage"));
    assert!(parse("--only").is_err());
}

#[test]
fn medians_are_of_at_least_seven_rounds() {
    for line in ["", "--quick"] {
        let settings = parse(line).unwrap();
        assert!(settings.rounds >= 7 && settings.paced_rounds >= 7);
    }
}
