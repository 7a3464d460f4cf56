//! A membrane as differential equations: the easy way to a neuron model.

use super::Levels;

/// A variable of a model: its name in scenarios and recordings, and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// `v`, `w`, `m` ...
    pub name: &'static str,
    /// `mV`, `pA`; `1` for a number.
    pub unit: &'static str,
}

/// When a membrane fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Firing {
    /// At V >= `at`; the model then starts again from where `reset` puts it, with V clamped for `t_ref` ms.
    Reset {
        /// Threshold or cut-off in mV.
        at: f64,
        /// Refractory period in ms.
        t_ref: f64,
    },
    /// At every upward crossing of `at`; the equations make the spike themselves.
    Crossing {
        /// The potential that counts, in mV.
        at: f64,
    },
}

/// N differential equations with a spike: what a model file writes down. [`super::OdeGroup`] makes cells of it.
///
/// The first variable is the membrane potential.
pub trait Membrane<const N: usize>: Send {
    /// The variables, the potential first.
    const VARIABLES: [Variable; N];
    /// Where a cell without input begins.
    fn rest(&self) -> [f64; N];
    /// dx/dt per ms when `current` flows in.
    fn derivative(&self, x: &[f64; N], current: f64) -> [f64; N];
    /// d(dx_i/dt)/dx_i of each variable, where `slope` is dI/dV of the current: what exponential Euler needs.
    fn diagonal(&self, x: &[f64; N], slope: f64) -> [f64; N];
    /// When it fires.
    fn firing(&self) -> Firing;
    /// What a spike does to the variables.
    fn reset(&self, _x: &mut [f64; N]) {}
    /// Where the equations end: a method of fixed steps that looks ahead beyond this potential is told what holds here, so that
    /// an upstroke cannot overflow.
    fn ceiling(&self) -> f64 {
        f64::INFINITY
    }
    /// mV of a steady, small depolarisation per unit of current: what a bias given as a voltage is divided by.
    fn resistance(&self) -> f64;
    /// The potentials that a figure draws.
    fn levels(&self) -> Levels;
}
