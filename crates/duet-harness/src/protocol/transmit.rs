//! `protocol.transmit`: numbers become spikes and are read back.

use super::{Conduct, Findings, Stage, present_rounding, unless_stopped};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use core::f64::consts::{E, TAU};
use duet_kernels::math::{ln, log2, pow};
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::SpikingSide;
use duet_spiking::decode::OutputSpikes;
use duet_spiking::encode::SpikeTrain;
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;

parameters! {
    /// Numbers are told in spikes by every side's encoder and read back, after a short time and after longer ones.
    ///
    /// # Equations
    /// ```text
    /// x uniform in [0, 1] -> spikes -> y(t), read from what has come until t;   error(t) = sqrt(mean of (y - x)^2)
    /// bits(t) = max(0, -1/2 log2(2 pi e error^2))      information that an error of this size leaves at least
    /// error_slope: of ln error against ln spikes, over readings with more and more spikes
    /// ```
    ///
    /// # Behaviour
    /// Only encoders are at work: no cell, no synapse. Every code is read in the way that suits it (`duet explain` on the
    /// encoder says how). A number takes the cells of the input that the code needs for one; the others carry further
    /// numbers. Readings lie a factor of sqrt(2) apart, the last at `present`. The bound on the information is that of a
    /// normal error, the least informative of its size. An artificial side passes the number on: exact, at once, without
    /// a spike.
    ///
    /// # References
    /// - Rieke, Warland, de Ruyter van Steveninck & Bialek (1997), Spikes, chapter 3.
    /// - Cover & Thomas (2006), Elements of Information Theory, section 8.6 (the normal error is the worst).
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Transmit;
    /// let transmit: Transmit = toml::from_str("present = '8 ms'\nreadings = 3").unwrap();
    /// assert_eq!(transmit.steps(1.0), [4, 6, 8]); // 8 / 2, 8 / sqrt(2), 8 ms
    /// ```
    pub default struct Transmit {
        /// Numbers that are told.
        pub values: usize = 2048, in Range::between(16.0, 1e7);
        /// How long each is told.
        pub present: Time = Time::new(320.0), in Range::POSITIVE;
        /// Moments at which spikes are read.
        pub readings: usize = 16, in Range::between(1.0, 64.0);
    }
}

/// One moment of reading.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    time: f64,
    /// Mean number of spikes for a number.
    spikes: f64,
    /// Mean squared error.
    square: f64,
}

impl Reading {
    fn error(self) -> f64 {
        self.square.sqrt()
    }

    fn bits(self) -> f64 {
        (-0.5 * log2(TAU * E * self.square)).max(0.0)
    }
}

impl Transmit {
    /// The steps after which spikes are read, rising.
    pub fn steps(&self, dt: f64) -> Vec<usize> {
        let all = (self.present.get() / dt).round().max(1.0);
        let back = |k: usize| ((all * pow(2.0, -0.5 * k as f64)).round() as usize).max(1);
        let mut steps: Vec<usize> = (0..self.readings).rev().map(back).collect();
        steps.dedup();
        steps
    }

    fn tell(&self, side: &SpikingSide, cells: usize, key: Key) -> Vec<Reading> {
        let (dt, group) = (side.dt.get(), side.encode.cells_per_value());
        let (steps, numbers) = (self.steps(dt), cells / group);
        let mut readings: Vec<Reading> =
            steps.iter().map(|&step| Reading { time: step as f64 * dt, spikes: 0.0, square: 0.0 }).collect();
        let mut drawn = key.stream("values", 0);
        let (mut train, mut told) = (SpikeTrain::default(), Vec::new());
        // What every reading has seen of all presentations: what reading back needs to know of a code is worked out once.
        let mut seen = vec![OutputSpikes::default(); steps.len()];
        let presentations = self.values.div_ceil(numbers);
        for presentation in 0..presentations {
            let values = told.len();
            told.extend((0..numbers).map(|_| drawn.uniform() as f32));
            let mut shown: Vec<f32> = told[values..].iter().flat_map(|&value| vec![value; group]).collect();
            shown.resize(cells, 0.0);
            let mut stream = key.child("encode").stream("transmit", presentation as u64);
            side.encode.encode(&shown, dt, *steps.last().unwrap_or(&1), &mut stream, &mut train);
            let mut spikes = OutputSpikes { count: vec![0.0; cells], first: vec![f64::INFINITY; cells] };
            let mut step = 0;
            for (seen, &until) in seen.iter_mut().zip(&steps) {
                for now in step..until {
                    for &cell in train.at(now) {
                        spikes.count[cell as usize] += 1.0;
                        let first = &mut spikes.first[cell as usize];
                        *first = first.min(now as f64);
                    }
                }
                step = until;
                seen.count.extend_from_slice(&spikes.count[..numbers * group]);
                seen.first.extend_from_slice(&spikes.first[..numbers * group]);
            }
        }
        for (reading, seen) in readings.iter_mut().zip(seen) {
            let read = side.encode.read_back(&seen, reading.time, dt);
            let square = |(&told, read): (&f32, f64)| (read - f64::from(told)) * (read - f64::from(told));
            reading.square = told.iter().zip(read).map(square).sum();
            reading.spikes = seen.count.iter().sum();
        }
        let n = (presentations * numbers) as f64;
        for reading in &mut readings {
            reading.square /= n;
            reading.spikes /= n;
        }
        readings
    }

