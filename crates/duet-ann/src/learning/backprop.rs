//! Backpropagation: credit by the chain rule.

use crate::lanes::rows_to_lanes;
use crate::pass::add;
use crate::plan::Plan;
use crate::workspace::{Moment, Workspace};
use duet_gradient::{Adam, Clip, CrossEntropy, Loss, Optimizer, Schedule, Stepper};
use duet_kernels::Real;
use duet_units::{Problem, Range, parameters};

/// Examples per update where the scenario does not say.
const BATCH: usize = 32;

parameters! {
    /// Every weight follows the exact gradient of the loss, which the chain rule carries back from layer to layer.
    ///
    /// # Equations
    /// ```text
    /// z = W x + b,   y = f(z)                      forward, layer by layer
    /// delta_out = dL/dy * f'(z)                    at the output
    /// delta     = (sum W^T delta_next) * f'(z)     below it, over all projections that leave
    /// dL/dW = delta x^T,   dL/db = delta           summed over the batch
    /// ```
    ///
    /// # Behaviour
    /// All gradients cost about twice as much as the forward pass, however many weights there are. The error travels
    /// back through the *same* weights that carried the signal forward; no known synapse can do that ("weight
    /// transport"), which is what the biological sides of a scenario are there to contrast. Examples are averaged in
    /// batches; a batch of more than 256 is worked through in pieces whose gradients add up.
    ///
    /// # References
    /// - Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors, Nature 323.
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.5.
    /// - Lillicrap, Santoro, Marris, Akerman & Hinton (2020), Backpropagation and the brain.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Ann, AnnSide};
    /// use duet_random::Key;
    /// use duet_topology::NetworkSpec;
    ///
    /// // One input, two outputs, all weights zero: both classes have probability 1/2.
    /// let spec: NetworkSpec = toml::from_str("
    ///     population.x.size = 1
    ///     population.y.size = 2
    ///     projection.w = { from = 'x', to = 'y', weights.constant = 0.0 }
    /// ")?;
    /// let side: AnnSide = toml::from_str("
    ///     activation.identity = {}
    ///     learning.backprop = { optimizer.sgd = { rate = 1.0 } }
    /// ")?;
    /// let mut ann = Ann::<f64>::new(&spec.realize(Key::new(0))?, &side)?;
    /// let loss = ann.fit_batch(&[3.0], &[1])?; // x = 3, class 1
    /// assert!((loss - 2.0_f64.ln()).abs() < 1e-15);
    /// // delta = p - truth = (1/2, -1/2); W <- 0 - 1 * delta * 3
    /// assert_eq!(ann.network().projections["w"].weights, [-1.5, 1.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub default struct Backprop {
        /// Examples per update; 32 unless given. `gradient_descent` and `gradient_ascent` take the whole training set
        /// and no `batch`.
        pub batch: Option<usize> = None, in Range::at_least(1.0);
        /// What is made small.
        pub loss: Loss = Loss::CrossEntropy(CrossEntropy::default());
        /// How the weights follow their gradient.
        pub optimizer: Optimizer = Optimizer::Adam(Adam::default());
        /// How the learning rate changes from epoch to epoch.
        pub schedule: Schedule = Schedule::default();
        /// How large a gradient may be; without it, as large as it comes.
        pub clip: Option<Clip> = None;
    }
}

impl Backprop {
    /// Examples per update; `usize::MAX`, all there are, for an optimizer that takes the whole training set.
    pub fn batch_size(&self) -> usize {
        if self.optimizer.takes_all_examples() { usize::MAX } else { self.batch.unwrap_or(BATCH) }
    }

    /// The optimizer with its schedule and clipping, about to begin on `parameters` numbers.
    pub(crate) fn stepper<T: Real>(&self, parameters: usize) -> Stepper<T> {
        Stepper::new(&self.optimizer, &self.schedule, self.clip.as_ref(), parameters)
    }

