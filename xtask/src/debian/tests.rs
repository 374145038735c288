use super::*;

const MISSING: Package = Package {
    name: "no-such-package",
    programs: &["cargo", "no-such-program"],
    of: "electrician-nothing",
    tests: &["nothing"],
};

#[test]
fn every_program_must_be_there() {
    assert!(!MISSING.is_there());
    assert!(Package { programs: &["cargo"], ..MISSING }.is_there());
    assert!(Package { programs: &["cargo"], ..MISSING }.ensure().is_ok());
}

#[test]
fn it_is_installed_by_name_and_without_questions() {
    let shown = process::shown(&MISSING.install());
    assert!(shown.ends_with("no-such-package"), "{shown}");
    assert!(shown.contains("--yes") && shown.contains("noninteractive"), "{shown}");
}
