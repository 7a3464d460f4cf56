//! LeCun's initialiser.

use super::Fans;
use duet_units::parameters;

parameters! {
    /// Weights whose variance gives every unit a drive of the variance of its inputs.
    ///
    /// # Equations
    /// ```text
    /// Var(w) = 1 / fan_in;   uniform: |w| <= sqrt(3 / fan_in)
    /// ```
    /// # Behaviour
    /// The choice for units that are linear around zero, and for spiking layers whose drive should match the threshold.
    ///
    /// # References
    /// - LeCun, Bottou, Orr & Müller 1998, Efficient BackProp
    pub default struct Lecun {
        /// Draw from a uniform instead of a normal distribution.
        pub uniform: bool = false;
    }
}

impl Lecun {
    /// The variance of a weight.
    ///
    /// ```
    /// use duet_topology::weights::{Fans, Lecun};
    /// assert_eq!(Lecun::default().variance(Fans { fan_in: 4, fan_out: 3 }), 0.25);
    /// ```
    pub fn variance(&self, fans: Fans) -> f64 {
        1.0 / fans.fan_in as f64
    }
}
