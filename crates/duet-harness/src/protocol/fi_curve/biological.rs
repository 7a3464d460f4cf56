//! The f-I curve of a cell.

use super::FiCurve;
use crate::HarnessError;
use crate::protocol::Stage;
use crate::protocol::drive::Drive;
use crate::protocol::drive::course::Course;
use crate::protocol::drive::plan::Plan;
use crate::protocol::probe::Probe;
use duet_record::{Metric, RunFolder, Table};
use duet_spiking::Neuron;
use duet_spiking::analysis::interval_rate;
use duet_spiking::stimulus::Amplitude;
use indexmap::IndexMap;
use rayon::prelude::*;

/// Bisections for the rheobase: to a millionth of the distance between two inputs.
const HALVINGS: usize = 20;

impl FiCurve {
    /// The rate in Hz under a constant current, from rest.
    fn rate(&self, probe: &Probe<'_>, current: f64) -> Result<f64, HarnessError> {
        let times = probe.spikes(probe.steps(self.duration.get()), |_| current, |_| false)?;
        let first = times.partition_point(|&time| time <= self.transient.get());
        Ok(interval_rate(&times[first..]).unwrap_or(0.0))
    }

    /// Whether it fires again and again.
    fn fires(&self, probe: &Probe<'_>, current: f64) -> Result<bool, HarnessError> {
        let is_twice = |times: &[f64]| times.iter().filter(|&&time| time > self.transient.get()).count() > 1;
        let times = probe.spikes(probe.steps(self.duration.get()), |_| current, is_twice)?;
        Ok(is_twice(&times))
    }
}

/// The curve, its onset, and the closed form beside it where there is one.
pub(super) fn curve(
    fi: &FiCurve,
    stage: &Stage<'_>,
    probe: &Probe<'_>,
) -> Result<(Table, IndexMap<String, Metric>), HarnessError> {
    let neuron = probe.side.neuron_of(&fi.population);
    let unit = neuron.input_unit().symbol();
    let range = fi.range(probe.name());
    let inputs = range.inputs();
    let at = |inputs: &[Amplitude]| {
        let rate = |input: &Amplitude| fi.rate(probe, input.get());
        stage.pool.install(|| inputs.par_iter().map(rate).collect::<Result<Vec<f64>, _>>())
    };
    let rates = at(&inputs)?;
    let mut metrics = onset(fi, probe, (&inputs, &rates), unit)?;
    let highest = rates.iter().copied().fold(0.0, f64::max);
    let definition = "highest rate over all inputs tried";
    metrics.insert("highest_output".to_owned(), Metric::new(highest, "Hz", definition));
    let named = range.named();
    let of_named = if range.at.is_empty() { rates.clone() } else { at(&named)? };
    for (input, rate) in named.iter().zip(&of_named) {
        let definition =
            "firing rate under this steady input, from the first to the last spike after the transient";
        metrics.insert(format!("rate[{input}]"), Metric::new(*rate, "Hz", definition));
    }
    let values: Vec<f64> = inputs.iter().map(|input| input.get()).collect();
    let mut table = Table::new().with_numbers("input", values)?.with_numbers("rate", rates.clone())?;
    if let Some(closed) = closed_form(neuron, &inputs).filter(|_| !has_noise(fi, probe)) {
        let off = closed.iter().zip(&rates).filter(|(closed, _)| **closed > 0.0);
        let worst = off.map(|(closed, rate)| ((closed - rate) / closed).abs()).fold(0.0, f64::max);
        let definition = "largest relative difference between the measured rate and the closed form, where that is above 0";
        metrics.insert("largest_error".to_owned(), Metric::new(worst, "1", definition));
        table = table.with_numbers("closed_form", closed)?;
    }
    Ok((table, metrics))
}

/// Whether anything else acts on the cell: then no closed form holds.
fn has_noise(fi: &FiCurve, probe: &Probe<'_>) -> bool {
    probe.side.stimuli_of(&fi.population).next().is_some()
}

fn closed_form(neuron: &Neuron, inputs: &[Amplitude]) -> Option<Vec<f64>> {
    inputs.iter().map(|input| neuron.rate(input.get())).collect()
}

/// Where the curve leaves zero: rheobase and the rate just above it.
fn onset(
    fi: &FiCurve,
    probe: &Probe<'_>,
    (inputs, rates): (&[Amplitude], &[f64]),
    unit: &str,
) -> Result<IndexMap<String, Metric>, HarnessError> {
    let words = "smallest steady input at which the cell fires again and again, found by bisection";
    let of_rate = "firing rate just above the rheobase; near 0 for type I, a jump for type II";
    let mut metrics = IndexMap::new();
    let first = rates.iter().position(|&rate| rate > 0.0);
    let why = match first {
        None => Some("it fires at no input tried"),
        Some(0) => Some("it fires at every input tried"),
        Some(_) => None,
    };
    let Some(first) = first.filter(|&first| first > 0) else {
        let why = why.unwrap_or_default();
        metrics.insert("rheobase".to_owned(), Metric::null(why, unit, words));
        metrics.insert("onset_rate".to_owned(), Metric::null(why, "Hz", of_rate));
        return Ok(metrics);
    };
    let (mut silent, mut firing) = (inputs[first - 1].get(), inputs[first].get());
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(silent, firing);
        if fi.fires(probe, middle)? { firing = middle } else { silent = middle }
    }
    metrics.insert("rheobase".to_owned(), Metric::new(firing, unit, words));
    metrics.insert("onset_rate".to_owned(), Metric::new(fi.rate(probe, firing)?, "Hz", of_rate));
    if let Some(closed) = probe.side.neuron_of(&fi.population).rheobase().filter(|_| !has_noise(fi, probe)) {
        let definition = "the model's rheobase in closed form";
        metrics.insert("rheobase_closed_form".to_owned(), Metric::new(closed, unit, definition));
    }
    Ok(metrics)
}

/// Keeps what `[[record]]` asks for at its input.
pub(super) fn record(
    fi: &FiCurve,
    stage: &Stage<'_>,
    folder: &RunFolder,
    name: &str,
    probe: &Probe<'_>,
) -> Result<(), HarnessError> {
    let wanted =
        stage.scenario.record.iter().filter(|record| record.is_of(name)).find_map(|record| record.at);
    let Some(input) = wanted else { return Ok(()) };
    let drive =
        Drive { duration: fi.duration, transient: fi.transient, until: IndexMap::new(), at: Vec::new() };
    let steps = drive.steps(name, probe.side.dt);
    let plan = Plan::new(stage.scenario, name, (probe.side, true), &probe.network, steps);
    let mut course = Course::new(&drive, probe.side.dt.get(), &probe.network, plan);
    let mut cell = probe.cell()?;
    cell.inject(0, 0, input.get());
    course.observe(0, &cell);
    for step in 1..=steps {
        cell.step(&[]);
        cell.check().map_err(|error| probe.not_finite(&error))?;
        course.observe(step, &cell);
    }
    course.write(folder, name, probe.side, fi.duration.get())
}
