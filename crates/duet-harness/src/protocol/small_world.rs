//! `protocol.small_world`: what a few random links make of a ring, and of a signal on it.

mod spread;

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_topology::{Network, NetworkSpec, Pattern, clustering, path_length};
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;
use rayon::prelude::*;

parameters! {
    /// A ring's links are rewired, more and more of them: how clustered it stays, how short its ways become, and how soon a signal is everywhere.
    ///
    /// # Equations
    /// ```text
    /// C = mean over units of (links among a unit's neighbours / pairs of neighbours)
    /// L = mean over pairs of units of the number of links on the shortest way between them
    /// W = mean over links of their length along the ring; random links have about n/4
    /// p = 0:  C = 3 (k - 2) / (4 (k - 1)),   L = mean of ceil(d / (k/2)) over distances d,   W = (k/2 + 1)/2
    /// reach = time until every unit has been active once, after the units that start it were
    /// ```
    ///
    /// # Behaviour
    /// The network's own p is replaced by each of the list; p = 0 is always measured, since all is told relative to it. Few
    /// random links shorten the ways long before they thin out the clusters, and long before they cost much length. On an
    /// artificial side a signal takes one pass for a link, and one active neighbour is enough. On a biological side spikes
    /// carry it: as soon, if one spike makes the target fire; if it takes two, a shortcut alone carries nothing.
    ///
    /// # References
    /// - Watts & Strogatz 1998, Nature 393:440; Barrat & Weigt 2000, Eur. Phys. J. B 13:547
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::SmallWorld;
    /// let protocol: SmallWorld = toml::from_str("p = [0.1, 1.0]").unwrap();
    /// assert_eq!(protocol.rewired(), [0.0, 0.1, 1.0]);
    /// ```
    pub default struct SmallWorld {
        /// Probabilities that a link is rewired.
        pub p: Vec<f64> = vec![0.0, 0.001, 0.01, 0.1, 1.0], in Range::UNIT;
        /// Neighbouring units that are active at first.
        pub started: usize = 1, in Range::at_least(1.0);
        /// How long a biological side is given.
        pub most: Time = Time::new(1000.0), in Range::POSITIVE;
    }
}

/// One graph.
#[derive(Clone, Debug)]
struct Graph {
    clustering: f64,
    path_length: f64,
    wiring: f64,
    /// Of every side: passes or ms, NaN where the signal does not get everywhere, and the share of units that it does.
    spread: Vec<(f64, f64)>,
}

impl SmallWorld {
    /// What is measured: the ring, and every p of the list, ascending.
    pub fn rewired(&self) -> Vec<f64> {
        let mut all = self.p.clone();
        all.push(0.0);
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }

    /// The network with this share of its links rewired.
    fn network(spec: &NetworkSpec, p: f64, seed: u64) -> Result<Network, HarnessError> {
        let mut spec = spec.clone();
        for projection in spec.projection.values_mut() {
            if let Pattern::SmallWorld(pattern) = &mut projection.pattern {
                pattern.p = p;
            }
        }
        spec.realize(Key::new(seed).child("network"))
            .map_err(|error| Stage::refused("network", error.to_string()))
    }

