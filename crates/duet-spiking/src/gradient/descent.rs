//! Gradient descent through spikes: what a scenario says of it.

use super::Surrogate;
use super::surrogate::FastSigmoid;
use crate::{Decode, Encode, Neuron, Plasticity, SpikingSide, Synapse};
use duet_gradient::{Adam, Clip, CrossEntropy, Loss, Optimizer, Schedule};
use duet_topology::NetworkSpec;
use duet_units::{Problem, Range, parameters};

parameters! {
    /// Every weight follows the gradient of the loss, carried back through time and through spikes by a stand-in for their derivative.
    ///
    /// # Equations
    /// ```text
    /// v(t) = beta v(t-1) + W s_below(t-1) + b - v_th s(t-1)        forward: spikes are spikes
    /// ds/dv := h((v - v_th) / v_th) / v_th                         back: h is the surrogate
    /// dv(t) = ds(t) h / v_th + beta dv(t+1)                        credit of a potential, back through time
    /// dW = sum over t of dv(t) s_below(t-1)^T
    /// ```
    /// # Behaviour
    /// A spike is a step of the potential, and a step has no slope to follow; a smooth hill in its place is wrong everywhere and good
    /// enough on average. What hill it is matters little, how wide it is matters much. The network runs as the engine
    /// would run it, so that what was learned can be handed to the engine; but no known synapse could learn so: errors travel back
    /// through the same weights, and back in time.
    ///
    /// # References
    /// - Neftci, Mostafa & Zenke 2019, IEEE Signal Process. Mag. 36:51
    /// - Zenke & Vogels 2021, Neural Comput. 33:899 (shape and scale)
    ///
    /// # Example
    /// One update of one weight: [`Batched`](crate::gradient::Batched) works the gradient out by hand.
    /// ```
    /// use duet_spiking::SpikingSide;
    /// use duet_spiking::Credit;
    /// let side: SpikingSide = toml::from_str("
    ///     learning.surrogate = { batch = 128, optimizer.adam = { rate = 0.002 }, hill.arc_tangent = { k = 2.0 } }
    /// ").unwrap();
    /// let Some(Credit::Surrogate(rule)) = &side.learning else { panic!("it learns") };
    /// assert_eq!((rule.batch, rule.hill.derivative(0.0_f64)), (128, 1.0));
    /// ```
    pub default struct SurrogateDescent {
        /// Examples per update.
        pub batch: usize = 32, in Range::at_least(1.0);
        /// What is made small.
        pub loss: Loss = Loss::CrossEntropy(CrossEntropy::default());
        /// How the weights follow their gradient.
        pub optimizer: Optimizer = Optimizer::Adam(Adam::default());
        /// How the learning rate changes from epoch to epoch.
        pub schedule: Schedule = Schedule::default();
        /// How large a gradient may be; without it, as large as it comes.
        pub clip: Option<Clip> = None;
        /// What stands in for the derivative of a spike.
        pub hill: Surrogate = Surrogate::FastSigmoid(FastSigmoid::default());
    }
}

