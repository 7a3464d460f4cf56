//! A signal spreads over a graph: in passes, or by spikes.

use super::SmallWorld;
use crate::HarnessError;
use crate::protocol::Stage;
use duet_random::Key;
use duet_spiking::{Simulation, SpikingSide};
use duet_topology::Network;

/// Passes until all units have been active, and the share of them that ever are: one active neighbour is enough.
pub(super) fn passes(neighbors: &[Vec<u32>], started: usize) -> (f64, f64) {
    let mut active = vec![false; neighbors.len()];
    active[..started].fill(true);
    let mut front: Vec<u32> = (0..started as u32).collect();
    let mut passed = 0;
    loop {
        let mut next = Vec::new();
        for &unit in &front {
            for &target in &neighbors[unit as usize] {
                if !std::mem::replace(&mut active[target as usize], true) {
                    next.push(target);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        passed += 1;
        front = next;
    }
    let share = active.iter().filter(|&&active| active).count() as f64 / active.len() as f64;
    (if share == 1.0 { f64::from(passed) } else { f64::NAN }, share)
}

impl SmallWorld {
    pub(super) fn simulation(
        name: &str,
        side: &SpikingSide,
        network: &Network,
        seed: u64,
    ) -> Result<Simulation<f64>, HarnessError> {
        let mut simulation = Simulation::new(network, side, &[], 0, Key::new(seed).child("side"))
            .map_err(|error| Stage::refused(name, error.to_string()))?;
        simulation.set_learning(false);
        Ok(simulation)
    }

    /// Milliseconds from the first spikes until all cells have fired, and the share of them that ever do.
    pub(super) fn spikes(
        &self,
        name: &str,
        side: &SpikingSide,
        network: &Network,
        seed: u64,
    ) -> Result<(f64, f64), HarnessError> {
        let mut simulation = Self::simulation(name, side, network, seed)?;
        let n = network.populations[0].size;
        // As far above threshold as rest is below it: they fire in the first step, whatever leaks.
        if let Some(levels) = simulation.levels(0) {
            let above = 2.0 * levels.v_th - levels.e_l;
            (0..self.started).for_each(|cell| simulation.set(0, 0, cell, above));
        }
        let dt = side.dt.get();
        let mut fired = vec![false; n];
        let (mut count, mut first) = (0, None);
        for step in 1..=(self.most.get() / dt).round().max(1.0) as u64 {
            simulation.step(&[]);
            for &cell in simulation.spikes(0) {
                count += usize::from(!std::mem::replace(&mut fired[cell as usize], true));
            }
            if count > 0 && first.is_none() {
                first = Some(step);
            }
            if step % 256 == 0 || count == n {
                simulation.check().map_err(|error| HarnessError::NotFinite {
                    side: name.to_owned(),
                    seed,
                    words: error.to_string(),
                })?;
            }
            if let Some(first) = first.filter(|_| count == n) {
                return Ok(((step - first) as f64 * dt, 1.0));
            }
        }
        Ok((f64::NAN, count as f64 / n as f64))
    }
}
