//! Gap junctions: the one current that one cell's membrane takes from another's.

use crate::simulate::{Cells, Node, Simulation};
use duet_kernels::Real;

/// What flows into the cells of a population that has gap junctions.
pub(crate) struct Coupling<T> {
    /// Potentials at the end of the last step, in mV.
    v: Vec<f64>,
    /// Through all junctions, in the model's unit.
    through: Vec<f64>,
    /// With what is injected from outside: what the cells take in this step.
    pub(crate) current: Vec<T>,
}

impl<T: Real> Coupling<T> {
    pub(crate) fn new(size: usize) -> Self {
        Self { v: vec![0.0; size], through: vec![0.0; size], current: vec![T::ZERO; size] }
    }
}

impl<T: Real> Simulation<T> {
    /// Works out the current of every junction for the step to come. All potentials are read before any cell moves, so both ends
    /// of a junction see the same two.
    pub(crate) fn couple(&mut self) {
        if self.gaps.is_empty() {
            return;
        }
        for cells in self.nodes.iter_mut().filter_map(|node| node.cells.as_mut()) {
            let Some(coupling) = &mut cells.coupling else { continue };
            coupling.through.fill(0.0);
            for (cell, v) in coupling.v.iter_mut().enumerate() {
                *v = cells.group.v(cell);
            }
        }
        for &gap in &self.gaps {
            let link = &self.links[gap];
            for source in 0..self.nodes[link.from].size {
                for position in link.wiring.row(source, link.n_post) {
                    let target = link.wiring.target(position, link.n_post);
                    let (from, to) =
                        (self.nodes[link.from].potential(source), self.nodes[link.to].potential(target));
                    let current = self.unit * link.weights[position].to_f64() * (from - to);
                    self.nodes[link.to].take(target, current);
                    self.nodes[link.from].take(source, -current);
                }
            }
        }
        for Cells { coupling, current, .. } in self.nodes.iter_mut().filter_map(|node| node.cells.as_mut()) {
            let Some(coupling) = coupling else { continue };
            for (cell, (sum, &through)) in coupling.current.iter_mut().zip(&coupling.through).enumerate() {
                *sum = T::from_f64(current.get(cell).map_or(0.0, |injected| injected.to_f64()) + through);
            }
        }
    }
}

impl<T> Node<T> {
    fn coupling(&mut self) -> Option<&mut Coupling<T>> {
        self.cells.as_mut()?.coupling.as_mut()
    }

    fn potential(&self, cell: usize) -> f64 {
        self.cells.as_ref().and_then(|cells| cells.coupling.as_ref()).map_or(0.0, |coupling| coupling.v[cell])
    }

    fn take(&mut self, cell: usize, current: f64) {
        if let Some(coupling) = self.coupling() {
            coupling.through[cell] += current;
        }
    }
}
