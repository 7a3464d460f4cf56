//! Is a gradient right? Central differences know nothing of how it was derived.

/// How far a gradient is from central differences, at its worst place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientCheck {
    /// The largest relative difference |a - n| / max(1e-8, |a| + |n|) between given and numerical slope.
    pub max_relative: f64,
    /// The parameter where it occurs.
    pub worst: usize,
    /// The slope given there.
    pub given: f64,
    /// The central difference there.
    pub numerical: f64,
}

/// Compares `gradient` with central differences of `f` around `at`, one parameter after the other.
///
/// The error of the differences is of order `h`² plus rounding / `h`; `h = 1e-6` is a good choice for numbers of order
/// one in f64. A smooth function with a right gradient then stays below 1e-6, one with kinks below 1e-5 as long as no
/// kink lies within `h`. A value that is not finite counts as an infinite difference.
///
/// Source: the criterion of the Stanford notes CS231n, "Neural networks 3: gradient checks".
///
/// ```
/// use duet_gradient::check_gradient;
///
/// let f = |x: &[f64]| x[0] * x[0] + 3.0 * x[1];
/// let at = [2.0, 5.0];
/// assert!(check_gradient(f, &[4.0, 3.0], &at, 1e-6).max_relative < 1e-8);
/// let wrong = check_gradient(f, &[4.0, 2.0], &at, 1e-6);
/// assert_eq!(wrong.worst, 1);
/// assert!((wrong.max_relative - 0.2).abs() < 1e-8); // |2 - 3| / (2 + 3)
/// ```
///
/// # Panics
/// If `gradient` and `at` differ in length.
pub fn check_gradient(
    mut f: impl FnMut(&[f64]) -> f64,
    gradient: &[f64],
    at: &[f64],
    h: f64,
) -> GradientCheck {
    assert_eq!(gradient.len(), at.len(), "a gradient has as many entries as the point it belongs to");
    let mut point = at.to_vec();
    let mut check = GradientCheck { max_relative: 0.0, worst: 0, given: 0.0, numerical: 0.0 };
    for (i, &given) in gradient.iter().enumerate() {
        // The step that is really taken, which rounding makes differ from h.
        let (above, below) = (at[i] + h, at[i] - h);
        point[i] = above;
        let high = f(&point);
        point[i] = below;
        let low = f(&point);
        point[i] = at[i];
        let numerical = (high - low) / (above - below);
        let relative = (given - numerical).abs() / (given.abs() + numerical.abs()).max(1e-8);
        let relative = if relative.is_nan() { f64::INFINITY } else { relative };
        if relative > check.max_relative || i == 0 {
            check = GradientCheck { max_relative: relative, worst: i, given, numerical };
        }
    }
    check
}

#[cfg(test)]
mod tests {
    use super::check_gradient;
    use duet_kernels::math;

    #[test]
    fn the_error_of_central_differences_is_of_second_order() {
        let error = |h| {
            let check = check_gradient(|x| math::exp(x[0]), &[math::exp(1.0)], &[1.0], h);
            (check.given - check.numerical).abs()
        };
        let ratio = error(1e-2) / error(1e-3);
        assert!((ratio - 100.0).abs() < 1.0, "{ratio}");
    }

    #[test]
    fn what_is_not_finite_is_never_right() {
        assert_eq!(check_gradient(|_| f64::NAN, &[0.0], &[0.0], 1e-6).max_relative, f64::INFINITY);
        assert_eq!(check_gradient(|x| x[0], &[f64::NAN], &[0.0], 1e-6).max_relative, f64::INFINITY);
    }

    #[test]
    fn nothing_to_check_is_right() {
        assert_eq!(check_gradient(|_| 1.0, &[], &[], 1e-6).max_relative, 0.0);
    }
}
