//! He's initialiser.

use super::Fans;
use duet_units::parameters;

parameters! {
    /// Weights whose variance keeps activations level across layers of rectifiers.
    ///
    /// # Equations
    /// ```text
    /// Var(w) = 2 / fan_in;   uniform: |w| <= sqrt(6 / fan_in)
    /// ```
    /// # Behaviour
    /// A ReLU passes half of its input's power; the factor 2 makes up for it.
    ///
    /// # References
    /// - He, Zhang, Ren & Sun 2015, Delving deep into rectifiers
    pub default struct He {
        /// Draw from a uniform instead of a normal distribution.
        pub uniform: bool = false;
    }
}

impl He {
    /// The variance of a weight.
    ///
    /// ```
    /// use duet_topology::weights::{Fans, He};
    /// assert_eq!(He::default().variance(Fans { fan_in: 8, fan_out: 3 }), 0.25);
    /// ```
    pub fn variance(&self, fans: Fans) -> f64 {
        2.0 / fans.fan_in as f64
    }
}
