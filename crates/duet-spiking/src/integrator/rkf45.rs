//! Runge-Kutta-Fehlberg with a step of its own choosing.

use super::{System, along};
use duet_units::{Range, parameters};

parameters! {
    /// Six looks at the derivative give a fifth-order step and an estimate of its error, from which the step chooses its size.
    ///
    /// # Equations
    /// ```text
    /// error = |x5 - x4|        accepted where error <= tolerance · max(1, |x|) in every variable
    /// next h = 0.9 h (tolerance / error)^(1/5)        at most to the end of the time step
    /// ```
    /// # Behaviour
    /// Follows slow stretches in few steps and an upstroke in many. A spike is located inside the step, to 1e-12 of it, and
    /// the membrane is reset at that moment; spikes are recorded with that time and sent at the end of the step.
    ///
    /// # References
    /// - Fehlberg 1969, NASA Technical Report R-315; Hairer, Nørsett & Wanner 1993, Solving ODEs I, section II.5
    ///
    /// # Example
    /// One step of 0.1 ms of dx/dt = -x from 1 is right to eight digits.
    /// ```
    /// use duet_spiking::integrator::{Method, System};
    /// struct Decay;
    /// impl System<1> for Decay {
    ///     fn derivative(&self, _: f64, x: &[f64; 1]) -> [f64; 1] { [-x[0]] }
    ///     fn diagonal(&self, _: f64, _: &[f64; 1]) -> [f64; 1] { [-1.0] }
    /// }
    /// let mut x = [1.0];
    /// Method::Rkf45(1e-9).step(&Decay, 0.0, 0.1, &mut x);
    /// assert!((x[0] - 0.904_837_418_035_96).abs() < 1e-9);
    /// ```
    pub default struct Rkf45 {
        /// Largest error of a step, in mV for a potential.
        pub tolerance: f64 = 1e-9, in Range::between(1e-14, 1.0);
    }
}

/// Fehlberg's coefficients: nodes, stages, and the weights of fifth order and of the error.
const C: [f64; 6] = [0.0, 0.25, 0.375, 12.0 / 13.0, 1.0, 0.5];
const A: [[f64; 5]; 6] = [
    [0.0; 5],
    [0.25, 0.0, 0.0, 0.0, 0.0],
    [3.0 / 32.0, 9.0 / 32.0, 0.0, 0.0, 0.0],
    [1932.0 / 2197.0, -7200.0 / 2197.0, 7296.0 / 2197.0, 0.0, 0.0],
    [439.0 / 216.0, -8.0, 3680.0 / 513.0, -845.0 / 4104.0, 0.0],
    [-8.0 / 27.0, 2.0, -3544.0 / 2565.0, 1859.0 / 4104.0, -11.0 / 40.0],
];
const B: [f64; 6] = [16.0 / 135.0, 0.0, 6656.0 / 12825.0, 28561.0 / 56430.0, -9.0 / 50.0, 2.0 / 55.0];
const E: [f64; 6] = [1.0 / 360.0, 0.0, -128.0 / 4275.0, -2197.0 / 75240.0, 1.0 / 50.0, 2.0 / 55.0];

/// One step of fifth order; returns the estimated error of each variable.
pub(super) fn step<const N: usize>(system: &impl System<N>, s: f64, h: f64, x: &mut [f64; N]) -> [f64; N] {
    let mut k = [[0.0; N]; 6];
    for stage in 0..6 {
        let mut at = *x;
        for (&a, slope) in A[stage].iter().zip(&k).take(stage) {
            at = along(&at, h * a, slope);
        }
        k[stage] = system.derivative(s + C[stage] * h, &at);
    }
    let mut error = [0.0; N];
    for ((&b, &e), slope) in B.iter().zip(&E).zip(&k) {
        *x = along(x, h * b, slope);
        error = along(&error, h * e, slope);
    }
    error
}

/// The adaptive walk of one cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adaptive {
    pub(crate) tolerance: f64,
    /// The step that the last success proposes, in ms.
    pub(crate) proposal: f64,
}

/// No step is shorter than this share of the time step: what needs a shorter one has no solution, or is an upstroke that
/// ends at once.
const SHORTEST: f64 = 1e-10;
/// An upstroke that no step can follow has ended where its tangent meets the event within this share of the time step.
const STEEP: f64 = 1e-2;

