//! The leaky membrane as a differential equation: for synapses that open channels, and for seeing what a method makes of it.

use super::lif::V;
use super::{Firing, Levels, Lif, Membrane, Variable};

/// tau_m dV/dt = -(V - e_l) + R I, with threshold and reset.
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
