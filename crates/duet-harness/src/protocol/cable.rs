//! `protocol.cable`: what becomes of a signal on its way.

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_kernels::math;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::cable::{Fibre, Front, Neurite};
use duet_spiking::{SpikingError, SpikingSide};
use duet_topology::{Network, NetworkSpec};
use duet_units::{Frequency, Length, Problem, Range, Time, Voltage, parameters};
use indexmap::IndexMap;
use rayon::prelude::*;

/// Places and moments of a recorded V(x, t), at most.
const PICTURE: (usize, usize) = (81, 201);
/// Time constants after which a passive signal is over.
const OVER: f64 = 12.0;
/// Places times steps that are computed in minutes.
const LONGEST: f64 = 3e9;

parameters! {
    /// A signal is sent down a projection: how much of it arrives, and when.
    ///
    /// # Equations
    /// ```text
    /// lambda^2 d2V/dx2 = tau_m dV/dt + V - e_l             passive: fades as exp(-x/lambda), is late by tau_m/2 per lambda
    /// d/(4 r_i) d2V/dx2 = c_m dV/dt + I_ion(V, m, h, n)     excitable: a spike of constant height and velocity
    /// y = w x                                              artificial: at once, over any distance
    /// ```
    ///
    /// # Behaviour
    /// On a spiking side the projection has a `cable`: its length, diameter and membrane. Its beginning is held `kick` above
    /// rest for `kick_for` and let go. Of a passive cable the steady state is measured besides (a constant current into its
    /// beginning) and how far oscillations reach; of an excitable one the time at which the spike passes each place, and
    /// the velocity at other diameters: it grows with the square root of the diameter, with myelin in proportion. An artificial
    /// connection has a weight and no length.
    ///
    /// # References
    /// - Rall 1977, Handbook of Physiology, The Nervous System I, chapter 3; Koch 1999, Biophysics of Computation
    /// - Hodgkin & Huxley 1952, J. Physiol. 117:500 (18.8 m/s computed, 21.2 m/s measured)
    /// - Agmon-Snir & Segev 1993, J. Neurophysiol. 70:2066 (delays of passive signals)
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Cable;
    /// let cable: Cable = toml::from_str("diameters.squid = ['119 um', '476 um']").unwrap();
    /// assert_eq!((cable.kick.get(), cable.diameters["squid"][1].get()), (60.0, 476.0));
    /// ```
    pub default struct Cable {
        /// How long the signal is watched.
        pub duration: Time = Time::new(20.0), in Range::POSITIVE;
        /// How far above rest the beginning is held.
        pub kick: Voltage = Voltage::new(60.0), in Range { high: 1000.0, includes_high: true, ..Range::POSITIVE };
        /// For how long.
        pub kick_for: Time = Time::new(0.5), in Range::POSITIVE;
        /// Distances in length constants at which what is left of a steady signal becomes a metric: `left[1 lambda]`.
        pub at: Vec<f64> = vec![0.5, 1.0, 2.0], in Range::NON_NEGATIVE;
        /// Oscillations whose reach is measured on a passive cable: `length_constant[100 Hz]`.
        pub frequencies: Vec<Frequency> = Vec::new(), in Range::POSITIVE;
        /// Other diameters at which the velocity on an excitable cable is measured, by side: `velocity[238 um]`.
        pub diameters: IndexMap<String, Vec<Length>> = IndexMap::new();
    }
}

/// One side's cable and its step.
struct Test<'a> {
    fibre: &'a Fibre,
    dt: f64,
    side: &'a str,
    seed: u64,
}

impl Test<'_> {
    /// Stops where a voltage is no number any more, after so many steps.
    fn check(&self, neurite: &Neurite, step: usize) -> Result<(), HarnessError> {
        neurite.check(step as f64 * self.dt).map_err(|error| self.not_finite(&error))
    }

    fn not_finite(&self, error: &SpikingError) -> HarnessError {
        HarnessError::NotFinite { side: self.side.to_owned(), seed: self.seed, words: error.to_string() }
    }
}

/// The projection of a side that has a cable.
fn cable_of(side: &SpikingSide) -> Option<(&String, &Fibre)> {
    side.projection.iter().find_map(|(name, own)| Some((name, own.cable.as_ref()?)))
}

