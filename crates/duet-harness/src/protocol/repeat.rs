//! `protocol.repeat`: the same number, shown again and again.

use super::{Conduct, Findings, Stage, present_rounding, unless_stopped};
use crate::HarnessError;
use crate::measure::statistic;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use crate::write;
use duet_ann::{Ann, AnnSide};
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::analysis::{Intervals, Missing, counts, fano, rate};
use duet_spiking::{SpikingNet, SpikingSide};
use duet_topology::Network;
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;
use rayon::prelude::*;

/// The precision that is asked for: 1 %.
const PRECISION: f64 = 0.01;

parameters! {
    /// Every side is shown the same number again and again, and how much its answer varies is measured.
    ///
    /// # Equations
    /// ```text
    /// n_k = spikes of a cell in window k;   F = variance of n / mean of n (Fano factor);   CV = sd of intervals / their mean
    /// error of a rate that is read from n spikes = sqrt(F / n);   an error of 1 % takes F / 0.01^2 spikes
    /// ```
    ///
    /// # Behaviour
    /// Every unit of the input is shown the same number. Spikes of every population are counted cell by cell in windows one
    /// behind the other; CV, CV2 and LV are those of all intervals of all cells, whose rates should be alike. The error is
    /// also measured, from sums over 1, 4, 16 ... counts. An artificial side answers with a number, which is the same every
    /// time. What cannot be said is n/a with its reason: a CV needs 3 spikes.
    ///
    /// # References
    /// - Dayan & Abbott (2001), Theoretical Neuroscience, section 1.4.
    /// - Softky & Koch (1993), J. Neurosci. 13:334.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Repeat;
    /// let repeat: Repeat = toml::from_str("at = [0.5, 1.0]\npresent = '2 s'\nwindow = '0.5 s'").unwrap();
    /// assert_eq!(repeat.windows(), 4);
    /// ```
    pub default struct Repeat {
        /// The numbers that are shown, each on its own.
        pub at: Vec<f64> = vec![1.0], in Range::UNIT;
        /// How long a number is shown without a break.
        pub present: Time = Time::new(10_000.0), in Range::POSITIVE;
        /// Length of the windows in which spikes are counted.
        pub window: Time = Time::new(1000.0), in Range::POSITIVE;
        /// How often each number is shown.
        pub repeats: usize = 25, in Range::between(1.0, 100_000.0);
    }
    relations { window <= present; }
}

/// What one population did when a number was shown.
#[derive(Clone, Debug, Default)]
struct Answers {
    /// Spikes in every window of every cell.
    counts: Vec<f64>,
    intervals: Intervals,
    rate: f64,
}

/// A spiking side under one seed: for every number shown, the answers of every population.
struct Shown {
    answers: Vec<Vec<Answers>>,
    /// The first presentation of the largest number: (time in ms, population, cell).
    spikes: Vec<(f64, usize, u32)>,
}

impl Repeat {
    /// Windows in one presentation.
    pub fn windows(&self) -> usize {
        // A millionth of a window is the noise of decimal fractions.
        (self.present.get() / self.window.get() + 1e-6) as usize
    }

    /// Where the largest number stands in `at`.
    fn largest(&self) -> usize {
        (0..self.at.len()).reduce(|best, k| if self.at[k] > self.at[best] { k } else { best }).unwrap_or(0)
    }

    fn net(&self, side: &SpikingSide, network: &Network, key: Key) -> Result<SpikingNet<f64>, String> {
        let output = network.ends().1.first().map_or(0, |&output| network.populations[output].size);
        SpikingNet::new(network, side, output, self.present.get(), key).map_err(|error| error.to_string())
    }

