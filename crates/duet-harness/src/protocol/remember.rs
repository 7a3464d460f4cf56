//! `protocol.remember`: how well a ring of cells holds a place that it was shown.

mod course;
#[cfg(test)]
mod tests;

use super::simulate::at_scale_problems;
use super::trials::Trials;
use super::{Conduct, Findings, Stage, rounding};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use course::{Course, Plan};
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::SpikingSide;
use duet_spiking::stimulus::{Source, Stimulus};
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;

/// A place counts as held from this strength on.
const HELD: f64 = 0.5;

parameters! {
    /// A place on a ring of cells is shown and taken away again; then the cells are left to themselves.
    ///
    /// # Equations
    /// ```text
    /// z(t) = mean over a window's spikes of exp(i 2 pi k/n)          k: the cell that fired, of n
    /// place = arg z,   strength = |z|                                 1: all spikes at one place, 0: everywhere alike
    /// error = place - middle of the cells that the cue reaches,       the shorter way around, after the cue's end
    /// variance(error) over the trials = B + diffusion · t             least squares; a random walk's grows in proportion to time
    /// ```
    ///
    /// # Behaviour
    /// Nothing marks one place of the ring before another, so a bump of activity stays wherever the cue left it, and noise
    /// moves it about: what is remembered becomes less exact with the square root of time. A place is held where the strength at the
    /// end is 0.5 or more; trials that lost it count for nothing else. The profile is taken around the place of each window. A
    /// second stimulus of other cells, later, shows how well the memory resists what should not be remembered. The network is drawn
    /// once; every trial begins at rest, with noise of its own, and is the same for any number of threads.
    ///
    /// # References
    /// - Compte, Brunel, Goldman-Rakic & Wang 2000, Cereb. Cortex 10:910
    /// - Georgopoulos, Schwartz & Kettner 1986, Science 233:1416 (the population vector)
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Remember;
    /// let remember: Remember = toml::from_str("population = 'ring'\ncue = 'cue'\nduration = '6 s'").unwrap();
    /// assert_eq!(remember.windows(), 60);
    /// ```
    pub struct Remember {
        /// The population that is the ring.
        pub population: String;
        /// The stimulus that shows the place: of some cells, with a `stop`.
        pub cue: String;
        /// How long a trial is, cue included.
        pub duration: Time, in Range::POSITIVE;
        /// Trials, each with noise of its own.
        pub trials: usize = 20, in Range::between(1.0, 100_000.0);
        /// How long spikes are counted for a place.
        pub window: Time = Time::new(100.0), in Range::POSITIVE;
    }
    relations { window < duration; }
}

/// What the trials of one side under one seed say.
#[derive(Clone, Debug)]
struct Remembered {
    courses: Vec<Course>,
    /// Middles of the windows after the cue in ms from its end, and the variance of the errors there in degrees squared.
    spread: Vec<(f64, f64)>,
    /// Variance at the cue's end in degrees squared, and how much it gains in a second.
    line: (f64, f64),
}

impl Remember {
    /// How many windows a trial has.
    pub fn windows(&self) -> usize {
        (self.duration.get() / self.window.get()).floor() as usize
    }

