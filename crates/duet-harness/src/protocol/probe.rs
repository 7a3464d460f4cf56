//! Cells on their own under a current that a protocol sets: what f-I curves and thresholds are measured with.

use super::Stage;
use crate::HarnessError;
use crate::scenario::Scenario;
use duet_random::Key;
use duet_spiking::{Simulation, SpikingError, SpikingSide};
use duet_topology::{Network, NetworkSpec, PopulationSpec};
use duet_units::Problem;
use indexmap::IndexMap;

/// The problem of a protocol whose `population` the network does not have.
pub(super) fn unknown_population(scenario: &Scenario, protocol: &str, population: &str) -> Option<Problem> {
    if scenario.population.contains_key(population) {
        return None;
    }
    let known: Vec<&str> = scenario.population.keys().map(String::as_str).collect();
    let words = format!("there is no population `{population}`");
    let hint = format!("the populations are: {}", known.join(", "));
    Some(Problem::new(format!("protocol.{protocol}.population"), words).hint(hint))
}

/// A number without the noise of its last digits, so that a grid of 0.1 has 0.3 in it.
pub(super) fn tidy(value: f64) -> f64 {
    format!("{value:.12e}").parse().unwrap_or(value)
}

/// A cell of one population of a side, or several side by side. Its stimuli act on it, its projections do not.
pub(super) struct Probe<'a> {
    name: &'a str,
    pub(super) side: &'a SpikingSide,
    pub(super) network: Network,
    seed: u64,
}

impl<'a> Probe<'a> {
    pub(super) fn new(
        stage: &Stage<'_>,
        name: &'a str,
        side: &'a SpikingSide,
        population: &str,
    ) -> Result<Self, HarnessError> {
        Self::of_cells(stage, name, side, (population, 1))
    }

    /// So many cells side by side, which differ in their noise.
    pub(super) fn of_cells(
        stage: &Stage<'_>,
        name: &'a str,
        side: &'a SpikingSide,
        (population, cells): (&str, usize),
    ) -> Result<Self, HarnessError> {
        let alone = PopulationSpec { size: Some(cells), shape: None };
        let spec = NetworkSpec {
            population: IndexMap::from([(population.to_owned(), alone)]),
            projection: IndexMap::new(),
        };
        let seed = stage.seeds[0];
        let network = spec
            .realize(Key::new(seed).child("network"))
            .map_err(|error| Stage::refused(name, error.to_string()))?;
        Ok(Self { name, side, network, seed })
    }

    /// Builds the cell of every spiking side once, so that nothing is written for a run that cannot begin.
    pub(super) fn rehearse(stage: &Stage<'_>, population: &str) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            if let Some(spiking) = &side.spiking {
                Probe::new(stage, name, spiking, population)?.cell()?;
            }
        }
        Ok(())
    }

    /// The side's name.
    pub(super) fn name(&self) -> &str {
        self.name
    }

    /// The cell, or the cells, at rest.
    pub(super) fn cell(&self) -> Result<Simulation<f64>, HarnessError> {
        Simulation::new(&self.network, self.side, &[], 1, Key::new(self.seed).child("side"))
            .map_err(|error| Stage::refused(self.name, error.to_string()))
    }

    /// So many ms in steps, one at least.
    pub(super) fn steps(&self, ms: f64) -> u64 {
        ((ms / self.side.dt.get()).round() as u64).max(1)
    }

    /// When it fires under `current(step)`, steps counted from 0, in `steps` steps or until it has fired enough.
    pub(super) fn spikes(
        &self,
        steps: u64,
        current: impl Fn(u64) -> f64,
        enough: impl Fn(&[f64]) -> bool,
    ) -> Result<Vec<f64>, HarnessError> {
        let mut cell = self.cell()?;
        let mut times = Vec::new();
        let mut now = 0.0;
        for step in 0..steps {
            let next = current(step);
            if next != now {
                cell.inject(0, 0, next);
                now = next;
            }
            cell.step(&[]);
            for &fired in cell.spikes(0) {
                times.push(cell.spike_time(0, fired));
            }
            if !cell.spikes(0).is_empty() && enough(&times) {
                break;
            }
        }
        cell.check().map_err(|error| self.not_finite(&error))?;
        Ok(times)
    }

    /// When each cell fires under a steady current in `steps` steps.
    pub(super) fn trains(&self, steps: u64, current: f64) -> Result<Vec<Vec<f64>>, HarnessError> {
        let mut cells = self.cell()?;
        let mut trains = vec![Vec::new(); self.network.populations[0].size];
        for cell in 0..trains.len() {
            cells.inject(0, cell, current);
        }
        for _ in 0..steps {
            cells.step(&[]);
            for &fired in cells.spikes(0) {
                trains[fired as usize].push(cells.spike_time(0, fired));
            }
        }
        cells.check().map_err(|error| self.not_finite(&error))?;
        Ok(trains)
    }

    pub(super) fn not_finite(&self, error: &SpikingError) -> HarnessError {
        HarnessError::NotFinite { side: self.name.to_owned(), seed: self.seed, words: error.to_string() }
    }
}
