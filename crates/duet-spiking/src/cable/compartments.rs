//! A tree of cylinders cut into compartments, and one step in time.
//!
//! # Equations
//! ```text
//! C_k dV_k/dt = sum over neighbours G (V_j - V_k) - g_k V_k + b_k            one node: uF, mS, uA
//! G = pi d^2 / (4 r_i dx)        between two nodes that are dx apart
//! ```
//! Each cylinder between two nodes gives half of its membrane to either. A step is the trapezoidal rule, written as an
//! implicit half step and an extrapolation; the linear system of a tree is solved in one sweep to the root and one back
//! (Hines), which for an unbranched cable is the tridiagonal algorithm (Thomas).
//!
//! # Behaviour
//! Stable for every dt; errors fall with dx^2 and, where g and b hold in the middle of the step, with dt^2.
//!
//! # References
//! - Hines 1984, Int. J. Biomed. Comput. 15:69; Crank & Nicolson 1947, Proc. Camb. Philos. Soc. 43:50
//! - Mascagni & Sherman 1998, in Koch & Segev, Methods in Neuronal Modeling, chapter 14

use core::f64::consts::PI;

/// A piece of neurite of one thickness and one membrane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cylinder {
    /// Length in um.
    pub length: f64,
    /// Diameter in um.
    pub diameter: f64,
    /// Axial resistivity in Ohm cm.
    pub r_i: f64,
    /// Capacitance in uF/cm2.
    pub c_m: f64,
    /// Leak conductance in mS/cm2.
    pub g_l: f64,
    /// Leak potential in mV.
    pub e_l: f64,
    /// Whether its membrane has gated channels besides.
    pub excitable: bool,
}

/// Nodes of a tree; node 0 is the root, and every other node lies behind its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Compartments {
    parent: Vec<usize>,
    /// Conductance to the parent in mS.
    axial: Vec<f64>,
    /// In uF.
    capacitance: Vec<f64>,
    /// In mS.
    leak: Vec<f64>,
    /// Leak conductance times leak potential, in uA.
    drive: Vec<f64>,
    /// Excitable membrane in cm2.
    excitable: Vec<f64>,
    /// Path length from the root in um.
    x: Vec<f64>,
    /// Nodes whose voltage is held, in mV.
    held: Vec<Option<f64>>,
    v: Vec<f64>,
    diagonal: Vec<f64>,
    right: Vec<f64>,
}

impl Compartments {
    /// A root at `v` mV from which nothing grows yet.
    pub fn root(v: f64) -> Self {
        Self {
            parent: vec![0],
            axial: vec![0.0],
            capacitance: vec![0.0],
            leak: vec![0.0],
            drive: vec![0.0],
            excitable: vec![0.0],
            x: vec![0.0],
            held: vec![None],
            v: vec![v],
            diagonal: vec![0.0],
            right: vec![0.0],
        }
    }

    /// Lets a cylinder grow from a node, cut into `pieces`, and returns the node at its end. New nodes take the voltage of
    /// the one they grow from.
    pub fn grow(&mut self, from: usize, cylinder: &Cylinder, pieces: usize) -> usize {
        let pieces = pieces.max(1);
        let dx = cylinder.length / pieces as f64;
        // um2 to cm2; and um / (Ohm cm) is 1e-4 S, which is 0.1 mS.
        let half = 0.5 * PI * cylinder.diameter * dx * 1e-8;
        let axial = 0.1 * PI * cylinder.diameter * cylinder.diameter / (4.0 * cylinder.r_i * dx);
        let (start, v) = (self.x[from], self.v[from]);
        let mut last = from;
        for piece in 1..=pieces {
            let node = self.parent.len();
            self.parent.push(last);
            self.axial.push(axial);
            self.x.push(start + dx * piece as f64);
            self.held.push(None);
            self.v.push(v);
            for column in [
                &mut self.capacitance,
                &mut self.leak,
                &mut self.drive,
                &mut self.excitable,
                &mut self.diagonal,
                &mut self.right,
            ] {
                column.push(0.0);
            }
            for node in [last, node] {
                self.capacitance[node] += half * cylinder.c_m;
                self.leak[node] += half * cylinder.g_l;
                self.drive[node] += half * cylinder.g_l * cylinder.e_l;
                self.excitable[node] += if cylinder.excitable { half } else { 0.0 };
            }
            last = node;
        }
        last
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.v.len()
    }

    /// Whether there is no node: never.
    pub fn is_empty(&self) -> bool {
        self.v.is_empty()
    }

