//! Everything that is asked of a network between two epochs, in one pass over the examples.

use crate::cost::Meter;
use crate::lanes::filled;
use crate::link::Link;
use crate::plan::{Layer, Plan};
use crate::train::{judge, not_finite};
use crate::workspace::Moment;
use crate::{Ann, AnnError, Cost, EpochReport, Examples};
use duet_gradient::GradientError;
use duet_kernels::Real;
use duet_kernels::window::Width;
use nalgebra::DMatrix;

/// A slope below this passes next to nothing on.
const FLAT: f64 = 0.01;

/// On more than this share of the examples a unit must be flat to count as saturated.
const MOSTLY: f64 = 0.9;

/// How closely a network is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Answers and loss.
    Answers,
    /// Its units too.
    Units,
    /// Its units and what an answer costs.
    Costs,
}

/// What a network did with a set of examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined<T> {
    /// The outputs, outputs x examples.
    pub scores: DMatrix<T>,
    /// Mean loss and right answers.
    pub report: EpochReport,
    /// What an answer costs; on request.
    pub cost: Option<Cost>,
    /// How the units of every population after the input fare; on request.
    pub units: Vec<UnitShares>,
}

/// How many units of a population take part.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitShares {
    /// The population.
    pub population: String,
    /// The share of its units that are 0 for every example: nothing passes through them, and nothing is learned there.
    pub dead: f64,
    /// The share of its units that are active where their activation is flat (slope below 0.01) on more than 9 of 10
    /// examples: the error hardly passes through them.
    pub saturated: f64,
}

impl<T: Real> Ann<T> {
    /// Answers examples without learning from them, and looks at its units or its costs too where that is asked for.
    ///
    /// # Errors
    /// As for [`Ann::evaluate`].
    pub fn examine(&self, examples: &Examples<'_>, look: Look) -> Result<Examined<T>, AnnError> {
        let mut report = EpochReport::default();
        let mut scores = Vec::with_capacity(self.outputs() * examples.len());
        let mut meter = (look == Look::Costs).then(|| Meter::new(&self.plan));
        let mut census = (look != Look::Answers).then(|| Census::new(&self.plan));
        self.pass_examples(examples, |workspace, batch| {
            scores.extend_from_slice(workspace.scores(&self.plan, batch));
            if let Some(meter) = &mut meter {
                meter.count(&self.plan, &workspace.moments, batch);
            }
            if let Some(census) = &mut census {
                workspace.moments.iter().for_each(|moment| census.count(&self.plan, moment, batch));
            }
            let judged = judge(&self.plan, &self.backprop.loss, workspace, batch)?;
            if !judged.loss.is_finite() {
                let place = not_finite(&self.plan, &self.parameters, workspace, batch);
                return Err(AnnError::NotFinite { place });
            }
            report.add(judged);
            Ok(())
        })?;
        if examples.is_empty() {
            return Err(GradientError::Empty.into());
        }
        let scores = DMatrix::from_vec(self.outputs(), examples.len(), scores);
        let cost = meter.map(|meter| meter.cost(&self.plan));
        let units = census.map_or_else(Vec::new, |census| census.shares(&self.plan));
        Ok(Examined { scores, report, cost, units })
    }

    /// The length of every projection's gradient at the last update, weights and biases together, in the network's
    /// order; zeros before the first update.
    pub fn gradient_norms(&self) -> Vec<(String, f64)> {
        let norm = |link: &Link| {
            let biases = link.bias.clone().unwrap_or(0..0);
            let slopes = self.gradient[link.weights.clone()].iter().chain(&self.gradient[biases]);
            slopes.map(|slope| slope.to_f64() * slope.to_f64()).sum::<f64>().sqrt()
        };
        self.plan.links.iter().map(|link| (link.name.clone(), norm(link))).collect()
    }
}

/// Counts, for every unit, the examples (and moments) at which it is active, and those at which it is active and flat.
struct Census<T> {
    active: Vec<Vec<u32>>,
    flat: Vec<Vec<u32>>,
    slopes: Vec<T>,
    examples: u32,
}

impl<T: Real> Census<T> {
    fn new(plan: &Plan) -> Self {
        let zeros = || plan.layers.iter().map(|layer| vec![0; layer.size]).collect();
        Self { active: zeros(), flat: zeros(), slopes: Vec::new(), examples: 0 }
    }

    fn count(&mut self, plan: &Plan, moment: &Moment<T>, batch: usize) {
        for (l, layer) in plan.layers.iter().enumerate().skip(1) {
            let numbers = layer.numbers(batch);
            let values = &moment.values[l][..numbers];
            let drives = if moment.drives[l].is_empty() { values } else { &moment.drives[l][..numbers] };
            self.slopes.clear();
            self.slopes.resize(numbers, T::ONE);
            layer.activation.curve().times_slopes(drives, values, &mut self.slopes);
            let counts = (self.active[l].as_mut_slice(), self.flat[l].as_mut_slice());
            if layer.lanes {
                count_lanes(layer, batch, (values, &self.slopes), counts);
            } else {
                count_rows(layer, (values, &self.slopes), counts);
            }
        }
        self.examples += batch as u32;
    }

    fn shares(&self, plan: &Plan) -> Vec<UnitShares> {
        let of = |(l, layer): (usize, &Layer)| {
            let share = |units: usize| units as f64 / layer.size as f64;
            let mostly = |&&count: &&u32| f64::from(count) > MOSTLY * f64::from(self.examples);
            UnitShares {
                population: layer.name.clone(),
                dead: share(self.active[l].iter().filter(|&&count| count == 0).count()),
                saturated: share(self.flat[l].iter().filter(mostly).count()),
            }
        };
        plan.layers.iter().enumerate().skip(1).map(of).collect()
    }
}

