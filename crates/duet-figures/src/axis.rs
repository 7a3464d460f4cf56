//! Axes: from numbers to places, with few and round ticks.

use duet_record::format::number;

/// How numbers are spread over an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Equal differences, equal distances.
    Linear,
    /// Equal ratios, equal distances.
    Log,
}

/// One axis: its range, ticks and words.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    spread: Spread,
    /// (value, label).
    pub(crate) ticks: Vec<(f64, String)>,
    /// Quantity and unit.
    pub(crate) title: String,
}

impl Axis {
    /// From `low` to `high`, about `wanted` ticks at round numbers inside; where two or more are wanted, two at least,
    /// because one tick is no scale.
    pub(crate) fn linear(title: impl Into<String>, low: f64, high: f64, wanted: usize) -> Self {
        let (low, high) = opened(low, high);
        let ends = |step: f64| ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
        let mut step = round_step((high - low) / wanted.max(1) as f64);
        for parts in wanted + 1..=10 {
            let (first, last) = ends(step);
            if wanted < 2 || last > first {
                break;
            }
            step = round_step((high - low) / parts as f64);
        }
        let (first, last) = ends(step);
        let mut ticks = Vec::new();
        for k in first..=last.min(first.saturating_add(50)) {
            let value = k as f64 * step;
            ticks.push((value, tick_label(value, step)));
        }
        Self { low, high, spread: Spread::Linear, ticks, title: title.into() }
    }

    /// As [`Axis::linear`], widened so that it begins and ends at a tick.
    pub(crate) fn nice(title: impl Into<String>, low: f64, high: f64, wanted: usize) -> Self {
        let (low, high) = opened(low, high);
        let step = round_step((high - low) / wanted.max(1) as f64);
        let low = (low / step + 1e-9).floor() * step;
        let high = (high / step - 1e-9).ceil() * step;
        Self::linear(title, low, high, wanted)
    }

    /// As [`Axis::linear`] with ticks at whole numbers only: epochs, indices.
    pub(crate) fn whole(title: impl Into<String>, low: f64, high: f64, wanted: usize) -> Self {
        let mut axis = Self::linear(title, low, high, wanted);
        axis.ticks.retain(|(value, _)| value.fract() == 0.0);
        for (value, label) in &mut axis.ticks {
            *label = number(*value);
        }
        axis
    }

    /// From somewhat below the smallest to somewhat above the largest positive number, ticks at powers of ten (every
    /// second or third where there are many; also 2 and 5 where there are few). Where some are so small or so large that
    /// they are written as powers, all are.
    pub(crate) fn log(title: impl Into<String>, low: f64, high: f64) -> Self {
        let low = if low.is_finite() && low > 0.0 { low } else { 1.0 };
        let high = if high.is_finite() && high > low { high } else { low };
        let (low, high) = ((low / 1.8).max(1e-300), (high * 1.8).min(1e300));
        let (from, to) = (libm::floor(libm::log10(low)) as i32, libm::ceil(libm::log10(high)) as i32);
        let stride = (to - from + 5) / 6;
        let decades = (from..=to).filter(|exponent| (low..=high).contains(&power_of_ten(*exponent))).count();
        let between: &[f64] = if decades <= 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let as_powers = between.len() == 1 && (low < 3e-4 || high > 3e6);
        let ticks = (from..=to)
            .filter(|exponent| exponent.rem_euclid(stride.max(1)) == 0)
            .flat_map(|exponent| between.iter().map(move |times| (exponent, times * power_of_ten(exponent))))
            .filter(|(_, value)| (low..=high).contains(value))
            .map(|(exponent, value)| (value, if as_powers { power(exponent) } else { number(value) }))
            .collect();
        Self { low, high, spread: Spread::Log, ticks, title: title.into() }
    }

    /// Where a value lies, 0 at the low end and 1 at the high end; held inside the axis.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let part = match self.spread {
            Spread::Linear => (value - self.low) / (self.high - self.low),
            Spread::Log if value <= 0.0 => 0.0,
            Spread::Log => {
                let low = libm::log10(self.low);
                (libm::log10(value) - low) / (libm::log10(self.high) - low)
            }
        };
        if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) }
    }

    /// Whether a value lies on the axis.
    pub(crate) fn holds(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// Whether distances are ratios.
    pub(crate) fn is_log(&self) -> bool {
        self.spread == Spread::Log
    }

    /// Prints ticks as percentages of the value (0.5 is "50").
    pub(crate) fn percent(mut self) -> Self {
        for (value, label) in &mut self.ticks {
            *label = number((*value * 1e6).round() / 1e4);
        }
        self
    }
}

