//! Homeostatic scaling: all weights of a neuron together, towards a rate.

use duet_kernels::math::exp;
use duet_units::{Frequency, Range, Time, parameters};

parameters! {
    /// A neuron multiplies all its incoming weights by one factor, up when it fires too little and down when too much.
    ///
    /// # Equations
    /// ```text
    /// tau dw_i/dt = w_i (1 - r / rate)                    for all inputs i of a neuron
    /// at t = every, 2 every, ...:  w_i -> w_i exp(every / tau (1 - r / rate)),   r: its rate since the last time
    /// ```
    ///
    /// # Behaviour
    /// The ratios of the weights stay, and with them what was learned; only the gain moves. Where the rate grows with the
    /// weights it settles at `rate`, if `tau` is long against what the rate is measured over: in cortex hours to days, in
    /// a model seconds. A weight of zero stays zero. It acts while the network learns.
    ///
    /// # References
    /// - Turrigiano, Leslie, Desai, Rutherford & Nelson 1998, Nature 391:892
    /// - van Rossum, Bi & Turrigiano 2000, J. Neurosci. 20:8812; Zenke & Gerstner 2017, Phil. Trans. R. Soc. B 372:20160259
    ///
    /// # Example
    /// At half the wanted rate weights grow by exp(1 s / 20 s · 1/2) = 1.0253 in a second.
    /// ```
    /// use duet_spiking::normalise::Scaling;
    /// assert!((Scaling::default().factor(2.5) - 1.025_315).abs() < 1e-6);
    /// ```
    pub default struct Scaling {
        /// Rate at which the neuron settles.
        pub rate: Frequency = Frequency::new(5.0), in Range::POSITIVE;
        /// Time constant of the change for a silent neuron.
        pub tau: Time = Time::new(20_000.0), in Range::POSITIVE;
        /// Time from one scaling to the next, over which the rate is measured.
        pub every: Time = Time::new(1000.0), in Range::POSITIVE;
    }
}

impl Scaling {
    /// The factor for a neuron that fired at `rate` Hz since the last scaling.
    pub fn factor(&self, rate: f64) -> f64 {
        exp(self.every.get() / self.tau.get() * (1.0 - rate / self.rate.get()))
    }
}
