//! What cannot be handed over, and why.

use crate::protocol::Protocol;
use crate::scenario::{Scenario, Side};
use duet_ann::{Activation, AnnSide};
use duet_spiking::{Decode, Neuron, SpikingSide, Synapse};
use duet_units::Problem;

/// Everything about the hand-overs of a scenario that cannot be done; paths from the root.
pub fn problems(scenario: &Scenario) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, side) in &scenario.side {
        let Some(from) = &side.from else { continue };
        let at = format!("side.{name}.from");
        let say = |key: &str, words: String, hint: &str| {
            Problem::new(format!("{at}{key}"), words).hint(hint.to_owned())
        };
        if !matches!(scenario.protocol, Protocol::Learn(_)) {
            problems.push(say(
                "",
                "weights are handed over under protocol.learn only: under others nothing is learned by sides"
                    .to_owned(),
                "leave `from` out",
            ));
            continue;
        }
        let Some(source) = scenario.side.get(&from.side) else {
            let known: Vec<&str> =
                scenario.side.keys().filter(|other| *other != name).map(String::as_str).collect();
            problems.push(say(
                ".side",
                format!("there is no side `{}`", from.side),
                &format!("the other sides are: {}", known.join(", ")),
            ));
            continue;
        };
        if circles(scenario, name) {
            problems.push(say(
                ".side",
                format!("side `{name}` would wait for its own weights"),
                "one of the sides must learn by itself",
            ));
            continue;
        }
        if side.read_out.is_some() || source.read_out.is_some() {
            problems.push(say(
                "",
                "a side with a read-out neither hands weights over nor takes them".to_owned(),
                "leave `from` or `read_out` out",
            ));
            continue;
        }
        match (source, side) {
            (Side { ann: Some(ann), .. }, Side { spiking: Some(spiking), .. }) => {
                problems.extend(into_spikes(scenario, (&from.side, ann), spiking).into_iter().map(|p| {
                    let path = if p.path.is_empty() {
                        at.clone()
                    } else {
                        format!("side.{name}.spiking.{}", p.path)
                    };
                    Problem { path, ..p }
                }));
            }
            _ if from.normalise.is_some() => {
                problems.push(say(".normalise", "activations are brought below one spike per step where an artificial side hands over to a spiking one".to_owned(), "leave `normalise` out"));
            }
            _ => {}
        }
        if side.spiking.as_ref().is_some_and(SpikingSide::has_own_weights) {
            let words = "the side is given weights of its own (initial.weights) and another one's: it can begin with one of them";
            problems.push(say("", words.to_owned(), "leave `from` or `initial.weights` out"));
        }
        if from.learn && side.spiking.as_ref().is_some_and(|spiking| !spiking.learns()) {
            problems.push(say(
                ".learn",
                "the side is to learn on, but has no rule to learn by".to_owned(),
                "add learning.surrogate or a plasticity",
            ));
        }
    }
    problems
}

/// Whether following `from` leads back to the side.
fn circles(scenario: &Scenario, name: &str) -> bool {
    let next = |name: &str| {
        scenario.side.get(name).and_then(|side| side.from.as_ref()).map(|from| from.side.as_str())
    };
    let mut at = next(name);
    for _ in 0..scenario.side.len() {
        match at {
            Some(found) if found == name => return true,
            Some(found) => at = next(found),
            None => return false,
        }
    }
    at.is_some()
}

/// What of an artificial side spikes cannot say.
fn into_spikes(scenario: &Scenario, (source, ann): (&str, &AnnSide), side: &SpikingSide) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |path: &str, words: String, hint: &str| {
        problems.push(Problem::new(path, words).hint(hint.to_owned()));
    };
    let network = scenario.network();
    let feeds = |name: &String| {
        network.projection.values().any(|p| p.from.0.contains(name) && !p.to.0.contains(name))
    };
    let fed = |name: &String| network.projection.values().any(|p| p.to.0.contains(name));
    for name in network.population.keys().filter(|name| fed(name)) {
        let own = ann.population.get(name);
        let activation = own.and_then(|own| own.activation.as_ref()).unwrap_or(&ann.activation);
        let pooled = network
            .projection
            .values()
            .any(|p| p.to.0.contains(name) && p.pattern.name() == "average_pool2d");
        let says = match activation {
            Activation::Relu(_) => true,
            // A mean of rates is a rate; scores need not be positive where potentials are read.
            Activation::Identity(_) => pooled || !feeds(name),
            _ => false,
        };
        if !says {
            let words = format!(
                "population `{name}` of side `{source}` is {}, and a rate of spikes can say what a relu says, not that",
                activation.name()
            );
            refuse("", words, "activation.relu in hidden layers, identity at the output");
        }
        if own.is_some_and(|own| own.batch_norm.is_some()) {
            refuse(
                "",
                format!("population `{name}` of side `{source}` normalises over batches, which cells do not"),
                "leave batch_norm out",
            );
        }
        let neuron = side.neuron_of(name);
        if !matches!(neuron, Neuron::IntegrateAndFire(_)) {
            let words = format!(
                "weights are made for integrate_and_fire cells, and population `{name}` is {}",
                neuron.name()
            );
            refuse("neuron", words, "neuron.integrate_and_fire = {} or, with a leak, { tau_m = \"100 ms\" }");
        }
    }
    if ann.input.is_some() {
        let words = format!("side `{source}` shifts its input, and its weights know only shifted numbers");
        refuse("", words, "leave `input` of that side out");
    }
    if ann.steps != 1 || side.steps != 1 {
        refuse(
            "",
            format!("side `{source}` and this one must show an example as a whole"),
            "leave `steps` out",
        );
    }
    for name in network.projection.keys() {
        let synapse = side.synapse_of(name);
        if !matches!(synapse, Synapse::Delta(_)) {
            let words = format!(
                "weights are made for delta synapses, and those of projection `{name}` are {}",
                synapse.name()
            );
            refuse("synapse", words, "synapse.delta = {}");
        }
    }
    if side.encode.gain(1.0).is_none() {
        let words =
            format!("encode.{} does not tell a number by a rate that grows with it", side.encode.name());
        refuse("encode", words, "encode.constant_current, or poisson, regular or bernoulli as they come");
    }
    if !matches!(side.decode, Decode::Membrane(_) | Decode::SpikeCount(_)) {
        let words = format!("decode.{} does not read rates", side.decode.name());
        refuse("decode", words, "decode.membrane or decode.spike_count");
    }
    problems.dedup();
    problems
}
