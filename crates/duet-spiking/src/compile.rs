//! From the shared network and a side's table to a simulation.

use crate::coupling::Coupling;
use crate::deliver::{Bucket, Link, Stores};
use crate::neuron::{Build, Receptor};
use crate::normalise::Normaliser;
use crate::plasticity::engine::{Learning, Rewarded, Third};
use crate::side::{DelaySite, SpikingSide};
use crate::simulate::{Cells, Errors, Node, Simulation};
use crate::stimulus::Injection;
use crate::{Integrator, Plasticity, SpikingError};
use duet_kernels::Real;
use duet_random::Key;
use duet_topology::{Delays, Network, Projection, Wiring};

impl<T: Real> Simulation<T> {
    /// Builds the network at rest.
    ///
    /// `sources` are the populations whose spikes come from outside (through [`Simulation::step`]); all others become
    /// cells. `output` is the population that a teacher speaks to. `key` draws what the side itself draws: its own
    /// initial weights and fixed feedback.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] when a rule cannot act where it was put.
    pub fn new(
        network: &Network,
        side: &SpikingSide,
        sources: &[usize],
        output: usize,
        key: Key,
    ) -> Result<Self, SpikingError> {
        let is_source = |name: &String| {
            sources
                .iter()
                .any(|&source| network.populations.get_index(source).is_some_and(|(n, _)| n == name))
        };
        for (name, stimulus) in &side.stimulus {
            if let Some(population) = stimulus.to.0.iter().find(|name| is_source(name)) {
                let words = format!(
                    "the spikes of population `{population}` come from outside already; it has no membranes to stimulate"
                );
                return Err(SpikingError::Invalid { path: format!("stimulus.{name}.to"), words });
            }
        }
        let network = side.initial_network(network, key);
        if let Some(problem) = side.sign_problems(&network).into_iter().next() {
            return Err(SpikingError::Invalid { path: problem.path, words: problem.words });
        }
        let dt = side.dt.get();
        let output_size = network.populations.get_index(output).map_or(0, |(_, population)| population.size);
        let receptors: Vec<Vec<Receptor>> =
            (0..network.populations.len()).map(|index| receptors(&network, side, index)).collect();
        let links = network
            .projections
            .values()
            .map(|projection| {
                let receptor = side.synapse_of(&projection.name).receptor();
                let place = receptors[projection.to].iter().position(|r| *r == receptor);
                let compiled =
                    Compiling { network: &network, side, projection, output, output_size, dt, key };
                compiled.link(place.filter(|_| !sources.contains(&projection.to)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let gap = |link: &&Link<T>| side.synapse_of(&link.name).receptor() == Receptor::Gap;
        let gaps: Vec<usize> = (0..links.len()).filter(|&link| gap(&&links[link])).collect();
        if let Some(link) = gaps.iter().map(|&gap| &links[gap]).find(|link| sources.contains(&link.from)) {
            let path = format!("projection.{}.synapse", link.name);
            let words = "a gap junction needs a membrane on both sides".to_owned();
            return Err(SpikingError::Invalid { path, words });
        }
        let coupled =
            |index: usize| gaps.iter().any(|&gap| [links[gap].from, links[gap].to].contains(&index));
        let longest = links
            .iter()
            .flat_map(|link: &Link<T>| &link.delays)
            .map(|bucket| bucket.delay)
            .max()
            .unwrap_or(1);
        let nodes = network.populations.values().enumerate().map(|(index, population)| Node {
            name: population.name.clone(),
            size: population.size,
            cells: (!sources.contains(&index)).then(|| {
                let needs_distance = links.iter().any(|link| {
                    link.to == index
                        && matches!(&link.learning, Some(Learning::Third(third)) if third.feedback.is_some())
                });
                let place = (population.name.as_str(), population.size);
                let mut cells = cells(side, place, &receptors[index], needs_distance, key);
                if coupled(index) {
                    cells.coupling = Some(Coupling::new(population.size));
                }
                cells
            }),
            history: vec![Vec::new(); longest + 1],
            fired: 0,
        });
        let mut simulation = Self {
            dt,
            now: 0,
            nodes: nodes.collect(),
            links,
            gaps,
            unit: side.unit(),
            errors: Errors::new(output, output_size, dt, &side.teacher),
            learning: false,
            products: 0,
        };
        simulation.rest();
        Ok(simulation)
    }
}

/// The distinct ways into a population, in the order in which its projections and then its stimuli need them.
fn receptors(network: &Network, side: &SpikingSide, population: usize) -> Vec<Receptor> {
    let into = network.projections.values().filter(|p| p.to == population);
    ways_into(side, &network.populations[population].name, into.map(|projection| projection.name.as_str()))
}

/// The same, from the names of the population and of the projections into it.
pub(crate) fn ways_into<'a>(
    side: &SpikingSide,
    population: &str,
    projections: impl Iterator<Item = &'a str>,
) -> Vec<Receptor> {
    let mut ways = Vec::new();
    let synapses = projections.map(|projection| side.synapse_of(projection));
    let outside = side.stimuli_of(population).filter(|(_, stimulus)| stimulus.source.is_spikes());
    for synapse in synapses.chain(outside.map(|(_, stimulus)| side.synapse_from_outside(stimulus))) {
        let receptor = synapse.receptor();
        if receptor != Receptor::Gap && !ways.contains(&receptor) {
            ways.push(receptor);
        }
    }
    ways
}

fn cells<T: Real>(
    side: &SpikingSide,
    (name, size): (&str, usize),
    receptors: &[Receptor],
    distance: bool,
    key: Key,
) -> Cells<T> {
    let bias_is_voltage = !receptors.is_empty() && receptors.iter().all(|r| *r == Receptor::Delta);
    let build = Build {
        size,
        dt: side.dt.get(),
        receptors,
        unit: side.unit(),
        bias_is_voltage,
        method: side.integrator_of(name).and_then(Integrator::method),
        precise: side.integrator_of(name).is_some_and(Integrator::is_precise),
        key: key.child("cells").child(name),
    };
    let own = side.population.get(name);
    let adaptive = own.and_then(|own| own.threshold.as_ref());
    Cells {
        group: side.neuron_of(name).group(&build),
        arrivals: vec![vec![T::ZERO; size]; receptors.len()],
        bias: vec![T::ZERO; size],
        current: Vec::new(),
        receptors: receptors.to_vec(),
        coupling: None,
        shift: if adaptive.is_some() { vec![T::ZERO; size] } else { Vec::new() },
        adaptation: adaptive.map_or(
            (T::ZERO, T::ONE),
            |crate::neuron::ThresholdAdaptation::Adaptive(adaptive)| {
                (T::from_f64(adaptive.increment.get()), T::from_f64(adaptive.decay(build.dt)))
            },
        ),
        fires: true,
        winner_take_all: own.is_some_and(|own| own.inhibition.is_some()),
        distance: if distance { vec![T::ZERO; size] } else { Vec::new() },
        initial: beginning(side, name, size, key),
        injection: injection(side, name, &build, key),
    }
}

/// First values of the variables that do not begin at rest.
pub(crate) fn beginning(side: &SpikingSide, name: &str, size: usize, key: Key) -> Vec<(usize, Vec<f64>)> {
    let variables = side.neuron_of(name).variables();
    let of = |(variable, initial): (&String, &crate::Initial)| {
        let place = variables.iter().position(|known| known.name == variable)?;
        let key = key.child("initial").child(name).child(variable);
        let draw = |cell: usize| initial.draw(&mut key.stream("initial", cell as u64));
        Some((place, (0..size).map(draw).collect()))
    };
    side.initial_of(name).iter().filter_map(of).collect()
}

/// What reaches a population from outside; `None` where nothing does.
fn injection<T: Real>(side: &SpikingSide, name: &str, build: &Build<'_>, key: Key) -> Option<Injection<T>> {
    side.stimuli_of(name).next()?;
    let mut injection = Injection::new(build.size, build.dt);
    for (stimulus_name, stimulus) in side.stimuli_of(name) {
        let way = side.synapse_from_outside(stimulus).receptor();
        let receptor = build.receptors.iter().position(|receptor| *receptor == way);
        injection.add(stimulus, receptor, key.child("stimulus").child(stimulus_name).child(name));
    }
    Some(injection)
}

struct Compiling<'a> {
    network: &'a Network,
    side: &'a SpikingSide,
    projection: &'a Projection,
    output: usize,
    output_size: usize,
    dt: f64,
    key: Key,
}

impl Compiling<'_> {
    fn link<T: Real>(&self, receptor: Option<usize>) -> Result<Link<T>, SpikingError> {
        let projection = self.projection;
        if matches!(projection.wiring, Wiring::MaxPool(_)) {
            let path = format!("projection.{}.pattern", projection.name);
            let words = "a maximum cannot be added up spike by spike".to_owned();
            return Err(SpikingError::Invalid { path, words });
        }
        if projection.wiring.window().is_some() && self.side.is_changed(&projection.name) {
            let path = format!("projection.{}.plasticity", projection.name);
            let words = "a rule that knows one synapse cannot change a kernel that many share".to_owned();
            return Err(SpikingError::Invalid { path, words });
        }
        let (n_pre, n_post) =
            (self.network.populations[projection.from].size, self.network.populations[projection.to].size);
        Ok(Link {
            name: projection.name.clone(),
            from: projection.from,
            to: projection.to,
            receptor,
            n_post,
            wiring: projection.wiring.clone(),
            weights: projection.weights.iter().map(|&w| T::from_f64(w)).collect(),
            bias: projection.bias.as_ref().map(|bias| bias.iter().map(|&b| T::from_f64(b)).collect()),
            delays: self.buckets(n_pre, n_post),
            learning: self.learning(n_pre, n_post)?,
            normalise: self
                .side
                .own(&projection.name)
                .and_then(|own| own.normalise.as_ref())
                .map(|normalise| Normaliser::new(normalise, &projection.wiring, (n_pre, n_post), self.dt)),
            events: 0,
        })
    }

    fn learning<T: Real>(&self, n_pre: usize, n_post: usize) -> Result<Option<Learning<T>>, SpikingError> {
        let (projection, plasticity) = (self.projection, self.side.plasticity_of(&self.projection.name));
        let invalid = |words: &str| SpikingError::Invalid {
            path: format!("projection.{}.plasticity", projection.name),
            words: words.to_owned(),
        };
        if !matches!(plasticity, Plasticity::Fixed(_))
            && matches!(projection.delays, Some(Delays::PerSynapse(_)))
        {
            return Err(invalid("a projection that learns needs one delay for all its synapses"));
        }
        if let Plasticity::ThreeFactor(rule) = plasticity {
            let feedback = (projection.to != self.output).then(|| self.feedback(n_post));
            return Ok(Some(Learning::Third(Third::new(rule, n_pre, n_post, self.dt, feedback))));
        }
        let dendritic =
            self.side.own(&projection.name).is_some_and(|own| own.delay_site == DelaySite::Dendrite);
        let (wiring, sizes) = (&projection.wiring, (n_pre, n_post));
        if let Plasticity::RewardStdp(rule) = plasticity {
            return Ok(Some(Learning::Rewarded(Rewarded::new(rule, wiring, sizes, self.dt, dendritic))));
        }
        Ok(plasticity.pairs(wiring, sizes, self.dt, dendritic).map(Learning::Pairs))
    }

    /// B: fixed draws from N(0, 1), the same for all projections onto the population; one row of cells per error, each
    /// cell drawing from a stream of its own.
    fn feedback<T: Real>(&self, n_post: usize) -> Vec<T> {
        let key = self.key.child(&self.network.populations[self.projection.to].name);
        let mut rows = vec![T::ZERO; self.output_size * n_post];
        for cell in 0..n_post {
            let mut stream = key.stream("feedback", cell as u64);
            for error in 0..self.output_size {
                rows[error * n_post + cell] = T::from_f64(stream.normal());
            }
        }
        rows
    }

    /// Synapses grouped by delay in steps: rounded to the grid, at least one step.
    fn buckets(&self, n_pre: usize, n_post: usize) -> Vec<Bucket> {
        let steps = |ms: f64| ((ms / self.dt).round() as usize).max(1);
        let release = self.side.own(&self.projection.name).and_then(|own| own.release.as_ref());
        let stores = || release.map(|model| Stores::new(model, n_pre));
        let delays = match &self.projection.delays {
            None => return vec![Bucket { delay: 1, rows: None, stores: stores() }],
            Some(Delays::Constant(ms)) => {
                return vec![Bucket { delay: steps(*ms), rows: None, stores: stores() }];
            }
            Some(Delays::PerSynapse(delays)) => delays,
        };
        let mut distinct: Vec<usize> = delays.iter().map(|&ms| steps(ms)).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let bucket = |delay: usize| {
            let (mut offsets, mut positions) = (vec![0], Vec::new());
            for pre in 0..n_pre {
                let row = self.projection.wiring.row(pre, n_post);
                positions.extend(row.filter(|&position| steps(delays[position]) == delay).map(|p| p as u32));
                offsets.push(positions.len());
            }
            Bucket { delay, rows: Some((offsets, positions)), stores: stores() }
        };
        distinct.into_iter().map(bucket).collect()
    }
}
