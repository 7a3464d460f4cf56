//! What one spike does to a cell: held at a potential, and free.

use super::{Psp, Shown};
use crate::HarnessError;
use crate::protocol::Stage;
use duet_random::Key;
use duet_record::format::{number, percent};
use duet_record::{Metric, Table};
use duet_spiking::{Simulation, SpikingSide};
use duet_topology::Network;
use indexmap::IndexMap;

/// A cell and the inputs that may fire.
pub(super) struct Bench<'a> {
    pub(super) psp: &'a Psp,
    pub(super) side: &'a SpikingSide,
    pub(super) network: &'a Network,
    pub(super) inputs: Vec<usize>,
    pub(super) cell: usize,
    pub(super) key: Key,
}

/// One run: a value per step from the first spike on, and whether the cell fired.
struct Course {
    values: Vec<f64>,
    fired: bool,
}

impl Course {
    /// Its largest value either way, and the step of it.
    fn peak(&self) -> (usize, f64) {
        let larger = |best: (usize, f64), (step, &value): (usize, &f64)| {
            if value.abs() > best.1.abs() { (step, value) } else { best }
        };
        self.values.iter().enumerate().fold((0, 0.0), larger)
    }
}

impl Bench<'_> {
    fn steps(&self, ms: f64) -> usize {
        ((ms / self.side.dt.get()).round() as usize).max(1)
    }

    /// How long a train is watched.
    fn span(&self, spikes: usize) -> usize {
        (spikes - 1) * self.steps(self.psp.interval()) + self.steps(self.psp.record.get())
    }

    /// Builds the cell once.
    pub(super) fn rehearse(&self) -> Result<(), String> {
        self.run(self.side, &[], 1, 1, None).map(|_| ())
    }

    /// Runs with a train in each of some inputs. Clamped, the values are the synaptic current; free, the potential.
    fn run(
        &self,
        side: &SpikingSide,
        firing: &[usize],
        spikes: usize,
        steps: usize,
        clamp: Option<f64>,
    ) -> Result<Course, String> {
        let mut simulation = Simulation::<f64>::new(self.network, side, &self.inputs, self.cell, self.key)
            .map_err(|error| error.to_string())?;
        let interval = self.steps(self.psp.interval());
        let spike: &[u32] = &[0];
        let train: Vec<(usize, &[u32])> = firing.iter().map(|&input| (input, spike)).collect();
        let mut course = Course { values: Vec::with_capacity(steps), fired: false };
        for step in 0..steps {
            if let Some(v) = clamp {
                simulation.set(self.cell, 0, 0, v);
            }
            let fires = step % interval == 0 && step / interval < spikes;
            simulation.step(if fires { &train } else { &[] });
            course.values.push(match clamp {
                Some(v) => simulation.synaptic_current(self.cell, 0, v),
                None => simulation.v(self.cell, 0).unwrap_or(f64::NAN),
            });
            course.fired |= !simulation.spikes(self.cell).is_empty();
        }
        simulation.check().map_err(|error| error.to_string())?;
        Ok(course)
    }

    /// How far inputs move the free cell from where it would be without them.
    fn deflection(
        &self,
        side: &SpikingSide,
        firing: &[usize],
        spikes: usize,
        steps: usize,
    ) -> Result<Course, String> {
        let silent = self.run(side, &[], 1, steps, None)?;
        let mut course = self.run(side, firing, spikes, steps, None)?;
        course.values.iter_mut().zip(&silent.values).for_each(|(value, without)| *value -= without);
        Ok(course)
    }

    /// The peak of the current that one spike of an input makes at a potential.
    fn clamped_peak(&self, input: usize, v: f64) -> Result<f64, String> {
        Ok(self.run(self.side, &[input], 1, self.span(1), Some(v))?.peak().1)
    }

    /// Where the current of an input changes sign, between neighbours of the held potentials; `None` where it does not.
    fn reversal(&self, input: usize, held: &[f64], peaks: &[f64]) -> Result<Option<f64>, String> {
        if peaks.iter().all(|&peak| peak == 0.0) {
            return Ok(None);
        }
        if let Some((&v, _)) = held.iter().zip(peaks).find(|(_, peak)| **peak == 0.0) {
            return Ok(Some(v));
        }
        let turns = |(_, currents): &(&[f64], &[f64])| currents[0] * currents[1] < 0.0;
        let Some((ends, currents)) = held.windows(2).zip(peaks.windows(2)).find(turns) else {
            return Ok(None);
        };
        let (mut low, mut high) = (ends[0], ends[1]);
        // Halving: the current need not be a straight line, and a step of it costs little.
        while high - low > 1e-9 {
            let middle = 0.5 * (low + high);
            if self.clamped_peak(input, middle)? * currents[0] > 0.0 { low = middle } else { high = middle }
        }
        Ok(Some(0.5 * (low + high)))
    }

    /// The share of its weight that every spike of a train passes on: what it adds to the current beyond the tails of the spikes
    /// before it, over what a synapse that passes on everything does. Where nothing flows at a clamp (delta synapses), the potential
    /// stands for the current.
    fn released(&self, input: usize, held: &[f64], peaks: &[f64]) -> Result<Vec<f64>, String> {
        let (spikes, interval) = (self.psp.spikes, self.steps(self.psp.interval()));
        let steps = self.span(spikes);
        let mut plain = self.side.clone();
        plain.projection.values_mut().for_each(|own| own.release = None);
        // Held where the current is largest.
        let best =
            held.iter().zip(peaks).reduce(|best, next| if next.1.abs() > best.1.abs() { next } else { best });
        let clamp = best.filter(|(_, peak)| **peak != 0.0).map(|(v, _)| *v);
        let course = |side: &SpikingSide, spikes: usize| match clamp {
            Some(_) => self.run(side, &[input], spikes, steps, clamp),
            None => self.deflection(side, &[input], spikes, steps),
        };
        let (alone, train) = (course(&plain, 1)?, course(self.side, spikes)?);
        let Some(onset) = alone.values.iter().position(|&value| value != 0.0) else { return Ok(Vec::new()) };
        // The sample after a spike: at the peak, or just before the next spike's effect begins.
        let sample = alone.peak().0.min(onset + interval - 1);
        let mut shares: Vec<f64> = Vec::with_capacity(spikes);
        for k in 0..spikes {
            let at = sample + k * interval;
            let Some(&value) = train.values.get(at) else { break };
            let tails = shares.iter().enumerate().map(|(j, share)| share * alone.values[at - j * interval]);
            let own = value - tails.sum::<f64>();
            shares.push(own / alone.values[sample]);
        }
        Ok(shares)
    }
}

