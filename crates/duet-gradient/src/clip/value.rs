//! Clipping of each slope by itself.

use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// Each slope beyond this is cut off at it.
    ///
    /// # Equations
    /// ```text
    /// g_i <- max(-value, min(value, g_i))
    /// ```
    ///
    /// # Behaviour
    /// Simple and local: each synapse needs to know only its own slope. But the direction changes: steep parameters
    /// are held back and flat ones are not, so a step may no longer go straight downhill. `clip.norm` keeps the
    /// direction.
    ///
    /// # References
    /// - Mikolov (2012), Statistical language models based on neural networks, PhD thesis, section 3.2.2.
    /// - The definition of `torch.nn.utils.clip_grad_value_`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::clip::Value;
    ///
    /// assert_eq!(Value(0.5).limit(&[3.0, -0.25, -2.0], &mut [0.0; 3]), [0.5, -0.25, -0.5]);
    /// ```
    pub value Value(f64, in Range::POSITIVE);
}

impl Value {
    /// A copy of the gradient in `room`, every slope within the limits.
    pub fn limit<'a, T: Real>(&self, gradient: &[T], room: &'a mut [T]) -> &'a [T] {
        let limit = T::from_f64(self.0);
        for (clipped, &g) in room.iter_mut().zip(gradient) {
            *clipped = g.max(-limit).min(limit);
        }
        room
    }
}