    fn measure(&self, stage: &Stage<'_>, p: f64, seed: u64) -> Result<Graph, HarnessError> {
        let network = Self::network(&stage.scenario.network(), p, seed)?;
        let neighbors = neighbors(&network);
        let spread = stage
            .scenario
            .side
            .iter()
            .map(|(name, side)| match &side.spiking {
                Some(spiking) => self.spikes(name, spiking, &network, seed),
                None => Ok(spread::passes(&neighbors, self.started)),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Graph {
            clustering: clustering(&neighbors).unwrap_or(f64::NAN),
            path_length: path_length(&neighbors).unwrap_or(f64::NAN),
            wiring: wiring(&neighbors),
            spread,
        })
    }
}

/// The targets of every unit, which are its sources too.
fn neighbors(network: &Network) -> Vec<Vec<u32>> {
    let n = network.populations[0].size;
    let wiring = &network.projections[0].wiring;
    (0..n).map(|unit| wiring.row(unit, n).map(|at| wiring.target(at, n) as u32).collect()).collect()
}

/// Mean length of the links along the ring.
fn wiring(neighbors: &[Vec<u32>]) -> f64 {
    let n = neighbors.len();
    let length = |a: usize, b: u32| {
        let apart = a.abs_diff(b as usize);
        apart.min(n - apart) as f64
    };
    let ends = || neighbors.iter().enumerate().flat_map(|(a, list)| list.iter().map(move |&b| (a, b)));
    ends().map(|(a, b)| length(a, b)).sum::<f64>() / ends().count() as f64
}

/// `graphs[seed][p]`.
fn of_graph(graphs: &[Vec<Graph>], rewired: &[f64]) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    for (at, p) in rewired.iter().enumerate() {
        let mut add = |name: &str, words: &str, read: &dyn Fn(&Graph) -> f64| {
            let values = graphs.iter().map(|of_seed| read(&of_seed[at])).collect();
            metrics.insert(format!("{name}[{p}]"), over_seeds(values, "1", words));
        };
        let words =
            "clustering coefficient: links among a unit's neighbours over pairs of them, mean over units";
        add("clustering", words, &|graph| graph.clustering);
        let words = "links on the shortest way between two units, mean over pairs";
        add("path_length", words, &|graph| graph.path_length);
        let words = "length of a link along the ring, in units, mean over links";
        add("wiring", words, &|graph| graph.wiring);
    }
    metrics
}

fn of_side(graphs: &[Vec<Graph>], rewired: &[f64], side: usize, unit: &str) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    for (at, p) in rewired.iter().enumerate() {
        let spread = |read: fn(&(f64, f64)) -> f64| -> Vec<f64> {
            graphs.iter().map(|of_seed| read(&of_seed[at].spread[side])).collect()
        };
        let words = "time until every unit has been active";
        let reach = over_seeds(spread(|spread| spread.0), unit, words);
        let why = "the signal did not get everywhere";
        let reach = if reach.values.contains(&None) { reach.with_why_null(why) } else { reach };
        metrics.insert(format!("reach[{p}]"), reach);
        let words = "share of the units that have been active";
        metrics.insert(format!("reached[{p}]"), over_seeds(spread(|spread| spread.1), "1", words));
    }
    metrics
}

/// The table behind the figure, means over seeds; the first row is the ring.
fn table(graphs: &[Vec<Graph>], rewired: &[f64], side: usize) -> Result<Table, HarnessError> {
    let mean = |read: &dyn Fn(&Graph) -> f64| -> Vec<f64> {
        let of =
            |at: usize| graphs.iter().map(|of_seed| read(&of_seed[at])).sum::<f64>() / graphs.len() as f64;
        (0..rewired.len()).map(of).collect()
    };
    Ok(Table::new()
        .with_numbers("p", rewired.to_vec())?
        .with_numbers("clustering", mean(&|graph| graph.clustering))?
        .with_numbers("path_length", mean(&|graph| graph.path_length))?
        .with_numbers("wiring", mean(&|graph| graph.wiring))?
        .with_numbers("reach", mean(&|graph| graph.spread[side].0))?)
}

impl Conduct for SmallWorld {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let network = scenario.network();
        let is_ring = network.projection.values().all(|p| matches!(p.pattern, Pattern::SmallWorld(_)));
        if network.population.len() != 1 || network.projection.len() != 1 || !is_ring {
            let words = "protocol.small_world needs one population, and one projection from it to itself with pattern.small_world";
            problems.push(
                Problem::new("projection", words).hint("write pattern.small_world = { k = 10, p = 0.0 }"),
            );
        }
        if self.p.is_empty() {
            let words = "there must be at least one probability";
            problems.push(
                Problem::new("protocol.small_world.p", words).hint("write p = [0.001, 0.01, 0.1, 1.0]"),
            );
        }
        let units =
            network.population.values().next().and_then(|ring| ring.extent().ok()).map_or(0, |e| e.units);
        if self.started > units {
            let words = format!("{} units are to be active at first, and the ring has {units}", self.started);
            problems.push(Problem::new("protocol.small_world.started", words));
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let dt = side.spiking.as_ref().map(|spiking| spiking.dt);
        dt.and_then(|dt| super::rounding("most", self.most, dt)).into_iter().collect()
    }

