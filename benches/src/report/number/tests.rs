use super::{show, with_unit};

#[test]
fn three_digits_matter() {
    let shown =
        [0.0, 0.000_005, 0.0004, 0.62, 3.0, 38.25, 99.96, 411.4, 4359.0, 1_234_567.0, -12_345.0];
    let wanted = [
        "0",
        "5e-6",
        "0.0004",
        "0.62",
        "3.00",
        "38.2",
        "100",
        "411",
        "4,359",
        "1,234,567",
        "-12,345",
    ];
    assert_eq!(shown.map(show), wanted);
}

#[test]
fn what_was_not_measured_is_a_dash() {
    assert_eq!(show(f64::NAN), "–");
}

#[test]
fn units_follow() {
    assert_eq!(with_unit(7.0, "×"), "7.00×");
    assert_eq!(with_unit(98.0, "%"), "98.0 %");
    assert_eq!(with_unit(0.0, ""), "0");
    assert_eq!(with_unit(1_048_576.0, "bytes"), "1.00 MiB");
    assert_eq!(with_unit(4096.0, "bytes"), "4.00 KiB");
}
