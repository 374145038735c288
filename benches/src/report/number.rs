//! Numbers for readers.

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;

/// Three digits that matter, thousands apart.
pub(super) fn show(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "–".into()
    } else if size >= 999.5 {
        grouped(value)
    } else if size >= 99.95 {
        format!("{value:.0}")
    } else if size >= 9.995 {
        format!("{value:.1}")
    } else if size >= 0.1 {
        format!("{value:.2}")
    } else if size >= 0.000_05 {
        format!("{value:.4}")
    } else if size > 0.0 {
        format!("{value:.0e}")
    } else {
        "0".into()
    }
}

/// A number with its unit.
pub(super) fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "" => show(value),
        "×" => format!("{}×", show(value)),
        "bytes" if value.abs() >= MIB => format!("{} MiB", show(value / MIB)),
        "bytes" if value.abs() >= KIB => format!("{} KiB", show(value / KIB)),
        _ => format!("{} {unit}", show(value)),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let (sign, digits) = digits.split_at(usize::from(value < 0.0));
    let mut shown = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests;