/// The value at `x` between places in order.
fn between(xs: &[f64], values: &[f64], x: f64) -> f64 {
    let at = xs.partition_point(|&known| known < x).clamp(1, xs.len() - 1);
    let share = ((x - xs[at - 1]) / (xs[at] - xs[at - 1])).clamp(0.0, 1.0);
    values[at - 1] + share * (values[at] - values[at - 1])
}

impl Cable {
    fn steps(time: f64, dt: f64) -> usize {
        (time / dt).round().max(1.0) as usize
    }

    /// Runs the kick, and lets `look` see the neurite after every step.
    fn kicked(
        &self,
        test: &Test<'_>,
        duration: f64,
        mut look: impl FnMut(usize, &Neurite),
    ) -> Result<(), HarnessError> {
        let mut neurite = Neurite::new(test.fibre);
        let held = Self::steps(self.kick_for.get(), test.dt);
        neurite.hold(Some(test.fibre.rest() + self.kick.get()));
        look(0, &neurite);
        for step in 1..=Self::steps(duration, test.dt) {
            if step == held + 1 {
                neurite.hold(None);
            }
            neurite.step(test.dt, 0.0);
            test.check(&neurite, step)?;
            look(step, &neurite);
        }
        Ok(())
    }

    /// V(x, t) after the kick, thinned to a picture.
    fn picture(&self, test: &Test<'_>) -> Result<Table, HarnessError> {
        let places: Vec<usize> = thinned(Neurite::new(test.fibre).x().len(), PICTURE.0);
        let xs: Vec<f64> = places.iter().map(|&node| Neurite::new(test.fibre).x()[node]).collect();
        let moments = thinned(Self::steps(self.duration.get(), test.dt) + 1, PICTURE.1);
        let (mut times, mut rows) = (Vec::new(), vec![Vec::new(); places.len()]);
        self.kicked(test, self.duration.get(), |step, neurite| {
            if moments.get(times.len()) == Some(&step) {
                times.push(step as f64 * test.dt);
                for (row, &node) in rows.iter_mut().zip(&places) {
                    // A picture has no more than three digits.
                    row.push((neurite.v()[node] * 1000.0).round() / 1000.0);
                }
            }
        })?;
        let mut table = Table::new().with_numbers("time_ms", times)?;
        for (x, row) in xs.iter().zip(rows) {
            table = table.with_numbers(&format!("{}", (x * 10.0).round() / 10.0), row)?;
        }
        Ok(table)
    }

