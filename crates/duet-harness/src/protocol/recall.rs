//! `protocol.recall`: how many patterns a memory holds, and how well it gives them back.

mod cells;

pub use cells::CellRecall;

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use cells::Cells;
use duet_ann::{Hopfield, HopfieldMemory, Learning, one_step_error, overlap};
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::{SpikingError, SpikingSide};
use duet_topology::Network;
use duet_units::{Problem, Range, parameters};
use indexmap::IndexMap;
use rayon::prelude::*;

/// A pattern counts as recalled from this overlap on: 97.5 % of its bits.
const RECALLED: f64 = 0.95;
/// Points of the theory's curves.
const POINTS: usize = 201;

parameters! {
    /// Random patterns are stored, more and more of them, and each is to be recalled from a part of itself.
    ///
    /// # Equations
    /// ```text
    /// load = patterns / units,   overlap = mean of x_i s_i over the units          1: no bit is wrong
    /// one_step_error = share of bits that differ after all units were updated once, from the pattern itself
    /// recalled = share of patterns that end with an overlap of 0.95 or more
    /// ```
    ///
    /// # Behaviour
    /// All sides see the same patterns and cues; a spiking side is handed the same weights (protocol.recall.cells). A cue is a pattern with the share `flipped` of its bits turned over. Below the
    /// capacity the overlap stays near 1 whatever the load; beyond it, it falls at once. The curves beside the measurements
    /// are the theory for infinitely many units, without a free parameter; few units blur the edge.
    ///
    /// # References
    /// - Hopfield (1982), PNAS 79; Amit, Gutfreund & Sompolinsky (1985), Physical Review Letters 55.
    /// - Hertz, Krogh & Palmer (1991), chapter 2 and table 2.1.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Recall;
    /// let recall: Recall = toml::from_str("loads = [0.05, 0.1]\nflipped = 0.2").unwrap();
    /// assert_eq!(recall.patterns(0.05, 400), 20);
    /// ```
    pub struct Recall {
        /// Patterns per unit; each is a memory of its own.
        pub loads: Vec<f64>, in Range { low: 0.0, high: 5.0, includes_low: false, includes_high: true };
        /// Share of the bits of a cue that are turned over.
        pub flipped: f64 = 0.1, in Range::between(0.0, 0.5);
        /// Patterns that are recalled of each memory, at most.
        pub recalled: usize = 10, in Range::between(1.0, 10_000.0);
        /// Sweeps over all units, at most.
        pub sweeps: usize = 50, in Range::between(1.0, 10_000.0);
        /// How spiking cells are asked.
        pub cells: CellRecall = CellRecall::default();
    }
}

/// What one side did with one memory.
#[derive(Clone, Copy, Debug)]
struct Found {
    one_step_error: f64,
    overlap: f64,
    recalled: f64,
}

impl Recall {
    /// How many patterns a load means for so many units; at least one.
    pub fn patterns(&self, load: f64, units: usize) -> usize {
        (load * units as f64).round().max(1.0) as usize
    }

    /// What every side does with the memory of a load: sides, in order.
    fn measure(
        &self,
        sides: &[Memory<'_>],
        load: f64,
        network: &Network,
        key: Key,
    ) -> Result<Vec<Found>, String> {
        let units: usize = network.populations.values().map(|population| population.size).sum();
        let count = self.patterns(load, units);
        let mut stream = key.stream("patterns", count as u64);
        let patterns: Vec<f64> =
            (0..count * units).map(|_| if stream.bernoulli(0.5) { 1.0 } else { -1.0 }).collect();
        let memory = HopfieldMemory::storing(units, &patterns).map_err(|error| error.to_string())?;
        let agree = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / units as f64;
        let step = patterns.chunks_exact(units).map(|pattern| agree(&memory.together(pattern), pattern));
        let one_step_error = (1.0 - step.sum::<f64>() / count as f64) / 2.0;
        let flipped = (self.flipped * units as f64).round() as usize;
        let key = key.child("recall");
        let of_side = |side: &Memory<'_>| {
            let words = |error: SpikingError| error.to_string();
            let mut cells = match side {
                Memory::Rule(_) => None,
                Memory::Cells(side) => {
                    Some(Cells::new(side, network, &memory, key.child("side")).map_err(words)?)
                }
            };
            let mut overlaps = Vec::new();
            for (at, pattern) in patterns.chunks_exact(units).take(self.recalled).enumerate() {
                let mut state = pattern.to_vec();
                let wrong = key.stream("cue", at as u64).permutation(units);
                wrong.iter().take(flipped).for_each(|&bit| state[bit as usize] *= -1.0);
                let order =
                    |sweep: usize| key.stream("order", (at * self.sweeps + sweep) as u64).permutation(units);
                match (&mut cells, side) {
                    (Some(cells), _) => state = cells.recall(&self.cells, &state).map_err(words)?,
                    (None, Memory::Rule(rule)) => {
                        rule.settle(&memory, &mut state, order, self.sweeps);
                    }
                    (None, Memory::Cells(_)) => {}
                }
                overlaps.push(agree(&state, pattern));
            }
            let n = overlaps.len() as f64;
            Ok(Found {
                one_step_error,
                overlap: overlaps.iter().sum::<f64>() / n,
                recalled: overlaps.iter().filter(|&&overlap| overlap >= RECALLED).count() as f64 / n,
            })
        };
        sides.iter().map(of_side).collect()
    }

