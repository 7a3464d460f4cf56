//! `protocol.strength_duration`: how strong a pulse must be to make a cell fire, by its length.

use super::probe::{Probe, tidy, unknown_population};
use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_kernels::math::{exp_m1, log10, pow};
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::Neuron;
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;
use rayon::prelude::*;

parameters! {
    /// The weakest rectangular pulse that makes a cell fire is found for pulses from short to long.
    ///
    /// # Equations
    /// ```text
    /// threshold(d):  the smallest current that, on for d from rest, makes the cell fire during the pulse or within wait
    /// rheobase    =  threshold(longest)             chronaxie:  threshold(chronaxie) = 2 rheobase
    /// Lapicque       I(d) = rheobase / (1 - exp(-d/tau_m))     a leaky membrane with a fixed threshold: exact for lif
    /// Weiss          I(d) = rheobase (1 + chronaxie / d)       the empirical law
    /// ```
    ///
    /// # Behaviour
    /// A very short pulse must bring a fixed charge, so its current goes as 1/d: a line of slope -1 where both axes are
    /// logarithmic. A long one need only hold the membrane at threshold. In between, the chronaxie tells how fast the
    /// membrane is: tau_m ln 2 for a leaky integrate-and-fire cell. An artificial unit has no such curve: its input has no
    /// duration.
    ///
    /// # References
    /// - Weiss 1901, Arch. Ital. Biol. 35:413; Lapicque 1907, J. Physiol. Pathol. Gen. 9:620
    /// - Koch 1999, Biophysics of Computation, section 17.3
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::StrengthDuration;
    /// let text = "population = 'cell'\nfrom = '0.1 ms'\nto = '10 ms'\npoints = 3";
    /// let curve: StrengthDuration = toml::from_str(text).unwrap();
    /// assert_eq!(curve.steps(0.1), [1, 10, 100]); // evenly spaced on a logarithmic axis
    /// ```
    pub struct StrengthDuration {
        /// Whose cell.
        pub population: String;
        /// The shortest pulse.
        pub from: Time = Time::new(0.1), in Range::POSITIVE;
        /// The longest pulse of the curve.
        pub to: Time = Time::new(100.0), in Range::POSITIVE;
        /// How many, evenly spaced on a logarithmic axis and rounded to steps.
        pub points: usize = 31, in Range::between(2.0, 1000.0);
        /// The pulse whose threshold is called the rheobase.
        pub longest: Time = Time::new(500.0), in Range::POSITIVE;
        /// How long after the pulse a spike may come.
        pub wait: Time = Time::new(20.0), in Range::NON_NEGATIVE;
    }
    relations { from < to; to <= longest; }
}

/// The table of a side's curve in its folder.
const TABLE: &str = "strength_duration";
/// Doublings from one unit of current up, before giving up.
const DOUBLINGS: usize = 50;
/// Halvings of an octave: to a ten-millionth.
const HALVINGS: usize = 24;

impl StrengthDuration {
    /// The lengths of the pulses in steps of `dt` ms, ascending, each once.
    pub fn steps(&self, dt: f64) -> Vec<u64> {
        let (low, high) = (log10(self.from.get()), log10(self.to.get()));
        let last = (self.points - 1) as f64;
        let length = |k: usize| pow(10.0, low + (high - low) * (k as f64 / last));
        let mut steps: Vec<u64> =
            (0..self.points).map(|k| ((length(k) / dt).round() as u64).max(1)).collect();
        steps.dedup();
        steps
    }

    /// Whether a pulse makes the cell fire.
    fn fires(&self, probe: &Probe<'_>, pulse: u64, current: f64) -> Result<bool, HarnessError> {
        let steps = pulse + (self.wait.get() / probe.side.dt.get()).round() as u64;
        let times = probe.spikes(steps, |step| if step < pulse { current } else { 0.0 }, |_| true)?;
        Ok(!times.is_empty())
    }

