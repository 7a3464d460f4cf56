//! The leak: channels that are always open.
//!
//! # Equations
//! ```text
//! I_L = g_l (V - e_l)
//! ```
//! # Behaviour
//! Ohm's law with a battery in series. Alone, it draws the membrane to e_l with the time constant c_m / g_l.
//!
//! # References
//! - Hodgkin & Huxley 1952, J. Physiol. 117:500

/// The current through an open conductance: outward above its reversal potential. mS/cm2 · mV = uA/cm2, nS · mV = pA.
///
/// ```
/// // 0.3 mS/cm2 at 10 mV above the reversal potential.
/// assert!((duet_spiking::channel::leak::current(0.3, -44.387, -54.387) - 3.0).abs() < 1e-12);
/// ```
pub fn current(conductance: f64, v: f64, reversal: f64) -> f64 {
    conductance * (v - reversal)
}
