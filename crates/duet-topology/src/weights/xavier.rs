//! Glorot & Bengio's initialiser.

use super::Fans;
use duet_units::parameters;

parameters! {
    /// Weights whose variance keeps both activations and gradients level across layers of tanh units.
    ///
    /// # Equations
    /// ```text
    /// Var(w) = 2 / (fan_in + fan_out);   uniform: |w| <= sqrt(6 / (fan_in + fan_out))
    /// ```
    /// # Behaviour
    /// Right for tanh and sigmoid; with ReLU the signal halves at every layer, which `he` makes up for.
    ///
    /// # References
    /// - Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks
    pub default struct Xavier {
        /// Draw from a uniform instead of a normal distribution.
        pub uniform: bool = false;
    }
}

impl Xavier {
    /// The variance of a weight.
    ///
    /// ```
    /// use duet_topology::weights::{Fans, Xavier};
    /// let fans = Fans { fan_in: 784, fan_out: 64 };
    /// assert_eq!(Xavier::default().variance(fans), 2.0 / 848.0);
    /// ```
    pub fn variance(&self, fans: Fans) -> f64 {
        2.0 / (fans.fan_in + fans.fan_out) as f64
    }
}