    /// The smallest current that does; `None` where none of those tried does.
    fn threshold(&self, probe: &Probe<'_>, pulse: u64) -> Result<Option<f64>, HarnessError> {
        let mut firing = 1.0;
        let mut doublings = 0;
        while !self.fires(probe, pulse, firing)? {
            doublings += 1;
            if doublings > DOUBLINGS {
                return Ok(None);
            }
            firing *= 2.0;
        }
        let mut silent = if doublings == 0 { 0.0 } else { firing / 2.0 };
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(silent, firing);
            if self.fires(probe, pulse, middle)? { firing = middle } else { silent = middle }
        }
        Ok(Some(firing))
    }

    /// The pulse whose threshold is twice the rheobase, in ms.
    fn chronaxie(&self, probe: &Probe<'_>, rheobase: f64) -> Result<Option<f64>, HarnessError> {
        let (twice, dt) = (2.0 * rheobase, probe.side.dt.get());
        let (mut short, mut long) = (0, probe.steps(self.longest.get()));
        while long - short > 1 {
            let middle = u64::midpoint(short, long);
            if self.fires(probe, middle, twice)? { long = middle } else { short = middle }
        }
        // Between two lengths on the grid the threshold is nearly a straight line.
        let share = match (short, self.threshold(probe, short.max(1))?, self.threshold(probe, long)?) {
            (1.., Some(above), Some(below)) if above > below => {
                ((above - twice) / (above - below)).clamp(0.0, 1.0)
            }
            (0, ..) => return Ok(None),
            _ => 1.0,
        };
        Ok(Some((short as f64 + share * (long - short) as f64) * dt))
    }

    /// The curve of a side, and its metrics.
    fn curve(
        &self,
        stage: &Stage<'_>,
        probe: &Probe<'_>,
    ) -> Result<(Table, IndexMap<String, Metric>), HarnessError> {
        let dt = probe.side.dt.get();
        let neuron = probe.side.neuron_of(&self.population);
        let unit = neuron.input_unit().symbol();
        let pulses = self.steps(dt);
        let longest = probe.steps(self.longest.get());
        let tried: Vec<u64> = pulses.iter().copied().chain([longest]).collect();
        let mut thresholds: Vec<Option<f64>> = stage.pool.install(|| {
            tried.par_iter().map(|&pulse| self.threshold(probe, pulse)).collect::<Result<_, _>>()
        })?;
        let rheobase = thresholds.pop().flatten();
        let chronaxie = match rheobase {
            Some(rheobase) => self.chronaxie(probe, rheobase)?,
            None => None,
        };
        let mut metrics = IndexMap::new();
        let none = "no current tried makes it fire";
        let mut add = |path: String, value: Option<f64>, unit: &str, why: &str, definition: &str| {
            let metric = value
                .map_or_else(|| Metric::null(why, unit, definition), |v| Metric::new(v, unit, definition));
            metrics.insert(path, metric);
        };
        let of_rheobase = format!("weakest pulse of {} that makes the cell fire", self.longest);
        add("rheobase".to_owned(), rheobase, unit, none, &of_rheobase);
        let of_chronaxie = "length of the pulse whose threshold is twice the rheobase";
        let instant = "twice the rheobase fires the cell within a single step";
        add(
            "chronaxie".to_owned(),
            chronaxie,
            "ms",
            if rheobase.is_some() { instant } else { none },
            of_chronaxie,
        );
        let lengths: Vec<Time> = pulses.iter().map(|&pulse| Time::new(tidy(pulse as f64 * dt))).collect();
        for (length, threshold) in lengths.iter().zip(&thresholds) {
            let definition = "weakest pulse of this length that makes the cell fire";
            add(format!("threshold[{length}]"), *threshold, unit, none, definition);
        }
        let measured: Vec<f64> = thresholds.iter().map(|threshold| threshold.unwrap_or(f64::NAN)).collect();
        let lengths: Vec<f64> = lengths.into_iter().map(Time::get).collect();
        let weiss = |d: &f64| match (rheobase, chronaxie) {
            (Some(rheobase), Some(chronaxie)) => rheobase * (1.0 + chronaxie / d),
            _ => f64::NAN,
        };
        let mut table = Table::new()
            .with_numbers("duration_ms", lengths.clone())?
            .with_numbers("threshold", measured.clone())?
            .with_numbers("weiss", lengths.iter().map(weiss).collect())?;
        let alone = probe.side.stimuli_of(&self.population).next().is_none();
        if let Some(closed) = lapicque(neuron, &lengths).filter(|_| alone) {
            let off =
                closed.iter().zip(&measured).map(|(closed, measured)| ((closed - measured) / closed).abs());
            let definition =
                "largest relative difference between the measured threshold and Lapicque's closed form";
            add("largest_error".to_owned(), Some(off.fold(0.0, f64::max)), "1", "", definition);
            table = table.with_numbers("lapicque", closed)?;
        }
        Ok((table, metrics))
    }
}

