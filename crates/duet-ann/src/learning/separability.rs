//! What one threshold unit can learn, known before it learns: Novikoff's bound and Cover's count.

/// Why a threshold unit needs only so many corrections: how long the longest input is, and how far the nearest one lies from a
/// plane that parts the classes.
///
/// ```text
/// R = max |x|,   gamma = min y (u x) / |u|,   mistakes <= (R / gamma)^2
/// ```
///
/// # References
/// - Novikoff (1962), On convergence proofs for perceptrons.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separation {
    /// Length of the longest input.
    pub radius: f64,
    /// Distance of the nearest input from the plane; negative if one lies on the wrong side.
    pub margin: f64,
}

impl Separation {
    /// Measures examples (an input, and its class as 1 or -1) against the plane through the origin whose normal is `u`.
    /// A bias is an input of 1 and its weight.
    ///
    /// ```
    /// use duet_ann::Separation;
    ///
    /// let examples = [([3.0, 4.0], 1.0), ([-2.0, 0.0], -1.0)];
    /// let found = Separation::by(&[2.0, 0.0], examples.iter().map(|(x, y)| (&x[..], *y)));
    /// assert_eq!((found.radius, found.margin), (5.0, 2.0));
    /// assert_eq!(found.bound(), 6.25);
    /// ```
    pub fn by<'a>(u: &[f64], examples: impl IntoIterator<Item = (&'a [f64], f64)>) -> Self {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let length = dot(u, u).sqrt();
        let mut found = Self { radius: 0.0, margin: f64::INFINITY };
        for (x, y) in examples {
            found.radius = found.radius.max(dot(x, x).sqrt());
            found.margin = found.margin.min(y * dot(u, x) / length);
        }
        found
    }

    /// The most mistakes that a perceptron makes from zero weights, in whatever order the examples come; infinite where the
    /// plane does not part them.
    pub fn bound(&self) -> f64 {
        if self.margin > 0.0 {
            (self.radius / self.margin) * (self.radius / self.margin)
        } else {
            f64::INFINITY
        }
    }
}

/// The share of all ways to call `points` inputs yes or no that one threshold unit of `inputs` weights, without a bias, can
/// learn: inputs in general position, each way equally likely.
///
/// ```text
/// C(p, N) = 2 sum over k < N of binom(p - 1, k),   share = C(p, N) / 2^p
/// C(p + 1, N) = C(p, N) + C(p, N - 1)              Cover's induction, by which it is computed
/// ```
/// All up to p = N, half at p = 2 N, hardly any beyond: the capacity of a unit is two inputs per weight.
///
/// # References
/// - Cover (1965), Geometrical and statistical properties of systems of linear inequalities, IEEE Transactions on Electronic
///   Computers 14.
///
/// ```
/// use duet_ann::separable_share;
///
/// assert_eq!(separable_share(4, 3), 14.0 / 16.0); // with a bias as third input: all gates of two bits but XOR and its opposite
/// assert_eq!(separable_share(40, 20), 0.5);
/// ```
pub fn separable_share(points: usize, inputs: usize) -> f64 {
    if inputs == 0 {
        return 0.0;
    }
    // share[n - 1] of p points in n dimensions; a single point can be called either.
    let mut share = vec![1.0; inputs];
    for _ in 1..points {
        for n in (1..inputs).rev() {
            share[n] = f64::midpoint(share[n], share[n - 1]);
        }
        share[0] /= 2.0;
    }
    share[inputs - 1]
}

#[cfg(test)]
mod tests {
    use super::separable_share;
    use crate::Perceptron;
    use duet_random::Key;

    #[test]
    fn the_count_is_the_sum_of_binomials() {
        for (p, n) in [(1, 1), (5, 2), (12, 5), (30, 7), (50, 50)] {
            let mut sum = 0.0;
            let mut binomial = 1.0;
            for k in 0..n.min(p) {
                sum += binomial;
                binomial *= (p - 1 - k) as f64 / (k + 1) as f64;
            }
            let share = 2.0 * sum * 0.5_f64.powi(i32::try_from(p).unwrap());
            assert!((separable_share(p, n) - share).abs() < 1e-14, "{p} {n}");
        }
        assert_eq!((separable_share(0, 3), separable_share(3, 0)), (1.0, 0.0));
    }

    /// Random points, all their dichotomies: the perceptron learns exactly Cover's share.
    #[test]
    fn the_perceptron_learns_the_share_that_is_counted() {
        let (p, n) = (5, 2);
        let mut stream = Key::new(4).stream("points", 0);
        let points: Vec<Vec<f64>> = (0..p).map(|_| (0..n).map(|_| stream.normal()).collect()).collect();
        let learned = (0..1_u32 << p).filter(|signs| {
            let mut w = vec![0.0; n];
            (0..20_000).any(|_| {
                let wrong = points.iter().enumerate().filter(|(k, x)| {
                    Perceptron::default().correct(&mut w, x, if signs >> k & 1 == 1 { 1.0 } else { -1.0 })
                });
                wrong.count() == 0
            })
        });
        assert_eq!(learned.count() as f64 / 32.0, separable_share(p, n));
    }
}