impl SurrogateDescent {
    /// Everything about a side and its network through which no credit can be sent.
    pub(crate) fn problems(&self, side: &SpikingSide, network: &NetworkSpec) -> Vec<Problem> {
        let at = "learning.surrogate";
        let mut problems: Vec<Problem> =
            self.optimizer.problems().into_iter().map(|p| p.below(&format!("{at}.optimizer"))).collect();
        let schedule = self.schedule.problems(self.optimizer.rate());
        problems.extend(schedule.into_iter().map(|p| p.below(&format!("{at}.schedule"))));
        if self.optimizer.takes_all_examples() {
            let words = format!(
                "{} takes the whole training set for an update, and this takes batches",
                self.optimizer.name()
            );
            problems.push(Problem::new(format!("{at}.optimizer"), words).hint("take sgd, momentum or adam"));
        }
        let mut needs = |wrong: bool, path: String, words: String, hint: &str| {
            if wrong {
                problems.push(Problem::new(path, words).hint(hint.to_owned()));
            }
        };
        let through = format!("{at} sends credit through");
        for name in network.population.keys() {
            let neuron = side.neuron_of(name);
            let own = side.population.get(name);
            let path = own
                .filter(|own| own.neuron.is_some())
                .map_or("neuron".to_owned(), |_| format!("population.{name}.neuron"));
            let hint = "neuron.integrate_and_fire = { tau_m = \"20 ms\" }";
            let is_known = matches!(neuron, Neuron::IntegrateAndFire(_));
            needs(
                !is_known,
                path.clone(),
                format!("{through} integrate_and_fire cells only, not {}", neuron.name()),
                hint,
            );
            let composed = own.is_some_and(|own| own.threshold.is_some() || own.inhibition.is_some());
            let words = format!("{through} no moving thresholds and no inhibition within a population");
            needs(composed, format!("population.{name}"), words, "leave them out");
        }
        let synapse = std::iter::once(("synapse".to_owned(), &side.synapse));
        let own = side
            .projection
            .iter()
            .filter_map(|(name, own)| Some((format!("projection.{name}.synapse"), own.synapse.as_ref()?)));
        for (path, synapse) in synapse.chain(own) {
            let words = format!("{through} delta synapses only, not {}", synapse.name());
            needs(!matches!(synapse, Synapse::Delta(_)), path, words, "synapse.delta = {}");
        }
        let words =
            format!("{at} needs encode.constant_current: the input as numbers, not {}", side.encode.name());
        needs(
            !matches!(side.encode, Encode::ConstantCurrent(_)),
            "encode".to_owned(),
            words,
            "encode.constant_current = {}",
        );
        let words =
            format!("{at} needs decode.membrane: a score that has a derivative, not {}", side.decode.name());
        needs(
            !matches!(side.decode, Decode::Membrane(_)),
            "decode".to_owned(),
            words,
            "decode.membrane = { take = \"mean\" }",
        );
        let words = format!("{at} shows an example as a whole");
        needs(side.steps != 1, "steps".to_owned(), words, "leave `steps` out");
        let words = format!("{at} counts in bare numbers");
        needs(
            side.weight_unit.is_some(),
            "weight_unit".to_owned(),
            words,
            "leave it out: a weight is a share of the threshold",
        );
        let ruled = |rule: &Plasticity| !matches!(rule, Plasticity::Fixed(_));
        let words = format!("beside {at} no synapse has a rule of its own");
        needs(ruled(&side.plasticity), "plasticity".to_owned(), words.clone(), "leave `plasticity` out");
        for (name, own) in &side.projection {
            let has = own.plasticity.as_ref().is_some_and(ruled)
                || own.release.is_some()
                || own.normalise.is_some();
            needs(
                has,
                format!("projection.{name}"),
                format!("{words}, no release and no normalisation"),
                "leave them out",
            );
        }
        problems.extend(network_problems(side.dt.get(), network));
        problems
    }
}

/// Projections through which no credit can be sent.
fn network_problems(dt: f64, network: &NetworkSpec) -> Vec<Problem> {
    let at = "learning.surrogate";
    let through = format!("{at} sends credit through");
    let mut problems = Vec::new();
    let mut needs = |wrong: bool, words: String, hint: &str| {
        if wrong {
            problems.push(Problem::new("", words).hint(hint.to_owned()));
        }
    };
    for (name, projection) in &network.projection {
        let pattern = projection.pattern.name();
        let words =
            format!("{through} layers that are connected in full, and projection `{name}` is a {pattern}");
        needs(pattern != "full", words, "take pattern.full");
        let feeds = |names: &[String]| names.len() != 1;
        let words = format!("{through} one layer after the other, and projection `{name}` joins several");
        needs(
            feeds(&projection.from.0) || feeds(&projection.to.0),
            words,
            "write one projection for each pair",
        );
        let late = projection
            .delay
            .as_ref()
            .is_some_and(|delay| delay.constant().is_none_or(|ms| (ms / dt).round() > 1.0));
        let words = format!("{at} knows delays of one step only, and projection `{name}` has others");
        needs(late, words, "leave `delay` out");
    }
    problems
}
