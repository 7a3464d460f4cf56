//! The leaky membrane as a differential equation: for synapses that open channels, and for seeing what a method makes of it.

use super::lif::V;
use super::relaxing::Relaxing;
use super::{Firing, Levels, Lif, Membrane, Variable};
use duet_kernels::Real;
use duet_kernels::membrane::input::Input;
use duet_kernels::membrane::relax::{self, Cells, Relaxation};

/// tau_m dV/dt = -(V - e_l) + R I, with threshold and reset.
#[derive(Clone, Debug)]
pub(super) struct Leaky {
    pub(super) lif: Lif,
}

impl Membrane<1> for Leaky {
    const VARIABLES: [Variable; 1] = [V];

    fn rest(&self) -> [f64; 1] {
        [self.lif.e_l.get()]
    }

    fn derivative(&self, &[v]: &[f64; 1], current: f64) -> [f64; 1] {
        let Lif { tau_m, c_m, e_l, i_e, .. } = &self.lif;
        [(e_l.get() - v) / tau_m.get() + (current + i_e.get()) / c_m.get()]
    }

    fn diagonal(&self, _: &[f64; 1], slope: f64) -> [f64; 1] {
        [slope / self.lif.c_m.get() - 1.0 / self.lif.tau_m.get()]
    }

    fn firing(&self) -> Firing {
        Firing::Reset { at: self.lif.v_th.get(), t_ref: self.lif.t_ref.get() }
    }

    fn reset(&self, x: &mut [f64; 1]) {
        *x = [self.lif.v_reset.get()];
    }

    fn resistance(&self) -> f64 {
        self.lif.resistance()
    }

    fn levels(&self) -> Levels {
        let Lif { v_th, v_reset, e_l, .. } = &self.lif;
        Levels { v_th: v_th.get(), v_reset: Some(v_reset.get()), e_l: e_l.get() }
    }
}

impl Relaxing<1> for Leaky {
    type Step<T: Real> = Relaxation<T>;

    fn origin(&self) -> f64 {
        self.lif.e_l.get()
    }

    fn step<T: Real>(&self, dt: f64) -> Relaxation<T> {
        let Lif { tau_m, c_m, i_e, .. } = &self.lif;
        Relaxation {
            leak: T::from_f64(c_m.get() / tau_m.get()),
            constant: T::from_f64(i_e.get()),
            dt_per_c: T::from_f64(dt / c_m.get()),
        }
    }

