//! Allowed ranges, as data, so that the parser, the messages, `duet explain` and the JSON schema say the same.

use std::fmt;

/// An interval of allowed values, in the internal unit of what it limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower end; `-inf` if there is none.
    pub low: f64,
    /// Upper end; `inf` if there is none.
    pub high: f64,
    /// Whether `low` itself is allowed.
    pub includes_low: bool,
    /// Whether `high` itself is allowed.
    pub includes_high: bool,
}

impl Range {
    /// Any finite number.
    pub const FINITE: Self =
        Self { low: f64::NEG_INFINITY, high: f64::INFINITY, includes_low: false, includes_high: false };
    /// Greater than zero.
    pub const POSITIVE: Self = Self { low: 0.0, ..Self::FINITE };
    /// Zero or greater.
    pub const NON_NEGATIVE: Self = Self { includes_low: true, ..Self::POSITIVE };
    /// A probability or a share: `[0, 1]`.
    pub const UNIT: Self = Self::between(0.0, 1.0);
    /// A decay factor: `[0, 1)`.
    pub const BELOW_ONE: Self = Self { includes_high: false, ..Self::UNIT };

    /// `[low, high]`, both ends allowed.
    pub const fn between(low: f64, high: f64) -> Self {
        Self { low, high, includes_low: true, includes_high: true }
    }

    /// `low` or more.
    pub const fn at_least(low: f64) -> Self {
        Self { low, includes_low: true, ..Self::FINITE }
    }

    /// Whether a value lies inside. Infinities and NaN never do.
    pub fn contains(&self, value: f64) -> bool {
        value.is_finite()
            && (value > self.low || (self.includes_low && value == self.low))
            && (value < self.high || (self.includes_high && value == self.high))
    }

    /// The range in words, ends printed by `print` (so that they carry their unit): "> 0 ms", "from 0 to 1".
    pub fn words(&self, print: impl Fn(f64) -> String) -> String {
        match (self.low.is_finite(), self.high.is_finite()) {
            (false, false) => "any finite number".to_owned(),
            (true, false) => format!("{} {}", if self.includes_low { ">=" } else { ">" }, print(self.low)),
            (false, true) => format!("{} {}", if self.includes_high { "<=" } else { "<" }, print(self.high)),
            (true, true) => {
                let (open, close) =
                    (if self.includes_low { '[' } else { '(' }, if self.includes_high { ']' } else { ')' });
                format!("in {open}{}, {}{close}", print(self.low), print(self.high))
            }
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(|value| value.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn ends_and_words() {
        assert!(Range::POSITIVE.contains(1e-300) && !Range::POSITIVE.contains(0.0));
        assert!(Range::NON_NEGATIVE.contains(-0.0));
        assert!(Range::UNIT.contains(1.0) && !Range::BELOW_ONE.contains(1.0));
        assert!(!Range::FINITE.contains(f64::NAN) && !Range::FINITE.contains(f64::INFINITY));
        assert_eq!(Range::POSITIVE.to_string(), "> 0");
        assert_eq!(Range::BELOW_ONE.to_string(), "in [0, 1)");
        assert_eq!(Range::at_least(1.0).words(|x| format!("{x} ms")), ">= 1 ms");
    }
}
