//! The excitatory cells and the inhibitory cell that each of them has.

use super::{DiehlCook, E_EXC, E_INH};
use duet_kernels::math::exp;

/// The inhibitory cells of the published program.
const INH_REST: f32 = -60.0;
const INH_RESET: f32 = -45.0;
const INH_TH: f32 = -40.0;
const INH_REF_MS: f64 = 2.0;

/// Both layers; a structure of arrays.
pub(super) struct Cells {
    pub(super) v: Vec<f32>,
    /// How far each threshold is raised, in mV.
    pub(super) theta: Vec<f32>,
    /// Conductances, in units of the leak.
    pub(super) g_e: Vec<f32>,
    g_i: Vec<f32>,
    /// The step from which on a cell is free again.
    free: Vec<u32>,
    /// Inhibitory spikes so far.
    pub(super) held_back: u64,
    /// Inhibitory cells that are not at rest: cell, V, g_e, the step from which on it is free.
    awake: Vec<(u32, f32, f32, u32)>,
    /// dt/tau_m, and what is left of conductances after a step.
    leak: f32,
    keep: [f32; 2],
    e_l: f32,
    v_reset: f32,
    v_th: f32,
    held: u32,
    inh_leak: f32,
    inh_held: u32,
    w_ei: f32,
    w_ie: f32,
}

impl Cells {
    pub(super) fn new(rule: &DiehlCook, cells: usize, dt: f64) -> Self {
        let decay = |tau: f64| exp(-dt / tau) as f32;
        let steps = |ms: f64| (ms / dt).round() as u32;
        Self {
            v: vec![rule.e_l.get() as f32; cells],
            theta: vec![0.0; cells],
            g_e: vec![0.0; cells],
            g_i: vec![0.0; cells],
            free: vec![0; cells],
            held_back: 0,
            awake: Vec::new(),
            leak: (dt / rule.tau_m.get()) as f32,
            keep: [decay(rule.tau_e.get()), decay(rule.tau_i.get())],
            e_l: rule.e_l.get() as f32,
            v_reset: rule.v_reset.get() as f32,
            v_th: rule.v_th.get() as f32,
            held: steps(rule.t_ref.get()),
            inh_leak: (dt / rule.tau_inh.get()) as f32,
            inh_held: steps(INH_REF_MS),
            w_ei: rule.w_ei as f32,
            w_ie: rule.w_ie as f32,
        }
    }

    /// As before the first spike; thresholds stay as they have become.
    pub(super) fn rest(&mut self) {
        self.v.fill(self.e_l);
        self.g_e.fill(0.0);
        self.g_i.fill(0.0);
        self.free.fill(0);
        self.awake.clear();
    }

    /// One step, counted from 0, with the conductances as they arrived; `fired` receives the excitatory cells that fire.
    ///
    /// The implicit step for V: V' = (V + a (e_l + g_e E_e + g_i E_i)) / (1 + a (1 + g_e + g_i)), a = dt/tau_m.
    pub(super) fn step(&mut self, step: u32, fired: &mut Vec<u32>) {
        let (leak, [keep_e, keep_i]) = (self.leak, self.keep);
        let (e_exc, e_inh) = (E_EXC as f32, E_INH as f32);
        let conductances = self.g_e.iter_mut().zip(&mut self.g_i);
        for ((v, (g_e, g_i)), &free) in self.v.iter_mut().zip(conductances).zip(&self.free) {
            let pulled = *v + leak * (self.e_l + *g_e * e_exc + *g_i * e_inh);
            let next = pulled / (1.0 + leak * (1.0 + *g_e + *g_i));
            *v = if step < free { self.v_reset } else { next };
            *g_e *= keep_e;
            *g_i *= keep_i;
        }
        fired.clear();
        for (cell, (&v, &theta)) in self.v.iter().zip(&self.theta).enumerate() {
            if v > self.v_th + theta {
                fired.push(cell as u32);
            }
        }
        self.inhibit(step);
        for &cell in &*fired {
            self.v[cell as usize] = self.v_reset;
            self.free[cell as usize] = step + 1 + self.held;
            self.wake(cell);
        }
    }

    /// A spike reaches the inhibitory cell of its own.
    fn wake(&mut self, cell: u32) {
        match self.awake.iter_mut().find(|own| own.0 == cell) {
            Some(own) => own.2 += self.w_ei,
            None => self.awake.push((cell, INH_REST, self.w_ei, 0)),
        }
    }

    /// The inhibitory cells that are awake take a step; who fires holds all others back.
    fn inhibit(&mut self, step: u32) {
        let (leak, keep) = (self.inh_leak, self.keep[0]);
        let mut sent = Vec::new();
        for (cell, v, g_e, free) in &mut self.awake {
            let next = (*v + leak * (INH_REST + *g_e * E_EXC as f32)) / (1.0 + leak * (1.0 + *g_e));
            *v = if step < *free { INH_RESET } else { next };
            *g_e *= keep;
            if *v > INH_TH {
                sent.push(*cell);
                *v = INH_RESET;
                *free = step + 1 + self.inh_held;
            }
        }
        // All but its own: what all receive, less what is its own part.
        if !sent.is_empty() {
            self.held_back += sent.len() as u64;
            let all = self.w_ie * sent.len() as f32;
            self.g_i.iter_mut().for_each(|g_i| *g_i += all);
            sent.iter().for_each(|&cell| self.g_i[cell as usize] -= self.w_ie);
        }
        // Back at rest: nothing can come of it any more.
        self.awake.retain(|(_, v, g_e, free)| step < *free || *g_e > 1e-6 || (*v - INH_REST).abs() > 0.01);
    }
}