    pub(crate) fn problems(&self) -> Vec<Problem> {
        let below = |problems: Vec<Problem>, key: &'static str| {
            problems.into_iter().map(move |problem| problem.below(key))
        };
        let mut problems: Vec<Problem> = below(self.optimizer.problems(), "optimizer").collect();
        problems.extend(below(self.schedule.problems(self.optimizer.rate()), "schedule"));
        if let (Some(batch), true) = (self.batch, self.optimizer.takes_all_examples()) {
            let words = format!(
                "batch = {batch}, but {} uses the whole training set for every update",
                self.optimizer.name()
            );
            problems.push(
                Problem::new("batch", words)
                    .hint("leave `batch` out, or take the optimizer `sgd` for batches"),
            );
        }
        problems
    }
}

/// From dL/dy of the output, in the workspace's slopes, to dL/dz of every layer at every moment, for the first `batch`
/// examples.
///
/// The input's own dL/dx is computed if the workspace has room for it. Through time the chain rule goes back from the last
/// moment to the first (BPTT). `answering` are the running averages where the pass before was an answer: then none dropped out and
/// nothing was normalised over the batch.
pub(crate) fn assign_credit<T: Real>(
    plan: &Plan,
    parameters: &[T],
    workspace: &mut Workspace<T>,
    batch: usize,
    answering: Option<&[T]>,
) {
    let Workspace { moments, scratch, slopes, .. } = workspace;
    for t in (0..plan.steps).rev() {
        let (now, later) = moments[t..].split_at_mut(1);
        let (now, later) = (&mut now[0], later.first());
        for (l, layer) in plan.layers.iter().enumerate().rev() {
            if l == 0 && now.deltas[0].is_empty() {
                continue;
            }
            let numbers = layer.numbers(batch);
            let (upto, after) = now.deltas.split_at_mut(l + 1);
            let delta = &mut upto[l][..numbers];
            let judged = l == plan.output && t + 1 == plan.steps;
            if judged {
                let slopes = &slopes[..layer.size * batch];
                if layer.lanes {
                    rows_to_lanes(slopes, layer.size, delta);
                } else {
                    delta.copy_from_slice(slopes);
                }
            }
            let mut begun = judged;
            for &link in &layer.outgoing {
                let link = &plan.links[link];
                let next = match (link.delayed, later) {
                    (false, _) => &after[link.to - l - 1],
                    (true, Some(later)) => &later.deltas[link.to],
                    (true, None) => continue,
                };
                let next = &next[..plan.layers[link.to].numbers(batch)];
                let from = &now.values[l][..numbers];
                if begun {
                    let mut part = std::mem::take(&mut scratch.part);
                    link.backward(parameters, from, next, &mut part[..numbers], batch, scratch);
                    add(&part[..numbers], delta);
                    scratch.part = part;
                } else {
                    link.backward(parameters, from, next, delta, batch, scratch);
                    begun = true;
                }
            }
            if !begun {
                delta.fill(T::ZERO);
            }
            if l > 0 && !(judged && plan.ignores_slope) {
                through_activation(plan, l, parameters, now, (batch, answering));
            }
        }
    }
}

/// From dL/dy of a layer to dL/dz, in place.
fn through_activation<T: Real>(
    plan: &Plan,
    l: usize,
    parameters: &[T],
    now: &mut Moment<T>,
    (batch, answering): (usize, Option<&[T]>),
) {
    let layer = &plan.layers[l];
    let numbers = layer.numbers(batch);
    let delta = &mut now.deltas[l][..numbers];
    let values = if layer.dropout > 0.0 && answering.is_none() {
        for (delta, &kept) in delta.iter_mut().zip(&now.kept[l][..numbers]) {
            *delta *= kept;
        }
        &now.plain[l][..numbers]
    } else {
        &now.values[l][..numbers]
    };
    let drives = if now.drives[l].is_empty() { values } else { &now.drives[l][..numbers] };
    layer.activation.curve().times_slopes(drives, values, delta);
    if let (Some(norm), Some(running)) = (&layer.norm, answering) {
        norm.answer_backward((layer.size, layer.lanes, batch), parameters, running, delta);
    } else if let Some(norm) = &layer.norm {
        let kept = (&now.normed[l][..numbers], now.widths[l].as_slice());
        let extent = (layer.size, layer.lanes, batch);
        norm.backward(extent, parameters, kept, (delta, now.norm_slopes[l].as_mut_slice()));
    }
}

