//! Thresholds that rise with activity.

use duet_units::{Range, Time, Voltage, choice, parameters};

parameters! {
    /// Every spike raises the cell's own threshold a little.
    ///
    /// # Equations
    /// ```text
    /// V fires at v_th + theta;   theta -> theta + increment  at every spike of the cell;   dtheta/dt = -theta / tau
    /// ```
    /// # Behaviour
    /// Homeostasis for competing cells: whoever wins often becomes harder to excite, so that every cell finds inputs of
    /// its own. It moves while the network learns and is held while it answers. Without `tau` it never falls.
    ///
    /// # References
    /// - Diehl & Cook 2015, Front. Comput. Neurosci. 9:99
    ///
    /// # Example
    /// Three spikes at 0.5 mV each raise the threshold by 1.5 mV.
    /// ```
    /// use duet_spiking::neuron::Adaptive;
    /// use duet_units::Voltage;
    /// let adaptive = Adaptive { increment: Voltage::new(0.5), ..Adaptive::default() };
    /// assert_eq!(3.0 * adaptive.increment.get(), 1.5);
    /// assert_eq!(adaptive.decay(1.0), 1.0); // per step of 1 ms: no decay
    /// ```
    pub default struct Adaptive {
        /// Rise per spike.
        pub increment: Voltage = Voltage::new(0.05), in Range::NON_NEGATIVE;
        /// Time constant with which it falls back, in simulated time; without it, it stays.
        pub tau: Option<Time> = None, in Range::POSITIVE;
    }
}

impl Adaptive {
    /// The factor by which theta falls in one step of `dt` ms.
    pub fn decay(&self, dt: f64) -> f64 {
        self.tau.map_or(1.0, |tau| duet_kernels::math::exp(-dt / tau.get()))
    }
}

choice! {
    /// How a threshold moves.
    pub enum ThresholdAdaptation: "threshold" {
        Adaptive(Adaptive) = "adaptive",
    }
}
