//! The table `[side.NAME.spiking]`: what a network becomes when it is made of membranes and spikes.

use crate::cable::Fibre;
use crate::credit::Credit;
use crate::dale::Dale;
use crate::diehl_cook::DiehlCook;
use crate::neuron::{Lif, Receptor, ThresholdAdaptation};
use crate::plasticity::Fixed;
use crate::synapse::Exponential;
use crate::{
    Decode, Encode, Initial, Integrator, Neuron, Normalise, Plasticity, Release, Stimulus, Synapse,
    WeightUnit, decode, encode,
};
use duet_random::Key;
use duet_topology::{Network, NetworkSpec, Weights};
use duet_units::{Frequency, Problem, Range, Time, choice, parameters};
use indexmap::IndexMap;

parameters! {
    /// The biological side of a network: membranes, synapses, spikes, local plasticity.
    pub default struct SpikingSide {
        /// Time step. Delays and refractory periods are whole numbers of steps.
        pub dt: Time = Time::new(1.0), in Range::between(0.000_1, 1000.0);
        /// What one unit of network weight means: a current, or a voltage for delta synapses.
        pub weight_unit: Option<WeightUnit> = None, in Range::POSITIVE;
        /// The membrane of every population that is not fed from outside.
        pub neuron: Neuron = Neuron::Lif(Lif::default());
        /// How a membrane is carried over a step; without it exactly where there is a closed form, else by `rk4`.
        pub integrator: Option<Integrator> = None;
        /// Where a model's variables begin, by their names (`v`, `w` ...); at rest unless given.
        pub initial: IndexMap<String, Initial> = IndexMap::new();
        /// What a spike does to its target.
        pub synapse: Synapse = Synapse::Exponential(Exponential::default());
        /// How the task's numbers become spikes of the input population.
        pub encode: Encode = Encode::Regular(encode::Regular::default());
        /// In how many parts an example is shown, one after the other, each to the whole input.
        pub steps: usize = 1, in Range::between(1.0, 100_000.0);
        /// How the output population's spikes become an answer.
        pub decode: Decode = Decode::SpikeCount(decode::SpikeCount::default());
        /// How synapses learn.
        pub plasticity: Plasticity = Plasticity::Fixed(Fixed::default());
        /// How the side learns as a whole, where it does: by gradients through its spikes.
        pub learning: Option<Credit> = None;
        /// What the output cells are asked to do while a label is shown.
        pub teacher: Teacher = Teacher::default();
        /// What is done to cells from outside, by name.
        pub stimulus: IndexMap<String, Stimulus> = IndexMap::new();
        /// Populations that differ from the defaults above.
        pub population: IndexMap<String, SpikingPopulation> = IndexMap::new();
        /// Projections that differ from the defaults above.
        pub projection: IndexMap<String, SpikingProjection> = IndexMap::new();
    }
}

parameters! {
    /// The rates that a shown label asks of the output cells; the error is the difference from what they do.
    pub default struct Teacher {
        /// Rate asked of the labelled class's cell; all others are asked for silence.
        pub rate: Frequency = Frequency::new(250.0), in Range::POSITIVE;
        /// Time constant with which an output cell's own spikes are averaged.
        pub tau: Time = Time::new(5.0), in Range::POSITIVE;
    }
}

parameters! {
    /// What differs for one population.
    pub default struct SpikingPopulation {
        /// Its membrane.
        pub neuron: Option<Neuron> = None;
        /// How its membranes are carried over a step.
        pub integrator: Option<Integrator> = None;
        /// Where its variables begin.
        pub initial: Option<IndexMap<String, Initial>> = None;
        /// How its threshold moves.
        pub threshold: Option<ThresholdAdaptation> = None;
        /// How its cells inhibit each other.
        pub inhibition: Option<Inhibition> = None;
        /// What its cells do to all of their targets (Dale's law): checked when the network is drawn, and refused where a synapse does otherwise.
        pub dale: Option<Dale> = None;
    }
}