    fn cue<'s>(&self, side: &'s SpikingSide) -> Option<&'s Stimulus> {
        side.stimulus.get(&self.cue)
    }

    fn plan(&self, side: &SpikingSide, (population, cells): (usize, usize)) -> Plan {
        let (span, stop) =
            self.cue(side).map_or((0..cells, 0.0), |cue| (cue.span(cells), stop(cue).unwrap_or(0.0)));
        let start = self.cue(side).map_or(0.0, start);
        Plan {
            population,
            cells,
            windows: self.windows(),
            window: self.window.get(),
            cue: 360.0 * (span.start + span.end - 1) as f64 / (2 * cells) as f64,
            shown: (start, stop),
        }
    }

    fn ask(
        &self,
        (name, side): (&str, &SpikingSide),
        (stage, seed): (&Stage<'_>, u64),
        out: (&RunFolder, &dyn Progress),
    ) -> Result<(Plan, Remembered), HarnessError> {
        let network = stage.scenario.network();
        let index = network.population.get_index_of(&self.population).unwrap_or_default();
        let cells = network.population[&self.population].extent().map_or(0, |extent| extent.units);
        let plan = self.plan(side, (index, cells));
        let trials = Trials { count: self.trials, longest: self.duration.get() };
        let courses = trials.run((name, side), (stage, seed), out, |engine, _| plan.run(engine))?;
        let remembered = Remembered::new(courses, &plan);
        Ok((plan, remembered))
    }

    fn metrics(seeds: &[(Plan, Remembered)]) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let mut add = |name: &str, unit: &str, words: &str, of: &dyn Fn(&Plan, &Remembered) -> f64| {
            let values: Vec<f64> = seeds.iter().map(|(plan, remembered)| of(plan, remembered)).collect();
            let metric = over_seeds(values, unit, words);
            let is_whole = !metric.values.contains(&None);
            let why = "too few trials hold the place to the end";
            metrics.insert(name.to_owned(), if is_whole { metric } else { metric.with_why_null(why) });
        };
        let held = "over the trials that hold the place";
        add("held", "1", "share of the trials whose strength is 0.5 or more at the end", &|_, r| {
            r.held().count() as f64 / r.courses.len() as f64
        });
        add("error", "deg", &format!("root of the mean squared error at the end, {held}"), &|plan, r| {
            let square = |error: f64| error * error;
            r.mean(|course| square(course.error(plan, plan.windows - 1))).sqrt()
        });
        add("diffusion", "deg2/s", &format!("how fast the variance of the error grows, {held}"), &|_, r| {
            r.line.1
        });
        add(
            "spread",
            "deg2",
            &format!("variance of the error over the last tenth of the time after the cue, {held}"),
            &|_, r| r.variance(0.9),
        );
        add("halfway", "deg2", &format!("the same around half of the time, {held}"), &|_, r| {
            r.variance(0.45)
        });
        add("strength", "1", &format!("strength after the cue, mean {held}"), &|_, r| {
            r.mean(|course| course.strength_after)
        });
        add("peak", "Hz", &format!("highest rate of the bump after the cue, {held}"), &|_, r| {
            r.profile().into_iter().fold(f64::NAN, f64::max)
        });
        add(
            "width",
            "deg",
            &format!("width of the bump at half its height above the lowest rate, {held}"),
            &|_, r| width(&r.profile()),
        );
        add(
            "before",
            "Hz",
            "rate of the population in the second half of the time before the cue",
            &|_, r| r.courses.iter().map(|course| course.rate_before).sum::<f64>() / r.courses.len() as f64,
        );
        add("after", "Hz", &format!("rate of the population after the cue, {held}"), &|_, r| {
            r.mean(|course| course.rate_after)
        });
        metrics
    }

    /// What is drawn: the first seed's trials.
    fn write(
        folder: &RunFolder,
        name: &str,
        (plan, remembered): &(Plan, Remembered),
    ) -> Result<(), HarnessError> {
        let Some(first) = remembered.courses.first() else { return Ok(()) };
        let times: Vec<f64> = (0..plan.windows).map(|window| plan.middle(window)).collect();
        let mut bump = Table::new().with_numbers("time_ms", times)?;
        for part in 0..plan.parts() {
            let per_spike = plan.per_spike(part);
            let rates = first.parts.iter().map(|parts| per_spike * f64::from(parts[part]));
            bump = bump.with_numbers(&plan.part_angle(part).to_string(), rates.collect())?;
        }
        folder.write(layout::trace(name, "bump"), bump.to_csv())?;
        let all = |read: &dyn Fn(&Course, usize) -> f64| -> Vec<f64> {
            remembered
                .courses
                .iter()
                .flat_map(|course| (0..plan.windows).map(move |window| read(course, window)))
                .collect()
        };
        let trials = 0..remembered.courses.len();
        let table = Table::new()
            .with_numbers("trial", trials.flat_map(|trial| vec![trial as f64; plan.windows]).collect())?
            .with_numbers("time_ms", all(&|_, window| plan.middle(window)))?
            .with_numbers("place_deg", all(&|course, window| course.places[window].0))?
            .with_numbers("strength", all(&|course, window| course.places[window].1))?;
        folder.write(layout::trace(name, "places"), table.to_csv())?;
        let (profile, n) = (remembered.profile(), plan.parts());
        let table = Table::new()
            .with_numbers(
                "apart_deg",
                (0..n).map(|part| plan.part_angle(part) - plan.part_angle(n / 2)).collect(),
            )?
            .with_numbers("rate_hz", (0..n).map(|part| profile[(part + n - n / 2) % n]).collect())?;
        folder.write(layout::trace(name, "bump_profile"), table.to_csv())?;
        let (begin, gain) = remembered.line;
        let column =
            |read: &dyn Fn(&(f64, f64)) -> f64| remembered.spread.iter().map(read).collect::<Vec<f64>>();
        let table = Table::new()
            .with_numbers("time_ms", column(&|at| at.0))?
            .with_numbers("variance_deg2", column(&|at| at.1))?
            .with_numbers("line_deg2", column(&|at| begin + gain * at.0 / 1000.0))?;
        folder.write(layout::trace(name, "spread"), table.to_csv())?;
        let table = Table::new()
            .with_numbers("cue_deg", vec![plan.cue])?
            .with_numbers("start_ms", vec![plan.shown.0])?
            .with_numbers("stop_ms", vec![plan.shown.1])?;
        folder.write(layout::trace(name, "cue"), table.to_csv())?;
        Ok(())
    }

    fn verdict(&self, label: &str, plan: &Plan, metrics: &IndexMap<String, Metric>) -> String {
        let value = |path: &str| metrics.get(path).and_then(|metric| metric.value);
        let held = value("held").unwrap_or(0.0);
        let seconds = format::number((self.duration.get() - plan.shown.1) / 1000.0);
        let begin =
            format!("{label}: {} of the trials hold the place for {seconds} s", format::percent(held));
        match (value("error"), value("diffusion")) {
            (Some(error), Some(diffusion)) if held > 0.0 => format!(
                "{begin}, in the end to within {error:.0}°; the variance of the error grows by {diffusion:.0} square degrees a second."
            ),
            _ => format!("{begin}."),
        }
    }
}

