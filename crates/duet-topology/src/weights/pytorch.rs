//! PyTorch's default for linear layers.

use super::Fans;
use duet_units::parameters;

parameters! {
    /// The weights that a PyTorch `Linear` layer starts with when nobody says otherwise.
    ///
    /// # Equations
    /// ```text
    /// |w| <= 1 / sqrt(fan_in), uniform;   Var(w) = 1 / (3 fan_in)
    /// ```
    /// # Behaviour
    /// A sixth of He's variance: activations shrink from layer to layer. For reproducing listings that rely on it.
    ///
    /// # References
    /// - torch.nn.Linear: kaiming_uniform_ with a = sqrt(5), which works out to this bound
    pub default struct Pytorch {}
}

impl Pytorch {
    /// The variance of a weight.
    ///
    /// ```
    /// use duet_topology::weights::{Fans, Pytorch, uniform_bound};
    /// let variance = Pytorch::default().variance(Fans { fan_in: 784, fan_out: 64 });
    /// assert!((uniform_bound(variance) - 1.0 / 28.0).abs() < 1e-15);
    /// ```
    pub fn variance(&self, fans: Fans) -> f64 {
        1.0 / (3.0 * fans.fan_in as f64)
    }
}
