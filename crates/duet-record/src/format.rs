//! Numbers as people read them: figures, reports and the terminal print the same.

/// Narrow no-break space: groups digits, and keeps a number together at the end of a line.
const THIN: char = '\u{202f}';

/// A number with up to four significant digits and no noise: whole numbers in full, groups of three digits set
/// apart from five digits on, powers of ten where the number is very small or very large, "n/a" where it is none.
///
/// ```
/// use duet_record::format::number;
/// assert_eq!(number(100.0), "100");
/// assert_eq!(number(0.961_23), "0.9612");
/// assert_eq!(number(-61.25), "−61.25");
/// assert_eq!(number(4_810.0), "4810");
/// assert_eq!(number(1_234_567.0), "1\u{202f}234\u{202f}567");
/// assert_eq!(number(0.000_012_3), "1.23 × 10⁻⁵");
/// assert_eq!(number(f64::NAN), "n/a");
/// ```
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "n/a".into();
    }
    let size = value.abs();
    let text = if size == 0.0 {
        return "0".into();
    } else if (size >= 1e9 && size.fract() != 0.0) || !(0.001..1e12).contains(&size) {
        scientific(size)
    } else if size.fract() == 0.0 || size >= 999.95 {
        grouped(&format!("{size:.0}"))
    } else {
        four_digits(size)
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

/// A number with its unit; "1" and "" are pure numbers.
///
/// ```
/// use duet_record::format::with_unit;
/// assert_eq!(with_unit(20.0, "ms"), "20\u{a0}ms");
/// assert_eq!(with_unit(0.5, "1"), "0.5");
/// ```
pub fn with_unit(value: f64, unit: &str) -> String {
    if matches!(unit, "" | "1") || !value.is_finite() {
        number(value)
    } else {
        format!("{}\u{a0}{unit}", number(value))
    }
}

/// A fraction as a percentage with one decimal at most.
///
/// ```
/// use duet_record::format::percent;
/// assert_eq!(percent(0.961_23), "96.1\u{a0}%");
/// assert_eq!(percent(1.0), "100\u{a0}%");
/// ```
pub fn percent(fraction: f64) -> String {
    if !fraction.is_finite() {
        return number(fraction);
    }
    let tenths = (fraction * 1000.0).round() / 10.0;
    format!("{}\u{a0}%", number(tenths))
}

/// `size` in [0.001, 1000), rounded to four significant digits, without closing zeros.
fn four_digits(size: f64) -> String {
    let decimals = match size {
        s if s < 0.01 => 6,
        s if s < 0.1 => 5,
        s if s < 1.0 => 4,
        s if s < 10.0 => 3,
        s if s < 100.0 => 2,
        _ => 1,
    };
    let text = format!("{size:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn grouped(digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_owned();
    }
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(THIN);
        }
        out.push(digit);
    }
    out
}

fn scientific(size: f64) -> String {
    let text = format!("{size:.2e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let raised: String = exponent
        .chars()
        .map(|digit| match digit {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            '9' => '⁹',
            _ => '⁰',
        })
        .collect();
    if mantissa == "1" { format!("10{raised}") } else { format!("{mantissa} × 10{raised}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_reads_well() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (99.999, "100"),
            (9.9999, "10"),
            (0.99999, "1"),
            (999.96, "1000"),
            (1234.5, "1234"),
            (12_345.6, "12\u{202f}346"),
            (0.012_345_6, "0.01235"),
            (0.001_234_56, "0.001235"),
            (1e-3, "0.001"),
            (1e-4, "10⁻⁴"),
            (6.02e23, "6.02 × 10²³"),
            (f64::INFINITY, "n/a"),
            (f64::MAX, "1.8 × 10³⁰⁸"),
            (2_000_000_000.0, "2\u{202f}000\u{202f}000\u{202f}000"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
