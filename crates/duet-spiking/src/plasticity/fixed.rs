//! A synapse that does not learn.

use duet_units::parameters;

parameters! {
    /// The synapse keeps its weight.
    ///
    /// # Equations
    /// ```text
    /// dw/dt = 0
    /// ```
    /// # Behaviour
    /// The control of every learning experiment: a random layer that stays as it was drawn.
    ///
    /// # References
    /// - Maass, Natschläger & Markram 2002, Neural Comput. 14:2531 (fixed random networks with a trained read-out)
    ///
    /// # Example
    /// ```
    /// use duet_spiking::{Plasticity, plasticity::Fixed};
    /// assert!(Plasticity::Fixed(Fixed::default()).pair_rule().is_none());
    /// ```
    pub default struct Fixed {}
}
