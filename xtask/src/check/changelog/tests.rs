use super::{is_release, problems};

const GOOD: &str = "\
# Changelog

## [Unreleased]

### Added

- A thing.

## [0.2.0-rc.1] - 2026-03-01 [YANKED]

## [0.1.0] - 2026-01-31

### Fixed
";

#[test]
fn accepts_the_form() {
    assert_eq!(problems(GOOD).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn names_each_fault() {
    let faults = |text: &str| problems(text).collect::<Vec<_>>();
    assert!(faults(&GOOD.replace("# Changelog", "# History"))[0].contains("# Changelog"));
    assert!(faults(&GOOD.replace("## [Unreleased]\n", ""))[0].contains("missing"));
    assert!(faults(&GOOD.replace("### Fixed", "### Repaired"))[0].contains("Repaired"));
    assert!(faults(&GOOD.replace("## [0.1.0] - 2026-01-31", "## 0.1.0"))[0].contains("## 0.1.0"));
    let late = format!("{}\n## [Unreleased]\n", GOOD.replace("## [Unreleased]\n", ""));
    assert_eq!(faults(&late), ["`## [Unreleased]` is the first section"]);
}

#[test]
fn reads_release_headings() {
    assert!(is_release("[1.2.3] - 2026-01-31"));
    assert!(!is_release("[1.2] - 2026-01-31"));
    assert!(!is_release("[1.2.3] - 31.1.2026"));
    assert!(!is_release("[1.2.3] 2026-01-31"));
    assert!(!is_release("1.2.3 - 2026-01-31"));
}
