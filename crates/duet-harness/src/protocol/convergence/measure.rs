//! Errors of one side, by method and step.

use super::{Convergence, WRONG};
use crate::HarnessError;
use crate::protocol::Stage;
use crate::protocol::probe::Probe;
use duet_kernels::math::{exp_m1, ln};
use duet_record::{Metric, Table, format};
use duet_spiking::analysis::interval_rate;
use duet_spiking::integrator::Rkf45;
use duet_spiking::{Integrator, Neuron, SpikingSide};
use duet_units::Time;
use indexmap::IndexMap;
use rayon::prelude::*;

/// Tolerance of the reference where there is no closed form.
const TOLERANCE: f64 = 1e-12;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quantity {
    /// The firing rate, from the first spike to the last.
    Rate,
    /// The potential at a time in ms.
    Potential(f64),
}

/// One method at one step.
struct Point {
    method: String,
    dt: Time,
    /// `None` where the state did not stay finite.
    value: Option<f64>,
    /// How often it fired, where its rate is compared.
    spikes: Option<usize>,
}

/// What a solution gave.
struct Found {
    value: f64,
    spikes: Option<usize>,
}

/// A step as metrics name it: always in ms, so that steps can be compared at a glance.
fn shown(dt: Time) -> String {
    format!("{} ms", dt.get())
}

/// All of a side.
pub(super) struct Course {
    quantity: Quantity,
    unit: &'static str,
    reference: f64,
    is_closed_form: bool,
    points: Vec<Point>,
}

impl Course {
    /// Solves the cell by every method at every step.
    pub(super) fn measure(
        convergence: &Convergence,
        stage: &Stage<'_>,
        name: &str,
        side: &SpikingSide,
    ) -> Result<Self, HarnessError> {
        let at = convergence.potential_at.get(name);
        let quantity = at.map_or(Quantity::Rate, |at| Quantity::Potential(at.get()));
        let solve = |dt: Time, method: Integrator| {
            let varied = convergence.varied(side, dt, method);
            value(convergence, stage, (name, &varied), quantity)
        };
        let closed = closed_form(convergence, name, side, quantity);
        let reference = if let Some(value) = closed {
            value
        } else {
            let rkf45 = Integrator::Rkf45(Rkf45 { tolerance: TOLERANCE });
            let found = solve(convergence.finest(), rkf45)?;
            found.ok_or_else(|| Stage::refused(name, "even rkf45 finds no finite solution"))?.value
        };
        let jobs: Vec<(&String, &Integrator, Time)> = convergence
            .method
            .iter()
            .flat_map(|(method, integrator)| convergence.dt.iter().map(move |dt| (method, integrator, *dt)))
            .collect();
        let point = |(method, integrator, dt): &(&String, &Integrator, Time)| {
            let found = solve(*dt, (*integrator).clone())?;
            let spikes = found.as_ref().and_then(|found| found.spikes);
            let value = found.map(|found| found.value);
            Ok(Point { method: (*method).clone(), dt: *dt, value, spikes })
        };
        let points =
            stage.pool.install(|| jobs.par_iter().map(point).collect::<Result<_, HarnessError>>())?;
        let unit = match quantity {
            Quantity::Rate => "Hz",
            Quantity::Potential(_) => side.neuron_of(&convergence.population).variables()[0].unit,
        };
        Ok(Self { quantity, unit, reference, is_closed_form: closed.is_some(), points })
    }

    /// Below this an error is rounding, or the reference's own.
    fn floor(&self) -> f64 {
        self.reference.abs() * if self.is_closed_form { 1e-12 } else { 1e-9 }
    }

    fn error(&self, point: &Point) -> Option<f64> {
        point.value.map(|value| (value - self.reference).abs())
    }

    fn of<'a>(&'a self, method: &'a str) -> impl Iterator<Item = &'a Point> {
        self.points.iter().filter(move |point| point.method == method)
    }

    /// The methods, each once.
    fn methods(&self) -> Vec<&str> {
        let mut methods: Vec<&str> = self.points.iter().map(|point| point.method.as_str()).collect();
        methods.dedup();
        methods
    }

    /// The slope of log error over log dt by least squares; `None` with fewer than two errors to be seen.
    fn order(&self, method: &str) -> Option<f64> {
        let seen: Vec<(f64, f64)> = self
            .of(method)
            .filter_map(|point| Some((point.dt.get(), self.error(point)?)))
            .filter(|(_, error)| *error > self.floor())
            .map(|(dt, error)| (ln(dt), ln(error)))
            .collect();
        let n = seen.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| seen.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let spread: f64 = seen.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
        let together: f64 = seen.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        (spread > 0.0).then(|| together / spread)
    }

    /// Everything measured.
    pub(super) fn metrics(&self) -> IndexMap<String, Metric> {
        let (quantity, what) = match self.quantity {
            Quantity::Rate => ("rate", "firing rate, from the first to the last spike".to_owned()),
            Quantity::Potential(at) => ("v", format!("potential at {} ms", format::number(at))),
        };
        let by = if self.is_closed_form { "in closed form" } else { "by rkf45 with a tolerance of 1e-12" };
        let mut metrics = IndexMap::from([(
            "reference".to_owned(),
            Metric::new(self.reference, self.unit, &format!("{what}, {by}")),
        )]);
        let infinite = "the state did not stay finite: the step is too large for the method";
        for method in self.methods() {
            for point in self.of(method) {
                let metric = |value: Option<f64>, definition: &str| match value {
                    Some(value) => Metric::new(value, self.unit, definition),
                    None => Metric::null(infinite, self.unit, definition),
                };
                let dt = shown(point.dt);
                metrics.insert(format!("{method}.{quantity}[{dt}]"), metric(point.value, &what));
                if let Some(spikes) = point.spikes {
                    let metric = Metric::new(spikes as f64, "1", "spikes from the beginning to the end");
                    metrics.insert(format!("{method}.spikes[{dt}]"), metric);
                }
                let definition = "distance from the reference";
                metrics.insert(format!("{method}.error[{dt}]"), metric(self.error(point), definition));
            }
            let definition = "slope of log error over log dt, over all steps with an error to be seen";
            let order = match self.order(method) {
                Some(order) => Metric::new(order, "1", definition),
                None => Metric::null("fewer than two steps have an error to be seen", "1", definition),
            };
            metrics.insert(format!("{method}.order"), order);
        }
        metrics
    }

