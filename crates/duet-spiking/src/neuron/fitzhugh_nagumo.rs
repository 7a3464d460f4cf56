//! The FitzHugh-Nagumo neuron.

use super::rest::lowest_zero;
use super::{Build, Firing, Group, InputUnit, Levels, Membrane, Model, OdeGroup, Variable};
use duet_kernels::Real;
use duet_kernels::math::sqrt;
use duet_units::{Range, Time, parameters};

parameters! {
    /// Excitability in its barest form: a fast variable with a cubic current, a slow one that calls it back.
    ///
    /// # Equations
    /// ```text
    /// tau du/dt = u - k u³ - w + I(t)
    /// tau dw/dt = eps (u + a - b w)
    /// u rises through u_spike:  spike
    /// ```
    /// All but tau are bare numbers.
    ///
    /// # Behaviour
    /// Its two nullclines, w = u - k u³ + I and w = (u + a)/b, explain what every spiking membrane does: a stable rest on the
    /// left branch, a push beyond the middle branch that makes one large excursion, and, where a current moves the crossing
    /// onto the middle branch, an oscillation without end (Hopf bifurcation: the rate jumps to a finite value). Still
    /// stronger currents stop it again. Nothing is reset. FitzHugh's own form is k = 1/3, eps = 0.08, a = 0.7, b = 0.8; it
    /// begins to oscillate at I = 0.331.
    ///
    /// # References
    /// - FitzHugh 1961, Biophys. J. 1:445; Nagumo et al. 1962, Proc. IRE 50:2061
    /// - Gerstner et al. 2014, Neuronal Dynamics, chapter 4 (the defaults are those of its exercises)
    ///
    /// # Example
    /// From (u, w) = (1, 0): du/dt = 1 (1 - 1) - 0 = 0 and dw/dt = 0.1 (1 - 0 + 1) = 0.2.
    /// ```
    /// use duet_spiking::neuron::{FitzhughNagumo, Membrane};
    /// let slope = FitzhughNagumo::default().equations().derivative(&[1.0, 0.0], 0.0);
    /// assert!(slope[0] == 0.0 && (slope[1] - 0.2).abs() < 1e-15);
    /// ```
    pub default struct FitzhughNagumo {
        /// The physical time that one unit of the model's time stands for.
        pub tau: Time = Time::new(1.0), in Range::POSITIVE;
        /// Weight of the cubic term.
        pub k: f64 = 1.0, in Range::POSITIVE;
        /// How much slower w is than u.
        pub eps: f64 = 0.1, in Range::POSITIVE;
        /// Where recovery would begin at w = 0.
        pub a: f64 = 1.0;
        /// How strongly w limits itself.
        pub b: f64 = 0.5, in Range::NON_NEGATIVE;
        /// An upward crossing of this value counts as a spike.
        pub u_spike: f64 = 0.0;
        /// Constant drive.
        pub i_e: f64 = 0.0;
    }
}

/// The numbers of the equations.
#[derive(Clone, Debug)]
pub struct Equations {
    cell: FitzhughNagumo,
}

impl FitzhughNagumo {
    /// The membrane.
    pub fn equations(&self) -> Equations {
        Equations { cell: self.clone() }
    }

    /// The constant drive at which rest gives way to an oscillation (Hopf); `None` where no drive does that.
    pub fn rheobase(&self) -> Option<f64> {
        let Self { k, eps, a, b, i_e, .. } = *self;
        // The trace of the linearised equations vanishes there while their determinant, eps (1 - eps b²), is positive.
        if b == 0.0 || eps * b >= 1.0 || eps * b * b >= 1.0 {
            return None;
        }
        let u = -sqrt((1.0 - eps * b) / (3.0 * k));
        Some((u + a) / b - u + k * u * u * u - i_e)
    }

    /// u where nothing moves without input.
    fn resting(&self) -> f64 {
        let Self { k, a, b, .. } = *self;
        // dw/dt = 0 put into du/dt = 0, times b, so that b = 0 needs no case of its own; growing in u from below.
        let outward = |u: f64| u + a - b * (u - k * u * u * u);
        // Cauchy's bound on the zeros of a polynomial, or the linear equation's own zero.
        let bound = if b * k > 0.0 { 1.0 + (1.0 - b).abs().max(a.abs()) / (b * k) } else { a.abs() + 1.0 };
        let bound = bound.min(1.0 + a.abs() + sqrt(1.0 / k));
        lowest_zero(outward, (-bound, bound))
    }
}

impl Membrane<2> for Equations {
    const VARIABLES: [Variable; 2] = [Variable { name: "u", unit: "1" }, Variable { name: "w", unit: "1" }];