parameters! {
    /// What differs for one projection.
    pub default struct SpikingProjection {
        /// What a spike does to its target.
        pub synapse: Option<Synapse> = None;
        /// What of its weight it passes on, by what it has sent before; without it always all.
        pub release: Option<Release> = None;
        /// How it learns.
        pub plasticity: Option<Plasticity> = None;
        /// What acts on each target's incoming weights as a whole.
        pub normalise: Option<Normalise> = None;
        /// Where the delay lies, which decides the times that a rule sees.
        pub delay_site: DelaySite = DelaySite::Axon;
        /// Weights to begin with instead of the network's, where a rule is bounded or one-signed.
        pub initial: Option<InitialWeights> = None;
        /// Its shape and membrane, for `protocol.cable`: what travels along it fades or takes time.
        pub cable: Option<Fibre> = None;
    }
}

parameters! {
    /// What a side begins with instead of the network's own numbers.
    pub default struct InitialWeights {
        /// How the weights are drawn.
        pub weights: Option<Weights> = None;
    }
}

parameters! {
    /// When a cell fires, every other cell of the population is put to rest: a fast inhibitory pool, idealised.
    ///
    /// # Equations
    /// ```text
    /// cell j fires:  V_i -> e_l for all i != j; of several above threshold in one step the furthest above fires
    /// ```
    /// # Behaviour
    /// At most one spike per step and population; the basis of competitive learning.
    ///
    /// # References
    /// - Maass 2000, Neural Comput. 12:2519; Diehl & Cook 2015, Front. Comput. Neurosci. 9:99
    ///
    /// # Example
    /// ```
    /// let side: duet_spiking::SpikingSide = toml::from_str("population.output.inhibition.winner_take_all = {}").unwrap();
    /// assert!(side.population["output"].inhibition.is_some());
    /// ```
    pub default struct WinnerTakeAll {}
}

choice! {
    /// How the cells of a population inhibit each other.
    pub enum Inhibition: "inhibition" {
        WinnerTakeAll(WinnerTakeAll) = "winner_take_all",
    }
}

/// Where along its path a spike spends its delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DelaySite {
    /// In the axon: a rule sees the arrival t_pre + delay and t_post.
    Axon,
    /// In the dendrite: a rule sees t_pre and t_post + delay, as in NEST.
    Dendrite,
}

impl duet_units::Describe for DelaySite {
    fn shape() -> duet_units::Shape {
        duet_units::Shape::Text { allowed: &["axon", "dendrite"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Axon => "\"axon\"".to_owned(),
            Self::Dendrite => "\"dendrite\"".to_owned(),
        }
    }
}

impl SpikingSide {
    /// The membrane of a population.
    pub fn neuron_of(&self, population: &str) -> &Neuron {
        self.population.get(population).and_then(|own| own.neuron.as_ref()).unwrap_or(&self.neuron)
    }

    /// Whether the potentials of a population are bare numbers instead of mV.
    pub fn is_bare(&self, population: &str) -> bool {
        self.neuron_of(population).variables().first().is_some_and(|variable| variable.unit == "1")
    }

    /// How the membranes of a population are carried over a step; `None` for the model's own way.
    pub fn integrator_of(&self, population: &str) -> Option<&Integrator> {
        let own = self.population.get(population).and_then(|own| own.integrator.as_ref());
        own.or(self.integrator.as_ref())
    }

    /// The synapse of a projection. A part `NAME:FROM-TO` of a projection over lists shares the settings of `NAME`.
    pub fn synapse_of(&self, projection: &str) -> &Synapse {
        self.own(projection).and_then(|own| own.synapse.as_ref()).unwrap_or(&self.synapse)
    }

    /// The rule of a projection.
    pub fn plasticity_of(&self, projection: &str) -> &Plasticity {
        self.own(projection).and_then(|own| own.plasticity.as_ref()).unwrap_or(&self.plasticity)
    }