/// When a stimulus begins, in ms.
fn start(stimulus: &Stimulus) -> f64 {
    match &stimulus.source {
        Source::Step(step) => step.start.get(),
        Source::Poisson(poisson) => poisson.start.get(),
        _ => 0.0,
    }
}

/// When it ends, in ms, if it does.
fn stop(stimulus: &Stimulus) -> Option<f64> {
    match &stimulus.source {
        Source::Step(step) => step.stop.map(Time::get),
        Source::Poisson(poisson) => poisson.stop.map(Time::get),
        _ => None,
    }
}

/// The width at half of the height above the lowest rate of a profile that is highest at its beginning, in degrees; between
/// bins a straight line.
fn width(profile: &[f64]) -> f64 {
    let (low, high) =
        profile.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &r| (low.min(r), high.max(r)));
    let half = f64::midpoint(low, high);
    let n = profile.len();
    let degrees = 360.0 / n as f64;
    let way = |next: &dyn Fn(usize) -> usize| -> f64 {
        for k in 0..n / 2 {
            let (here, there) = (profile[next(k)], profile[next(k + 1)]);
            if there < half {
                return (k as f64 + (here - half) / (here - there)) * degrees;
            }
        }
        f64::NAN
    };
    way(&|k| k % n) + way(&|k| (n - k) % n)
}

impl Remembered {
    fn new(courses: Vec<Course>, plan: &Plan) -> Self {
        let mut remembered = Self { courses, spread: Vec::new(), line: (f64::NAN, f64::NAN) };
        for window in (0..plan.windows).filter(|&window| plan.is_after(window)) {
            let errors: Vec<f64> = remembered.held().map(|course| course.error(plan, window)).collect();
            let variance = crate::statistics::standard_deviation(&errors).map_or(f64::NAN, |sd| sd * sd);
            remembered.spread.push((plan.middle(window) - plan.shown.1, variance));
        }
        remembered.line = line(&remembered.spread);
        remembered
    }

    fn held(&self) -> impl Iterator<Item = &Course> {
        self.courses.iter().filter(|course| course.last_strength() >= HELD)
    }

    /// The mean over the trials that hold the place; NaN where none does.
    fn mean(&self, read: impl Fn(&Course) -> f64) -> f64 {
        let (sum, n) = self.held().fold((0.0, 0.0), |(sum, n), course| (sum + read(course), n + 1.0));
        sum / n
    }

    /// The mean variance in a tenth of the time after the cue, from this share of it on.
    fn variance(&self, from: f64) -> f64 {
        let n = self.spread.len();
        let begin = ((from * n as f64).round() as usize).min(n.saturating_sub(1));
        let count = (n / 10).max(1);
        let some: Vec<f64> = self.spread.iter().skip(begin).take(count).map(|at| at.1).collect();
        some.iter().sum::<f64>() / some.len() as f64
    }