impl Adaptive {
    /// Goes from `s` towards `end` until there or until `event` (negative before, not negative after) has happened, which
    /// is then located. Returns where it stopped, and whether the event happened. A state that no step can follow becomes
    /// NaN, which the engine reports.
    pub(crate) fn walk<const N: usize>(
        &mut self,
        system: &impl System<N>,
        (mut s, end): (f64, f64),
        x: &mut [f64; N],
        event: impl Fn(&[f64; N]) -> f64,
    ) -> (f64, bool) {
        let shortest = SHORTEST * (end - s);
        while end - s > shortest {
            let h = self.proposal.min(end - s);
            let mut next = *x;
            let error = step(system, s, h, &mut next);
            let worst = (0..N).fold(0.0_f64, |worst, i| {
                let relative = error[i].abs() / next[i].abs().max(1.0);
                if relative.is_nan() { f64::INFINITY } else { worst.max(relative) }
            });
            if worst > self.tolerance || !worst.is_finite() {
                if h <= shortest {
                    if let Some(met) = steep(system, s, STEEP / SHORTEST * shortest, x, &event) {
                        *x = met;
                        return (s, true);
                    }
                    *x = [f64::NAN; N];
                    return (end, false);
                }
                let factor = if worst.is_finite() { growth(self.tolerance, worst).max(0.1) } else { 0.1 };
                self.proposal = h * factor.min(0.9);
                continue;
            }
            // Where the end cuts a step short, its success says nothing against the longer one proposed before.
            let wish = h * growth(self.tolerance, worst).min(5.0);
            self.proposal = if h < self.proposal { self.proposal.max(wish) } else { wish };
            if event(&next) >= 0.0 {
                let (at, found) = locate(system, s, h, x, &event);
                *x = found;
                return (at, true);
            }
            *x = next;
            s += h;
        }
        (end, false)
    }
}

/// 0.9 (tolerance / error)^(1/5).
fn growth(tolerance: f64, error: f64) -> f64 {
    if error == 0.0 { f64::INFINITY } else { 0.9 * duet_kernels::math::pow(tolerance / error, 0.2) }
}

/// Where the tangent meets the event, if it does so within `h`. An upstroke bends towards its event, so it is there earlier.
fn steep<const N: usize>(
    system: &impl System<N>,
    s: f64,
    h: f64,
    x: &[f64; N],
    event: &impl Fn(&[f64; N]) -> f64,
) -> Option<[f64; N]> {
    let slope = system.derivative(s, x);
    let ahead = along(x, h, &slope);
    let (now, then) = (event(x), event(&ahead));
    if !then.is_finite() || then < 0.0 {
        return None;
    }
    let met = along(x, h * now / (now - then), &slope);
    Some(if event(&met) >= 0.0 { met } else { ahead })
}

/// Bisects the length of the step that ends at the event.
fn locate<const N: usize>(
    system: &impl System<N>,
    s: f64,
    h: f64,
    x: &[f64; N],
    event: &impl Fn(&[f64; N]) -> f64,
) -> (f64, [f64; N]) {
    let reached = |part: f64| {
        let mut at = *x;
        step(system, s, part, &mut at);
        at
    };
    let (mut before, mut after) = (0.0, h);
    while after - before > 1e-12 * h {
        let middle = 0.5 * (before + after);
        if middle <= before || middle >= after {
            break;
        }
        if event(&reached(middle)) >= 0.0 { after = middle } else { before = middle }
    }
    (s + after, reached(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// dx/dt = 1 + x²: x = tan t, which is infinite at pi/2.
    struct Tangent;

    impl System<1> for Tangent {
        fn derivative(&self, _: f64, x: &[f64; 1]) -> [f64; 1] {
            [1.0 + x[0] * x[0]]
        }

        fn diagonal(&self, _: f64, x: &[f64; 1]) -> [f64; 1] {
            [2.0 * x[0]]
        }
    }

    /// dx/dt = exp(x / 0.02): from 0 it is infinite after 0.02.
    struct Upstroke;

    impl System<1> for Upstroke {
        fn derivative(&self, _: f64, x: &[f64; 1]) -> [f64; 1] {
            [duet_kernels::math::exp(x[0] / 0.02)]
        }

        fn diagonal(&self, _: f64, x: &[f64; 1]) -> [f64; 1] {
            [self.derivative(0.0, x)[0] / 0.02]
        }
    }

    #[test]
    fn an_upstroke_that_no_step_can_follow_ends_at_its_event() {
        for tolerance in [1e-3, 1e-7, 1e-12] {
            let (mut walk, mut x) = (Adaptive { tolerance, proposal: 0.1 }, [0.0]);
            let (at, happened) = walk.walk(&Upstroke, (0.0, 0.1), &mut x, |x| x[0] - 25.0);
            assert!(happened && (at - 0.02).abs() < 5.0 * tolerance.max(1e-9), "{tolerance}: {at}");
            assert!(x[0] >= 25.0);
        }
    }

    #[test]
    fn events_are_located_and_infinity_is_not_passed_over() {
        let (mut walk, mut x) = (Adaptive { tolerance: 1e-11, proposal: 0.1 }, [0.0]);
        let (at, happened) = walk.walk(&Tangent, (0.0, 2.0), &mut x, |x| x[0] - 1.0);
        assert!(happened && (at - std::f64::consts::FRAC_PI_4).abs() < 1e-10, "{at}");
        assert!((x[0] - 1.0).abs() < 1e-9);
        let mut x = [0.0];
        let (_, happened) = walk.walk(&Tangent, (0.0, 2.0), &mut x, |_| -1.0);
        assert!(!happened && !x[0].is_finite(), "{x:?}");
    }
}