    fn advance<T: Real>(
        step: &Relaxation<T>,
        input: &mut Input<'_, T>,
        cells: &mut Cells<'_, T>,
        state: [&mut [T]; 1],
        fired: &mut Vec<u32>,
    ) {
        relax::step(step, input, cells, state, fired);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrator::Method;
    use crate::neuron::relaxing::RelaxingGroup;
    use crate::neuron::{Build, Group, Input, Kinetics, OdeGroup, Receptor};
    use duet_kernels::math::{exp, log2};

    const E_E: f64 = 0.0;
    const E_I: f64 = -80.0;
    const TAU: [f64; 2] = [5.0, 10.0];

    /// The cell of Brette et al. 2007, benchmark 1, with a current that makes it fire.
    fn cell(i_e: f64) -> Lif {
        use duet_units::{Capacitance, Current, Time, Voltage};
        Lif {
            tau_m: Time::new(20.0),
            c_m: Capacitance::new(200.0),
            e_l: Voltage::new(-60.0),
            v_reset: Voltage::new(-60.0),
            v_th: Voltage::new(-50.0),
            t_ref: Time::new(5.0),
            i_e: Current::new(i_e),
        }
    }

    fn receptors() -> [Receptor; 2] {
        [(TAU[0], E_E), (TAU[1], E_I)].map(|(tau, e_rev)| Receptor::Conductance {
            kinetics: Kinetics::Exponential { tau },
            e_rev,
            block: None,
        })
    }

    /// A train of arrivals that falls on whole milliseconds: weights of both receptors in nS.
    fn arrivals<T: Real>(ms: usize) -> [Vec<T>; 2] {
        let hash = ms * 7919 % 101;
        [
            vec![T::from_f64(6.0 * (hash % 3) as f64)],
            vec![T::from_f64(if hash.is_multiple_of(7) { 13.0 } else { 0.0 })],
        ]
    }

    /// What a group makes of `ms` of that train: the potential at every millisecond, and the spikes by step.
    fn run<T: Real>(mut group: Box<dyn Group<T>>, dt: f64, ms: usize) -> (Vec<f64>, Vec<usize>) {
        let per_ms = (1.0 / dt).round() as usize;
        let (mut trace, mut spikes, mut cells) = (Vec::new(), Vec::new(), Vec::new());
        for step in 1..=ms * per_ms {
            let arrivals = if step % per_ms == 0 {
                arrivals(step / per_ms)
            } else {
                [[T::ZERO].into(), [T::ZERO].into()]
            };
            group.integrate(&Input { arrivals: &arrivals, ..Input::constant(&[T::ZERO]) });
            group.crossed(&[], &mut cells);
            for cell in cells.drain(..) {
                group.fire(cell as usize);
                spikes.push(step);
            }
            if step % per_ms == 0 {
                trace.push(group.v(0));
            }
        }
        (trace, spikes)
    }

    fn relaxing<T: Real>(i_e: f64, dt: f64) -> Box<dyn Group<T>> {
        let receptors = receptors();
        let build = Build { receptors: &receptors, ..Build::cells(1, dt) };
        Box::new(RelaxingGroup::new(Leaky { lif: cell(i_e) }, &build))
    }

    fn scalar(i_e: f64, dt: f64, method: Method) -> Box<dyn Group<f64>> {
        let receptors = receptors();
        let build = Build { receptors: &receptors, method: Some(method), ..Build::cells(1, dt) };
        Box::new(OdeGroup::new(Leaky { lif: cell(i_e) }, &build))
    }

    fn furthest(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn below_threshold_it_is_second_order() {
        // -2500 pA: even a strong volley does not make it fire.
        let (reference, spikes) = run(scalar(-2500.0, 0.01, Method::Rk4), 0.01, 60);
        assert!(spikes.is_empty());
        let error = |dt: f64| furthest(&run(relaxing::<f64>(-2500.0, dt), dt, 60).0, &reference);
        let order = log2(error(0.1) / error(0.05));
        assert!((order - 2.0).abs() < 0.05, "{order}");
        assert!(error(0.1) < 2e-3, "{}", error(0.1));
    }

    #[test]
    fn it_fires_on_the_grid_where_runge_kutta_does_and_is_held_as_long() {
        let (reference, expected) = run(scalar(0.0, 0.01, Method::Rk4), 0.01, 300);
        let (trace, spikes) = run(relaxing::<f64>(0.0, 0.01), 0.01, 300);
        assert!(spikes.len() > 5 && spikes.len() == expected.len(), "{spikes:?} {expected:?}");
        assert!(spikes.iter().zip(&expected).all(|(a, b)| a.abs_diff(*b) <= 1), "{spikes:?} {expected:?}");
        assert!(spikes.windows(2).all(|pair| pair[1] - pair[0] > 500), "held for 5 ms");
        let held = trace.iter().filter(|&&v| v == -60.0).count();
        assert_eq!(held, reference.iter().filter(|&&v| v == -60.0).count());
        assert!(held >= 4 * spikes.len());
    }

    /// What arrivals opened while the cell was held is there when it is free again.
    #[test]
    fn channels_open_while_the_cell_is_held() {
        let mut group = relaxing::<f64>(0.0, 0.1);
        group.fire(0);
        let arrivals = [vec![6.0], vec![0.0]];
        group.integrate(&Input { arrivals: &arrivals, ..Input::constant(&[0.0]) });
        assert_eq!((group.v(0), group.synaptic(0, 0)), (-60.0, 6.0));
        let nothing = [vec![0.0], vec![0.0]];
        let mut step = || {
            group.integrate(&Input { arrivals: &nothing, ..Input::constant(&[0.0]) });
            group.v(0)
        };
        assert!((1..50).all(|_| step() == -60.0));
        // 6 nS exp(-49.5 · 0.1 / 5) of it in the middle of the first free step.
        let g = 6.0 * exp(-0.99);
        let rate = (10.0 + g) / 200.0;
        let goal = 60.0 * g / (10.0 + g);
        assert!((step() + 60.0 - goal * (1.0 - exp(-0.1 * rate))).abs() < 1e-12);
    }

    /// Cell by cell in f64 the integrator does the same: every potential to rounding, every spike at its step.
    #[test]
    fn it_is_the_integrator_s_exponential_euler() {
        for i_e in [-2500.0, 0.0] {
            let (expected, spikes) = run(scalar(i_e, 0.1, Method::ExponentialEuler), 0.1, 300);
            let (trace, found) = run(relaxing::<f64>(i_e, 0.1), 0.1, 300);
            assert!(furthest(&trace, &expected) < 1e-10, "{}", furthest(&trace, &expected));
            assert_eq!(found, spikes);
            assert_eq!(spikes.is_empty(), i_e < 0.0);
        }
    }

    #[test]
    fn single_precision_stays_close() {
        let (double, single) =
            (run(relaxing::<f64>(-2500.0, 0.1), 0.1, 200), run(relaxing::<f32>(-2500.0, 0.1), 0.1, 200));
        assert!(furthest(&double.0, &single.0) < 1e-3, "{}", furthest(&double.0, &single.0));
        let (double, single) =
            (run(relaxing::<f64>(0.0, 0.1), 0.1, 400), run(relaxing::<f32>(0.0, 0.1), 0.1, 400));
        assert!(double.1.len() > 5 && double.1.len().abs_diff(single.1.len()) <= 1);
    }

    #[test]
    fn kinetics_of_two_parts_and_currents_have_their_courses() {
        let kinds = [
            Kinetics::Alpha { tau: 2.0 },
            Kinetics::BiExponential { rise: 0.5, decay: 4.0 },
            Kinetics::Exponential { tau: 3.0 },
        ];
        for kinetics in kinds {
            for receptor in [
                Receptor::Current(kinetics),
                Receptor::Conductance { kinetics, e_rev: E_E, block: None },
                Receptor::Delta,
            ] {
                let receptors = [receptor.clone()];
                let run = |method: Method, dt: f64| {
                    let build = Build { receptors: &receptors, method: Some(method), ..Build::cells(1, dt) };
                    let mut group: Box<dyn Group<f64>> = match method {
                        Method::ExponentialEuler => {
                            Box::new(RelaxingGroup::new(Leaky { lif: cell(0.0) }, &build))
                        }
                        _ => Box::new(OdeGroup::new(Leaky { lif: cell(0.0) }, &build)),
                    };
                    for step in 0..=(8.0 / dt).round() as usize {
                        let arrivals = [vec![if step == 0 { 5.0 } else { 0.0 }]];
                        group.integrate(&Input { arrivals: &arrivals, ..Input::constant(&[0.0]) });
                    }
                    (group.v(0), group.synaptic(0, 0))
                };
                let ((v, open), (expected, course)) =
                    (run(Method::ExponentialEuler, 0.05), run(Method::Rk4, 0.05));
                assert!((v - expected).abs() < 2e-3 && expected > -59.99, "{receptor:?}: {v} {expected}");
                assert!((open - course).abs() < 1e-12, "{receptor:?}: {open} {course}");
            }
        }
    }
}