    /// Rates around the place after the cue, in Hz, the place first.
    fn profile(&self) -> Vec<f64> {
        let parts = self.courses.first().map_or(0, |course| course.profile.len());
        (0..parts).map(|part| self.mean(|course| course.profile[part])).collect()
    }
}

/// The straight line through (ms, value) that is nearest: its value at 0 and how much it gains in a second.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let mean = |read: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(read).sum::<f64>() / n;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let slope = mean(&|p| (p.0 - x) * (p.1 - y)) / mean(&|p| (p.0 - x) * (p.0 - x));
    (y - slope * x, slope * 1000.0)
}

impl Conduct for Remember {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let network = scenario.network();
        if !network.population.contains_key(&self.population) {
            let known: Vec<&str> = network.population.keys().map(String::as_str).collect();
            let words = format!("the network has no population `{}`", self.population);
            let problem = Problem::new("protocol.remember.population", words);
            problems.push(problem.hint(format!("it has: {}", known.join(", "))));
        }
        for (name, side) in &scenario.side {
            let Some(spiking) = &side.spiking else {
                let words = "protocol.remember watches cells over time; an artificial side has neither";
                problems.push(Problem::new(format!("side.{name}"), words).hint("leave the side out"));
                continue;
            };
            if self.window.get() < spiking.dt.get() {
                let words =
                    format!("window = {} is shorter than the time step of side `{name}`", self.window);
                problems.push(Problem::new("protocol.remember.window", words));
            }
            let Some(cue) = self.cue(spiking) else {
                let known: Vec<&str> = spiking.stimulus.keys().map(String::as_str).collect();
                let words = format!("side `{name}` has no stimulus `{}`", self.cue);
                let problem = Problem::new("protocol.remember.cue", words);
                problems.push(problem.hint(format!("it has: {}", known.join(", "))));
                continue;
            };
            let path = format!("side.{name}.spiking.stimulus.{}", self.cue);
            if cue.cells.is_none() || !cue.to.0.contains(&self.population) {
                let words = format!(
                    "a cue reaches some cells of population `{}`: those of the place",
                    self.population
                );
                problems.push(Problem::new(path.clone(), words).hint("write cells = [FIRST, LAST]"));
            }
            match stop(cue) {
                None => {
                    let words =
                        "a cue is a step or poisson spikes that end, so that there is something to remember";
                    problems.push(Problem::new(path, words).hint("give it a `stop`"));
                }
                Some(stop) if stop + 4.0 * self.window.get() > self.duration.get() => {
                    let words = format!(
                        "duration = {}: fewer than four windows of {} are left after the cue, which ends at {stop} ms",
                        self.duration, self.window
                    );
                    problems.push(Problem::new("protocol.remember.duration", words));
                }
                Some(_) => {}
            }
        }
        problems.extend(at_scale_problems(scenario));
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let windows = self.duration.get() / self.window.get();
        let used = windows.floor() * self.window.get();
        let is_off = (windows - windows.round()).abs() > 1e-6;
        let whole = is_off.then(|| {
            format!(
                "duration = {} is not a multiple of window = {}; {used} ms is used",
                self.duration, self.window
            )
        });
        rounding("window", self.window, spiking.dt).into_iter().chain(whole).collect()
    }

    fn headline(&self) -> Option<&'static str> {
        Some("error")
    }

    fn draws_by_itself(&self) -> bool {
        true
    }

    fn bytes(&self, scenario: &Scenario, threads: usize) -> Option<(String, u128)> {
        Trials::bytes(scenario, threads)
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
        for (name, side) in &stage.scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            let mut seeds = Vec::new();
            for &seed in stage.seeds {
                seeds.push(self.ask((name, spiking), (stage, seed), (folder, progress))?);
            }
            Self::write(folder, name, &seeds[0])?;
            let metrics = Self::metrics(&seeds);
            findings.verdicts.push(self.verdict(side.label(name), &seeds[0].0, &metrics));
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = format!("{} trials with the cue at the same place and noise of their own", self.trials);
        findings.shared = vec![SharedFact { what: "trials".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, _side: &Side) -> Option<String> {
        Some(format!(
            "The cells of “{}” stand on a ring; where most of them fire is what is remembered.",
            self.population
        ))
    }
}