    /// What a passive cable does to signals.
    fn passive(
        &self,
        test: &Test<'_>,
        name: &str,
        folder: &RunFolder,
    ) -> Result<IndexMap<String, Metric>, HarnessError> {
        let (fibre, cable) = (test.fibre, test.fibre.electrotonic());
        let (lambda, tau) = (cable.length_constant(), cable.time_constant());
        let (length, rest) = (fibre.length.get(), fibre.rest());
        let mut neurite = Neurite::new(fibre);
        neurite.settle(0.1);
        test.check(&neurite, 0)?;
        let xs = neurite.x().to_vec();
        let v0 = neurite.v()[0] - rest;
        let left: Vec<f64> = neurite.v().iter().map(|v| (v - rest) / v0).collect();
        let closed: Vec<f64> = xs.iter().map(|&x| cable.profile(x, Some((length, fibre.end)))).collect();
        let error = left.iter().zip(&closed).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let mut metrics = IndexMap::new();
        let mut metric = |path: String, value: f64, unit: &str, words: &str| {
            metrics.insert(path, Metric::new(value, unit, words));
        };
        metric("length_constant".into(), lambda, "um", "distance over which a steady signal fades to 37 %");
        metric("time_constant".into(), tau, "ms", "time in which the membrane forgets 63 %");
        metric(
            "input_resistance".into(),
            v0 / 0.1,
            "MOhm",
            "voltage at the beginning per steady current into it, in compartments",
        );
        let words = "the same in closed form";
        metric("input_resistance_closed".into(), cable.resistance(length, fibre.end), "MOhm", words);
        let words =
            "largest difference between compartments and closed form along the cable, as a share of V(0)";
        metric("profile_error".into(), error, "1", words);
        for &at in &self.at {
            let words = "share of a steady signal that is left so many length constants away";
            if at * lambda <= length {
                metric(format!("left[{at} lambda]"), between(&xs, &left, at * lambda), "1", words);
            }
        }
        metric(
            "left".into(),
            left.last().copied().unwrap_or(1.0),
            "1",
            "share of a steady signal that is left at the end",
        );
        let centroids = self.centroids(test, &xs)?;
        let late = |x: f64| between(&xs, &centroids, x);
        // Away from the beginning and, as far as the length allows, from the end.
        let run = (0.25 * lambda.min(length), 0.75 * lambda.min(length));
        let words = "velocity of the mean time of a passive signal, around half a length constant";
        let velocity = (run.1 - run.0) / (late(run.1) - late(run.0)) / 1000.0;
        metric("pseudo_velocity".into(), velocity, "m/s", words);
        let words = "2 lambda / tau_m, on a cable without end";
        metric("pseudo_velocity_closed".into(), 2.0 * lambda / tau / 1000.0, "m/s", words);
        let mut reach = Vec::new();
        for frequency in &self.frequencies {
            let amplitudes = Self::amplitudes(test, frequency.get(), OVER * tau)?;
            let (near, far) = (0.5 * lambda.min(length / 2.0), 1.5 * lambda.min(length / 2.0));
            let ratio = between(&xs, &amplitudes, near) / between(&xs, &amplitudes, far);
            let words = "distance over which an oscillation of this frequency fades to 37 %, in compartments";
            metric(format!("length_constant[{frequency}]"), (far - near) / math::ln(ratio), "um", words);
            let words = "the same in closed form, on a cable without end";
            let closed = cable.length_constant_at(frequency.get());
            metric(format!("length_constant_closed[{frequency}]"), closed, "um", words);
            reach.extend(xs.iter().zip(amplitudes).map(|(&x, a)| (frequency.get(), x, a)));
        }
        let words = "mean time by which the signal is later at the end than at the beginning";
        let delay = Metric::new(late(length) - late(0.0), "ms", words);
        let cut = delay.value.is_none();
        let delay = if cut { delay.with_why_null("nothing arrives: the end is held at rest") } else { delay };
        metrics.insert("delay".to_owned(), delay);
        let table = Table::new()
            .with_numbers("x_um", xs.clone())?
            .with_numbers("x_lambda", xs.iter().map(|x| x / lambda).collect())?
            .with_numbers("left", left)?
            .with_numbers("closed_form", closed)?
            .with_numbers("no_end", xs.iter().map(|&x| cable.profile(x, None)).collect())?;
        folder.write(layout::trace(name, "profile"), table.to_csv())?;
        let table = Table::new()
            .with_numbers("frequency_Hz", reach.iter().map(|row| row.0).collect())?
            .with_numbers("x_lambda", reach.iter().map(|row| row.1 / lambda).collect())?
            .with_numbers("left", reach.iter().map(|row| row.2).collect())?;
        folder.write(layout::trace(name, "frequencies"), table.to_csv())?;
        Ok(metrics)
    }

    /// The mean time of the kick's signal at every place, in ms.
    fn centroids(&self, test: &Test<'_>, xs: &[f64]) -> Result<Vec<f64>, HarnessError> {
        let rest = test.fibre.rest();
        let duration = self.kick_for.get() + OVER * test.fibre.electrotonic().time_constant();
        let (mut weights, mut moments) = (vec![0.0; xs.len()], vec![0.0; xs.len()]);
        self.kicked(test, duration, |step, neurite| {
            let time = step as f64 * test.dt;
            for ((weight, moment), v) in weights.iter_mut().zip(&mut moments).zip(neurite.v()) {
                *weight += v - rest;
                *moment += time * (v - rest);
            }
        })?;
        Ok(moments.iter().zip(&weights).map(|(moment, weight)| moment / weight).collect())
    }

