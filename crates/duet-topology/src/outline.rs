//! A projection that is described but not drawn: its rows can be drawn one by one, whenever they are needed.
//!
//! A network of a billion synapses does not fit memory in the form of [`crate::Network`], which keeps every number in full. An
//! engine that stores synapses in fewer bytes reads outlines instead, and gets the same numbers: a row holds the synapses
//! of one *source* where the pattern is drawn source by source ([`Outline::out_degrees`]), else those of one *target*.

use crate::pattern::Ends;
use crate::spec::{NetworkSpec, Pair, ProjectionSpec};
use crate::weights::Fans;
use crate::{Bias, Delay, Pattern, Population, TopologyError, Weights};
use duet_random::Key;
use indexmap::IndexMap;

/// A network whose populations are known and whose projections are outlines.
#[derive(Clone, Debug, Default)]
pub struct Sketch {
    /// The populations.
    pub populations: IndexMap<String, Population>,
    /// The projections, in the order described, those over lists pair by pair.
    pub projections: Vec<Outline>,
}

/// One projection between two populations, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Its name; where the description lists several populations, `NAME:FROM-TO`.
    pub name: String,
    /// Index of the presynaptic population.
    pub from: usize,
    /// Index of the postsynaptic population.
    pub to: usize,
    /// The sizes of both.
    pub ends: Ends,
    /// Who is connected to whom.
    pub pattern: Pattern,
    /// How its weights are drawn.
    pub weights: Weights,
    /// How its delays are drawn; without it, one time step.
    pub delay: Option<Delay>,
    pub(crate) bias: Option<Bias>,
    pub(crate) key: Key,
}

/// The synapses of one unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The units at the other end, in the order drawn.
    pub partners: Vec<u32>,
    /// Their weights; empty where [`Outline::constant_weight`] says all.
    pub weights: Vec<f64>,
    /// Their delays in ms; empty where [`Outline::constant_delay`] says all.
    pub delays: Vec<f64>,
}

impl NetworkSpec {
    /// The network with nothing drawn. `realize` with the same key gives the same numbers.
    ///
    /// # Errors
    /// [`TopologyError::Invalid`] with the first problem of the description, or with the first projection that can only be
    /// drawn as a whole: a moving window, or weights that depend on each other.
    pub fn sketch(&self, key: Key) -> Result<Sketch, TopologyError> {
        let invalid = |path: String, words: String| TopologyError::Invalid { path, words };
        if let Some(problem) = self.problems().into_iter().next() {
            return Err(invalid(problem.path, problem.words));
        }
        let populations = self.populations()?;
        let mut projections = Vec::new();
        for (name, spec) in &self.projection {
            for (part, Pair { from, to, pattern }) in self.parts(name, spec) {
                // Pairs are made of known names only.
                let index = |name: &str| populations.get_index_of(name).unwrap_or_default();
                let ends = (index(from), index(to));
                let outline = Outline::new(&populations, spec, &pattern, &part, ends, key);
                let whole = format!("{} can only be drawn as a whole", spec.pattern.name());
                projections.push(outline.ok_or_else(|| invalid(format!("projection.{name}"), whole))?);
            }
        }
        Ok(Sketch { populations, projections })
    }
}

impl Outline {
    /// `None` where rows cannot be drawn by themselves.
    pub(crate) fn new(
        populations: &IndexMap<String, Population>,
        spec: &ProjectionSpec,
        pattern: &Pattern,
        name: &str,
        (from, to): (usize, usize),
        key: Key,
    ) -> Option<Self> {
        let (pre, post) = (&populations[from], &populations[to]);
        let weights = spec.weights.as_ref().filter(|weights| weights.is_drawn_one_by_one())?;
        let moves = pattern.window(&pre.shape, &post.shape).is_some();
        (!moves).then(|| Self {
            name: name.to_owned(),
            from,
            to,
            ends: Ends { n_pre: pre.size, n_post: post.size, same: from == to },
            pattern: pattern.clone(),
            weights: weights.clone(),
            delay: spec.delay.clone(),
            bias: spec.bias.clone(),
            key: key.child(name),
        })
    }

    /// The weight of all synapses, if they share one.
    pub fn constant_weight(&self) -> Option<f64> {
        self.weights.constant()
    }

    /// The largest magnitude of a weight; for a normal distribution, one that fewer than one draw in 10^15 passes.
    pub fn largest_weight(&self) -> f64 {
        self.weights.bound(Fans { fan_in: 1, fan_out: self.ends.n_post })
    }

    /// The bias of every target, if the projection has biases.
    pub fn bias(&self) -> Option<Vec<f64>> {
        self.bias.as_ref().map(|bias| bias.draw(self.key, self.ends.n_post))
    }

    /// The delay of all synapses in ms, if they share one.
    pub fn constant_delay(&self) -> Option<f64> {
        self.delay.as_ref().and_then(Delay::constant)
    }

    /// How many synapses each source sends out, where rows belong to sources; `None` where they belong to targets.
    pub fn out_degrees(&self) -> Option<Vec<u32>> {
        self.pattern.out_degrees(self.ends, self.key)
    }

    /// Whether rows belong to sources.
    pub fn is_by_source(&self) -> bool {
        matches!(self.pattern, Pattern::FixedTotal(_))
    }

    /// The targets of a source, with weights and delays, into a row that is emptied first.
    pub fn row_of_source(&self, source: u32, degree: u32, row: &mut Row) {
        row.partners.clear();
        self.pattern.targets(self.ends, self.key, source, degree, &mut row.partners);
        self.fill(source, (self.ends.n_pre, self.ends.n_post), row);
    }

