//! Leaky integrate-and-fire cells, stepped exactly.

use super::held::Held;
use super::inlets::Inlets;
use super::lif::V;
use super::{Build, Group, Input, Kinetics, Levels, Lif, Variable, held_steps};
use crate::synapse::{membrane_response, second_response};
use duet_kernels::math::{exp, exp_m1};
use duet_kernels::membrane::exact::{Leaky, step};
use duet_kernels::membrane::input;
use duet_kernels::membrane::threshold::above;
use duet_kernels::{Buffer, Real};

/// Leaky integrate-and-fire cells; potentials are kept relative to e_l.
pub struct LifGroup<T> {
    u: Buffer<T>,
    held: Held<T>,
    /// mV on the membrane per pA of current at the start of the step.
    inlets: Inlets<T>,
    /// The membrane's own step.
    leaky: Leaky<T>,
    u_th: T,
    u_reset: T,
    /// 1 / (v_th - e_l).
    per_span: T,
    refractory_steps: u16,
    e_l: f64,
}

impl<T: Real> LifGroup<T> {
    /// Cells at rest, with all constants of the step computed once; `None` where a step with these receptors has no closed
    /// form.
    pub fn new(lif: &Lif, build: &Build<'_>) -> Option<Self> {
        let (tau_m, c_m, dt) = (lif.tau_m.get(), lif.c_m.get(), build.dt);
        // 1 - exp(-dt/tau_m) without cancellation.
        let approach = -exp_m1(-dt / tau_m);
        let response = |tau: f64| membrane_response(c_m, tau_m, tau, dt);
        let at = |kinetics: Kinetics| match kinetics {
            Kinetics::Exponential { tau } => [response(tau), 0.0],
            Kinetics::Alpha { tau } => [response(tau), second_response(c_m, tau_m, tau, dt)],
            Kinetics::BiExponential { rise, decay } => [response(decay), response(rise)],
        };
        let inlets = Inlets::new(build.receptors, (build.size, dt), build.unit, lif.e_l.get(), at);
        if inlets.conduct() {
            return None;
        }
        let per_unit = if build.bias_is_voltage { approach } else { lif.resistance() * approach };
        let u_th = lif.v_th.get() - lif.e_l.get();
        let refractory_steps = held_steps(lif.t_ref.get(), dt);
        Some(Self {
            u: Buffer::zeros(build.size),
            held: Held::new(refractory_steps),
            inlets,
            leaky: Leaky {
                decay: T::from_f64(exp(-dt / tau_m)),
                drift: T::from_f64(lif.resistance() * approach * lif.i_e.get()),
                per_bias: T::from_f64(per_unit * build.unit),
                per_current: T::from_f64(lif.resistance() * approach),
            },
            u_th: T::from_f64(u_th),
            u_reset: T::from_f64(lif.v_reset.get() - lif.e_l.get()),
            per_span: T::from_f64(1.0 / u_th),
            refractory_steps,
            e_l: lif.e_l.get(),
        })
    }
}

impl<T: Real> Group<T> for LifGroup<T> {
    fn size(&self) -> usize {
        self.u.len()
    }

    fn rest(&mut self) {
        self.u.fill(T::ZERO);
        self.held.clear();
        self.inlets.rest();
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        self.held.begin_step(&mut self.u);
        let Self { leaky, inlets, u, .. } = self;
        step(leaky, &mut input.of_numbers(), &mut inlets.all, u, None, &mut Vec::new());
    }

    fn advance(&mut self, input: &mut input::Input<'_, T>, fired: &mut Vec<u32>) -> bool {
        self.held.begin_step(&mut self.u);
        let Self { leaky, inlets, u, .. } = self;
        step(leaky, input, &mut inlets.all, u, Some(self.u_th), fired);
        true
    }

    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>) {
        above(self.u_th, &self.u, shift, cells);
    }

    fn fire(&mut self, cell: usize) {
        self.held.hold(&mut self.u, cell, self.u_reset, self.refractory_steps);
    }

    fn silence(&mut self, cell: usize) {
        self.held.put(&mut self.u, cell, T::ZERO);
    }

    fn distance(&self, shift: &[T], out: &mut [T]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = (self.held.of(&self.u, i) - self.u_th - shift.get(i).copied().unwrap_or(T::ZERO))
                * self.per_span;
        }
    }

    fn v(&self, cell: usize) -> f64 {
        self.held.of(&self.u, cell).to_f64() + self.e_l
    }

    fn variables(&self) -> &'static [Variable] {
        &[V]
    }

    fn value(&self, _variable: usize, cell: usize) -> f64 {
        self.held.of(&self.u, cell).to_f64() + self.e_l
    }

    fn set(&mut self, _variable: usize, cell: usize, value: f64) {
        self.held.put(&mut self.u, cell, T::from_f64(value - self.e_l));
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        state.extend([self.held.of(&self.u, cell).to_f64(), f64::from(self.held.left(&self.u, cell))]);
        self.inlets.save(cell, state);
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        let u = T::from_f64(state.next().unwrap_or(0.0));
        self.held.hold(&mut self.u, cell, u, state.next().unwrap_or(0.0) as u16);
        self.inlets.restore(cell, state);
    }

    fn synaptic(&self, receptor: usize, cell: usize) -> f64 {
        self.inlets.value(receptor, cell)
    }

    fn levels(&self) -> Levels {
        Levels {
            v_th: self.u_th.to_f64() + self.e_l,
            v_reset: Some(self.u_reset.to_f64() + self.e_l),
            e_l: self.e_l,
        }
    }
}
