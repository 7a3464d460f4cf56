//! Every weight equal.

use duet_units::parameters;

parameters! {
    /// Every number drawn is the same.
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