    fn rest(&self) -> [f64; 2] {
        let u = self.cell.resting();
        [u, u - self.cell.k * u * u * u]
    }

    fn derivative(&self, &[u, w]: &[f64; 2], current: f64) -> [f64; 2] {
        let FitzhughNagumo { tau, k, eps, a, b, i_e, .. } = &self.cell;
        let tau = tau.get();
        [(u - k * u * u * u - w + current + i_e) / tau, eps * (u + a - b * w) / tau]
    }

    fn diagonal(&self, &[u, _]: &[f64; 2], slope: f64) -> [f64; 2] {
        let FitzhughNagumo { tau, k, eps, b, .. } = &self.cell;
        [(1.0 - 3.0 * k * u * u + slope) / tau.get(), -eps * b / tau.get()]
    }

    fn firing(&self) -> Firing {
        Firing::Crossing { at: self.cell.u_spike }
    }

    fn resistance(&self) -> f64 {
        let (u, b) = (self.rest()[0], self.cell.b);
        // How far a small constant drive moves the crossing of the nullclines; without self-limitation w undoes it all.
        b / (1.0 - b * (1.0 - 3.0 * self.cell.k * u * u))
    }

    fn levels(&self) -> Levels {
        Levels { v_th: self.cell.u_spike, v_reset: None, e_l: self.rest()[0] }
    }
}

impl Model for FitzhughNagumo {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(OdeGroup::new(self.equations(), build))
    }

    fn input_unit(&self) -> InputUnit {
        InputUnit::Number
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        Some(("tau", self.tau.get()))
    }

    fn rheobase(&self) -> Option<f64> {
        FitzhughNagumo::rheobase(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::Input;

    fn classical() -> FitzhughNagumo {
        FitzhughNagumo { k: 1.0 / 3.0, eps: 0.08, a: 0.7, b: 0.8, ..FitzhughNagumo::default() }
    }

    /// The swing of u at the end of a long run that begins at the crossing of the nullclines, nearly.
    fn swing(cell: &FitzhughNagumo, drive: f64) -> f64 {
        let driven = FitzhughNagumo { i_e: drive, ..cell.clone() };
        let mut group: Box<dyn Group<f64>> = driven.group(&Build::cells(1, 0.05));
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for step in 0..40_000 {
            group.integrate(&Input::constant(&[0.0]));
            if step > 30_000 {
                (low, high) = (low.min(group.v(0)), high.max(group.v(0)));
            }
        }
        high - low
    }

    #[test]
    fn oscillation_begins_at_the_hopf_bifurcation() {
        let rheobase = classical().rheobase().unwrap();
        assert!((rheobase - 0.331_282).abs() < 1e-6, "{rheobase}"); // FitzHugh 1961, by hand: u = -0.96747
        for cell in [FitzhughNagumo::default(), classical()] {
            let rheobase = cell.rheobase().unwrap();
            assert!(swing(&cell, rheobase - 0.04) < 0.05, "{cell:?}");
            assert!(swing(&cell, rheobase + 0.02) > 1.0, "{cell:?}");
        }
    }

    #[test]
    fn rest_is_the_lowest_crossing_of_the_nullclines() {
        let bistable = FitzhughNagumo { b: 3.0, a: 0.2, ..FitzhughNagumo::default() };
        let straight = FitzhughNagumo { b: 0.0, ..FitzhughNagumo::default() };
        for cell in [FitzhughNagumo::default(), classical(), bistable.clone(), straight] {
            let rest = cell.equations().rest();
            let slope = cell.equations().derivative(&rest, 0.0);
            assert!(slope.iter().all(|slope| slope.abs() < 1e-12), "{cell:?}: {slope:?}");
        }
        assert!(bistable.equations().rest()[0] < -0.5);
        assert!((classical().equations().rest()[0] + 1.199_408).abs() < 1e-6);
    }

    #[test]
    fn one_excursion_is_one_spike() {
        let mut group: Box<dyn Group<f64>> = FitzhughNagumo::default().group(&Build::cells(2, 0.01));
        let mut fired = Vec::new();
        for step in 0..20_000 {
            // A pulse of 3 units of time: too weak for cell 0, strong enough for cell 1.
            let pulse = if step < 300 { [0.4, 2.0] } else { [0.0, 0.0] };
            group.integrate(&Input { current: &pulse, ..Input::constant(&[0.0, 0.0]) });
            group.crossed(&[], &mut fired);
        }
        assert_eq!(fired, [1]);
        assert!((group.v(1) - group.v(0)).abs() < 1e-3, "and it comes back to rest");
    }
}
