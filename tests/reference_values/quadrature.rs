//! Areas under smooth curves that decay.

/// The integral of `f` from 0 to infinity. `fastest` and `slowest` are its shortest and longest time constants; the
/// curve is cut off where exp(-50) is left of it.
///
/// Gauss-Legendre quadrature with five nodes in each panel of half the fastest time constant: the error of a panel is
/// far below the last bit of its area.
pub fn area(fastest: f64, slowest: f64, f: impl Fn(f64) -> f64) -> f64 {
    const NODES: [(f64, f64); 5] = [
        (0.0, 0.568_888_888_888_888_9),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
        (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
        (0.906_179_845_938_664, 0.236_926_885_056_189_08),
    ];
    let half = 0.25 * fastest;
    let panels = (50.0 * slowest / (2.0 * half)).ceil() as usize;
    let panel = |i: usize| {
        let middle = (2 * i + 1) as f64 * half;
        NODES.iter().map(|&(node, weight)| weight * f(middle + half * node)).sum::<f64>() * half
    };
    (0..panels).map(panel).sum()
}

#[cfg(test)]
mod tests {
    use super::area;
    use duet_kernels::math::exp;

    #[test]
    fn two_exponentials() {
        let got = area(0.5, 20.0, |t| 3.0 * exp(-t / 20.0) - 2.0 * exp(-t / 0.5));
        assert!((got - 59.0).abs() < 1e-12, "{got}");
    }
}