    /// One row per method and step; no number where the state did not stay finite.
    pub(super) fn table(&self) -> Result<Table, HarnessError> {
        let numbers = |of: &dyn Fn(&Point) -> Option<f64>| {
            self.points.iter().map(|point| of(point).unwrap_or(f64::NAN)).collect::<Vec<f64>>()
        };
        Ok(Table::new()
            .with_texts("method", self.points.iter().map(|point| point.method.clone()).collect())?
            .with_numbers("dt_ms", numbers(&|point| Some(point.dt.get())))?
            .with_numbers("value", numbers(&|point| point.value))?
            .with_numbers("error", numbers(&|point| self.error(point)))?)
    }

    /// The orders in a sentence.
    pub(super) fn verdict(&self, label: &str) -> String {
        let one = |method: &str| match self.order(method) {
            Some(order) => format!("{method} is of order {order:.2}"),
            None if self.of(method).all(|point| self.error(point).is_some()) => {
                format!("{method} has no error to be seen")
            }
            None => format!("{method} has no order: its steps are too large"),
        };
        let orders: Vec<String> = self.methods().into_iter().map(one).collect();
        let reference = format::with_unit(self.reference, self.unit);
        format!("{label}, against {reference}: {}.", orders.join("; "))
    }

    /// Steps at which it is another cell, in a sentence for each method and fault.
    pub(super) fn faults(&self) -> Vec<String> {
        self.methods().into_iter().flat_map(|method| self.faults_of(method)).collect()
    }

    fn faults_of(&self, method: &str) -> Vec<String> {
        let is_rate = self.quantity == Quantity::Rate && self.reference > 0.0;
        let (mut blown, mut silent, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for point in self.of(method) {
            let dt = shown(point.dt);
            match point.value {
                None => blown.push(dt),
                Some(0.0) if is_rate => silent.push(dt),
                Some(value) if is_rate => {
                    let off = (value - self.reference) / self.reference;
                    if off.abs() > WRONG {
                        wrong.push(format!("{:+.1} % with {dt}", 100.0 * off));
                    }
                }
                Some(_) => {}
            }
        }
        [
            (blown, "blows up, the state does not stay finite, with dt = "),
            (silent, "is silent, where the cell fires, with dt = "),
            (wrong, "fires at another rate: "),
        ]
        .into_iter()
        .filter(|(steps, _)| !steps.is_empty())
        .map(|(steps, what)| format!("{method} {what}{}; too large a step for it", steps.join(", ")))
        .collect()
    }
}

/// What is compared, of a cell from rest; `None` where its state does not stay finite.
fn value(
    convergence: &Convergence,
    stage: &Stage<'_>,
    (name, side): (&str, &SpikingSide),
    quantity: Quantity,
) -> Result<Option<Found>, HarnessError> {
    let probe = Probe::new(stage, name, side, &convergence.population)?;
    let current = convergence.input_of(name);
    let found = match quantity {
        Quantity::Rate => probe
            .spikes(probe.steps(convergence.duration.get()), |_| current, |_| false)
            .map(|times| Found { value: interval_rate(&times).unwrap_or(0.0), spikes: Some(times.len()) }),
        Quantity::Potential(at) => {
            potential(&probe, probe.steps(at), current).map(|value| Found { value, spikes: None })
        }
    };
    match found {
        Ok(found) => Ok(Some(found)),
        Err(HarnessError::NotFinite { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The potential after so many steps.
fn potential(probe: &Probe<'_>, steps: u64, current: f64) -> Result<f64, HarnessError> {
    let mut cell = probe.cell()?;
    cell.inject(0, 0, current);
    for _ in 0..steps {
        cell.step(&[]);
    }
    cell.check().map_err(|error| probe.not_finite(&error))?;
    Ok(cell.v(0, 0).unwrap_or(f64::NAN))
}

/// The right value, where nothing but the constant input acts and the model has a closed form.
fn closed_form(convergence: &Convergence, name: &str, side: &SpikingSide, quantity: Quantity) -> Option<f64> {
    let population = &convergence.population;
    let own = side.population.get(population);
    let adapts = own.is_some_and(|own| own.threshold.is_some());
    if side.stimuli_of(population).next().is_some() || adapts {
        return None;
    }
    let (neuron, current) = (side.neuron_of(population), convergence.input_of(name));
    match quantity {
        Quantity::Rate => neuron.rate(current),
        Quantity::Potential(at) => {
            let Neuron::Lif(lif) = neuron else { return None };
            let rise = lif.resistance() * (current + lif.i_e.get());
            let v = lif.e_l.get() - rise * exp_m1(-at / lif.tau_m.get());
            // From rest V rises without a turn, so that below threshold it has not fired yet.
            (v < lif.v_th.get() && side.initial_of(population).is_empty()).then_some(v)
        }
    }
}
