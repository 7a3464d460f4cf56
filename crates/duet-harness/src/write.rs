//! What a run leaves behind besides its numbers: networks before and after, and one presentation in full.

use crate::HarnessError;
use crate::measure::{self, Outcomes};
use crate::scenario::Scenario;
use duet_random::Key;
use duet_record::{
    PopulationSketch, ProjectionSketch, Role, RunFolder, Shown, ShownPopulation, Table, TopologySketch,
    WeightMatrix, bias_to_npy, layout,
};
use duet_tasks::Dataset;
use duet_topology::{Network, Projection};

/// Matrices larger than this are not written: figures of them would show nothing.
const LARGEST_MATRIX: usize = 4 << 20;

/// Writes the outline and the weights that all sides begin with, of the first seed.
///
/// # Errors
/// [`HarnessError::Record`] when a file cannot be written.
pub fn network(folder: &RunFolder, network: &Network) -> Result<(), HarnessError> {
    folder.write(layout::TOPOLOGY, sketch(network).to_json())?;
    for projection in network.projections.values() {
        write_weights(folder, &layout::initial_weights(&projection.name), network, projection)?;
    }
    Ok(())
}

/// Writes the weights of every side after learning, of the first seed.
///
/// # Errors
/// [`HarnessError::Record`] when a file cannot be written.
pub fn learned(
    folder: &RunFolder,
    scenario: &Scenario,
    network: &Network,
    key: Key,
    outcomes: &Outcomes<'_>,
) -> Result<(), HarnessError> {
    for (&side, outcomes) in outcomes {
        let Some(learned) = outcomes.first().and_then(|outcome| outcome.network.as_ref()) else { continue };
        for projection in learned.projections.values() {
            write_weights(folder, &layout::final_weights(side, &projection.name), learned, projection)?;
            if let Some(bias) = &projection.bias {
                folder.write(layout::final_bias(side, &projection.name), bias_to_npy(bias))?;
            }
        }
        // A side that begins with weights of its own leaves those too.
        let Some(spiking) = &scenario.side[side].spiking else { continue };
        let own = spiking.initial_network(network, key.child("side"));
        for (name, projection) in
            own.projections.iter().filter(|(name, p)| p.weights != network.projections[*name].weights)
        {
            write_weights(folder, &layout::initial_weights_of(side, name), &own, projection)?;
        }
    }
    Ok(())
}

/// Writes the weights that one side ends with.
///
/// # Errors
/// [`HarnessError::Record`] when a file cannot be written.
pub fn final_weights(folder: &RunFolder, side: &str, learned: &Network) -> Result<(), HarnessError> {
    for projection in learned.projections.values() {
        write_weights(folder, &layout::final_weights(side, &projection.name), learned, projection)?;
    }
    Ok(())
}

fn write_weights(
    folder: &RunFolder,
    path: &str,
    network: &Network,
    projection: &Projection,
) -> Result<(), HarnessError> {
    let (n_pre, n_post) =
        (network.populations[projection.from].size, network.populations[projection.to].size);
    if projection.wiring.window().is_none() && n_pre.saturating_mul(n_post) > LARGEST_MATRIX {
        return Ok(());
    }
    if let Some((rows, columns, numbers)) = projection.matrix(n_pre, n_post) {
        folder.write(path, WeightMatrix::new(rows, columns, numbers)?.to_npy())?;
    }
    Ok(())
}

/// The extent of a projection's weights, as PyTorch has them: targets x sources, or kernels x channels x rows x columns.
fn weight_shape(network: &Network, projection: &Projection) -> Vec<usize> {
    let size = |index: usize| network.populations[index].size;
    match (projection.wiring.window(), projection.weights.is_empty()) {
        (Some(_), true) => Vec::new(),
        (Some(window), false) => {
            let [rows, columns] = window.kernel;
            vec![projection.wiring.biases(size(projection.to)), window.channels, rows, columns]
        }
        (None, _) => vec![size(projection.to), size(projection.from)],
    }
}

/// The network in outline.
pub fn sketch(network: &Network) -> TopologySketch {
    let (inputs, outputs) = network.ends();
    let role = |index: usize| match (inputs.contains(&index), outputs.contains(&index)) {
        (true, _) => Role::Input,
        (_, true) => Role::Output,
        _ => Role::Hidden,
    };
    let populations = network.populations.values().enumerate().map(|(index, population)| PopulationSketch {
        name: population.name.clone(),
        shape: population.shape.clone(),
        size: population.size,
        role: role(index),
    });
    let name = |index: usize| network.populations[index].name.clone();
    let projections = network.projections.values().map(|projection| ProjectionSketch {
        name: projection.name.clone(),
        from: name(projection.from),
        to: name(projection.to),
        pattern: projection.pattern.clone(),
        synapses: network.synapses_of(projection) as usize,
        parameters: projection.parameters(),
        bias: projection.bias.is_some(),
        weight_shape: weight_shape(network, projection),
    });
    TopologySketch { populations: populations.collect(), projections: projections.collect() }
}

/// Writes spikes: (time in ms, population, cell), in order.
///
/// # Errors
/// [`HarnessError::Record`] when the file cannot be written.
pub fn spikes(
    folder: &RunFolder,
    side: &str,
    network: &Network,
    spikes: &[(f64, usize, u32)],
) -> Result<(), HarnessError> {
    let name = |&(_, population, _): &(f64, usize, u32)| network.populations[population].name.clone();
    let table = Table::new()
        .with_numbers("time_ms", spikes.iter().map(|spike| spike.0).collect())?
        .with_texts("population", spikes.iter().map(name).collect())?
        .with_numbers("index", spikes.iter().map(|spike| f64::from(spike.2)).collect())?;
    folder.write(layout::spikes(side), table.to_csv())?;
    Ok(())
}