    /// The settings of a projection's own table, if it has one.
    pub fn own(&self, projection: &str) -> Option<&SpikingProjection> {
        let described = projection.split(':').next().unwrap_or(projection);
        self.projection.get(projection).or_else(|| self.projection.get(described))
    }

    /// Whether the synapses of a projection learn.
    pub fn is_plastic(&self, projection: &str) -> bool {
        !matches!(self.plasticity_of(projection), Plasticity::Fixed(_))
    }

    /// Whether any of its synapses changes.
    pub fn learns(&self) -> bool {
        if self.learning.is_some() || self.projection.values().any(|own| own.normalise.is_some()) {
            return true;
        }
        let own = self.projection.values().filter_map(|own| own.plasticity.as_ref());
        std::iter::once(&self.plasticity).chain(own).any(|rule| !matches!(rule, Plasticity::Fixed(_)))
    }

    /// Whether it begins with weights other than the network's.
    pub fn has_own_weights(&self) -> bool {
        self.projection
            .values()
            .any(|own| own.initial.as_ref().is_some_and(|initial| initial.weights.is_some()))
    }

    /// The network that it begins with: the shared one, with the side's own initial weights where it has some.
    pub fn initial_network(&self, network: &Network, key: Key) -> Network {
        let mut network = network.clone();
        for name in network.projections.keys().cloned().collect::<Vec<_>>() {
            if let Some(weights) = self.own(&name).and_then(|own| own.initial.as_ref()?.weights.as_ref()) {
                network.redraw(&name, weights, key);
            }
        }
        network
    }

    /// One unit of weight in internal units; 1 pA or 1 mV where the side does not say.
    pub fn unit(&self) -> f64 {
        self.weight_unit.map_or(1.0, WeightUnit::get)
    }

    /// Everything that does not fit the network or itself.
    pub fn problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let mut problems = self.unknown_names(network);
        problems.extend(self.initial_problems(network));
        problems.extend(self.unit_problems(network));
        problems.extend(self.integrator_problems(network));
        problems.extend(self.stimulus_problems(network));
        problems.extend(self.beginning_problems(network));
        for (name, own) in &self.projection {
            let of_cable = own.cable.iter().flat_map(Fibre::problems);
            problems.extend(of_cable.map(|problem| problem.below(&format!("projection.{name}.cable"))));
        }
        problems.extend(self.gap_problems(network));
        problems.extend(self.window_problems(network));
        match &self.learning {
            Some(Credit::Surrogate(rule)) => problems.extend(rule.problems(self, network)),
            Some(Credit::DiehlCook(_)) => problems.extend(DiehlCook::problems(self, network)),
            None => {}
        }
        let dt = self.dt.get();
        for (path, neuron) in std::iter::once(("neuron".to_owned(), &self.neuron)).chain(
            self.population
                .iter()
                .filter_map(|(n, p)| Some((format!("population.{n}.neuron"), p.neuron.as_ref()?))),
        ) {
            if let Some((name, tau)) = neuron.shortest_time_constant().filter(|&(_, tau)| dt > tau) {
                problems.push(
                    Problem::new(
                        "dt",
                        format!("dt = {} is larger than {path}.{}.{name} = {tau} ms", self.dt, neuron.name()),
                    )
                    .hint(format!("choose dt <= {tau} ms; a tenth of the shortest time constant is usual")),
                );
            }
        }
        for (name, projection) in &network.projection {
            let shortest = projection
                .delay
                .as_ref()
                .and_then(duet_topology::Delay::constant)
                .filter(|&delay| delay < dt);
            if let Some(delay) = shortest {
                problems.push(
                    Problem::new(
                        "dt",
                        format!(
                            "dt = {} is larger than the delay of projection `{name}`, {delay} ms",
                            self.dt
                        ),
                    )
                    .hint("a spike travels at least one time step"),
                );
            }
            if self.is_plastic(name)
                && projection.delay.as_ref().is_some_and(|delay| delay.constant().is_none())
            {
                problems.push(Problem::new(
                    format!("projection.{name}.plasticity"),
                    format!("projection `{name}` learns, so its delay must be the same for all synapses (delay.constant)"),
                ));
            }
        }
        problems
    }