    /// Path length of every node from the root, in um.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// Voltages in mV.
    pub fn v(&self) -> &[f64] {
        &self.v
    }

    /// Excitable membrane at every node, in cm2.
    pub fn excitable(&self) -> &[f64] {
        &self.excitable
    }

    /// Puts every node to a voltage.
    pub fn set(&mut self, v: f64) {
        self.v.fill(v);
    }

    /// Holds the root or the last node of a branch at a voltage, or lets it go. A cut end is held at rest.
    pub fn hold(&mut self, node: usize, v: Option<f64>) {
        self.held[node] = v;
        self.v[node] = v.unwrap_or(self.v[node]);
    }

    /// Moves all voltages by `dt` ms, with what flows besides the leak in the middle of the step: at every node a
    /// conductance in mS, and what pulls or is injected in uA.
    pub fn step(&mut self, dt: f64, besides: impl Fn(usize) -> (f64, f64)) {
        let before = std::mem::take(&mut self.right);
        self.solve(
            |this, node| {
                let (conductance, pull) = besides(node);
                let charge = 2.0 * this.capacitance[node] / dt;
                (charge + this.leak[node] + conductance, charge * this.v[node] + this.drive[node] + pull)
            },
            before,
        );
        // `right` now holds the middle of the step; the trapezoidal rule goes as far again.
        for ((v, middle), held) in self.v.iter_mut().zip(&self.right).zip(&self.held) {
            *v = held.unwrap_or(2.0 * middle - *v);
        }
    }

    /// Puts all voltages where nothing changes any more under the given conductances and currents.
    pub fn settle(&mut self, besides: impl Fn(usize) -> (f64, f64)) {
        let room = std::mem::take(&mut self.right);
        self.solve(
            |this, node| {
                let (conductance, pull) = besides(node);
                (this.leak[node] + conductance, this.drive[node] + pull)
            },
            room,
        );
        self.v.copy_from_slice(&self.right);
    }

    /// Solves (own + axial) V = right on the tree into `right`; `row` gives own and right.
    fn solve(&mut self, row: impl Fn(&Self, usize) -> (f64, f64), mut right: Vec<f64>) {
        let mut diagonal = std::mem::take(&mut self.diagonal);
        for node in 0..self.len() {
            (diagonal[node], right[node]) = row(self, node);
        }
        for node in 1..self.len() {
            diagonal[node] += self.axial[node];
            diagonal[self.parent[node]] += self.axial[node];
        }
        // To the root: every node's equation is put into its parent's.
        for node in (1..self.len()).rev() {
            let (parent, axial) = (self.parent[node], self.axial[node]);
            if let Some(v) = self.held[node] {
                right[parent] += axial * v;
            } else {
                let share = axial / diagonal[node];
                diagonal[parent] -= share * axial;
                right[parent] += share * right[node];
            }
        }
        // And back.
        right[0] = self.held[0].unwrap_or(right[0] / diagonal[0]);
        for node in 1..self.len() {
            right[node] = self.held[node]
                .unwrap_or((right[node] + self.axial[node] * right[self.parent[node]]) / diagonal[node]);
        }
        (self.diagonal, self.right) = (diagonal, right);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Electrotonic, End, equivalent_diameter};
    use super::*;
    use duet_kernels::math::{exp, log2};

    const E_L: f64 = -65.0;
    const DENDRITE: Electrotonic = Electrotonic { diameter: 2.0, r_m: 20_000.0, r_i: 150.0, c_m: 1.0 };

    fn cylinder(diameter: f64, length: f64) -> Cylinder {
        let Electrotonic { r_m, r_i, c_m, .. } = DENDRITE;
        Cylinder { length, diameter, r_i, c_m, g_l: 1000.0 / r_m, e_l: E_L, excitable: false }
    }

    /// A current of 1 nA at the root.
    fn nano(node: usize) -> (f64, f64) {
        (0.0, if node == 0 { 1e-3 } else { 0.0 })
    }

    fn settled(length: f64, end: End, pieces: usize) -> Compartments {
        let mut cable = Compartments::root(E_L);
        let last = cable.grow(0, &cylinder(2.0, length), pieces);
        if end == End::Killed {
            cable.hold(last, Some(E_L));
        }
        cable.settle(nano);
        cable
    }

