//! What spikes leave behind is read by a layer that learns.

use duet_units::{Range, Time, parameters};

parameters! {
    /// The spikes of the cells that feed the output, each fading with time, are handed to an artificial layer as numbers.
    ///
    /// # Equations
    /// ```text
    /// x_k = sum over the spikes of cell k of exp(-(T - t)/tau)          T: the end of the presentation
    /// ```
    /// # Behaviour
    /// A circuit with loops is a liquid into which inputs fall like stones: its ripples still tell of a stone that fell a while ago.
    /// Nothing in it learns; a layer without memory that reads the ripples does, and can so answer questions about the
    /// past. Long tau lets the read-out remember by itself; as short as a membrane's, what is remembered is in the circuit. The
    /// layer stands in `read_out` of the side: it has the output's units and the weights of the projection onto them, so the cells of the
    /// output population themselves are left out.
    ///
    /// # References
    /// - Maass, Natschläger & Markram 2002, Neural Comput. 14:2531; Jaeger 2001 (echo states, the same of numbers)
    ///
    /// # Example
    /// tau = 10 ms: a spike at the end counts 1, one 10 ms before it exp(-1) = 0.367879.
    /// ```
    /// use duet_spiking::decode::LiquidState;
    /// let state: LiquidState = toml::from_str("tau = '10 ms'").unwrap();
    /// assert!((state.weight(10.0) - 0.367_879_441_2).abs() < 1e-10);
    /// ```
    pub default struct LiquidState {
        /// How fast a spike fades.
        pub tau: Time = Time::new(30.0), in Range::POSITIVE;
    }
}

impl LiquidState {
    /// What a spike counts that is so many ms old.
    pub fn weight(&self, age: f64) -> f64 {
        duet_kernels::math::exp(-age / self.tau.get())
    }
}
