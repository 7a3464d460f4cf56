//! Speeds and times as a progress line shows them: short, and no more exact than they are.

/// A number of things per second: "52 300", "7.4".
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() {
        return "?".to_owned();
    }
    if per_second < 10.0 {
        return format!("{per_second:.1}");
    }
    // Three digits say all that a single epoch can.
    let mut scale = 1.0;
    while per_second / scale >= 1000.0 {
        scale *= 10.0;
    }
    let digits = format!("{:.0}", (per_second / scale).round() * scale);
    let group = |(at, digit): (usize, char)| {
        let space = at > 0 && (digits.len() - at).is_multiple_of(3);
        [space.then_some(' '), Some(digit)].into_iter().flatten()
    };
    digits.chars().enumerate().flat_map(group).collect()
}

/// A time: "0.3 s", "12 s", "4 min", "2 h 05 min".
pub fn time(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() || s < 0.0 => "?".to_owned(),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 99.5 => format!("{s:.0} s"),
        s if s < 3570.0 => format!("{:.0} min", s / 60.0),
        s => {
            let minutes = (s / 60.0).round();
            format!("{:.0} h {:02.0} min", (minutes / 60.0).floor(), minutes % 60.0)
        }
    }
}

/// How much of a simulated time is done: "0.55 of 1.10 s", "150 of 300 ms".
pub fn simulated(done_ms: f64, of_ms: f64) -> String {
    if of_ms < 1000.0 {
        format!("{done_ms:.0} of {of_ms:.0} ms")
    } else {
        format!("{:.2} of {:.2} s", done_ms / 1000.0, of_ms / 1000.0)
    }
}

/// Seconds of the clock per second of simulated time: "real-time factor 2.94".
pub fn factor(factor: f64) -> String {
    let digits = if factor < 10.0 { format!("{factor:.2}") } else { rate(factor) };
    format!("real-time factor {digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_and_times_are_short() {
        for (value, words) in
            [(7.44, "7.4"), (96.0, "96"), (1234.0, "1 230"), (52_345.0, "52 300"), (f64::INFINITY, "?")]
        {
            assert_eq!(rate(value), words);
        }
        assert_eq!(rate(1_234_567.0), "1 230 000");
        for (value, words) in [
            (0.04, "0.0 s"),
            (12.3, "12 s"),
            (99.9, "2 min"),
            (240.0, "4 min"),
            (7500.0, "2 h 05 min"),
            (f64::NAN, "?"),
        ] {
            assert_eq!(time(value), words);
        }
    }

    #[test]
    fn simulated_time_is_told_in_the_unit_of_the_whole() {
        assert_eq!(simulated(150.04, 300.0), "150 of 300 ms");
        assert_eq!(simulated(550.0, 10_500.0), "0.55 of 10.50 s");
        assert_eq!(factor(0.348), "real-time factor 0.35");
        assert_eq!(factor(1234.0), "real-time factor 1 230");
    }
}
