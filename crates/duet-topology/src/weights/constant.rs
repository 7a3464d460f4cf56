//! Every weight equal.

use duet_units::parameters;

parameters! {
    /// Every weight has the same value.
    ///
    /// # Equations
    /// ```text
    /// w = value
    /// ```
    /// # Behaviour
    /// Identical weights keep hidden units identical under backpropagation: the symmetry is never broken. Right for
    /// balanced random networks, where the wiring is what is random.
    pub value Constant(f64);
}