/// Whether a unit is active, and whether it is active where its activation is flat.
fn state<T: Real>(y: T, slope: T) -> (u32, u32) {
    let is_active = y != T::ZERO;
    (u32::from(is_active), u32::from(is_active && slope.abs() < T::from_f64(FLAT)))
}

/// Examples one after the other, each with all units.
fn count_rows<T: Real>(
    layer: &Layer,
    (values, slopes): (&[T], &[T]),
    (active, flat): (&mut [u32], &mut [u32]),
) {
    for (values, slopes) in values.chunks_exact(layer.size).zip(slopes.chunks_exact(layer.size)) {
        for ((active, flat), (&y, &slope)) in active.iter_mut().zip(&mut *flat).zip(values.iter().zip(slopes))
        {
            let (is_active, is_flat) = state(y, slope);
            *active += is_active;
            *flat += is_flat;
        }
    }
}

/// Groups of examples one after the other, in each all units with their examples side by side.
fn count_lanes<'a, T: Real>(
    layer: &Layer,
    batch: usize,
    (values, slopes): (&'a [T], &'a [T]),
    (active, flat): (&mut [u32], &mut [u32]),
) {
    let lanes = Width::of(batch).lanes();
    let groups = |numbers: &'a [T]| numbers.chunks_exact(layer.size * lanes);
    // The last group may not be full.
    for (filled, (values, slopes)) in filled(batch).zip(groups(values).zip(groups(slopes))) {
        let units = values.chunks_exact(lanes).zip(slopes.chunks_exact(lanes));
        for (unit, (ys, slopes)) in units.enumerate() {
            for (&y, &slope) in ys[..filled].iter().zip(&slopes[..filled]) {
                let (is_active, is_flat) = state(y, slope);
                active[unit] += is_active;
                flat[unit] += is_flat;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::samples::{SKIP, ann, numbers};
    use crate::{Ann, Examples, Look, Pixels};

    #[test]
    fn one_pass_says_what_three_say() {
        let ann = ann::<f32>(SKIP, "");
        let pixels = numbers::<f32>(3 * 300);
        let labels = vec![1; 300];
        let examples = Examples::new(Pixels::F32(&pixels), 3, &labels).unwrap();
        let examined = ann.examine(&examples, Look::Costs).unwrap();
        assert_eq!(examined.scores, ann.scores(&examples).unwrap());
        assert_eq!(examined.report, ann.evaluate(&examples).unwrap());
        assert_eq!(examined.cost, Some(ann.cost(&examples).unwrap()));
        let briefly = ann.examine(&examples, Look::Answers).unwrap();
        assert_eq!((briefly.report, briefly.cost, briefly.units.len()), (examined.report, None, 0));
        let nothing = Examples::new(Pixels::F32(&[]), 3, &[]).unwrap();
        assert!(ann.examine(&nothing, Look::Costs).is_err());
    }

    /// One input feeds four units with biases typed by hand.
    fn four(activation: &str) -> Ann<f64> {
        let text = "
            population = { x.size = 1, h.size = 4, y.size = 1 }
            projection.w = { from = 'x', to = 'h', weights.constant = 1.0, bias.zero = {} }
            projection.v = { from = 'h', to = 'y', weights.constant = 1.0 }";
        let side = format!("activation.{activation} = {{}}\npopulation.y.activation.identity = {{}}");
        let mut ann = ann::<f64>(text, &side);
        let mut network = ann.network();
        network.projections["w"].bias = Some(vec![-9.0, 0.0, 2.0, 9.0]);
        ann.set_network(&network).unwrap();
        ann
    }

    #[test]
    fn units_are_counted_by_hand() {
        let examples = Examples::new(Pixels::F32(&[0.0, 0.25, 0.5, 1.0]), 1, &[0; 4]).unwrap();
        // ReLU: the first unit never leaves 0; the second is 0 for the first example only.
        let units = four("relu").examine(&examples, Look::Costs).unwrap().units;
        assert_eq!((units[0].population.as_str(), units[0].dead, units[0].saturated), ("h", 0.25, 0.0));
        assert_eq!((units[1].dead, units[1].saturated), (0.0, 0.0));
        // tanh'(2.5) = 0.027 and tanh'(3) = 0.0099: the unit at 2 is flat for one example of four; those at 9 always.
        let units = four("tanh").examine(&examples, Look::Costs).unwrap().units;
        assert_eq!((units[0].dead, units[0].saturated), (0.0, 0.5));
    }

    #[test]
    fn norms_are_lengths_of_the_last_gradient() {
        let mut ann = four("identity");
        assert_eq!(ann.gradient_norms(), [("w".to_owned(), 0.0), ("v".to_owned(), 0.0)]);
        // One output: its softmax is 1, so the cross-entropy is flat. A second opinion comes from `gradient` itself.
        ann.fit_batch(&[0.5], &[0]).unwrap();
        assert_eq!(ann.gradient_norms()[1].1, 0.0);
        let mut ann = crate::samples::ann::<f64>(SKIP, "activation.tanh = {}");
        ann.fit_batch(&[0.5, -1.0, 2.0], &[1]).unwrap();
        let all: f64 = ann.gradient().iter().map(|g| g * g).sum();
        let parts: f64 = ann.gradient_norms().iter().map(|(_, norm)| norm * norm).sum();
        assert!((parts / all - 1.0).abs() < 1e-14 && all > 0.0);
    }
}