    #[test]
    fn the_steady_state_comes_to_the_closed_form_with_the_square_of_dx() {
        for end in [End::Sealed, End::Killed] {
            let length = 1000.0;
            let error = |pieces: usize| {
                let cable = settled(length, end, pieces);
                // 1 nA times MOhm is mV.
                let v0 = DENDRITE.resistance(length, end);
                let off = cable
                    .x()
                    .iter()
                    .zip(cable.v())
                    .map(|(&x, &v)| (v - E_L - v0 * DENDRITE.profile(x, Some((length, end)))).abs() / v0);
                off.fold(0.0, f64::max)
            };
            let order = log2(error(20) / error(40));
            assert!((order - 2.0).abs() < 0.02, "{end:?}: {order}");
            assert!(error(62) < 1e-4, "{end:?}: within 0.5 % at lambda/50: {}", error(62));
        }
    }

    #[test]
    fn a_short_cable_charges_as_one_membrane() {
        // 10 um are isopotential: V = R I (1 - exp(-t/tau)) with the whole membrane in parallel.
        let mut cable = Compartments::root(E_L);
        cable.grow(0, &cylinder(2.0, 10.0), 2);
        let dt = 0.1;
        for _ in 0..200 {
            cable.step(dt, nano);
        }
        let whole = 20_000.0 / (PI * 2.0 * 10.0 * 1e-8) * 1e-6;
        let expected = whole * (1.0 - exp(-1.0));
        assert!(((cable.v()[0] - E_L) / expected - 1.0).abs() < 1e-4, "{}", cable.v()[0] - E_L);
    }

    #[test]
    fn steps_come_to_the_closed_form_with_the_square_of_dt() {
        // A sealed cable's slowest transients: V(x, t) of a cosine of n half waves decays with tau/(1 + (n pi lambda/l)^2).
        let (length, pieces) = (1000.0, 50);
        let shape = |x: f64| duet_kernels::math::cos(PI * x / length);
        let error = |steps: usize| {
            let mut cable = Compartments::root(E_L);
            cable.grow(0, &cylinder(2.0, length), pieces);
            for node in 0..cable.len() {
                cable.v[node] = E_L + shape(cable.x[node]);
            }
            let time = 10.0;
            for _ in 0..steps {
                cable.step(time / steps as f64, |_| (0.0, 0.0));
            }
            // What space does to it, exactly: second differences of a cosine.
            let dx = length / pieces as f64;
            let waves = 2.0 * (1.0 - duet_kernels::math::cos(PI * dx / length)) / (dx * dx);
            let lambda = DENDRITE.length_constant();
            let left = exp(-time / 20.0 * (1.0 + lambda * lambda * waves));
            (cable.v()[0] - E_L - left).abs()
        };
        let order = log2(error(20) / error(40));
        assert!((order - 2.0).abs() < 0.02, "{order}");
        assert!(error(1000) < 1e-5);
    }

    #[test]
    fn a_tree_after_ralls_rule_is_one_cylinder() {
        let (trunk, twigs) = (500.0, [1.5, 1.0]);
        let parent = equivalent_diameter(&twigs);
        // Branches as long in units of their own length constants, which go with the square root of the diameter.
        let mut tree = Compartments::root(E_L);
        let fork = tree.grow(0, &cylinder(parent, trunk), 50);
        for d in twigs {
            tree.grow(fork, &cylinder(d, 400.0 * d.sqrt()), 50);
        }
        let mut single = Compartments::root(E_L);
        let joint = single.grow(0, &cylinder(parent, trunk), 50);
        single.grow(joint, &cylinder(parent, 400.0 * parent.sqrt()), 50);
        tree.settle(nano);
        single.settle(nano);
        assert!((tree.v()[0] - single.v()[0]).abs() < 1e-9 * (single.v()[0] - E_L));
        assert!((tree.v()[fork] - single.v()[joint]).abs() < 1e-9 * (single.v()[0] - E_L));
        for _ in 0..50 {
            tree.step(0.1, |_| (0.0, 0.0));
            single.step(0.1, |_| (0.0, 0.0));
        }
        assert!((tree.v()[0] - single.v()[0]).abs() < 1e-9);
    }

    #[test]
    fn a_held_root_feeds_the_cable() {
        let mut cable = Compartments::root(E_L);
        cable.grow(0, &cylinder(2.0, 1000.0), 100);
        cable.hold(0, Some(E_L + 10.0));
        cable.settle(|_| (0.0, 0.0));
        let far = cable.v()[100] - E_L;
        assert_eq!(cable.v()[0], E_L + 10.0);
        let expected = 10.0 * DENDRITE.profile(1000.0, Some((1000.0, End::Sealed)));
        assert!((far / expected - 1.0).abs() < 1e-4, "{far}");
    }
}