    /// `found[seed][load]`.
    fn metrics(&self, found: &[Vec<Found>]) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        for (at, load) in self.loads.iter().enumerate() {
            let mut add = |name: &str, read: &dyn Fn(&Found) -> f64, words: &str| {
                let values = found.iter().map(|loads| read(&loads[at])).collect();
                metrics.insert(format!("{name}[{load}]"), over_seeds(values, "1", words));
            };
            add("overlap", &|f| f.overlap, "overlap with the pattern at rest, mean over the cues");
            add("recalled", &|f| f.recalled, "share of the cues that end with an overlap of 0.95 or more");
            add(
                "one_step_error",
                &|f| f.one_step_error,
                "share of a stored pattern's bits that one update of all units turns over",
            );
        }
        let all = |loads: &Vec<Found>| loads.iter().map(|f| f.recalled).sum::<f64>() / loads.len() as f64;
        let words = "share of the cues that end with an overlap of 0.95 or more, mean over the loads";
        metrics.insert("recalled".to_owned(), over_seeds(found.iter().map(all).collect(), "1", words));
        metrics
    }

    fn write(&self, folder: &RunFolder, name: &str, found: &[Vec<Found>]) -> Result<(), HarnessError> {
        let mean = |read: &dyn Fn(&Found) -> f64| -> Vec<f64> {
            let of_load =
                |at: usize| found.iter().map(|loads| read(&loads[at])).sum::<f64>() / found.len() as f64;
            (0..self.loads.len()).map(of_load).collect()
        };
        let table = Table::new()
            .with_numbers("load", self.loads.clone())?
            .with_numbers("overlap", mean(&|f| f.overlap))?
            .with_numbers("recalled", mean(&|f| f.recalled))?
            .with_numbers("one_step_error", mean(&|f| f.one_step_error))?;
        folder.write(layout::trace(name, "recall"), table.to_csv())?;
        let most = self.loads.iter().copied().fold(0.0, f64::max);
        let loads: Vec<f64> = (0..POINTS).map(|k| most * (k as f64 / (POINTS - 1) as f64)).collect();
        let table = Table::new()
            .with_numbers("load", loads.clone())?
            .with_numbers("overlap", loads.iter().map(|&load| overlap(load)).collect())?
            .with_numbers("one_step_error", loads.iter().map(|&load| one_step_error(load)).collect())?;
        folder.write(layout::trace(name, "theory"), table.to_csv())?;
        Ok(())
    }
}

/// What a side recalls with.
#[derive(Clone, Copy)]
enum Memory<'a> {
    /// Units of -1 and 1.
    Rule(&'a Hopfield),
    /// Cells that spike.
    Cells(&'a SpikingSide),
}

fn memory(side: &Side) -> Option<Memory<'_>> {
    let cells = side.spiking.as_ref().map(Memory::Cells);
    rule(side).map(Memory::Rule).or(cells)
}

fn rule(side: &Side) -> Option<&Hopfield> {
    match side.ann.as_ref().map(|ann| &ann.learning) {
        Some(Learning::Hopfield(rule)) => Some(rule),
        _ => None,
    }
}

