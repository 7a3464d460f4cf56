//! The curve by which answers between two choices are summarized.
//!
//! ```text
//! p(c) = 1 - 1/2 e^(-(c/alpha)^beta)
//! ```
//!
//! # Behaviour
//! Half of the answers are right at c = 0, where there is nothing to see, and 1 - 1/(2e) = 81.6 % at c = alpha, the threshold.
//! beta is how steep the way from the one to all is.
//!
//! # References
//! - Weibull 1951, J. Appl. Mech. 18:293; Quick 1974, Kybernetik 16:65
//! - Roitman & Shadlen 2002, J. Neurosci. 22:9475 (this form, fitted to monkeys)

use duet_kernels::math::{exp, ln, pow};

/// A psychometric curve between two choices.
///
/// At twice the threshold of a curve with beta = 1: 1 - 1/2 e^-2 = 0.93233.
/// ```
/// use duet_spiking::theory::Weibull;
/// let curve = Weibull { alpha: 0.1, beta: 1.0 };
/// assert_eq!(curve.correct(0.0), 0.5);
/// assert!((curve.correct(0.2) - 0.932_332).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weibull {
    /// Strength of the evidence at which 81.6 % of the answers are right.
    pub alpha: f64,
    /// Steepness.
    pub beta: f64,
}

/// How often the answer was right at one strength of the evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answers {
    /// Strength of the evidence; not negative.
    pub evidence: f64,
    /// Answers given.
    pub given: u64,
    /// Those that were right.
    pub right: u64,
}

impl Weibull {
    /// The share of right answers.
    pub fn correct(&self, evidence: f64) -> f64 {
        1.0 - 0.5 * exp(-pow(evidence / self.alpha, self.beta))
    }

    /// The curve under which these answers are most likely; `None` where they have no such curve: nothing but right answers,
    /// too few strengths, more wrong than right.
    ///
    /// Fisher scoring in (ln alpha, ln beta), each step halved until it makes the answers likelier.
    pub fn fit(answers: &[Answers]) -> Option<Self> {
        let seen: Vec<Answers> =
            answers.iter().copied().filter(|at| at.evidence > 0.0 && at.given > 0).collect();
        let (first, rest) = seen.split_first()?;
        if rest.iter().all(|at| at.evidence == first.evidence) {
            return None;
        }
        let logs = seen.iter().map(|at| ln(at.evidence)).sum::<f64>();
        let mut curve = Self { alpha: exp(logs / seen.len() as f64), beta: 1.0 };
        let mut likelihood = curve.likelihood(&seen);
        for _ in 0..200 {
            let [by_alpha, by_beta] = curve.step(&seen)?;
            let next = (0..40).find_map(|halvings| {
                let part = 0.5_f64.powi(halvings);
                let next = Self {
                    alpha: curve.alpha * exp(part * by_alpha),
                    beta: curve.beta * exp(part * by_beta),
                };
                let likely = next.likelihood(&seen);
                (likely > likelihood).then_some((next, likely))
            });
            // Where no step makes them likelier this is the top, if steps have become small.
            let Some(next) = next else { return (by_alpha.abs().max(by_beta.abs()) < 1e-5).then_some(curve) };
            (curve, likelihood) = next;
            let is_far = |number: f64| !(1e-9..1e9).contains(&number);
            if is_far(curve.alpha) || is_far(curve.beta) {
                return None;
            }
        }
        None
    }

    fn likelihood(&self, answers: &[Answers]) -> f64 {
        let of = |at: &Answers| {
            let wrong = 0.5 * exp(-pow(at.evidence / self.alpha, self.beta));
            let term = |count: u64, p: f64| if count == 0 { 0.0 } else { count as f64 * ln(p) };
            term(at.right, 1.0 - wrong) + term(at.given - at.right, wrong)
        };
        answers.iter().map(of).sum()
    }

    /// The step of ln alpha and ln beta towards the likeliest curve, no longer than 1.
    fn step(&self, answers: &[Answers]) -> Option<[f64; 2]> {
        let (mut score, mut information) = ([0.0; 2], [[0.0; 2]; 2]);
        for at in answers {
            let u = pow(at.evidence / self.alpha, self.beta);
            let wrong = 0.5 * exp(-u);
            let right = 1.0 - wrong;
            // dp = (1 - p) du, with du/d ln alpha = -beta u and du/d ln beta = u ln u.
            let du = [-self.beta * u, if u > 0.0 { u * ln(u) } else { 0.0 }];
            let n = at.given as f64;
            let off = at.right as f64 - n * right;
            for i in 0..2 {
                score[i] += off * du[i] / right;
                (0..2).for_each(|j| information[i][j] += n * wrong * du[i] * du[j] / right);
            }
        }
        let [[a, b], [_, d]] = information;
        let determinant = a * d - b * b;
        let step = [(d * score[0] - b * score[1]) / determinant, (a * score[1] - b * score[0]) / determinant];
        let length = step[0].abs().max(step[1].abs());
        length.is_finite().then(|| step.map(|part| part / length.max(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIDENCE: [f64; 5] = [0.032, 0.064, 0.128, 0.256, 0.512];

    fn answers(curve: Weibull, given: u64) -> Vec<Answers> {
        let of = |&evidence: &f64| {
            let right = (curve.correct(evidence) * given as f64).round() as u64;
            Answers { evidence, given, right }
        };
        EVIDENCE.iter().map(of).collect()
    }

    #[test]
    fn a_curve_is_found_again_from_its_answers() {
        for (alpha, beta) in [(0.092, 1.5), (0.03, 0.8), (0.3, 3.0)] {
            let found = Weibull::fit(&answers(Weibull { alpha, beta }, 1_000_000_000)).unwrap();
            assert!((found.alpha / alpha - 1.0).abs() < 1e-6, "{found:?}");
            assert!((found.beta / beta - 1.0).abs() < 1e-6, "{found:?}");
        }
    }

    /// No nearby curve makes the answers likelier, also where they lie on no curve.
    #[test]
    fn the_fit_is_the_likeliest_curve() {
        let mut odd = answers(Weibull { alpha: 0.08, beta: 1.2 }, 200);
        odd[1].right += 9;
        odd[3].right -= 5;
        let best = Weibull::fit(&odd).unwrap();
        for (by_alpha, by_beta) in [(1.001, 1.0), (0.999, 1.0), (1.0, 1.001), (1.0, 0.999), (1.001, 0.999)] {
            let beside = Weibull { alpha: best.alpha * by_alpha, beta: best.beta * by_beta };
            assert!(beside.likelihood(&odd) < best.likelihood(&odd), "{beside:?}");
        }
    }

    #[test]
    fn answers_without_a_curve() {
        let at = |right| EVIDENCE.map(|evidence| Answers { evidence, given: 10, right });
        assert_eq!(Weibull::fit(&at(10)), None, "nothing wrong");
        assert_eq!(Weibull::fit(&at(3)), None, "less than half right");
        assert_eq!(Weibull::fit(&[]), None);
        assert_eq!(Weibull::fit(&at(7)[..1]), None, "one strength");
    }
}