#[cfg(test)]
mod tests {
    use crate::samples::{CHAIN, ann, side};
    use crate::{Ann, AnnError, Examples, Pixels};

    const INPUTS: [f32; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];

    fn examples() -> Examples<'static> {
        Examples::new(Pixels::F32(&INPUTS), 2, &[0, 1, 1, 0]).unwrap()
    }

    /// How far an epoch of one update moved the parameters.
    fn moved(ann: &mut Ann<f64>) -> f64 {
        let before = ann.parameters().to_vec();
        ann.fit(&examples(), &[0, 1, 2, 3]).unwrap();
        before.iter().zip(ann.parameters()).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    }

    #[test]
    fn clipped_steps_have_the_length_that_schedule_and_limit_give() {
        let mut ann = ann::<f64>(
            CHAIN,
            "learning.backprop = { optimizer.gradient_descent = { rate = 0.5 }, clip.norm = 1e-3,
             schedule.step = { every = 2, factor = 0.5 } }",
        );
        for wanted in [5e-4, 5e-4, 2.5e-4, 2.5e-4, 1.25e-4] {
            let moved = moved(&mut ann);
            // PyTorch's margin of 1e-6 beside the gradient's length makes the step a little shorter.
            assert!((moved / wanted - 1.0).abs() < 1e-4, "{moved} {wanted}");
        }
    }

    #[test]
    fn a_schedule_goes_on_after_a_resume() {
        let text = "learning.backprop = { batch = 1, optimizer.adam = {}, clip.value = 0.1,
                    schedule.warm_up = { epochs = 1.5, then.cosine = { epochs = 3 } } }";
        let (mut whole, mut resumed) = (ann::<f32>(CHAIN, text), ann::<f32>(CHAIN, text));
        for epoch in 0..4 {
            whole.fit(&examples(), &[3, 1, 0, 2]).unwrap();
            if epoch == 1 {
                resumed.restore(whole.save()).unwrap();
            } else if epoch > 1 {
                resumed.fit(&examples(), &[3, 1, 0, 2]).unwrap();
            }
        }
        assert_eq!(resumed.save(), whole.save());
    }

    #[test]
    fn ascent_takes_all_examples_and_climbs_until_it_diverges() {
        let mut ann = ann::<f32>(
            CHAIN,
            "learning.backprop = { loss.mse = {}, optimizer.gradient_ascent = { rate = 0.1 } }
             activation.identity = {}",
        );
        let mut last = ann.evaluate(&examples()).unwrap().loss;
        let end = loop {
            match ann.fit(&examples(), &[0, 1, 2, 3]).and_then(|_| ann.evaluate(&examples())) {
                Ok(report) => {
                    assert!(report.loss > last);
                    last = report.loss;
                }
                Err(error) => break error,
            }
        };
        assert!(last > 1e6 && matches!(end, AnnError::Diverged { .. } | AnnError::NotFinite { .. }), "{end}");
    }

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        let path = |text: &str| {
            let problems = side(&format!("learning.backprop = {{ {text} }}")).problems();
            problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>()
        };
        let batch = ["learning.backprop.batch"];
        assert_eq!(path("batch = 2, optimizer.gradient_ascent = { rate = 1.0 }"), batch);
        assert_eq!(path("batch = 2, optimizer.gradient_descent = { rate = 1.0 }"), batch);
        let floor = ["learning.backprop.schedule.cosine.floor"];
        assert_eq!(path("schedule.cosine = { epochs = 3, floor = 0.5 }"), floor);
        assert!(path("batch = 2, schedule.warm_up = {}, clip.value = 1.0").is_empty());
    }
}