    fn show(&self, side: &SpikingSide, network: &Network, key: Key, value: f64) -> Result<Shown, String> {
        let mut net = self.net(side, network, key)?;
        let inputs = network.ends().0.first().map_or(0, |&input| network.populations[input].size);
        let values = vec![value as f32; inputs];
        let mut answers = vec![Answers::default(); network.populations.len()];
        let mut first = Vec::new();
        for repeat in 0..self.repeats {
            let recording = net.record(&values, repeat as u64, 0);
            let mut trains: Vec<Vec<Vec<f64>>> =
                network.populations.values().map(|population| vec![Vec::new(); population.size]).collect();
            for &(time, population, cell) in &recording.spikes {
                trains[population][cell as usize].push(time);
            }
            for (answers, cells) in answers.iter_mut().zip(&trains) {
                for train in cells {
                    // Spikes are stamped at the end of their step, so the first window begins within the first step.
                    let begin = 0.5 * side.dt.get();
                    answers.counts.extend(counts(train, begin, self.window.get(), self.windows()));
                    answers.intervals.add(train);
                    answers.rate += rate(train, self.present.get()).unwrap_or(0.0);
                }
            }
            if repeat == 0 {
                first = recording.spikes;
            }
        }
        for (answers, population) in answers.iter_mut().zip(network.populations.values()) {
            answers.rate /= (self.repeats * population.size) as f64;
        }
        Ok(Shown { answers: vec![answers], spikes: first })
    }

    fn biological(&self, stage: &Stage<'_>, side: &SpikingSide, index: usize) -> Result<Shown, String> {
        let key = Key::new(stage.seeds[index]).child("side");
        let each = |&value: &f64| self.show(side, &stage.networks[index], key, value);
        let shown: Vec<Shown> =
            stage.pool.install(|| self.at.par_iter().map(each).collect::<Result<Vec<_>, _>>())?;
        let largest = self.largest();
        let mut all = Shown { answers: Vec::new(), spikes: Vec::new() };
        for (k, shown) in shown.into_iter().enumerate() {
            all.answers.extend(shown.answers);
            if k == largest {
                all.spikes = shown.spikes;
            }
        }
        Ok(all)
    }

    fn metrics(&self, network: &Network, seeds: &[Shown]) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let output = network.ends().1.first().copied().unwrap_or(0);
        let last = |shown: &Shown| relative_error(&shown.answers[self.largest()][output].counts);
        metrics.insert(
            "relative_error".to_owned(),
            statistic(&seeds.iter().map(last).collect::<Vec<_>>(), "1", RELATIVE),
        );
        for (p, population) in network.populations.values().enumerate() {
            for (k, value) in self.at.iter().enumerate() {
                let each = |read: &dyn Fn(&Answers) -> Result<f64, Missing>| {
                    seeds.iter().map(|shown| read(&shown.answers[k][p])).collect::<Vec<_>>()
                };
                let mut put =
                    |name: &str, values: Vec<Result<f64, Missing>>, unit: &str, definition: &str| {
                        let path = format!("{}.{name}[{value}]", population.name);
                        metrics.insert(path, statistic(&values, unit, definition));
                    };
                put("rate", each(&|a| Ok(a.rate)), "Hz", "spikes per second and cell");
                put(
                    "cv",
                    each(&|a| a.intervals.cv()),
                    "1",
                    "standard deviation of the intervals between spikes over their mean",
                );
                put(
                    "cv2",
                    each(&|a| a.intervals.cv2()),
                    "1",
                    "mean of 2 |a - b| / (a + b) over neighbouring intervals (Holt et al. 1996)",
                );
                put(
                    "lv",
                    each(&|a| a.intervals.lv()),
                    "1",
                    "local variation of the intervals (Shinomoto et al. 2003)",
                );
                put(
                    "fano",
                    each(&|a| fano(&a.counts)),
                    "1",
                    "variance over mean of the spike counts in a window",
                );
                put(
                    "spikes_for_1_percent",
                    each(&|a| Ok(fano(&a.counts)? / (PRECISION * PRECISION))),
                    "1",
                    "spikes from which the rate is known with a standard deviation of 1 %: Fano factor over 0.01 squared",
                );
            }
        }
        metrics
    }

    fn write(
        &self,
        folder: &RunFolder,
        name: &str,
        network: &Network,
        shown: &Shown,
    ) -> Result<(), HarnessError> {
        let (mut names, mut columns) = (Vec::new(), [const { Vec::new() }; 6]);
        let (mut of, mut precision) = (Vec::new(), [const { Vec::new() }; 2]);
        for (p, population) in network.populations.values().enumerate() {
            for (k, &value) in self.at.iter().enumerate() {
                let answers = &shown.answers[k][p];
                let number = |result: Result<f64, Missing>| result.unwrap_or(f64::NAN);
                let mean = mean(&answers.counts);
                names.push(population.name.clone());
                let row = [
                    value,
                    answers.rate,
                    mean,
                    number(fano(&answers.counts)) * mean,
                    number(fano(&answers.counts)),
                    number(answers.intervals.cv()),
                ];
                columns.iter_mut().zip(row).for_each(|(column, number)| column.push(number));
            }
            for (spikes, error) in precisions(&shown.answers[self.largest()][p].counts) {
                of.push(population.name.clone());
                precision[0].push(spikes);
                precision[1].push(error);
            }
        }
        let mut table = Table::new().with_texts("population", names)?;
        for (title, column) in ["value", "rate", "mean", "variance", "fano", "cv"].iter().zip(columns) {
            table = table.with_numbers(title, column)?;
        }
        folder.write(layout::trace(name, "variability"), table.to_csv())?;
        let [spikes, errors] = precision;
        let table = Table::new().with_texts("population", of)?;
        let table = table.with_numbers("spikes", spikes)?.with_numbers("relative_error", errors)?;
        folder.write(layout::trace(name, "precision"), table.to_csv())?;
        write::spikes(folder, name, network, &shown.spikes)
    }
}