    /// Weights in a unit that the synapses or their targets do not take.
    fn unit_problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let projections = network.projection.iter().map(|(name, projection)| {
            let own = self.own(name).is_some_and(|own| own.synapse.is_some());
            let path = if own { format!("projection.{name}.synapse") } else { "synapse".to_owned() };
            (path, format!("projection `{name}`"), self.synapse_of(name), &projection.to)
        });
        let stimuli = self.stimulus.iter().filter(|(_, stimulus)| stimulus.source.is_spikes()).map(
            |(name, stimulus)| {
                let path = format!("stimulus.{name}");
                (path, format!("stimulus `{name}`"), self.synapse_from_outside(stimulus), &stimulus.to)
            },
        );
        let mut problems = Vec::new();
        for (path, place, synapse, targets) in projections.chain(stimuli) {
            let receptor = synapse.receptor();
            for target in &targets.0 {
                let neuron = self.neuron_of(target);
                if let Some(hint) = neuron.refuses(&receptor) {
                    let words = format!(
                        "{} cells (population `{target}`) do not take the {} synapses of {place}",
                        neuron.name(),
                        synapse.name()
                    );
                    problems.push(Problem::new(path.clone(), words).hint(hint));
                    continue;
                }
                let input = neuron.input_unit();
                let Some(unit) = self.weight_unit.filter(|unit| !unit.suits(&receptor, input)) else {
                    continue;
                };
                let wanted = WeightUnit::wanted(&receptor, input);
                problems.push(Problem::new(
                    "weight_unit",
                    format!(
                        "weight_unit = {:?} does not suit the {} synapses of {place} on {} cells, which take {wanted}",
                        duet_units::Describe::show(&unit), synapse.name(), self.neuron_of(target).name()
                    ),
                ));
            }
        }
        problems.dedup();
        problems
    }

    /// Where the variables of a population begin, by name.
    pub fn initial_of(&self, population: &str) -> &IndexMap<String, Initial> {
        let own = self.population.get(population).and_then(|own| own.initial.as_ref());
        own.unwrap_or(&self.initial)
    }

    /// First values of variables that no model has, or in another unit.
    fn beginning_problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, initial) in &self.initial {
            let models = network.population.keys().map(|population| self.neuron_of(population));
            let variables = models.clone().filter_map(|neuron| neuron.variable(name));
            let found: Vec<Problem> =
                variables.flat_map(|variable| initial.problems(variable)).take(2).collect();
            if models.clone().all(|neuron| neuron.variable(name).is_none()) {
                problems.push(unknown_variable(models.clone().next(), &format!("initial.{name}"), name));
            }
            problems.extend(found.into_iter().map(|problem| problem.below(&format!("initial.{name}"))));
        }
        for (population, own) in &self.population {
            for (name, initial) in own.initial.iter().flatten() {
                let (neuron, at) =
                    (self.neuron_of(population), format!("population.{population}.initial.{name}"));
                match neuron.variable(name) {
                    None => problems.push(unknown_variable(Some(neuron), &at, name)),
                    Some(variable) => {
                        problems
                            .extend(initial.problems(variable).into_iter().map(|problem| problem.below(&at)));
                    }
                }
            }
        }
        problems
    }

    /// Stimuli that do not fit the network, the models or the time step.
    fn stimulus_problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, stimulus) in &self.stimulus {
            let mut found = stimulus.problems(self.dt.get());
            for population in &stimulus.to.0 {
                if let Some(described) = network.population.get(population) {
                    let neuron = self.neuron_of(population);
                    found.extend(described.extent().ok().and_then(|e| stimulus.beyond(population, e.units)));
                    found.extend(stimulus.misfit(population, neuron.input_unit(), neuron.name()));
                } else {
                    let known: Vec<&str> = network.population.keys().map(String::as_str).collect();
                    let words = format!("the network has no population `{population}`");
                    found.push(Problem::new("to", words).hint(format!("it has: {}", known.join(", "))));
                }
            }
            problems.extend(found.into_iter().map(|problem| problem.below(&format!("stimulus.{name}"))));
        }
        problems
    }

    /// The synapse through which a stimulus's spikes come in.
    pub fn synapse_from_outside<'a>(&'a self, stimulus: &'a Stimulus) -> &'a Synapse {
        stimulus.synapse.as_ref().unwrap_or(&self.synapse)
    }

    /// The stimuli of a population, by name.
    pub fn stimuli_of<'a>(&'a self, population: &'a str) -> impl Iterator<Item = (&'a String, &'a Stimulus)> {
        self.stimulus.iter().filter(move |(_, stimulus)| stimulus.to.0.iter().any(|to| to == population))
    }

    /// An exact solution asked of membranes that have none.
    fn integrator_problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let fed = |name: &&String| network.projection.values().any(|p| p.to.0.contains(name));
        let alone = network.projection.is_empty();
        let mut problems = Vec::new();
        for name in network.population.keys().filter(|name| alone || fed(name)) {
            let Some(integrator @ Integrator::Exact(_)) = self.integrator_of(name) else { continue };
            let incoming = network.projection.iter().filter(|(_, p)| p.to.0.contains(name));
            let outside = self.stimuli_of(name).filter(|(_, stimulus)| stimulus.source.is_spikes());
            let receptors: Vec<_> = incoming
                .map(|(name, _)| self.synapse_of(name).receptor())
                .chain(outside.map(|(_, stimulus)| self.synapse_from_outside(stimulus).receptor()))
                .collect();
            let neuron = self.neuron_of(name);
            let own = self.population.get(name).is_some_and(|own| own.integrator.is_some());
            let path = if own { format!("population.{name}.integrator") } else { "integrator".to_owned() };
            if integrator.is_precise() && !neuron.has_spike_times() {
                let words = format!(
                    "population `{name}`: spikes of {} cells have no time inside their step",
                    neuron.name()
                );
                problems.push(Problem::new(path, words).hint("leave out `precise`"));
            } else if !neuron.is_exact(&receptors) {
                let words = format!(
                    "population `{name}`: {} cells with these synapses have no closed-form step",
                    neuron.name()
                );
                problems
                    .push(Problem::new(path, words).hint("leave `integrator` out, or choose rk4 or rkf45"));
            }
        }
        problems
    }

    /// Gap junctions that are asked to do what only spikes do.
    fn gap_problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let gaps = network.projection.keys().filter(|name| self.synapse_of(name).receptor() == Receptor::Gap);
        let asked = gaps.flat_map(|name| {
            let releases = self.own(name).is_some_and(|own| own.release.is_some());
            let learns = self.is_plastic(name);
            [releases.then_some((name, "release")), learns.then_some((name, "plasticity"))]
        });
        let problem = |(name, slot): (&String, &str)| {
            let words =
                format!("the synapses of projection `{name}` are gap junctions, which pass no spikes");
            Problem::new(format!("projection.{name}.{slot}"), words)
                .hint(format!("a gap junction has no {slot}"))
        };
        asked.flatten().map(problem).collect()
    }

    /// Initial weights that a projection cannot have.
    fn initial_problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let misfit = |(name, own): (&String, &SpikingProjection)| {
            let weights = own.initial.as_ref()?.weights.as_ref()?;
            let described = network.projection.get(name.split(':').next()?)?;
            let words = network.weights_fit(described, weights).err()?;
            Some(Problem::new(format!("projection.{name}.initial.weights.{}", weights.name()), words))
        };
        self.projection.iter().filter_map(misfit).collect()
    }

    /// Values that are rounded to whole steps: one sentence for each name, to be shown and recorded.
    pub fn roundings(&self, network: &NetworkSpec) -> Vec<String> {
        let dt = self.dt.get();
        // Of a list, the first that is rounded, and how many more are.
        let mut words: IndexMap<String, (String, usize)> = IndexMap::new();
        let mut check = |what: String, value: f64| {
            let steps = (value / dt).round();
            let most = if what.starts_with("t_ref") { f64::from(u16::MAX) } else { f64::INFINITY };
            let used = steps.min(most) * dt;
            // A millionth of a step is the noise of decimal fractions, not a rounding.
            if (used - value).abs() <= 1e-6 * dt {
                return;
            }
            let why = if steps > most {
                "has more steps than 65,535".to_owned()
            } else {
                format!("is not a multiple of dt = {}", self.dt)
            };
            let used = (used * 1e9).round() / 1e9;
            let sentence = format!("{what} = {value} ms {why}; {used} ms is used");
            words.entry(what).and_modify(|(_, more)| *more += 1).or_insert((sentence, 0));
        };
        // Where spikes are found inside the step, refractory periods end there too.
        let on_grid = |integrator: Option<&Integrator>| !integrator.is_some_and(Integrator::locates_spikes);
        if on_grid(self.integrator.as_ref()) {
            check("t_ref".to_owned(), self.neuron.refractory_period());
        }
        for (name, stimulus) in &self.stimulus {
            for (key, value) in stimulus.source.times() {
                check(format!("{key} of stimulus `{name}`"), value);
            }
        }
        for (name, population) in &self.population {
            if let Some(neuron) = population.neuron.as_ref().filter(|_| on_grid(self.integrator_of(name))) {
                check(format!("t_ref of population `{name}`"), neuron.refractory_period());
            }
        }
        for (name, projection) in &network.projection {
            if let Some(delay) = projection.delay.as_ref().and_then(duet_topology::Delay::constant) {
                check(format!("the delay of projection `{name}`"), delay);
            }
        }
        let counted = |(sentence, more): (String, usize)| match more {
            0 => sentence,
            more => format!("{sentence}, and {more} more are rounded"),
        };
        words.into_values().map(counted).collect()
    }

    fn unknown_names(&self, network: &NetworkSpec) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |table: &str, name: &String, known: Vec<&String>| {
            if !known.contains(&name) {
                let list: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
                problems.push(
                    Problem::new(format!("{table}.{name}"), format!("the network has no {table} `{name}`"))
                        .hint(format!("it has: {}", list.join(", "))),
                );
            }
        };
        for name in self.population.keys() {
            check("population", name, network.population.keys().collect());
        }
        for name in self.projection.keys() {
            check("projection", name, network.projection.keys().collect());
        }
        problems
    }
}

