//! Where a membrane rests.

/// The lowest zero of a steady current that flows inward below it and outward above: scanned in a thousand parts, so that of
/// several zeros the lowest is found, then halved down to the last bit. The upper end where there is none.
pub(super) fn lowest_zero(outward: impl Fn(f64) -> f64, (mut low, end): (f64, f64)) -> f64 {
    let stride = (end - low) / 1000.0;
    let mut high = low + stride;
    while outward(high) < 0.0 && high < end {
        (low, high) = (high, high + stride);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if outward(middle) < 0.0 { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::lowest_zero;

    #[test]
    fn the_lowest_of_three() {
        let cubic = |x: f64| (x + 2.0) * (x - 0.5) * (x - 3.0);
        assert!((lowest_zero(cubic, (-10.0, 10.0)) + 2.0).abs() < 1e-15);
        assert!((lowest_zero(cubic, (0.6, 10.0)) - 3.0).abs() < 1e-15);
    }
}
