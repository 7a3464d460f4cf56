//! The three-factor rule: what the source did, how close the target was to firing, and a broadcast error.

use duet_units::{Range, Time, parameters};

parameters! {
    /// A synapse learns from its source's recent spikes, its target's nearness to threshold and an error signal.
    ///
    /// # Equations
    /// ```text
    /// dw_ji/dt = rate · m_j(t) · psi_j(t) · x_i(t)          db_j/dt = rate · m_j(t) · psi_j(t)
    /// dx_i/dt  = -x_i / tau,   x_i -> x_i + 1 when a spike of i arrives
    /// output cells:  m_j = e_j,                 psi_j = 1
    /// other cells:   m_j = sum_k B_jk e_k,      psi_j = max(0, 1 - |V_j - v_th| / (v_th - e_l)) / 2
    /// e_k = target_k - r_k:   r_k is the output's spike train, low-passed and in units of the target rate
    /// ```
    /// B is drawn once, B_jk ~ N(0, 1), and never learns: nothing in a brain would tell a cell the weights ahead of it.
    ///
    /// # Behaviour
    /// Everything a synapse uses is at hand: its own two cells and a few error signals that reach every cell alike. The
    /// output synapses perform the delta rule on spikes; the hidden ones follow a random projection of the error, which
    /// aligns with the gradient as the output weights come to agree with B (feedback alignment).
    ///
    /// # References
    /// - Lillicrap, Cownden, Tweed & Akerman 2016, Nat. Commun. 7:13276
    /// - Ponulak & Kasiński 2010, Neural Comput. 22:467 (delta rule on spikes, ReSuMe)
    /// - Neftci et al. 2017, Front. Neurosci. 11:324; Bellec et al. 2020, Nat. Commun. 11:3625
    ///
    /// # Example
    /// Halfway between rest and threshold psi is 1/4, at threshold 1/2, and a refractory cell does not learn.
    /// ```
    /// use duet_spiking::plasticity::ThreeFactor;
    /// assert_eq!(ThreeFactor::pseudo_derivative(-0.5), 0.25);
    /// assert_eq!(ThreeFactor::pseudo_derivative(0.0), 0.5);
    /// assert_eq!(ThreeFactor::pseudo_derivative(-1.0), 0.0);
    /// ```
    pub default struct ThreeFactor {
        /// Step per ms and unit of all three factors.
        pub rate: f64 = 0.0003, in Range::POSITIVE;
        /// Time constant of the presynaptic trace.
        pub tau: Time = Time::new(10.0), in Range::POSITIVE;
        /// Epochs after which the step is halved: rate / (1 + epoch / halve_after); without it, it stays.
        pub halve_after: Option<f64> = None, in Range::POSITIVE;
        /// Bound on |w|, if there is one.
        pub w_max: Option<f64> = None, in Range::POSITIVE;
    }
}

impl ThreeFactor {
    /// psi: 1/2 at threshold, falling linearly to 0 at rest and as far above; `distance` is in units of v_th - e_l.
    pub fn pseudo_derivative<T: duet_kernels::Real>(distance: T) -> T {
        T::from_f64(0.5) * (T::ONE - distance.abs()).max(T::ZERO)
    }
}
