use super::wants;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_suite_is_wanted_unless_others_are_named() {
    for line in ["", "--quick", "--only kafka", "--quick --only kaf", "--only"] {
        assert!(wants(&words(line), "kafka"), "{line}");
    }
    for line in ["--only parquet", "--only sha256 --quick"] {
        assert!(!wants(&words(line), "kafka"), "{line}");
    }
}
