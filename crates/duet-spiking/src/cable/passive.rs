//! The passive cable in closed form.
//!
//! # Equations
//! ```text
//! lambda = sqrt(d/4 · r_m/r_i)        tau_m = r_m c_m        R_semi = (2/pi) sqrt(r_m r_i) d^(-3/2)
//! V(x)/V(0) = exp(-x/lambda)                                      no end
//!           = cosh((l - x)/lambda) / cosh(l/lambda)               sealed at l: no current leaves
//!           = sinh((l - x)/lambda) / sinh(l/lambda)               killed at l: cut open, V = e_l
//! R_in = R_semi/2 (no end on either side), R_semi (one side), R_semi coth(l/lambda) (sealed), R_semi tanh(l/lambda) (killed)
//! lambda(f) = lambda / Re sqrt(1 + 2 pi i f tau_m)                how far an oscillation reaches
//! ```
//! # Behaviour
//! After one length constant 37 % are left. Fast signals reach less far than slow ones. A sealed end holds the voltage up, a
//! killed one pulls it down.
//!
//! # References
//! - Rall 1977, Handbook of Physiology, The Nervous System I, chapter 3
//! - Koch 1999, Biophysics of Computation, chapter 2

use super::End;
use core::f64::consts::{PI, TAU};
use duet_kernels::math::{exp, tanh};

/// A cylinder's cable properties, of which everything passive follows.
///
/// ```
/// use duet_spiking::cable::Electrotonic;
/// // A dendrite of 2 um: sqrt(0.5e-4 cm · 20000/150) = 816.5 um; 20 kOhm cm2 · 1 uF/cm2 = 20 ms.
/// let dendrite = Electrotonic { diameter: 2.0, r_m: 20_000.0, r_i: 150.0, c_m: 1.0 };
/// assert!((dendrite.length_constant() - 816.496_580_928).abs() < 1e-9);
/// assert_eq!(dendrite.time_constant(), 20.0);
/// assert!((dendrite.profile(816.496_580_928, None) - 0.367_879_441).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Electrotonic {
    /// Diameter in um.
    pub diameter: f64,
    /// Membrane resistance times area in Ohm cm2.
    pub r_m: f64,
    /// Axial resistivity in Ohm cm.
    pub r_i: f64,
    /// Membrane capacitance in uF/cm2.
    pub c_m: f64,
}

impl Electrotonic {
    /// The length constant lambda in um.
    pub fn length_constant(&self) -> f64 {
        // In cm under the root, with d = 1e-4 cm per um.
        1e4 * (self.diameter * 1e-4 / 4.0 * self.r_m / self.r_i).sqrt()
    }

    /// The membrane time constant in ms.
    pub fn time_constant(&self) -> f64 {
        // Ohm cm2 · uF/cm2 = us.
        self.r_m * self.c_m / 1000.0
    }

    /// The length constant in um of an oscillation of `frequency` Hz.
    pub fn length_constant_at(&self, frequency: f64) -> f64 {
        let phase = TAU * frequency * self.time_constant() / 1000.0;
        // Re sqrt(1 + i p) = sqrt((sqrt(1 + p^2) + 1) / 2).
        self.length_constant() / (0.5 * ((1.0 + phase * phase).sqrt() + 1.0)).sqrt()
    }

    /// The input resistance in MOhm at the beginning of a cable that goes on for ever, in one direction.
    pub fn resistance_semi_infinite(&self) -> f64 {
        let d = self.diameter * 1e-4;
        1e-6 * 2.0 / PI * (self.r_m * self.r_i).sqrt() / (d * d.sqrt())
    }

    /// The input resistance in MOhm in the middle of a cable without ends.
    pub fn resistance_infinite(&self) -> f64 {
        0.5 * self.resistance_semi_infinite()
    }

    /// The input resistance in MOhm at the beginning of a cable of `length` um.
    pub fn resistance(&self, length: f64, end: End) -> f64 {
        let reach = tanh(length / self.length_constant());
        match end {
            End::Sealed => self.resistance_semi_infinite() / reach,
            End::Killed => self.resistance_semi_infinite() * reach,
        }
    }

    /// What is left at `x` um of a steady voltage held at the beginning: of a cable with an end (length in um, kind), or
    /// without.
    pub fn profile(&self, x: f64, end: Option<(f64, End)>) -> f64 {
        let reach = |x: f64| exp(-x / self.length_constant());
        // cosh and sinh by decaying exponentials, which cannot overflow.
        match end {
            None => reach(x),
            Some((length, End::Sealed)) => (reach(x) + reach(2.0 * length - x)) / (1.0 + reach(2.0 * length)),
            Some((length, End::Killed)) => (reach(x) - reach(2.0 * length - x)) / (1.0 - reach(2.0 * length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENDRITE: Electrotonic = Electrotonic { diameter: 2.0, r_m: 20_000.0, r_i: 150.0, c_m: 1.0 };

    #[test]
    fn a_long_cable_has_no_end() {
        let long = 40.0 * DENDRITE.length_constant();
        for end in [End::Sealed, End::Killed] {
            assert!(
                (DENDRITE.resistance(long, end) / DENDRITE.resistance_semi_infinite() - 1.0).abs() < 1e-12
            );
            for x in [0.0, 100.0, 1000.0] {
                let profile = DENDRITE.profile(x, Some((long, end)));
                assert!((profile - DENDRITE.profile(x, None)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn profiles_solve_the_cable_equation_and_keep_their_ends() {
        let (length, h) = (900.0, 0.5);
        for end in [End::Sealed, End::Killed] {
            let v = |x: f64| DENDRITE.profile(x, Some((length, end)));
            for x in [10.0, 450.0, 890.0] {
                let bend = (v(x + h) - 2.0 * v(x) + v(x - h)) / (h * h);
                let lambda = DENDRITE.length_constant();
                assert!((bend * lambda * lambda / v(x) - 1.0).abs() < 1e-5, "{end:?} {x}");
            }
            assert_eq!(v(0.0), 1.0);
        }
        assert_eq!(DENDRITE.profile(length, Some((length, End::Killed))), 0.0);
        let v = |x: f64| DENDRITE.profile(x, Some((length, End::Sealed)));
        assert!((v(length) - v(length - h)).abs() < 1e-6, "flat at a sealed end");
    }

    #[test]
    fn a_steady_voltage_is_an_oscillation_of_zero_hertz() {
        assert_eq!(DENDRITE.length_constant_at(0.0), DENDRITE.length_constant());
        // Far above 1/tau the reach falls with the square root of the frequency.
        let ratio = DENDRITE.length_constant_at(1e7) / DENDRITE.length_constant_at(4e7);
        assert!((ratio - 2.0).abs() < 1e-5, "{ratio}");
    }
}