fn unknown_variable(neuron: Option<&Neuron>, path: &str, name: &str) -> Problem {
    let Some(neuron) = neuron else { return Problem::new(path, "there is no population") };
    let known: Vec<&str> = neuron.variables().iter().map(|variable| variable.name).collect();
    Problem::new(path, format!("{} has no variable `{name}`", neuron.name()))
        .hint(format!("it has: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::SpikingSide;
    use duet_topology::NetworkSpec;

    #[test]
    fn initial_weights_that_do_not_fit_are_named() {
        let network: NetworkSpec = toml::from_str(
            "population = { a.size = 2, b.size = 2 }
             projection.p = { from = 'a', to = 'b', weights.he = {} }",
        )
        .unwrap();
        let problems = |weights: &str| {
            let side: SpikingSide = toml::from_str(&format!(
                "dt = '0.1 ms'\nneuron.lif = {{}}\nprojection.p.initial.weights.{weights}"
            ))
            .unwrap();
            side.problems(&network)
        };
        assert!(problems("given = [1, 0, 0, 1]").is_empty());
        let [problem] = &problems("given = [1, 0]")[..] else { panic!("one problem") };
        assert_eq!(problem.path, "projection.p.initial.weights.given");
        assert_eq!(problem.words, "a (2) to b (2): 2 numbers are given for 4 synapses");
    }
}