    fn metrics(seeds: &[Vec<Reading>]) -> IndexMap<String, Metric> {
        let end = |read: &dyn Fn(Reading) -> f64| {
            let last = |readings: &Vec<Reading>| readings.last().map_or(f64::NAN, |&reading| read(reading));
            seeds.iter().map(last).collect::<Vec<f64>>()
        };
        let time = |readings: &Vec<Reading>| {
            readings.iter().find(|reading| reading.error() <= 0.1).map_or(f64::NAN, |reading| reading.time)
        };
        let why = |metric: Metric, why: &str| {
            if metric.values.contains(&None) { metric.with_why_null(why) } else { metric }
        };
        let time = over_seeds(
            seeds.iter().map(time).collect(),
            "ms",
            "first reading at which the error is at most 0.1",
        );
        let slope = over_seeds(
            seeds.iter().map(|readings| slope(readings)).collect(),
            "1",
            "slope of ln error against ln spikes, over the readings from one spike on that each had at least 1.2 times the spikes of the one before",
        );
        IndexMap::from([
            (
                "error".to_owned(),
                over_seeds(
                    end(&Reading::error),
                    "1",
                    "root of the mean squared difference between number told and number read, at the end",
                ),
            ),
            (
                "spikes".to_owned(),
                over_seeds(
                    end(&|reading| reading.spikes),
                    "1",
                    "spikes for one number, mean over the numbers told",
                ),
            ),
            (
                "bits".to_owned(),
                over_seeds(
                    end(&Reading::bits),
                    "1",
                    "bits about a number uniform in [0, 1] that an error of this size leaves at least, at the end",
                ),
            ),
            (
                "bits_per_spike".to_owned(),
                over_seeds(
                    end(&|reading| reading.bits() / reading.spikes),
                    "1",
                    "bits at the end over spikes for one number",
                ),
            ),
            ("time_to_10_percent".to_owned(), why(time, "the error never falls to 0.1")),
            ("error_slope".to_owned(), why(slope, "needs 3 readings, each with more spikes")),
        ])
    }

    fn artificial() -> IndexMap<String, Metric> {
        let exact = "a number is passed on as it is: there is no error";
        IndexMap::from([
            ("error".to_owned(), Metric::new(0.0, "1", "difference between number told and number read")),
            ("spikes".to_owned(), Metric::new(0.0, "1", "spikes for one number")),
            ("bits".to_owned(), Metric::null(exact, "1", "bits that an error leaves at least")),
            ("time_to_10_percent".to_owned(), Metric::new(0.0, "ms", "a number is there at once")),
        ])
    }
}

/// The slope of ln error against ln spikes by least squares; NaN where spikes do not become more.
fn slope(readings: &[Reading]) -> f64 {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for reading in readings.iter().filter(|reading| reading.spikes >= 0.9 && reading.square > 0.0) {
        let spikes = ln(reading.spikes);
        if points.last().is_none_or(|last| spikes >= last.0 + ln(1.2)) {
            points.push((spikes, ln(reading.error())));
        }
    }
    if points.len() < 3 {
        return f64::NAN;
    }
    let n = points.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(&|point| point.0), mean(&|point| point.1));
    mean(&|point| (point.0 - x) * (point.1 - y)) / mean(&|point| (point.0 - x) * (point.0 - x))
}

