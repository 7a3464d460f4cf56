//! Leaky integrate-and-fire cells whose spikes are where they are, inside the step.

use super::receptor::Ports;
use super::{Build, Group, Input, Kinetics, Levels, Lif, Variable};
use crate::synapse::{membrane_response, second_response};
use duet_kernels::Real;
use duet_kernels::math::{exp, exp_m1};

/// Cells between whose spikes everything has a closed form, so that the moment of a spike is found to the last bit
/// (Morrison et al. 2007, Neural Comput. 19:47). Potentials are kept relative to e_l.
pub(super) struct PreciseLif {
    lif: Lif,
    dt: f64,
    unit: f64,
    /// mV that one unit of bias leads to in the end.
    per_bias: f64,
    u: Vec<f64>,
    /// Refractory time left at the end of the step, in ms.
    held: Vec<f64>,
    /// Spikes in the step, and how long before its end the last one was.
    fired: Vec<(u32, f64)>,
    ports: Ports,
}

/// One cell from some moment on, as long as it does not fire.
struct Flight {
    tau_m: f64,
    c_m: f64,
    u: f64,
    /// Where it would end without synaptic currents.
    end: f64,
    /// What stands of the synaptic currents.
    parts: Vec<(Kinetics, f64, f64)>,
}

impl Flight {
    /// The potential `h` ms later.
    fn u_after(&self, h: f64) -> f64 {
        let response = |&(kinetics, first, second): &(Kinetics, f64, f64)| {
            let one = |tau: f64| membrane_response(self.c_m, self.tau_m, tau, h);
            match kinetics {
                Kinetics::Exponential { tau } => first * one(tau),
                Kinetics::Alpha { tau } => {
                    first * one(tau) + second * second_response(self.c_m, self.tau_m, tau, h)
                }
                Kinetics::BiExponential { rise, decay } => first * one(decay) + second * one(rise),
            }
        };
        let synaptic: f64 = self.parts.iter().map(response).sum();
        self.u * exp(-h / self.tau_m) - self.end * exp_m1(-h / self.tau_m) + synaptic
    }

    /// dV/dt `h` ms later.
    fn slope_after(&self, h: f64) -> f64 {
        let current: f64 = self.parts.iter().map(|&part| later(part, h)).map(|(_, now, _)| now).sum();
        (self.end - self.u_after(h)) / self.tau_m + current / self.c_m
    }

    /// How long until it first reaches a threshold, if it does so within `h` ms.
    fn reaches(&self, threshold: f64, h: f64) -> Option<f64> {
        if self.u >= threshold {
            return Some(0.0);
        }
        // It may come up and go down again inside the step.
        let turns = self.slope_after(0.0) > 0.0 && self.slope_after(h) < 0.0;
        let top = if turns { bisect(|h| self.slope_after(h) <= 0.0, h) } else { h };
        let above = |h: f64| self.u_after(h) >= threshold;
        above(top).then(|| bisect(above, top))
    }

    /// Goes `h` ms on; the potential is held or free.
    fn go(&mut self, h: f64, free: bool) {
        if free {
            self.u = self.u_after(h);
        }
        for part in &mut self.parts {
            // The two parts of a difference of exponentials stay apart; else the first is the current.
            let (kinetics, now, second) = later(*part, h);
            let first = if matches!(kinetics, Kinetics::BiExponential { .. }) { now - second } else { now };
            *part = (kinetics, first, second);
        }
    }
}

/// A synaptic current `h` ms later, and its second part then.
fn later((kinetics, first, second): (Kinetics, f64, f64), h: f64) -> (Kinetics, f64, f64) {
    match kinetics {
        Kinetics::Exponential { tau } => (kinetics, first * exp(-h / tau), 0.0),
        Kinetics::Alpha { tau } => {
            let left = exp(-h / tau);
            (kinetics, (first + h * second) * left, second * left)
        }
        Kinetics::BiExponential { rise, decay } => {
            let second = second * exp(-h / rise);
            (kinetics, first * exp(-h / decay) + second, second)
        }
    }
}