    /// The sources of every target, ascending; `None` means all of them. For patterns whose rows belong to targets.
    pub fn sources(&self) -> Option<Vec<Vec<u32>>> {
        self.pattern.sources(self.ends.n_pre, self.ends.n_post, self.ends.same, self.key)
    }

    /// The weights and delays of one target's synapses, in the order of its sources (`None`: all of them).
    pub fn row_of_target(&self, target: u32, sources: Option<&[u32]>, row: &mut Row) {
        row.partners.clear();
        match sources {
            Some(sources) => row.partners.extend_from_slice(sources),
            None => row.partners.extend(0..self.ends.n_pre as u32),
        }
        self.fill(target, (self.ends.n_post, self.ends.n_pre), row);
    }

    /// Draws weights and delays for the partners that stand there: `unit` is one of so many, partners are of so many.
    fn fill(&self, unit: u32, (units, partners): (usize, usize), row: &mut Row) {
        let n = row.partners.len();
        row.weights.clear();
        if let Some(ring) = self.weights.ring() {
            let (profile, place) = (ring.profile(), f64::from(unit) / units as f64);
            let weight = |&partner: &u32| profile(f64::from(partner) / partners as f64, place);
            row.weights.extend(row.partners.iter().map(weight));
        } else if self.constant_weight().is_none() {
            let fans = Fans { fan_in: n, fan_out: self.ends.n_post };
            let mut stream = self.key.stream("weights", u64::from(unit));
            row.weights.resize(n, 0.0);
            self.weights.sample_all(&mut stream, fans, &mut row.weights);
        }
        row.delays.clear();
        if let Some(delay) = self.delay.as_ref().filter(|delay| delay.constant().is_none()) {
            let mut stream = self.key.stream("delays", u64::from(unit));
            row.delays.resize(n, 0.0);
            delay.sample_all(&mut stream, &mut row.delays);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delays, Wiring};

    /// Every synapse of a projection as (source, target, weight, delay), sorted.
    fn drawn(outline: &Outline) -> Vec<(u32, u32, u64, u64)> {
        let mut synapses = Vec::new();
        let mut row = Row::default();
        let mut keep = |row: &Row, end: &dyn Fn(u32) -> (u32, u32)| {
            for (k, &partner) in row.partners.iter().enumerate() {
                let weight = outline.constant_weight().unwrap_or_else(|| row.weights[k]);
                let delay = outline.constant_delay().unwrap_or_else(|| row.delays[k]);
                let (pre, post) = end(partner);
                synapses.push((pre, post, weight.to_bits(), delay.to_bits()));
            }
        };
        if let Some(degrees) = outline.out_degrees() {
            for (source, &degree) in degrees.iter().enumerate() {
                outline.row_of_source(source as u32, degree, &mut row);
                keep(&row, &|target| (source as u32, target));
            }
        } else {
            let sources = outline.sources();
            for target in 0..outline.ends.n_post as u32 {
                outline.row_of_target(target, sources.as_ref().map(|s| &*s[target as usize]), &mut row);
                keep(&row, &|source| (source, target));
            }
        }
        synapses.sort_unstable();
        synapses
    }

    #[test]
    fn rows_hold_what_realize_draws() {
        for (pattern, weights, delay) in [
            (
                "fixed_total = { n = 400 }",
                "normal = { mean = 1.0, std = 0.5 }",
                "normal = { mean = '2 ms', std = '1 ms' }",
            ),
            ("fixed_in_degree = { k = 7 }", "uniform = { low = 0.0, high = 1.0 }", "constant = '1.5 ms'"),
            (
                "fixed_probability = { p = 0.2 }",
                "constant = 0.5",
                "uniform = { low = '1 ms', high = '2 ms' }",
            ),
            ("full = {}", "he = {}", "constant = '1 ms'"),
        ] {
            let spec: NetworkSpec = toml::from_str(&format!(
                "population = {{ a.size = 20, b.size = 30 }}
                 projection.p = {{ from = ['a', 'b'], to = 'b', pattern.{pattern}, weights.{weights}, delay.{delay} }}"
            ))
            .unwrap();
            let network = spec.realize(Key::new(5)).unwrap();
            for outline in spec.sketch(Key::new(5)).unwrap().projections {
                let projection = &network.projections[&outline.name];
                let n_post = outline.ends.n_post;
                let mut expected = Vec::new();
                for pre in 0..outline.ends.n_pre {
                    let row = projection.wiring.row(pre, n_post);
                    if let Wiring::Sparse { targets, .. } = &projection.wiring {
                        assert!(targets[row.clone()].is_sorted());
                    }
                    for at in row {
                        let delay = match projection.delays.as_ref().unwrap() {
                            Delays::Constant(delay) => *delay,
                            Delays::PerSynapse(delays) => delays[at],
                        };
                        let post = projection.wiring.target(at, n_post) as u32;
                        expected.push((pre as u32, post, projection.weights[at].to_bits(), delay.to_bits()));
                    }
                }
                expected.sort_unstable();
                assert!(expected.len() > 50, "{pattern}");
                assert_eq!(drawn(&outline), expected, "{pattern}, {}", outline.name);
            }
        }
    }

    #[test]
    fn what_depends_on_the_whole_is_refused() {
        let spec: NetworkSpec = toml::from_str(
            "population = { a.size = 3, b.size = 2 }
             projection.p = { from = 'a', to = 'b', weights.orthogonal = {} }",
        )
        .unwrap();
        let words = spec.sketch(Key::new(0)).unwrap_err().to_string();
        assert!(words.contains("projection.p"), "{words}");
    }
}