const RELATIVE: &str = "standard deviation over mean of one answer of one output unit at the largest number shown: of its spike count in a window, or of its value";

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The standard deviation of counts over their mean.
fn relative_error(counts: &[f64]) -> Result<f64, Missing> {
    Ok((fano(counts)? / mean(counts)).sqrt())
}

/// (spikes, relative error) of sums over 1, 4, 16 ... counts, as long as there are 16 sums.
fn precisions(counts: &[f64]) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let mut size = 1;
    while counts.len() / size >= 16 {
        let sums: Vec<f64> = counts.chunks_exact(size).map(|chunk| chunk.iter().sum()).collect();
        if let Ok(error) = relative_error(&sums) {
            found.push((mean(&sums), error));
        }
        size *= 4;
    }
    found
}

/// What an artificial network answers every time, at every output unit; the number itself where it has no layers.
fn answer(side: &AnnSide, network: &Network, value: f64) -> Result<Vec<f64>, String> {
    let inputs = network.ends().0.first().map_or(0, |&input| network.populations[input].size);
    let shown = vec![value; inputs];
    if network.projections.is_empty() {
        return Ok(shown);
    }
    let ann = Ann::<f64>::new(network, side).map_err(|error| error.to_string())?;
    let trace = ann.trace(&shown, &[0]).map_err(|error| error.to_string())?;
    Ok(trace.layers.last().map(|layer| layer.values.clone()).unwrap_or_default())
}

impl Repeat {
    fn artificial(&self, side: &AnnSide, network: &Network) -> Result<IndexMap<String, Metric>, String> {
        let mut metrics = IndexMap::new();
        let output = network.ends().1.first().map_or("", |&output| &network.populations[output].name);
        let mut worst = 0.0_f64;
        for &value in &self.at {
            let answers: Vec<Vec<f64>> = (0..self.repeats.clamp(2, 10))
                .map(|_| answer(side, network, value))
                .collect::<Result<_, _>>()?;
            let first = answers[0].first().copied().unwrap_or(f64::NAN);
            let off = answers.iter().map(|again| (again[0] - first).abs()).fold(0.0, f64::max);
            worst = worst.max(if first == 0.0 { off } else { off / first.abs() });
            metrics.insert(
                format!("{output}.value[{value}]"),
                Metric::new(first, "1", "what the first output unit answers"),
            );
            metrics.insert(
                format!("{output}.spikes_for_1_percent[{value}]"),
                Metric::null("a number is exact at once", "1", "spikes from which the value is known to 1 %"),
            );
        }
        metrics.insert("relative_error".to_owned(), Metric::new(worst, "1", RELATIVE));
        Ok(metrics)
    }
}