/// The first number up to `high` for which a condition holds that holds at `high` and does not at 0.
fn bisect(holds: impl Fn(f64) -> bool, mut high: f64) -> f64 {
    let mut low = 0.0;
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if holds(middle) { high = middle } else { low = middle }
    }
}

impl PreciseLif {
    /// Cells at rest; every receptor is a delta synapse or a current.
    pub(super) fn new(lif: &Lif, build: &Build<'_>) -> Self {
        Self {
            lif: lif.clone(),
            dt: build.dt,
            unit: build.unit,
            per_bias: if build.bias_is_voltage { build.unit } else { build.unit * lif.resistance() },
            u: vec![0.0; build.size],
            held: vec![0.0; build.size],
            fired: vec![(0, 0.0); build.size],
            ports: Ports::new(build.receptors, build.size, build.dt),
        }
    }

    /// Thresholds and resets are relative to e_l.
    fn u_th(&self) -> f64 {
        self.lif.v_th.get() - self.lif.e_l.get()
    }

    /// One cell from t - dt to t.
    fn step(&mut self, cell: usize, end: f64, threshold: f64) {
        let (dt, t_ref) = (self.dt, self.lif.t_ref.get());
        let parts = self.ports.currents(cell).collect();
        let (tau_m, c_m) = (self.lif.tau_m.get(), self.lif.c_m.get());
        let mut flight = Flight { tau_m, c_m, u: self.u[cell], end, parts };
        let mut s = 0.0;
        while s < dt {
            let rest = dt - s;
            let held = self.held[cell];
            if held >= rest {
                self.held[cell] = held - rest;
                break;
            }
            if held > 0.0 {
                self.held[cell] = 0.0;
                flight.go(held, false);
                s += held;
                continue;
            }
            let Some(h) = flight.reaches(threshold, rest) else {
                flight.go(rest, true);
                break;
            };
            flight.go(h, false);
            // Fires without end in no time: there is no next spike to be found.
            let stuck = self.fired[cell].0 > 0 && t_ref == 0.0 && s + h <= s;
            s += h;
            self.spike(cell, dt - s);
            flight.u = if stuck { f64::NAN } else { self.u[cell] };
            if stuck {
                break;
            }
        }
        self.u[cell] = flight.u;
    }

    fn spike(&mut self, cell: usize, before_end: f64) {
        self.fired[cell] = (self.fired[cell].0 + 1, before_end);
        self.u[cell] = self.lif.v_reset.get() - self.lif.e_l.get();
        self.held[cell] = self.lif.t_ref.get();
    }
}

impl<T: Real> Group<T> for PreciseLif {
    fn size(&self) -> usize {
        self.u.len()
    }

    fn rest(&mut self) {
        self.u.fill(0.0);
        self.held.fill(0.0);
        self.fired.fill((0, 0.0));
        self.ports.rest();
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        let threshold =
            |cell: usize, u_th: f64| u_th + input.shift.get(cell).map_or(0.0, |shift| shift.to_f64());
        let u_th = self.u_th();
        for cell in 0..self.u.len() {
            let injected = input.current.get(cell).map_or(0.0, |current| current.to_f64());
            let end = self.lif.resistance() * (self.lif.i_e.get() + injected)
                + self.per_bias * input.bias.get(cell).map_or(0.0, |bias| bias.to_f64());
            self.fired[cell].0 = 0;
            self.step(cell, end, threshold(cell, u_th));
        }
        self.ports.decay();
        let (u, held) = (&mut self.u, &self.held);
        self.ports.arrive(input.arrivals, self.unit, |cell, kick| {
            if held[cell] <= 0.0 {
                u[cell] += kick;
            }
        });
        // What a delta synapse lifts over the threshold fires at once.
        for cell in 0..self.u.len() {
            if self.u[cell] >= threshold(cell, u_th) {
                self.spike(cell, 0.0);
            }
        }
    }