/// Smallest and largest finite number; `None` where there is none.
pub(crate) fn range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

/// A range that is one: two different finite numbers in order.
fn opened(low: f64, high: f64) -> (f64, f64) {
    match (low.is_finite(), high.is_finite()) {
        (true, true) if high - low > 1e-12 * low.abs().max(high.abs()) && (high - low).is_finite() => {
            (low, high)
        }
        (true, _) => {
            let half = if low == 0.0 { 0.5 } else { (0.1 * low.abs()).min(1e300) };
            (low - half, low + half)
        }
        _ => (0.0, 1.0),
    }
}

/// 1, 2 or 5 times a power of ten, not below `step`.
pub(crate) fn round_step(step: f64) -> f64 {
    let step = if step.is_finite() && step > 1e-300 { step } else { 1.0 };
    let base = power_of_ten(libm::floor(libm::log10(step)) as i32);
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|times| times * base)
        .find(|&round| round >= step * (1.0 - 1e-9))
        .unwrap_or(10.0 * base)
}

/// The double nearest to a power of ten, which repeated multiplication would miss.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::MAX)
}

/// "10⁻³", and plainly "1" and "10".
fn power(exponent: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        digit => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit.to_digit(10).unwrap_or(0) as usize],
    };
    match exponent {
        0 => "1".into(),
        1 => "10".into(),
        _ => format!("10{}", exponent.to_string().chars().map(raised).collect::<String>()),
    }
}

/// A tick's value with as many decimals as its step needs.
fn tick_label(value: f64, step: f64) -> String {
    if value == 0.0 {
        "0".into()
    } else if step.abs() < 1e5 && step.abs() >= 1e-4 {
        let decimals = (0..=4).find(|&places| {
            let scaled = step * power_of_ten(places);
            (scaled - scaled.round()).abs() < 1e-9 * scaled.abs().max(1.0)
        });
        let text = format!("{:.*}", decimals.unwrap_or(4) as usize, value.abs());
        let text = if text.len() > 4 && !text.contains('.') { number(value.abs()) } else { text };
        if value < 0.0 { format!("−{text}") } else { text }
    } else {
        number(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(labels(&Axis::linear("", 0.0, 40.0, 5)), ["0", "10", "20", "30", "40"]);
        assert_eq!(labels(&Axis::linear("", -70.0, -40.0, 4)), ["−70", "−60", "−50", "−40"]);
        assert_eq!(labels(&Axis::nice("", 0.913, 0.978, 4).percent()), ["90", "92", "94", "96", "98"]);
        assert_eq!(labels(&Axis::linear("", 0.0, 0.3, 3)), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(&Axis::whole("", 0.0, 2.0, 8)), ["0", "1", "2"]);
        // 500 alone would be no scale.
        assert_eq!(labels(&Axis::linear("", -30.0, 420.0, 2)), ["0", "200", "400"]);
        assert_eq!(labels(&Axis::linear("", 0.04, 0.85, 2)), ["0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(
            labels(&Axis::log("", 3.0, 2e5)),
            ["10", "100", "1000", "10\u{202f}000", "100\u{202f}000"]
        );
        assert_eq!(labels(&Axis::log("", 1.0, 1e12)), ["1", "10³", "10⁶", "10⁹", "10¹²"]);
        assert_eq!(labels(&Axis::log("", 1e-9, 1.0)), ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1"]);
        assert_eq!(labels(&Axis::log("", 3.0, 4.0)), ["2", "5"]);
    }

    #[test]
    fn degenerate_ranges_still_make_an_axis() {
        for (low, high) in [
            (0.0, 0.0),
            (5.0, 5.0),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
            (3.0, 1.0),
            (f64::MIN, f64::MAX),
            (1e300, 1e300),
        ] {
            for axis in
                [Axis::linear("", low, high, 5), Axis::nice("", low, high, 5), Axis::log("", low, high)]
            {
                assert!(axis.ticks.len() < 60, "{low} {high}");
                for value in [low, high, f64::NAN, -1.0, 1e308] {
                    assert!((0.0..=1.0).contains(&axis.place(value)));
                }
            }
        }
        assert_eq!(range([f64::NAN, 2.0, -1.0]), Some((-1.0, 2.0)));
        assert_eq!(range([f64::NAN]), None);
    }

    #[test]
    fn places_are_proportional() {
        assert_eq!(Axis::linear("", 0.0, 8.0, 4).place(2.0), 0.25);
        assert!((Axis::log("", 1.0, 100.0).place(10.0) - 0.5).abs() < 1e-12);
        assert!(!Axis::linear("", 0.0, 1.0, 2).holds(1.1));
    }
}