    /// How large an oscillation of 1 mV at the beginning is at every place, after `settled` ms, over one period.
    fn amplitudes(test: &Test<'_>, frequency: f64, settled: f64) -> Result<Vec<f64>, HarnessError> {
        let rest = test.fibre.rest();
        let mut neurite = Neurite::new(test.fibre);
        let mut sums = vec![(0.0, 0.0); neurite.x().len()];
        let period = Self::steps(1000.0 / frequency, test.dt);
        let before = (settled / test.dt / period as f64).ceil() as usize * period;
        for step in 1..=before + period {
            let phase = core::f64::consts::TAU * (step % period) as f64 / period as f64;
            let (sin, cos) = (math::sin(phase), math::cos(phase));
            neurite.hold(Some(rest + sin));
            neurite.step(test.dt, 0.0);
            test.check(&neurite, step)?;
            if step > before {
                for ((a, b), v) in sums.iter_mut().zip(neurite.v()) {
                    *a += (v - rest) * sin;
                    *b += (v - rest) * cos;
                }
            }
        }
        let whole = |(a, b): (f64, f64)| 2.0 * (a * a + b * b).sqrt() / period as f64;
        let amplitudes: Vec<f64> = sums.into_iter().map(whole).collect();
        let first = amplitudes[0];
        Ok(amplitudes.into_iter().map(|amplitude| amplitude / first).collect())
    }

    /// What an excitable cable does.
    fn excitable(
        &self,
        test: &Test<'_>,
        name: &str,
        stage: &Stage<'_>,
        folder: &RunFolder,
    ) -> Result<IndexMap<String, Metric>, HarnessError> {
        let duration = self.duration.get();
        let front = |fibre: &Fibre| {
            Front::of(fibre, test.dt, self.kick.get(), self.kick_for.get(), duration)
                .map_err(|error| test.not_finite(&error))
        };
        let own = front(test.fibre)?;
        let silent = |metric: Metric| {
            if metric.value.is_some() { metric } else { metric.with_why_null("no spike comes through") }
        };
        let mut metrics = IndexMap::new();
        let words = "velocity of the spike over the middle of the way";
        metrics.insert(
            "velocity".to_owned(),
            silent(Metric::new(own.velocity().unwrap_or(f64::NAN), "m/s", words)),
        );
        let words = "time from the beginning of the kick until the spike is at the end";
        let arrived = own.arrival.last().copied().flatten().unwrap_or(f64::NAN);
        metrics.insert("delay".to_owned(), silent(Metric::new(arrived, "ms", words)));
        let words = "distance over which a steady, small signal would fade to 37 % at rest, without spikes and myelin";
        let lambda = test.fibre.electrotonic().length_constant();
        metrics.insert("length_constant".to_owned(), Metric::new(lambda, "um", words));
        let diameters = self.diameters.get(name).map_or(&[][..], Vec::as_slice);
        let fibres: Vec<Fibre> = diameters.iter().map(|&d| test.fibre.with_diameter(d)).collect();
        let velocity = |fibre: &Fibre| Ok(front(fibre)?.velocity().unwrap_or(f64::NAN));
        let velocities: Vec<f64> =
            stage.pool.install(|| fibres.par_iter().map(velocity).collect::<Result<_, HarnessError>>())?;
        for (diameter, &velocity) in diameters.iter().zip(&velocities) {
            let words = "velocity at this diameter, the length in proportion to the length constant";
            metrics.insert(format!("velocity[{diameter}]"), silent(Metric::new(velocity, "m/s", words)));
        }
        let points: Vec<(f64, f64)> = diameters.iter().map(|d| d.get()).zip(velocities).collect();
        if let Some(exponent) = power(&points) {
            let words =
                "power of the diameter with which the velocity grows, least squares over the diameters";
            metrics.insert("velocity_exponent".to_owned(), Metric::new(exponent, "1", words));
        }
        let table = Table::new()
            .with_numbers("x_um", own.x.clone())?
            .with_numbers("arrival_ms", own.arrival.iter().map(|at| at.unwrap_or(f64::NAN)).collect())?;
        folder.write(layout::trace(name, "arrivals"), table.to_csv())?;
        let table = Table::new()
            .with_numbers("diameter_um", points.iter().map(|point| point.0).collect())?
            .with_numbers("velocity_m_s", points.iter().map(|point| point.1).collect())?;
        folder.write(layout::trace(name, "velocities"), table.to_csv())?;
        Ok(metrics)
    }

    fn biological(
        &self,
        name: &str,
        side: &SpikingSide,
        stage: &Stage<'_>,
        folder: &RunFolder,
    ) -> Result<IndexMap<String, Metric>, HarnessError> {
        let (_, fibre) = cable_of(side).ok_or_else(|| Stage::refused(name, "it has no cable"))?;
        let test = Test { fibre, dt: side.dt.get(), side: name, seed: stage.seeds[0] };
        folder.write(layout::trace(name, "space_time"), self.picture(&test)?.to_csv())?;
        if fibre.is_excitable() {
            self.excitable(&test, name, stage, folder)
        } else {
            self.passive(&test, name, folder)
        }
    }
}