/// Most points of a layer that are written for the eye.
const MOST_POINTS: usize = 1500;

/// Writes what units do on sides that took weights over beside what they did on the side that gave them, under the first seed.
///
/// # Errors
/// [`HarnessError::Record`] when a file cannot be written.
pub fn transfers(folder: &RunFolder, outcomes: &Outcomes<'_>) -> Result<(), HarnessError> {
    for (&side, outcomes) in outcomes {
        let Some(report) = outcomes.first().and_then(|outcome| outcome.transfer.as_ref()) else { continue };
        let (mut names, mut given, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for layer in &report.layers {
            let every = layer.given.len().div_ceil(MOST_POINTS).max(1);
            for (x, y) in layer.given.iter().zip(&layer.taken).step_by(every) {
                names.push(layer.population.clone());
                given.push(*x);
                taken.push(*y);
            }
        }
        let table = Table::new().with_texts("population", names)?;
        let table = table.with_numbers("given", given)?.with_numbers("taken", taken)?;
        folder.write(layout::trace(side, "transfer"), table.to_csv())?;
    }
    Ok(())
}

/// Writes what panels found of every side: means over seeds with their intervals, one table per panel.
///
/// # Errors
/// [`HarnessError::Record`] when a file cannot be written.
pub fn panels(folder: &RunFolder, outcomes: &Outcomes<'_>) -> Result<(), HarnessError> {
    for (&side, outcomes) in outcomes {
        let curves = outcomes.first().map_or(&[][..], |outcome| &outcome.curves);
        let mut panels: Vec<&str> = curves.iter().map(|curve| curve.panel).collect();
        panels.dedup();
        for panel in panels {
            let (mut names, mut columns) = (Vec::new(), [const { Vec::new() }; 4]);
            for (index, curve) in
                curves.iter().enumerate().filter(|(_, curve)| curve.panel == panel && curve.unit.is_some())
            {
                for (at, metric) in measure::along(outcomes, index) {
                    let value = metric.value.unwrap_or(f64::NAN);
                    let [low, high] = metric.ci95.unwrap_or([value; 2]);
                    names.push(curve.name.clone());
                    columns.iter_mut().zip([at, value, low, high]).for_each(|(column, x)| column.push(x));
                }
            }
            if names.is_empty() {
                continue;
            }
            let mut table = Table::new().with_texts("curve", names)?;
            for (name, column) in ["at", "value", "low", "high"].into_iter().zip(columns) {
                table = table.with_numbers(name, column)?;
            }
            folder.write(layout::trace(side, panel), table.to_csv())?;
        }
    }
    Ok(())
}

/// Writes the answers of every side and, where it has time, one presentation in full.
///
/// # Errors
/// [`HarnessError::Record`] when a file cannot be written.
pub fn traces(
    folder: &RunFolder,
    network: &Network,
    data: &Dataset,
    outcomes: &Outcomes<'_>,
) -> Result<(), HarnessError> {
    for (&side, outcomes) in outcomes {
        let classes = data.classes.len();
        let pairs: Vec<(usize, usize)> =
            (0..classes).flat_map(|truth| (0..classes).map(move |answer| (truth, answer))).collect();
        let tables = || outcomes.iter().filter_map(|outcome| outcome.confusion.as_ref());
        let count = |&(truth, answer): &(usize, usize)| {
            tables().map(|confusion| confusion.rows()[truth][answer]).sum::<u64>() as f64
        };
        if tables().next().is_some() {
            let table = Table::new()
                .with_texts("true", pairs.iter().map(|&(truth, _)| data.classes[truth].clone()).collect())?
                .with_texts(
                    "answered",
                    pairs.iter().map(|&(_, answer)| data.classes[answer].clone()).collect(),
                )?
                .with_numbers("count", pairs.iter().map(count).collect())?;
            folder.write(layout::confusion(side), table.to_csv())?;
        }

        let Some((example, answer, shown)) =
            outcomes.first().and_then(|outcome| outcome.presentation.as_ref())
        else {
            continue;
        };
        let recording = &shown.recording;
        spikes(folder, side, network, &recording.spikes)?;
        for (population, cells, rows) in &recording.v {
            let mut table = Table::new().with_numbers("time_ms", recording.times.clone())?;
            for (cell, row) in cells.iter().zip(rows) {
                table = table.with_numbers(&cell.to_string(), row.clone())?;
            }
            folder.write(layout::voltages(side, &network.populations[*population].name), table.to_csv())?;
        }
        let with_levels = network.populations.values().zip(&shown.levels).enumerate();
        let populations = with_levels.filter(|(index, _)| shown.at_work.contains(index)).map(
            |(index, (population, levels))| ShownPopulation {
                name: population.name.clone(),
                size: population.size,
                v_th_mv: levels.map(|levels| levels.v_th),
                v_reset_mv: levels.and_then(|levels| levels.v_reset),
                e_l_mv: levels.map(|levels| levels.e_l),
                is_bare: shown.bare.contains(&index),
                inhibitory: None,
                variables: Vec::new(),
            },
        );
        let shown = Shown {
            example: Some(*example),
            label: data.test.labels().get(*example).map(|&label| label as usize),
            answer: Some(*answer as usize),
            classes: data.classes.clone(),
            from_ms: 0.0,
            present_ms: shown.present_ms,
            dt_ms: shown.dt_ms,
            input: data.test.pixels.example(*example).into_iter().map(f64::from).collect(),
            input_shape: data.shape.clone(),
            populations: populations.collect(),
        };
        folder.write(layout::shown(side), shown.to_json())?;
    }
    Ok(())
}