    fn first_metric(&self, _scenario: &Scenario) -> Option<String> {
        let rewired = self.rewired();
        rewired.get(rewired.len() / 2).map(|p| format!("reach[{p}]"))
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            if let Some(spiking) = &side.spiking {
                Self::simulation(name, spiking, &stage.networks[0], stage.seeds[0])?;
            }
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let rewired = self.rewired();
        let jobs: Vec<(u64, f64)> =
            stage.seeds.iter().flat_map(|&seed| rewired.iter().map(move |&p| (seed, p))).collect();
        let job = |&(seed, p): &(u64, f64)| {
            unless_stopped(progress, folder)?;
            self.measure(stage, p, seed)
        };
        let measured: Vec<Graph> =
            stage.pool.install(|| jobs.par_iter().map(job).collect::<Result<_, HarnessError>>())?;
        let graphs: Vec<Vec<Graph>> = measured.chunks(rewired.len()).map(<[Graph]>::to_vec).collect();
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        findings.metrics.network = of_graph(&graphs, &rewired);
        findings.verdicts.push(graph_verdict(&findings.metrics.network, &rewired));
        for (at, (name, side)) in stage.scenario.side.iter().enumerate() {
            let unit = if side.spiking.is_some() { "ms" } else { "passes" };
            folder.write(layout::trace(name, "small_world"), table(&graphs, &rewired, at)?.to_csv())?;
            let metrics = of_side(&graphs, &rewired, at, unit);
            findings.verdicts.push(spread_verdict(side.label(name), &metrics, &rewired, unit));
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = format!("the ring, and the {} units that are active at first", self.started);
        findings.shared = vec![SharedFact { what: "graph".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        Some(match &side.spiking {
            Some(spiking) => format!(
                "Spikes go from cell to cell ({}) through {} synapses in steps of {}.",
                spiking.neuron.name(),
                spiking.synapse.name(),
                spiking.dt
            ),
            None => "A unit is active from the pass after one of its neighbours on.".to_owned(),
        })
    }
}

/// Where the small world is, in a sentence.
fn graph_verdict(metrics: &IndexMap<String, Metric>, rewired: &[f64]) -> String {
    let value = |name: &str, p: f64| metrics[&format!("{name}[{p}]")].value.unwrap_or(f64::NAN);
    let part = |name: &str, p: f64| value(name, p) / value(name, 0.0);
    // The p at which paths have shortened most for what clusters have lost.
    let gain = |p: f64| part("clustering", p) - part("path_length", p);
    let best = rewired.iter().copied().max_by(|&a, &b| gain(a).total_cmp(&gain(b))).unwrap_or(0.0);
    format!(
        "With {} of its links rewired the graph keeps {} of the ring's clustering, and {} of its path length; a link is {} times as long.",
        format::percent(best),
        format::percent(part("clustering", best)),
        format::percent(part("path_length", best)),
        format::number(part("wiring", best))
    )
}

fn spread_verdict(label: &str, metrics: &IndexMap<String, Metric>, rewired: &[f64], unit: &str) -> String {
    let reach = |p: f64| metrics[&format!("reach[{p}]")].value;
    let words = |p: f64| {
        reach(p).map_or("never".to_owned(), |reach| format!("after {} {unit}", format::number(reach)))
    };
    let (middle, last) = (rewired[rewired.len() / 2], rewired.last().copied().unwrap_or(0.0));
    format!(
        "{label}: a signal has been everywhere {} on the ring, {} with {} of the links rewired, {} with {}.",
        words(0.0),
        words(middle),
        format::percent(middle),
        words(last),
        format::percent(last)
    )
}

#[cfg(test)]
mod tests;
