//! The network as a table: what Keras calls `model.summary()`.

use crate::scenario::{Checked, Scenario};
use crate::{HarnessError, preflight};
use duet_ann::Ann;
use duet_random::Key;
use duet_record::LayerStory;
use duet_topology::Network;

/// The populations of a scenario in the order of computation, without running it.
///
/// # Errors
/// [`HarnessError::TooBig`] for a network that does not fit this machine, [`HarnessError::Side`] for one that cannot be
/// drawn.
pub fn summary(checked: &Checked) -> Result<Vec<LayerStory>, HarnessError> {
    let scenario = &checked.scenario;
    preflight::check(scenario, 1)?;
    let network = scenario
        .network()
        .realize(Key::new(scenario.seed).child("network"))
        .map_err(|error| HarnessError::Side { side: "network".to_owned(), words: error.to_string() })?;
    Ok(layers(scenario, &network))
}

/// The populations of a network in the order of computation; in the scenario's order where they feed each other in a
/// circle.
pub fn layers(scenario: &Scenario, network: &Network) -> Vec<LayerStory> {
    let mut layers = compiled(scenario, network).unwrap_or_else(|| counted(network));
    let (inputs, _) = network.ends();
    let protocol = scenario.protocol.conduct();
    for layer in &mut layers {
        let index = network.populations.get_index_of(&layer.population);
        let is_input = scenario.task.is_some() && index.is_some_and(|index| inputs.contains(&index));
        let units = scenario.side.values().map(|side| match (&side.ann, &side.spiking) {
            _ if is_input => "input",
            (Some(_), _) if protocol.equations(side).is_some() => "number",
            (_, Some(_)) if protocol.equations(side).is_some() => "rate",
            (Some(ann), _) => ann.activation_of(&layer.population).name(),
            (_, Some(spiking)) => spiking.neuron_of(&layer.population).name(),
            (None, None) => "",
        });
        layer.units = units.map(str::to_owned).collect();
    }
    layers
}

/// As the artificial side has compiled it, which knows what layers share.
fn compiled(scenario: &Scenario, network: &Network) -> Option<Vec<LayerStory>> {
    let side = scenario.side.values().find_map(|side| side.ann.as_ref())?;
    let rows = Ann::<f32>::new(network, side).ok()?.summary();
    let layer = |row: duet_ann::LayerSummary| LayerStory {
        population: row.population,
        shape: row.shape,
        units: Vec::new(),
        parameters: row.parameters,
        multiply_adds: row.multiply_adds,
    };
    Some(rows.into_iter().map(layer).collect())
}

/// Synapse by synapse.
fn counted(network: &Network) -> Vec<LayerStory> {
    let order = network.layer_order().unwrap_or_else(|_| (0..network.populations.len()).collect());
    let layer = |index: usize| {
        let population = &network.populations[index];
        let incoming = || network.projections.values().filter(|projection| projection.to == index);
        let parameters: usize = incoming().map(duet_topology::Projection::parameters).sum();
        // A pool takes no multiplications of its own.
        let weighted = incoming().filter(|projection| !projection.weights.is_empty());
        let multiply_adds = weighted.map(|projection| network.synapses_of(projection)).sum();
        LayerStory {
            population: population.name.clone(),
            shape: population.shape.clone(),
            units: Vec::new(),
            parameters: parameters as u64,
            multiply_adds,
        }
    };
    order.into_iter().map(layer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, check};

    const SCENARIO: &str = r#"
        title = "t"
        question = "q?"
        seed = 1
        [task.digits]
        [population]
        output.size = 10
        input.shape = [8, 8]
        hidden.size = 32
        [projection.b]
        from = "hidden"
        to = "output"
        weights.he = {}
        [projection.a]
        from = "input"
        to = "hidden"
        weights.he = {}
        bias.zero = {}
        [side.s.spiking]
        dt = "1 ms"
        neuron.lif = {}
        [protocol.learn]
        epochs = 1
    "#;

    fn rows(text: &str) -> Vec<LayerStory> {
        summary(&check(Document::parse("t", text.to_owned()).unwrap(), &[]).unwrap()).unwrap()
    }

    #[test]
    fn layers_stand_in_the_order_of_computation() {
        let alone = rows(SCENARIO);
        let names: Vec<&str> = alone.iter().map(|row| row.population.as_str()).collect();
        assert_eq!(names, ["input", "hidden", "output"]);
        // 64 x 32 + 32, then 32 x 10 without a bias.
        let counts: Vec<(u64, u64)> = alone.iter().map(|row| (row.parameters, row.multiply_adds)).collect();
        assert_eq!(counts, [(0, 0), (2080, 2048), (320, 320)]);
        assert_eq!(alone[1].units, ["lif"]);
        let both = rows(&SCENARIO.replace(
            "[protocol.learn]",
            "[side.a.ann]\nactivation.tanh = {}\npopulation.output.activation.identity = {}\n[protocol.learn]",
        ));
        let units: Vec<&[String]> = both.iter().map(|row| row.units.as_slice()).collect();
        assert_eq!(units, [["input", "input"], ["lif", "tanh"], ["lif", "identity"]]);
        // Compiled or counted, a plain network is the same.
        assert_eq!(both.iter().map(|row| (row.parameters, row.multiply_adds)).collect::<Vec<_>>(), counts);
    }
}
