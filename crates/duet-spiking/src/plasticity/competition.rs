//! Competitive learning: the cell that fires moves towards what made it fire.

use super::{PairRule, TraceKind};
use duet_units::{Range, Time, parameters};

parameters! {
    /// A cell that fires moves its incoming weights towards the input that it just saw.
    ///
    /// # Equations
    /// ```text
    /// at a postsynaptic spike:   w_i -> w_i + rate (x_i / |x| - w_i)  for all inputs i,   then  w -> w / |w|
    /// dx_i/dt = -x_i / tau,      x_i -> x_i + 1 when a spike of i arrives
    /// ```
    /// # Behaviour
    /// With inhibition that lets one cell win and thresholds that rise with every win, the cells share the inputs out
    /// among themselves and their weights become prototypes. Nothing is told about labels. Without homeostasis a few
    /// cells win everything.
    ///
    /// # References
    /// - Rumelhart & Zipser 1985, Cogn. Sci. 9:75; Diehl & Cook 2015, Front. Comput. Neurosci. 9:99
    /// - Nessler et al. 2013, PLoS Comput. Biol. 9:e1003037
    ///
    /// # Example
    /// At rate 0.2 a weight of 0.1 goes a fifth of the way to a trace of 0.6.
    /// ```
    /// use duet_spiking::plasticity::{Competition, PairRule};
    /// let rule = Competition::default();
    /// assert!((rule.on_post(0.1, 0.6, 0.0, 1.0) - 0.2).abs() < 1e-15);
    /// ```
    pub default struct Competition {
        /// Share of the way to the input.
        pub rate: f64 = 0.2, in Range::UNIT;
        /// Time constant of the presynaptic trace.
        pub tau: Time = Time::new(20.0), in Range::POSITIVE;
        /// Epochs after which the step is halved: rate / (1 + epoch / halve_after); without it, it stays.
        pub halve_after: Option<f64> = None, in Range::POSITIVE;
        /// Euclidean length of a cell's incoming weights.
        pub length: f64 = 1.0, in Range::POSITIVE;
    }
}

impl PairRule for Competition {
    fn pre_trace(&self) -> TraceKind {
        TraceKind { tau: self.tau.get(), nearest: false }
    }

    fn post_trace(&self) -> TraceKind {
        self.pre_trace()
    }

    fn on_pre(&self, weight: f64, _: f64, _: f64) -> f64 {
        weight
    }

    fn on_post(&self, weight: f64, pre: f64, _: f64, pace: f64) -> f64 {
        weight + self.rate * pace * (pre * self.length - weight)
    }

    fn window(&self, weight: f64, lag: f64) -> f64 {
        // Alone, a synapse is the whole row: any trace becomes 1 and any weight the row's length.
        let moved = weight + self.rate * (self.length - weight);
        if lag > 0.0 && moved != 0.0 { self.length * moved.signum() - weight } else { 0.0 }
    }

    fn learns_on_pre(&self) -> bool {
        false
    }

    fn row_length(&self) -> Option<f64> {
        Some(self.length)
    }
}
