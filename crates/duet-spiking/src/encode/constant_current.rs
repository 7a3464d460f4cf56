//! The numbers themselves, as currents.

use super::SpikeTrain;
use duet_units::parameters;

parameters! {
    /// No spikes: every cell that the input feeds receives the weighted sum of the numbers as a constant current.
    ///
    /// # Equations
    /// ```text
    /// I_j = sum over i of w_ij x_i + b_j        in every step, in weight_unit
    /// ```
    /// # Behaviour
    /// Nothing is lost on the way in and chance has no part in it: how images are handed to converted and to trained networks. What is
    /// received are real numbers, so the first layer costs multiply-adds and no additions; the sum is worked out once for a
    /// presentation. Delays of the projections from the input do not matter.
    ///
    /// # References
    /// - Rueckauer et al. 2017, Front. Neurosci. 11:682, section 2.2.4 (analog input)
    ///
    /// # Example
    /// A drive of 0.5 · 0.8 = 0.4 in every step passes a threshold of 1 in step 3 (1.2), then in steps 5 and 8 (0.4 n - k > 1).
    /// ```
    /// use duet_random::Key;
    /// use duet_spiking::{SpikingNet, SpikingSide};
    /// use duet_topology::NetworkSpec;
    /// let spec: NetworkSpec = toml::from_str("
    ///     population = { x.size = 1, y.size = 1 }
    ///     projection.w = { from = 'x', to = 'y', weights.constant = 0.8 }
    /// ").unwrap();
    /// let side: SpikingSide = toml::from_str("
    ///     neuron.integrate_and_fire = {}
    ///     synapse.delta = {}
    ///     encode.constant_current = {}
    /// ").unwrap();
    /// let mut net = SpikingNet::<f64>::new(&spec.realize(Key::new(0)).unwrap(), &side, 1, 8.0, Key::new(0)).unwrap();
    /// let fired: Vec<f64> = net.record(&[0.5], 0, 1).spikes.iter().map(|spike| spike.0).collect();
    /// assert_eq!(fired, [3.0, 6.0, 8.0]);
    /// ```
    pub default struct ConstantCurrent {}
}

impl ConstantCurrent {
    pub(super) fn encode(steps: usize, train: &mut SpikeTrain) {
        train.begin();
        (0..steps).for_each(|_| train.end_step());
    }
}
