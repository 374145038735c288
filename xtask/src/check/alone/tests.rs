use super::{Features, complaints, selections};

fn features(table: &[(&str, &[&str])]) -> Features {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    table.iter().map(|(name, brings)| ((*name).to_owned(), owned(brings))).collect()
}

fn lines(features: &Features) -> Vec<String> {
    selections(features).into_iter().map(|flags| flags.join(" ")).collect()
}

#[test]
fn without_features_there_is_one_build() {
    assert_eq!(lines(&Features::new()), ["--no-default-features"]);
    assert_eq!(lines(&features(&[("default", &[])])), ["--no-default-features"]);
}

#[test]
fn each_feature_has_its_turn() {
    let features = features(&[("default", &["b"]), ("a", &["dep:x"]), ("b", &[]), ("c", &["a"])]);
    assert_eq!(
        lines(&features),
        [
            "--no-default-features",
            "", // brings the same as `b`
            "--no-default-features --features a",
            "--no-default-features --features c",
            "--all-features",
        ]
    );
}

#[test]
fn other_crates_may_warn_but_not_fail() {
    let message = |package: &str, level: &str| {
        format!(
            r#"{{"reason":"compiler-message","package_id":"{package}","message":{{"level":"{level}","rendered":"{package} {level}\n"}}}}"#
        )
    };
    let messages = [
        message("mine", "warning"),
        message("other", "warning"),
        message("other", "error"),
        r#"{"reason":"build-finished","success":false}"#.to_owned(),
    ]
    .join("\n");
    assert_eq!(complaints(&messages, "mine"), "mine warning\nother error\n");
}