impl Conduct for Recall {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let network = scenario.network();
        let own = |p: &duet_topology::ProjectionSpec| {
            p.pattern.name() == "full" && p.bias.is_none() && p.from.0.len() == 1 && p.from.0 == p.to.0
        };
        if network.population.len() != 1
            || network.projection.len() != 1
            || !network.projection.values().all(own)
        {
            let words = "protocol.recall needs one population, and one full projection from it to itself, without bias";
            problems.push(Problem::new("projection", words));
        }
        if self.loads.is_empty() {
            let words = "there must be at least one load";
            problems
                .push(Problem::new("protocol.recall.loads", words).hint("write loads = [0.05, 0.1, 0.2]"));
        }
        for (name, side) in &scenario.side {
            if side.ann.is_some() && rule(side).is_none() {
                let words = "protocol.recall needs a rule that stores patterns: this side has none";
                let path = format!("side.{name}.ann.learning");
                problems.push(Problem::new(path, words).hint("take learning.hopfield"));
            }
            if let (Some(spiking), Some(population)) = (&side.spiking, network.population.keys().next()) {
                let found = CellRecall::problems(spiking, population).into_iter();
                problems.extend(found.map(|problem| problem.below(&format!("side.{name}"))));
            }
        }
        problems
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("recalled")
    }

    fn rehearse(&self, _stage: &Stage<'_>) -> Result<(), HarnessError> {
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let network = &stage.networks[0];
        let units: usize = network.populations.values().map(|population| population.size).sum();
        let sides: Vec<(&String, &Side, Memory<'_>)> =
            stage.scenario.side.iter().filter_map(|(name, side)| Some((name, side, memory(side)?))).collect();
        let memories: Vec<Memory<'_>> = sides.iter().map(|side| side.2).collect();
        let jobs: Vec<(u64, f64)> =
            stage.seeds.iter().flat_map(|&seed| self.loads.iter().map(move |&load| (seed, load))).collect();
        let of_job = |&(seed, load): &(u64, f64)| {
            unless_stopped(progress, folder)?;
            self.measure(&memories, load, network, Key::new(seed))
                .map_err(|words| Stage::refused("network", words))
        };
        let found: Vec<Vec<Found>> =
            stage.pool.install(|| jobs.par_iter().map(of_job).collect::<Result<_, HarnessError>>())?;
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (at, (name, side, _)) in sides.iter().enumerate() {
            let of_side: Vec<Vec<Found>> = found
                .chunks(self.loads.len())
                .map(|loads| loads.iter().map(|sides| sides[at]).collect())
                .collect();
            let metrics = self.metrics(&of_side);
            let held =
                self.loads.iter().copied().filter(|load| {
                    metrics[&format!("recalled[{load}]")].value.is_some_and(|share| share >= 0.9)
                });
            let label = side.label(name);
            findings.verdicts.push(match held.reduce(f64::max) {
                Some(load) => format!(
                    "{label} recalls nine of ten patterns or more up to {} patterns per unit ({} of {units} units); theory sets the limit at 0.138.",
                    format::number(load),
                    self.patterns(load, units)
                ),
                None => format!("{label} recalls fewer than nine of ten patterns at every load."),
            });
            self.write(folder, name, &of_side)?;
            findings.metrics.sides.insert((*name).clone(), metrics);
        }
        let words = format!("patterns and cues, {} of the bits turned over", format::percent(self.flipped));
        findings.shared = vec![SharedFact { what: "patterns".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        if side.spiking.is_some() {
            return Some("Cells that spike with the same weights; one that fires stands for 1, one that is silent for -1.".to_owned());
        }
        let how = if rule(side)?.together { "all at once" } else { "one after the other, in random order" };
        Some(format!("Units of -1 and 1 that all feed each other, updated {how}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recall(load: f64, flipped: f64, units: usize) -> Found {
        let rule = Hopfield::default();
        recall_by(Memory::Rule(&rule), load, flipped, units)
    }

    fn recall_by(side: Memory<'_>, load: f64, flipped: f64, units: usize) -> Found {
        let text = format!("loads = [{load}]\nflipped = {flipped}\nrecalled = 20");
        let recall: Recall = toml::from_str(&text).unwrap();
        let network: duet_topology::NetworkSpec = toml::from_str(&format!(
            "population.a.size = {units}\nprojection.p = {{ from = 'a', to = 'a', weights.constant = 0.0 }}"
        ))
        .unwrap();
        let network = network.realize(Key::new(1)).unwrap();
        recall.measure(&[side], load, &network, Key::new(1)).unwrap()[0]
    }

    /// The same weights in cells: they find few patterns from a part of them, and do not find many.
    #[test]
    fn cells_recall_what_units_recall() {
        let side: SpikingSide = toml::from_str(
            "dt = '0.5 ms'\nneuron.lif.t_ref = '10 ms'\nsynapse.exponential.tau = '50 ms'\nweight_unit = '1 nA'
             initial.v.uniform = { low = '-65 mV', high = '-51 mV' }",
        )
        .unwrap();
        let few = recall_by(Memory::Cells(&side), 0.03, 0.1, 200);
        assert!(few.overlap > 0.97 && few.recalled > 0.9, "{few:?}");
        let many = recall_by(Memory::Cells(&side), 0.4, 0.1, 200);
        assert!(many.overlap < 0.7 && many.recalled < 0.1, "{many:?}");
    }

    #[test]
    fn few_patterns_come_back_from_a_part_and_many_do_not() {
        let few = recall(0.05, 0.2, 300);
        assert!(few.overlap > 0.99 && few.recalled > 0.99, "{few:?}");
        let many = recall(0.4, 0.2, 300);
        assert!(many.overlap < 0.7 && many.recalled < 0.1, "{many:?}");
    }

    /// Against the normal crosstalk of Hertz, Krogh & Palmer, within four standard errors of the bits.
    #[test]
    fn one_step_turns_over_as_many_bits_as_the_theory_says() {
        let found = recall(0.3, 0.0, 500);
        let expected = one_step_error(0.3);
        let error = (expected * (1.0 - expected) / (150.0 * 500.0)).sqrt();
        assert!((found.one_step_error - expected).abs() < 4.0 * error, "{found:?} {expected}");
    }
}
