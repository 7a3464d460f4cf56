//! How the weights of a projection are drawn: one initialiser per file.

mod constant;
mod he;
mod lecun;
mod normal;
mod pytorch;
mod uniform;
mod xavier;

pub use constant::Constant;
pub use he::He;
pub use lecun::Lecun;
pub use normal::Normal;
pub use pytorch::Pytorch;
pub use uniform::Uniform;
pub use xavier::Xavier;

use duet_random::Stream;
use duet_units::choice;

choice! {
    /// How the weights of a projection are drawn.
    pub enum Weights: "weights" {
        Constant(Constant) = "constant",
        Uniform(Uniform) = "uniform",
        Normal(Normal) = "normal",
        Xavier(Xavier) = "xavier",
        He(He) = "he",
        Lecun(Lecun) = "lecun",
        Pytorch(Pytorch) = "pytorch",
    }
}

/// How many synapses a target receives, and how many units the source could reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fans {
    /// Synapses onto the target.
    pub fan_in: usize,
    /// Units in the target population.
    pub fan_out: usize,
}

impl Weights {
    /// Draws one weight.
    pub fn sample(&self, stream: &mut Stream, fans: Fans) -> f64 {
        match self {
            Self::Constant(constant) => constant.0,
            Self::Uniform(uniform) => stream.uniform_in(uniform.low, uniform.high),
            Self::Normal(normal) => normal.mean + normal.std * stream.normal(),
            Self::Xavier(xavier) => scaled(stream, xavier.variance(fans), xavier.uniform),
            Self::He(he) => scaled(stream, he.variance(fans), he.uniform),
            Self::Lecun(lecun) => scaled(stream, lecun.variance(fans), lecun.uniform),
            Self::Pytorch(pytorch) => scaled(stream, pytorch.variance(fans), true),
        }
    }
}

/// A draw of mean zero with a given variance. A uniform distribution on [-b, b] has variance b²/3.
fn scaled(stream: &mut Stream, variance: f64, uniform: bool) -> f64 {
    if uniform {
        let bound = uniform_bound(variance);
        stream.uniform_in(-bound, bound)
    } else {
        variance.sqrt() * stream.normal()
    }
}

/// The bound b of the uniform distribution on [-b, b] that has the given variance.
pub fn uniform_bound(variance: f64) -> f64 {
    (3.0 * variance).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;

    #[test]
    fn sample_variances_agree_with_the_formulas() {
        let fans = Fans { fan_in: 784, fan_out: 64 };
        let cases = [
            (Weights::He(He { uniform: false }), 2.0 / 784.0),
            (Weights::Xavier(Xavier { uniform: true }), 2.0 / 848.0),
            (Weights::Lecun(Lecun { uniform: false }), 1.0 / 784.0),
            (Weights::Pytorch(Pytorch {}), 1.0 / (3.0 * 784.0)),
        ];
        for (weights, variance) in cases {
            let mut stream = Key::new(1).stream("test", 0);
            let n = 50_000;
            let squares: f64 = (0..n).map(|_| weights.sample(&mut stream, fans).powi(2)).sum();
            // The relative standard error of a variance is sqrt(2 / n); four of them.
            assert!(
                (squares / n as f64 / variance - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt(),
                "{weights:?}"
            );
        }
    }

    #[test]
    fn uniform_draws_keep_their_bound() {
        let he = He { uniform: true };
        let fans = Fans { fan_in: 24, fan_out: 1 };
        let bound = uniform_bound(he.variance(fans));
        assert_eq!(bound, 0.5);
        let mut stream = Key::new(1).stream("test", 0);
        assert!((0..10_000).all(|_| Weights::He(he.clone()).sample(&mut stream, fans).abs() <= bound));
    }
}