impl Conduct for Transmit {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let network = scenario.network();
        let mut problems = Vec::new();
        let (Some(population), 1) = (network.population.values().next(), network.population.len()) else {
            let words = format!(
                "protocol.transmit needs one population, the cells that tell numbers; there are {}",
                network.population.len()
            );
            return vec![Problem::new("population", words)];
        };
        let cells = population.extent().map_or(0, |size| size.units);
        for (name, side) in &scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            let at = format!("side.{name}.spiking.encode");
            let needed = spiking.encode.cells_per_value();
            if cells < needed {
                let words = format!(
                    "{} takes {needed} cells for a number, and the population has {cells}",
                    spiking.encode.name()
                );
                problems.push(
                    Problem::new(at.clone(), words)
                        .hint(format!("give the population {needed} cells or more")),
                );
            }
            if spiking.encode.scales_examples() {
                let words = "examples are scaled to a length, so that a number alone cannot be read back";
                problems.push(Problem::new(at, words).hint("leave `length` out"));
            }
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        present_rounding(self.present, side)
    }

    fn only_encodes(&self, _scenario: &Scenario) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("bits")
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
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        let cells = stage.networks[0].populations.first().map_or(0, |(_, population)| population.size);
        for (name, side) in &stage.scenario.side {
            let label = side.label(name);
            let Some(spiking) = &side.spiking else {
                findings
                    .verdicts
                    .push(format!("{label} passes the number on: exact, at once, without a spike."));
                findings.metrics.sides.insert(name.clone(), Self::artificial());
                continue;
            };
            let mut seeds = Vec::new();
            for &seed in stage.seeds {
                unless_stopped(progress, folder)?;
                seeds.push(self.tell(spiking, cells, Key::new(seed).child("transmit")));
            }
            if let Some(readings) = seeds.first() {
                let column =
                    |read: &dyn Fn(Reading) -> f64| readings.iter().map(|&reading| read(reading)).collect();
                let table = Table::new()
                    .with_numbers("time_ms", column(&|reading| reading.time))?
                    .with_numbers("spikes", column(&|reading| reading.spikes))?
                    .with_numbers("error", column(&Reading::error))?
                    .with_numbers("bits", column(&Reading::bits))?;
                folder.write(layout::trace(name, "code"), table.to_csv())?;
            }
            let metrics = Self::metrics(&seeds);
            let number = |path: &str| metrics[path].value.map_or("n/a".to_owned(), format::number);
            let spikes = number("spikes");
            let what = if spikes == "1" { "spike" } else { "spikes" };
            findings.verdicts.push(format!(
                "{label}: {spikes} {what} for a number leave an error of {}, worth {} bits after {}.",
                number("error"),
                number("bits"),
                self.present
            ));
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = format!("{} numbers, uniform in [0, 1], each told for {}", self.values, self.present);
        findings.shared = vec![SharedFact { what: "what is told".to_owned(), words, same: true }];
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(encode: &str) -> Vec<Reading> {
        let side: SpikingSide = toml::from_str(&format!("dt = '0.1 ms'\nencode.{encode}")).unwrap();
        Transmit::default().tell(&side, 8, Key::new(3).child("transmit"))
    }

    /// Poisson: error^2 = mean(x) / (r T) at every moment. Clock: counts are off by 0 or 1, 1/6 in the mean square.
    /// Latency: the width of a step. Delta: the width of a change.
    #[test]
    fn errors_are_the_closed_ones() {
        let within = |reading: Reading, expected: f64| {
            // 2048 squares: 4 standard errors of their root are 7 %, of Poisson's skewed ones 9 %.
            assert!((reading.error() / expected - 1.0).abs() < 0.09, "{reading:?}, expected {expected}");
        };
        let poisson = told("poisson = { rate_max = '200 Hz' }");
        poisson.iter().for_each(|&r| within(r, (0.5 / (0.2 * r.time)).sqrt()));
        assert!((slope(&poisson) + 0.5).abs() < 0.05, "{}", slope(&poisson));
        let clock = told("regular = { rate_max = '200 Hz' }");
        within(*clock.last().unwrap(), (1.0 / 6.0_f64).sqrt() / 64.0);
        let latency = told("latency = { window = '20 ms' }");
        within(*latency.last().unwrap(), 0.1 / 20.0 / 12.0_f64.sqrt());
        assert_eq!(latency.last().unwrap().spikes, 1.0);
        let delta = told("delta = { change = 0.05 }");
        within(*delta.last().unwrap(), 0.05 / 12.0_f64.sqrt());
        assert!(slope(&latency).is_nan() && slope(&delta).is_nan());
    }
}