impl Psp {
    pub(super) fn at_cell(&self, bench: &Bench<'_>, side: &str, label: &str) -> Result<Shown, HarnessError> {
        self.measure(bench, label).map_err(|trouble| match trouble {
            Trouble::Refused(words) => Stage::refused(side, words),
            Trouble::Harness(error) => error,
        })
    }

    fn measure(&self, bench: &Bench<'_>, label: &str) -> Result<Shown, Trouble> {
        let mut held: Vec<f64> = self.held.iter().map(|v| v.get()).collect();
        held.sort_by(f64::total_cmp);
        held.dedup();
        let dt = bench.side.dt.get();
        let names: Vec<String> =
            bench.inputs.iter().map(|&input| bench.network.populations[input].name.clone()).collect();
        let steps = bench.span(self.spikes);
        // Of a long train the beginning shows what there is to see.
        let shown = bench.span(self.spikes.min(12));
        let unit = bench.side.neuron_of(&bench.network.populations[bench.cell].name).input_unit().symbol();
        let mut metrics = IndexMap::new();
        let mut clamped = Rows::default();
        let mut free = Rows::default();
        let (mut sum, mut shares, mut parts, mut fired) =
            (vec![0.0; steps], Vec::new(), Vec::new(), Vec::new());
        for (name, &input) in names.iter().zip(&bench.inputs) {
            let peaks = held.iter().map(|&v| bench.clamped_peak(input, v)).collect::<Result<Vec<_>, _>>()?;
            for (&v, &peak) in held.iter().zip(&peaks) {
                clamped.push(name, v, peak);
                let words = "largest synaptic current after one spike, the membrane held at this potential; positive flows in";
                metrics.insert(format!("{name}.psc[{v} mV]"), Metric::new(peak, unit, words));
            }
            let reversal = bench.reversal(input, &held, &peaks)?;
            let words = "potential at which the synaptic current changes sign";
            let metric = match reversal {
                Some(v) => Metric::new(v, "mV", words),
                None if peaks.iter().all(|&peak| peak == 0.0) => {
                    Metric::null("nothing flows into a membrane that is held", "mV", words)
                }
                None => Metric::null("the current has one sign at all held potentials", "mV", words),
            };
            metrics.insert(format!("{name}.reversal"), metric);
            let course = bench.deflection(bench.side, &[input], self.spikes, steps)?;
            free.course(name, dt, &course.values[..shown]);
            sum.iter_mut().zip(&course.values).for_each(|(sum, value)| *sum += value);
            if course.fired {
                fired.push(name.as_str());
            }
            let first = Course { values: course.values[..bench.span(1).min(steps)].to_vec(), fired: false };
            let (step, psp) = first.peak();
            let words = "largest deflection of the free membrane after the first spike of this input alone";
            metrics.insert(format!("{name}.psp"), Metric::new(psp, "mV", words));
            let words = "from the input's spike to that deflection";
            let late = Metric::new(step as f64 * dt, "ms", words);
            let late = if psp == 0.0 { late.with_why_null("the membrane does not move") } else { late };
            metrics.insert(format!("{name}.time_to_peak"), late);
            let place = reversal.map_or("acts the same at any potential".to_owned(), |v| {
                format!("its current turns at {} mV", number((v * 1e6).round() / 1e6))
            });
            parts.push(format!("{name} moves the cell by {} mV and {place}", number(psp)));
            shares.push(bench.released(input, &held, &peaks)?);
        }
        let together = bench.deflection(bench.side, &bench.inputs, self.spikes, steps)?;
        if together.fired {
            fired.push("all inputs together");
        }
        let sum = Course { values: sum, fired: false };
        free.course("together", dt, &together.values[..shown]);
        free.course("sum", dt, &sum.values[..shown]);
        let (peak, of_sum) = (together.peak().1, sum.peak().1);
        let words = "largest deflection of the free membrane when all inputs fire at once";
        metrics.insert("together.psp".to_owned(), Metric::new(peak, "mV", words));
        let words = "deflection by all inputs together over that of the sum of what each does alone";
        let summation = Metric::new(peak / of_sum, "1", words);
        let summation =
            if of_sum == 0.0 { summation.with_why_null("nothing moves the membrane") } else { summation };
        metrics.insert("summation".to_owned(), summation);
        let released = self.releases(&names, &shares, &mut metrics)?;
        if self.spikes > 1 {
            for (name, (part, shares)) in names.iter().zip(parts.iter_mut().zip(&shares)) {
                if let (Some(&first), Some(&last)) = (shares.first(), shares.last()) {
                    *part = format!(
                        "{name} passes on {} of its weight at the first spike and {} at the last",
                        number(first),
                        number(last)
                    );
                }
            }
        }
        let apart = if names.len() > 1 && of_sum != 0.0 {
            format!(" Together they do {} of the sum of their effects.", percent(peak / of_sum))
        } else {
            String::new()
        };
        let diagnosis = (!fired.is_empty()).then(|| {
            format!("the cell fires with {}: its potential then shows the reset, not the inputs; lower the weights or raise v_th", fired.join(", "))
        });
        Ok(Shown {
            tables: vec![
                ("held", clamped.table("held", "response")?),
                ("psp", free.table("time", "deflection")?),
                ("released", released),
            ],
            metrics,
            sentence: format!("{label}: {}.{apart}", parts.join("; ")),
            diagnosis,
        })
    }
}

/// Why a measurement ended.
enum Trouble {
    Refused(String),
    Harness(HarnessError),
}

impl From<String> for Trouble {
    fn from(words: String) -> Self {
        Self::Refused(words)
    }
}

impl From<HarnessError> for Trouble {
    fn from(error: HarnessError) -> Self {
        Self::Harness(error)
    }
}

/// A table of curves, one after the other.
#[derive(Default)]
struct Rows {
    input: Vec<String>,
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Rows {
    fn push(&mut self, input: &str, x: f64, y: f64) {
        self.input.push(input.to_owned());
        self.x.push(x);
        self.y.push(y);
    }

    /// A curve over time, at most about two thousand points of it.
    fn course(&mut self, input: &str, dt: f64, values: &[f64]) {
        let stride = values.len().div_ceil(2000);
        for (step, &value) in values.iter().enumerate().step_by(stride.max(1)) {
            self.push(input, step as f64 * dt, value);
        }
    }

    fn table(self, x: &str, y: &str) -> Result<Table, HarnessError> {
        Ok(Table::new().with_texts("input", self.input)?.with_numbers(x, self.x)?.with_numbers(y, self.y)?)
    }
}