/// Indices of at most `most` of `count` things, evenly spread, with both ends.
fn thinned(count: usize, most: usize) -> Vec<usize> {
    let kept = count.min(most).max(2);
    let last = count.saturating_sub(1);
    let mut places: Vec<usize> = (0..kept).map(|k| (k * last + (kept - 1) / 2) / (kept - 1)).collect();
    places.dedup();
    places
}

/// The slope of ln y over ln x, where there are two points or more.
fn power(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points
        .iter()
        .filter(|(_, y)| y.is_finite() && *y > 0.0)
        .map(|&(x, y)| (math::ln(x), math::ln(y)))
        .collect();
    let n = logs.len() as f64;
    let (mx, my) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut over, mut under) = (0.0, 0.0);
    for (x, y) in logs {
        over += (x - mx) * (y - my);
        under += (x - mx) * (x - mx);
    }
    (under > 0.0).then_some(over / under)
}

/// What an artificial connection makes of a signal.
fn artificial(network: &Network, projection: Option<&str>) -> IndexMap<String, Metric> {
    let of_name = projection.and_then(|name| network.projections.get(name));
    let weight = of_name.or_else(|| network.projections.values().next()).and_then(|p| p.weights.first());
    let none = |unit: &str, words: &str| {
        Metric::new(f64::NAN, unit, words).with_why_null(
            "an artificial connection has no length: what goes in comes out in the same product",
        )
    };
    IndexMap::from([
        (
            "left".to_owned(),
            Metric::new(
                weight.copied().unwrap_or(1.0),
                "1",
                "what comes out for 1: the weight, over any distance",
            ),
        ),
        ("delay".to_owned(), none("ms", "time between going in and coming out")),
        ("velocity".to_owned(), none("m/s", "distance per time")),
    ])
}

