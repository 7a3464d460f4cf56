//! What is kept of a simulation while it runs.

use super::plan::Plan;
use crate::HarnessError;
use duet_record::{RunFolder, ShownVariable, Table, layout};
use duet_spiking::Simulation;

/// Spikes and traces of a side.
pub(super) struct Recording {
    plan: Plan,
    /// Steps at which potentials are asked for.
    pub(super) at: Vec<u64>,
    /// Of each trace: times, and a column for each cell or synapse.
    traces: Vec<(Vec<f64>, Vec<Vec<f64>>)>,
}

impl Recording {
    pub(super) fn new(plan: Plan, at: Vec<u64>) -> Self {
        let traces = plan.traces.iter().map(|wanted| (Vec::new(), vec![Vec::new(); wanted.count])).collect();
        Self { plan, at, traces }
    }

    /// Takes a sample of every trace whose turn it is.
    pub(super) fn observe(&mut self, step: u64, dt: f64, simulation: &Simulation<f64>) {
        for (wanted, (times, columns)) in self.plan.traces.iter().zip(&mut self.traces) {
            if step.is_multiple_of(wanted.every) {
                times.push(step as f64 * dt);
                for (at, column) in columns.iter_mut().enumerate() {
                    column.push(wanted.value(simulation, at).unwrap_or(f64::NAN));
                }
            }
        }
    }

    /// The variables kept of a population.
    pub(super) fn variables(&self, population: usize) -> Vec<ShownVariable> {
        let own = self.plan.traces.iter().filter(|wanted| wanted.is_of(population));
        own.map(|wanted| ShownVariable { name: wanted.variable.clone(), unit: wanted.unit.to_owned() })
            .collect()
    }

    /// Writes spikes and traces of a side; `trains` gives the spike times of the cells of a population.
    pub(super) fn write<'t>(
        &self,
        folder: &RunFolder,
        side: &str,
        names: &[&str],
        trains: impl Fn(usize) -> &'t Vec<Vec<f64>>,
    ) -> Result<(), HarnessError> {
        let mut spikes: Vec<(f64, usize, usize)> = Vec::new();
        for &population in &self.plan.spikes {
            for (cell, train) in trains(population).iter().enumerate() {
                spikes.extend(train.iter().map(|&time| (time, population, cell)));
            }
        }
        spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let table = Table::new()
            .with_numbers("time_ms", spikes.iter().map(|spike| spike.0).collect())?
            .with_texts("population", spikes.iter().map(|spike| names[spike.1].to_owned()).collect())?
            .with_numbers("index", spikes.iter().map(|spike| spike.2 as f64).collect())?;
        folder.write(layout::spikes(side), table.to_csv())?;
        for (wanted, (times, columns)) in self.plan.traces.iter().zip(&self.traces) {
            let mut table = Table::new().with_numbers("time_ms", times.clone())?;
            for (at, column) in columns.iter().enumerate() {
                table = table.with_numbers(&at.to_string(), column.clone())?;
            }
            folder.write(layout::variable(side, &wanted.owner, &wanted.variable), table.to_csv())?;
        }
        Ok(())
    }
}