impl Conduct for Repeat {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let network = scenario.network();
        let mut problems = Vec::new();
        let fed = |name: &String| network.projection.values().any(|p| p.to.0.contains(name));
        let feeds = |name: &String| network.projection.values().any(|p| p.from.0.contains(name));
        let names = || network.population.keys();
        let (inputs, outputs) = (names().filter(|n| !fed(n)).count(), names().filter(|n| !feeds(n)).count());
        if (inputs, outputs) != (1, 1) {
            let words = format!(
                "protocol.repeat shows a number to a network of one input and one output; there are {inputs} and {outputs}"
            );
            problems.push(
                Problem::new("population", words)
                    .hint("one population alone will do: its encoder is then what is measured"),
            );
        }
        if self.at.is_empty() {
            problems
                .push(Problem::new("protocol.repeat.at", "there is no number to show").hint("at = [1.0]"));
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        present_rounding(self.present, side)
    }

    fn only_encodes(&self, scenario: &Scenario) -> bool {
        scenario.projection.is_empty()
    }

    fn headline(&self) -> Option<&'static str> {
        Some("relative_error")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            let network = &stage.networks[0];
            let built = match (&side.ann, &side.spiking) {
                (Some(ann), _) => answer(ann, network, 0.0).map(|_| ()),
                (_, Some(spiking)) => self.net(spiking, network, Key::new(stage.seeds[0])).map(|_| ()),
                (None, None) => Ok(()),
            };
            built.map_err(|words| Stage::refused(name, words))?;
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        let network = &stage.networks[0];
        let output = network.ends().1.first().map_or("", |&output| &network.populations[output].name);
        for (name, side) in &stage.scenario.side {
            let mut seeds = Vec::new();
            if let Some(spiking) = &side.spiking {
                for index in 0..stage.seeds.len() {
                    unless_stopped(progress, folder)?;
                    seeds.push(
                        self.biological(stage, spiking, index)
                            .map_err(|words| Stage::refused(name, words))?,
                    );
                }
            }
            let metrics = match &side.ann {
                Some(ann) => self.artificial(ann, network).map_err(|words| Stage::refused(name, words))?,
                None => self.metrics(network, &seeds),
            };
            if let Some(shown) = seeds.first() {
                self.write(folder, name, network, shown)?;
            }
            let number = |path: &str| {
                let path = format!("{output}.{path}[{}]", self.at[self.largest()]);
                metrics.get(&path).and_then(|metric| metric.value).map(format::number)
            };
            let label = side.label(name);
            let once = metrics["relative_error"].value.map_or("n/a".to_owned(), format::percent);
            findings.verdicts.push(match (number("cv"), number("fano"), number("spikes_for_1_percent")) {
                (Some(cv), Some(fano), _) if fano == "0" => {
                    format!("{label}: intervals have a CV of {cv}, and counts do not vary at all.")
                }
                (Some(cv), Some(fano), Some(spikes)) => format!(
                    "{label}: intervals have a CV of {cv} and counts a Fano factor of {fano}; one count is off by {once}, and 1 % takes {spikes} spikes."
                ),
                _ if side.ann.is_some() => format!("{label} gives the same number every time."),
                _ => format!("{label} fires too little to say how it varies."),
            });
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = format!(
            "{} numbers, {} times for {}, counted in windows of {}",
            self.at.len(),
            self.repeats,
            self.present,
            self.window
        );
        findings.shared = vec![SharedFact { what: "what is shown".to_owned(), words, same: true }];
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_more_counts_are_more_precise() {
        // Counts 0 and 2 in turn: mean 1; sums of four are all alike.
        let counts: Vec<f64> = (0..64).map(|k| f64::from(k % 2) * 2.0).collect();
        let found = precisions(&counts);
        assert_eq!(found.iter().map(|pair| pair.0).collect::<Vec<_>>(), [1.0, 4.0]);
        assert!((found[0].1 - (64.0_f64 / 63.0).sqrt()).abs() < 1e-12 && found[1].1 == 0.0);
        assert_eq!(precisions(&[0.0; 64]), []);
    }
}