    fn crossed(&self, _shift: &[T], cells: &mut Vec<u32>) {
        for (cell, &(spikes, _)) in self.fired.iter().enumerate() {
            cells.extend(std::iter::repeat_n(cell as u32, spikes as usize));
        }
    }

    /// Nothing: the cell was reset when it fired.
    fn fire(&mut self, _cell: usize) {}

    fn silence(&mut self, cell: usize) {
        self.u[cell] = 0.0;
    }

    fn distance(&self, shift: &[T], out: &mut [T]) {
        let u_th = self.u_th();
        for (cell, (out, &u)) in out.iter_mut().zip(&self.u).enumerate() {
            let shift = shift.get(cell).map_or(0.0, |shift| shift.to_f64());
            *out = T::from_f64((u - u_th - shift) / u_th);
        }
    }

    fn v(&self, cell: usize) -> f64 {
        self.u[cell] + self.lif.e_l.get()
    }

    fn variables(&self) -> &'static [Variable] {
        &[Variable { name: "v", unit: "mV" }]
    }

    fn value(&self, _variable: usize, cell: usize) -> f64 {
        self.u[cell] + self.lif.e_l.get()
    }

    fn set(&mut self, _variable: usize, cell: usize, value: f64) {
        self.u[cell] = value - self.lif.e_l.get();
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        let (spikes, before_end) = self.fired[cell];
        state.extend([self.u[cell], self.held[cell], f64::from(spikes), before_end]);
        self.ports.save(cell, state);
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        let mut next = || state.next().unwrap_or(0.0);
        (self.u[cell], self.held[cell]) = (next(), next());
        self.fired[cell] = (next() as u32, next());
        self.ports.restore(cell, state);
    }

    fn synaptic(&self, receptor: usize, cell: usize) -> f64 {
        self.ports.value(receptor, cell)
    }

    fn before_end(&self, cell: usize) -> f64 {
        self.fired[cell].1
    }

    fn levels(&self) -> Levels {
        let Lif { v_th, v_reset, e_l, .. } = &self.lif;
        Levels { v_th: v_th.get(), v_reset: Some(v_reset.get()), e_l: e_l.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrator::Method;
    use crate::neuron::{Model, Receptor};
    use duet_kernels::math::ln;
    use duet_units::{Current, Time, Voltage};

    fn lif(i_e: f64, t_ref: f64) -> Lif {
        Lif {
            tau_m: Time::new(10.0),
            e_l: Voltage::new(-70.0),
            v_th: Voltage::new(-55.0),
            v_reset: Voltage::new(-70.0),
            t_ref: Time::new(t_ref),
            i_e: Current::new(i_e),
            ..Lif::default()
        }
    }

    /// All spike times, where at most one falls into a step, and V at the end; arrivals in units of weight at given steps.
    fn run(lif: &Lif, build: &Build<'_>, arrivals: &[(usize, f64)], ms: f64) -> (Vec<f64>, f64) {
        let mut group: Box<dyn Group<f64>> = lif.group(build);
        let (mut times, mut cells) = (Vec::new(), Vec::new());
        for step in 1..=(ms / build.dt).round() as usize {
            let weight = arrivals.iter().filter(|&&(at, _)| at == step).map(|&(_, weight)| weight).sum();
            let arriving = vec![vec![weight]; build.receptors.len()];
            group.integrate(&Input { arrivals: &arriving, ..Input::constant(&[0.0]) });
            group.crossed(&[], &mut cells);
            for cell in cells.drain(..) {
                group.fire(cell as usize);
                times.push(step as f64 * build.dt - group.before_end(cell as usize));
            }
        }
        (times, group.v(0))
    }

    #[test]
    fn under_a_constant_current_intervals_are_the_closed_form_at_any_dt() {
        for (t_ref, dt) in [(2.0, 0.1), (2.0, 1.0), (0.3, 1.0), (0.0, 0.7), (2.05, 0.1), (3.0, 7.0)] {
            let first = 10.0 * ln(20.0 / 5.0);
            let (times, _) =
                run(&lif(500.0, t_ref), &Build { precise: true, ..Build::cells(1, dt) }, &[], 70.0);
            assert_eq!(times.len(), ((70.0 - first) / (first + t_ref)) as usize + 1);
            for (k, time) in times.iter().enumerate() {
                let expected = first + k as f64 * (first + t_ref);
                assert!((time - expected).abs() < 1e-11, "{t_ref} {dt}: {time} {expected}");
            }
        }
    }

    #[test]
    fn several_spikes_fit_into_one_step() {
        let mut group: Box<dyn Group<f64>> =
            lif(50_000.0, 0.5).group(&Build { precise: true, ..Build::cells(1, 10.0) });
        group.integrate(&Input::constant(&[0.0]));
        let mut cells = Vec::new();
        group.crossed(&[], &mut cells);
        let climb = 10.0 * ln(2000.0 / 1985.0);
        let fit = ((10.0 - climb) / (climb + 0.5)) as usize + 1;
        assert_eq!(cells.len(), fit);
        let last = climb + (fit - 1) as f64 * (climb + 0.5);
        assert!((10.0 - group.before_end(0) - last).abs() < 1e-11);
    }

    #[test]
    fn synaptic_currents_and_kicks_are_those_of_the_equations() {
        let kinds = [
            Receptor::Current(Kinetics::Exponential { tau: 2.0 }),
            Receptor::Current(Kinetics::Alpha { tau: 2.0 }),
            Receptor::Current(Kinetics::BiExponential { rise: 0.5, decay: 3.0 }),
        ];
        let arrivals = [(3, 900.0), (9, 1500.0), (11, 1200.0), (30, -400.0), (33, 2500.0), (36, 2500.0)];
        for receptor in kinds {
            let receptors = [receptor];
            let build = Build { receptors: &receptors, ..Build::cells(1, 0.5) };
            let precise = Build { precise: true, ..build.clone() };
            let adaptive = Build { method: Some(Method::Rkf45(1e-11)), ..build };
            let ((a, v), (b, w)) = (
                run(&lif(200.0, 1.2), &precise, &arrivals, 60.0),
                run(&lif(200.0, 1.2), &adaptive, &arrivals, 60.0),
            );
            assert!(a.len() >= 3 && a.len() == b.len(), "{receptors:?}: {a:?} {b:?}");
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-7), "{receptors:?}: {a:?} {b:?}");
            assert!((v - w).abs() < 1e-6, "{receptors:?}: {v} {w}");
        }
        let receptors = [Receptor::Delta];
        let build = Build { receptors: &receptors, precise: true, ..Build::cells(1, 0.5) };
        let (times, _) = run(&lif(0.0, 2.0), &build, &[(4, 16.0), (6, 16.0), (9, 16.0)], 10.0);
        assert_eq!(times, [2.0, 4.5], "on the grid; the one at 3 ms is lost, since the cell is refractory");
    }

    #[test]
    fn a_spike_between_two_silent_ends_of_a_step_is_found() {
        let receptors = [Receptor::Current(Kinetics::Exponential { tau: 1.0 })];
        let build = Build { receptors: &receptors, precise: true, ..Build::cells(1, 20.0) };
        let (times, _) = run(&lif(0.0, 2.0), &build, &[(1, 6000.0)], 40.0);
        // 6000/250 · 10/9 (exp(-t/10) - exp(-t)) reaches 15 mV on its way up.
        let at = |t: f64| 6000.0 / 250.0 * 10.0 / 9.0 * (exp(-t / 10.0) - exp(-t));
        assert!(times.len() == 1 && (at(times[0] - 20.0) - 15.0).abs() < 1e-9, "{times:?}");
        assert!(at(20.0) < 15.0 && times[0] < 21.5);
    }
}
