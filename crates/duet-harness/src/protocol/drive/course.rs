//! What the cells of a side did, and what of it is kept.

use super::Drive;
use super::plan::Plan;
use super::recording::Recording;
use crate::HarnessError;
use duet_record::{RunFolder, Shown, ShownPopulation};
use duet_spiking::neuron::Levels;
use duet_spiking::{Simulation, SpikingSide};
use duet_topology::Network;

/// A side under one seed.
pub(in crate::protocol) struct Course {
    pub(in crate::protocol) populations: Vec<Population>,
    recording: Recording,
    dt: f64,
    /// The network with its weights as learning left them; `None` where nothing learns.
    pub(in crate::protocol) learned: Option<Network>,
}

/// One population.
pub(in crate::protocol) struct Population {
    pub(in crate::protocol) name: String,
    /// The spikes of every cell, in ms.
    pub(in crate::protocol) trains: Vec<Vec<f64>>,
    /// Potential of the first cell at the beginning, its largest and its smallest.
    pub(in crate::protocol) v_rest: f64,
    pub(in crate::protocol) v_peak: f64,
    pub(in crate::protocol) v_min: f64,
    /// Potential of the first cell at the times asked for.
    pub(in crate::protocol) v_at: Vec<f64>,
    levels: Option<Levels>,
}

impl Course {
    pub(in crate::protocol) fn new(drive: &Drive, dt: f64, network: &Network, plan: Plan) -> Self {
        let population = |population: &duet_topology::Population| Population {
            name: population.name.clone(),
            trains: vec![Vec::new(); population.size],
            v_rest: f64::NAN,
            v_peak: f64::NEG_INFINITY,
            v_min: f64::INFINITY,
            v_at: vec![f64::NAN; drive.at.len()],
            levels: None,
        };
        let at = drive.at.iter().map(|time| (time.get() / dt).round() as u64).collect();
        Self {
            populations: network.populations.values().map(population).collect(),
            recording: Recording::new(plan, at),
            dt,
            learned: None,
        }
    }

    /// Takes down what is to be seen after a step; step 0 is the beginning.
    pub(in crate::protocol) fn observe(&mut self, step: u64, simulation: &Simulation<f64>) {
        for (index, population) in self.populations.iter_mut().enumerate() {
            let v = simulation.v(index, 0).unwrap_or(f64::NAN);
            if step == 0 {
                population.v_rest = v;
                population.levels = simulation.levels(index);
            } else {
                for &cell in simulation.spikes(index) {
                    population.trains[cell as usize].push(simulation.spike_time(index, cell));
                }
            }
            population.v_peak = population.v_peak.max(v);
            population.v_min = population.v_min.min(v);
            for (value, &at) in population.v_at.iter_mut().zip(&self.recording.at) {
                if at == step {
                    *value = v;
                }
            }
        }
        self.recording.observe(step, self.dt, simulation);
    }

    /// Keeps the weights as they have become.
    pub(in crate::protocol) fn keep_weights(&mut self, network: &Network, simulation: &Simulation<f64>) {
        let mut learned = network.clone();
        for (index, projection) in learned.projections.values_mut().enumerate() {
            projection.weights = simulation.weights(index).collect();
        }
        self.learned = Some(learned);
    }

    /// Writes traces and weights, and what a figure must know of them.
    pub(in crate::protocol) fn write(
        &self,
        folder: &RunFolder,
        name: &str,
        side: &SpikingSide,
        duration: f64,
    ) -> Result<(), HarnessError> {
        let trains = |population: usize| &self.populations[population].trains;
        let names: Vec<&str> = self.populations.iter().map(|population| population.name.as_str()).collect();
        self.recording.write(folder, name, &names, trains)?;
        if let Some(learned) = &self.learned {
            crate::write::final_weights(folder, name, learned)?;
        }
        let population = |(index, population): (usize, &Population)| ShownPopulation {
            name: population.name.clone(),
            size: population.trains.len(),
            v_th_mv: population.levels.map(|levels| levels.v_th),
            v_reset_mv: population.levels.and_then(|levels| levels.v_reset),
            e_l_mv: population.levels.map(|levels| levels.e_l),
            is_bare: side.is_bare(&population.name),
            inhibitory: None,
            variables: self.recording.variables(index),
        };
        let shown = Shown {
            example: None,
            present_ms: duration,
            dt_ms: side.dt.get(),
            populations: self.populations.iter().enumerate().map(population).collect(),
            ..Shown::default()
        };
        Ok(folder.write(duet_record::layout::shown(name), shown.to_json())?)
    }
}