/// Lapicque's curve of a leaky membrane with a fixed threshold.
fn lapicque(neuron: &Neuron, lengths: &[f64]) -> Option<Vec<f64>> {
    let Neuron::Lif(lif) = neuron else { return None };
    let rheobase = neuron.rheobase()?;
    Some(lengths.iter().map(|d| rheobase / -exp_m1(-d / lif.tau_m.get())).collect())
}

impl Conduct for StrengthDuration {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let unknown = unknown_population(scenario, "strength_duration", &self.population);
        let mut problems: Vec<Problem> = unknown.into_iter().collect();
        for (name, side) in &scenario.side {
            match &side.spiking {
                None => problems.push(
                    Problem::new(
                        format!("side.{name}"),
                        "protocol.strength_duration needs cells; an artificial unit's input has no duration",
                    )
                    .hint("give it a `spiking` table, or leave it out"),
                ),
                Some(spiking) if spiking.dt > self.from => {
                    let words = format!(
                        "from = {} is shorter than a step of side `{name}`, {}",
                        self.from, spiking.dt
                    );
                    problems.push(Problem::new("protocol.strength_duration.from", words));
                }
                Some(_) => {}
            }
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let times = [("longest", self.longest), ("wait", self.wait)];
        times.into_iter().filter_map(|(what, time)| super::rounding(what, time, spiking.dt)).collect()
    }

    fn first_metric(&self, _scenario: &Scenario) -> Option<String> {
        Some(format!("{}.rheobase", self.population))
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        Probe::rehearse(stage, &self.population)
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            unless_stopped(progress, folder)?;
            let probe = Probe::new(stage, name, spiking, &self.population)?;
            let (table, own) = self.curve(stage, &probe)?;
            let shown = |path: &str| match own.get(path) {
                Some(Metric { value: Some(value), unit, .. }) => format::with_unit(*value, unit),
                _ => "n/a".to_owned(),
            };
            findings.verdicts.push(format!(
                "{}: rheobase {}, chronaxie {}.",
                side.label(name),
                shown("rheobase"),
                shown("chronaxie")
            ));
            folder.write(layout::trace(name, TABLE), table.to_csv())?;
            let metrics =
                own.into_iter().map(|(path, metric)| (format!("{}.{path}", self.population), metric));
            findings.metrics.sides.insert(name.clone(), metrics.collect());
        }
        let words = format!("rectangular, from {} to {}, from rest", self.from, self.to);
        findings.shared = vec![SharedFact { what: "pulses".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let spiking = side.spiking.as_ref()?;
        let neuron = spiking.neuron_of(&self.population).name();
        Some(format!("One membrane ({neuron}) in steps of {}, given one pulse at a time.", spiking.dt))
    }
}

#[cfg(test)]
mod tests;