impl Conduct for Cable {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, side) in &scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            let cables = spiking.projection.values().filter(|own| own.cable.is_some()).count();
            if cables != 1 {
                let words = format!(
                    "protocol.cable sends a signal down one cable of every spiking side; side `{name}` has {cables}"
                );
                let hint =
                    "add for example projection.NAME.cable = { length = \"5 mm\", membrane.passive = {} }";
                problems.push(Problem::new(format!("side.{name}.spiking.projection"), words).hint(hint));
            }
        }
        for (name, side) in &scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            let Some((projection, fibre)) = cable_of(spiking) else { continue };
            let mut longest = self.duration.get();
            if !fibre.is_excitable() {
                let tau = fibre.electrotonic().time_constant();
                let periods = self.frequencies.iter().map(|frequency| 1000.0 / frequency.get());
                let slowest = periods.fold(0.0, f64::max);
                longest = longest.max(self.kick_for.get().max(2.0 * slowest) + OVER * tau);
            }
            let work = fibre.places().max(1.0) * longest / spiking.dt.get();
            if work > LONGEST {
                let words = format!(
                    "{longest} ms in steps of {} at {:.0} places are {work:.1e} updates; {LONGEST:.0e} are the most",
                    spiking.dt,
                    fibre.places()
                );
                let path = format!("side.{name}.spiking.projection.{projection}.cable");
                problems.push(Problem::new(path, words).hint("a larger dx or dt, or a shorter duration"));
            }
        }
        for (name, diameters) in &self.diameters {
            let path = format!("protocol.cable.diameters.{name}");
            if scenario.side.get(name).is_none_or(|side| side.spiking.is_none()) {
                let known = scenario.side.iter().filter(|(_, side)| side.spiking.is_some());
                let known: Vec<&str> = known.map(|(name, _)| name.as_str()).collect();
                let words = format!("there is no spiking side `{name}`");
                problems.push(Problem::new(&path, words).hint(format!("there are: {}", known.join(", "))));
            }
            for (at, diameter) in diameters.iter().enumerate().filter(|(_, diameter)| diameter.get() <= 0.0) {
                let words = format!("a diameter of {diameter} is not above 0");
                problems.push(Problem::new(format!("{path}[{at}]"), words));
            }
        }
        let coarsest = scenario.side.values().filter_map(|side| Some(side.spiking.as_ref()?.dt.get()));
        let coarsest = coarsest.fold(0.0, f64::max);
        for (at, frequency) in self.frequencies.iter().enumerate() {
            if 1000.0 / frequency.get() < 10.0 * coarsest {
                let words = format!("a period of {frequency} is shorter than ten steps of {coarsest} ms");
                problems.push(
                    Problem::new(format!("protocol.cable.frequencies[{at}]"), words)
                        .hint("a smaller dt, or a lower frequency"),
                );
            }
        }
        if scenario.side.values().all(|side| side.spiking.is_none()) {
            let words = "protocol.cable needs a side with a cable; there is no spiking side";
            problems.push(Problem::new("side", words).hint("add [side.NAME.spiking]"));
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let dt = spiking.dt.get();
        let named = [("duration", self.duration), ("kick_for", self.kick_for)];
        let off = named.into_iter().filter(|(_, time)| {
            let steps = time.get() / dt;
            (steps - steps.round()).abs() > 1e-6
        });
        off.map(|(name, time)| {
            let used = Self::steps(time.get(), dt) as f64 * dt;
            format!("{name} = {time} is not a multiple of dt = {}; {used} ms is used", spiking.dt)
        })
        .collect()
    }

    fn headline(&self) -> Option<&'static str> {
        Some("delay")
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
        let spiking = || stage.scenario.side.values().filter_map(|side| side.spiking.as_ref());
        let projection = spiking().find_map(cable_of).map(|(name, _)| name.as_str());
        for (name, side) in &stage.scenario.side {
            unless_stopped(progress, folder)?;
            let metrics = match &side.spiking {
                Some(spiking) => self.biological(name, spiking, stage, folder)?,
                None => artificial(&stage.networks[0], projection),
            };
            findings.verdicts.push(verdict(side.label(name), &metrics));
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = format!("{} above rest for {}", self.kick, self.kick_for);
        findings.shared = vec![SharedFact { what: "signal".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let Some(spiking) = &side.spiking else {
            return Some("A connection that multiplies by its weight; it has no length.".to_owned());
        };
        let (_, fibre) = cable_of(spiking)?;
        let kind = match (fibre.is_excitable(), fibre.myelin.is_some()) {
            (false, _) => "passive cable",
            (true, false) => "bare axon",
            (true, true) => "axon in myelin",
        };
        Some(format!("A {kind} of {} and {} diameter.", fibre.length, fibre.diameter))
    }
}

fn verdict(label: &str, metrics: &IndexMap<String, Metric>) -> String {
    let value = |path: &str| metrics.get(path).and_then(|metric| metric.value);
    match (value("velocity"), value("pseudo_velocity"), value("delay")) {
        (Some(velocity), _, Some(delay)) => {
            format!("{label}: a spike runs at {velocity:.2} m/s and is at the end after {delay:.2} ms.")
        }
        (None, Some(velocity), Some(delay)) => format!(
            "{label}: {} of a steady signal are left at the end, {delay:.2} ms late; a signal fades while it creeps at {velocity:.3} m/s.",
            format::percent(value("left").unwrap_or(f64::NAN))
        ),
        (None, Some(velocity), None) => {
            format!(
                "{label}: nothing arrives at the cut end; a signal fades while it creeps at {velocity:.3} m/s."
            )
        }
        (None, None, None) if value("left").is_some() => {
            format!(
                "{label}: multiplies by {} at once, over any distance.",
                format::number(value("left").unwrap_or(f64::NAN))
            )
        }
        _ => format!("{label}: no spike comes through."),
    }
}

/// Cables that a protocol other than this one would not look into.
pub(crate) fn unused_cables(scenario: &Scenario, network: &NetworkSpec) -> Vec<Problem> {
    let of_side = |(name, side): (&String, &Side)| {
        let (projection, _) = cable_of(side.spiking.as_ref()?)?;
        network.projection.contains_key(projection).then(|| {
            let words =
                format!("projection `{projection}` has a cable, into which only protocol.cable looks");
            Problem::new(format!("side.{name}.spiking.projection.{projection}.cable"), words)
                .hint("give the projection a delay instead: length / velocity")
        })
    };
    scenario.side.iter().filter_map(of_side).collect()
}

#[cfg(test)]
mod tests;
