//! A network that is shown examples and follows the gradient of what it got wrong.

use super::{Batched, SurrogateDescent};
use crate::{Activity, Credit, Decode, Neuron, SpikingError, SpikingSide};
use duet_gradient::{GradientError, Logits, State, Stepper, Targets};
use duet_kernels::Real;
use duet_topology::{Network, Wiring};
use serde::{Deserialize, Serialize};

/// Examples that are answered together.
const BATCH: usize = 128;

/// A spiking network that learns by [`SurrogateDescent`]. What it computes is what [`SpikingNet`](crate::SpikingNet) steps.
pub struct SurrogateNet<T> {
    net: Batched<T>,
    stepper: Stepper<T>,
    rule: SurrogateDescent,
    network: Network,
    /// The network's populations from the input to the output, and the projections between them.
    populations: Vec<usize>,
    projections: Vec<usize>,
    sizes: Vec<usize>,
    steps: usize,
    /// The examples in hand.
    x: Vec<T>,
    by: Vec<T>,
    row: Vec<f32>,
}

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// A score for each class, `[example * classes + class]`.
    pub scores: Vec<f64>,
    /// Mean loss.
    pub loss: f64,
    /// What it took; spikes in the order of the network's populations, events in that of its projections.
    pub activity: Activity,
    /// Of every layer of cells below the output, its population and the examples in which each cell fired.
    pub active: Vec<(String, Vec<u32>)>,
}

/// Everything that learning has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurrogateState<T> {
    parameters: Vec<T>,
    optimizer: State<T>,
}

impl<T: Real> SurrogateNet<T> {
    /// Compiles a side with `learning.surrogate`.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] when it does not fit: [`SpikingSide::problems`] says everything at once.
    pub fn new(
        network: &Network,
        side: &SpikingSide,
        classes: usize,
        present_ms: f64,
    ) -> Result<Self, SpikingError> {
        let invalid = |path: &str, words: &str| SpikingError::Invalid {
            path: path.to_owned(),
            words: words.to_owned(),
        };
        let Some(Credit::Surrogate(rule)) = &side.learning else {
            return Err(invalid("learning", "there is no learning.surrogate"));
        };
        let Decode::Membrane(decode) = &side.decode else {
            return Err(invalid("decode", "learning.surrogate needs decode.membrane"));
        };
        let (populations, projections) =
            chain(network).map_err(|words| invalid("learning.surrogate", &words))?;
        let sizes: Vec<usize> = populations.iter().map(|&index| network.populations[index].size).collect();
        if sizes.last() != Some(&classes) {
            return Err(invalid("decode", &format!("membrane needs one output cell per class: {classes}")));
        }
        let mut cells = Vec::new();
        for &index in &populations[1..] {
            let name = &network.populations[index].name;
            match side.neuron_of(name) {
                Neuron::IntegrateAndFire(cell) => cells.push(cell.clone()),
                _ => return Err(invalid("neuron", "learning.surrogate needs integrate_and_fire cells")),
            }
        }
        let output = cells.pop().unwrap_or_default();
        let cell = cells.first().cloned().unwrap_or_default();
        if cells.iter().any(|other| *other != cell) {
            return Err(invalid(
                "population",
                "learning.surrogate needs the same cells in all hidden populations",
            ));
        }
        if output.i_e != 0.0 {
            return Err(invalid("population", "a drive of the output cells (i_e) is a bias: leave it out"));
        }
        let dt = side.dt.get();
        let steps = ((present_ms / dt).round() as usize).max(1);
        let counts = decode.counts(output.beta(dt), steps);
        let net = Batched::new(&sizes, &cell, &rule.hill, &counts, dt);
        let parameters = net.parameters().len();
        let mut new = Self {
            net,
            stepper: Stepper::new(&rule.optimizer, &rule.schedule, rule.clip.as_ref(), parameters),
            rule: rule.clone(),
            network: network.clone(),
            populations,
            projections,
            steps,
            x: Vec::new(),
            by: Vec::new(),
            row: vec![0.0; sizes[0]],
            sizes,
        };
        new.set_network(network)?;
        Ok(new)
    }

    /// Numbers that an example has.
    pub fn inputs(&self) -> usize {
        self.sizes[0]
    }

    /// Learns from the examples at `order`, in that order; `copy` hands over the numbers of one.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a weight is no longer finite, [`SpikingError::Invalid`] for labels that do not fit.
    pub fn fit(
        &mut self,
        epoch: usize,
        order: &[u32],
        labels: &[u32],
        mut copy: impl FnMut(usize, &mut [f32]),
    ) -> Result<(), SpikingError> {
        let batch = self.rule.batch;
        self.stepper.begin_epoch(epoch as u64, order.len().div_ceil(batch) as u64);
        let mut own = Vec::new();
        for examples in order.chunks(batch) {
            self.gather(examples.iter().map(|&example| example as usize), &mut copy);
            own.clear();
            own.extend(examples.iter().map(|&example| labels[example as usize]));
            self.slopes(&own)?;
            self.freeze_absent_biases();
            let (parameters, gradient) = self.net.parameters_and_gradient();
            self.stepper.step(parameters, gradient);
        }
        self.check(epoch)
    }

    /// The gradient of the mean loss over the examples in hand.
    fn slopes(&mut self, labels: &[u32]) -> Result<(), SpikingError> {
        let (loss, classes) = (&self.rule.loss, self.sizes[self.sizes.len() - 1]);
        let judge = |group: core::ops::Range<usize>, answers: &[T], by: &mut [T]| {
            // The mean over a group, as its share of the mean over the batch.
            let share = T::from_f64(group.len() as f64 / labels.len() as f64);
            loss.evaluate(Logits::new(answers, classes)?, Targets::Classes(&labels[group]), by)?;
            by.iter_mut().for_each(|by| *by *= share);
            Ok::<(), GradientError>(())
        };
        self.net.learn(&self.x, judge).map(|_| ()).map_err(|error| misfit(&error))
    }

    /// The derivative of the loss of each of the first `labels.len()` examples by its numbers, up to a factor that all share,
    /// `[example * inputs + input]`; nothing is learned.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] for labels that do not fit.
    pub fn input_gradient(
        &mut self,
        labels: &[u32],
        mut copy: impl FnMut(usize, &mut [f32]),
    ) -> Result<Vec<f64>, SpikingError> {
        let mut all = Vec::with_capacity(labels.len() * self.sizes[0]);
        for first in (0..labels.len()).step_by(BATCH) {
            let own = &labels[first..labels.len().min(first + BATCH)];
            self.gather(first..first + own.len(), &mut copy);
            self.slopes(own)?;
            all.extend(self.net.input_gradient().into_iter().map(Real::to_f64));
        }
        Ok(all)
    }

    /// Answers the first `labels.len()` examples; nothing is learned.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] for labels that do not fit.
    pub fn answer(
        &mut self,
        labels: &[u32],
        mut copy: impl FnMut(usize, &mut [f32]),
    ) -> Result<Answered, SpikingError> {
        let (top, classes) = (self.sizes.len() - 2, self.sizes[self.sizes.len() - 1]);
        let mut answered = Answered::default();
        let mut active: Vec<Vec<u32>> = self.sizes[1..=top].iter().map(|&cells| vec![0; cells]).collect();
        let mut spikes = vec![[0_u64; 2]; top];
        for first in (0..labels.len()).step_by(BATCH) {
            let own = &labels[first..labels.len().min(first + BATCH)];
            self.gather(first..first + own.len(), &mut copy);
            let length = self.steps;
            let see = |_: core::ops::Range<usize>, layer: usize, s: &[T]| {
                count(s, length, &mut active[layer], &mut spikes[layer]);
            };
            let answers = self.net.watch(&self.x, see);
            answered.scores.extend(answers.iter().map(|score| score.to_f64()));
            self.by.resize(answers.len(), T::ZERO);
            let logits = Logits::new(answers, classes).map_err(|error| misfit(&error))?;
            let loss = self.rule.loss.evaluate(logits, Targets::Classes(own), &mut self.by);
            answered.loss += loss.map_err(|error| misfit(&error))? * own.len() as f64;
        }
        answered.loss /= labels.len().max(1) as f64;
        answered.activity = self.activity(labels.len() as u64, &spikes);
        let name = |layer: usize| self.network.populations[self.populations[layer + 1]].name.clone();
        answered.active = active.into_iter().enumerate().map(|(layer, own)| (name(layer), own)).collect();
        Ok(answered)
    }

    /// What so many examples took, from the spikes of every layer: all, and those that arrive in time.
    fn activity(&self, examples: u64, spikes: &[[u64; 2]]) -> Activity {
        let mut activity = Activity {
            examples,
            spikes: vec![0; self.network.populations.len()],
            events: vec![0; self.network.projections.len()],
            updates: examples * (self.steps * self.sizes[1..].iter().sum::<usize>()) as u64,
            products: examples * (self.sizes[0] * self.sizes[1]) as u64,
        };
        for (layer, &[fired, arrived]) in spikes.iter().enumerate() {
            activity.spikes[self.populations[layer + 1]] = fired;
            activity.events[self.projections[layer + 1]] = arrived * self.sizes[layer + 2] as u64;
        }
        activity
    }

    /// The network as it has become.
    pub fn network(&self) -> Network {
        let mut network = self.network.clone();
        let numbers = |of: &[T]| of.iter().map(|w| w.to_f64()).collect::<Vec<f64>>();
        for (layer, &index) in self.projections.iter().enumerate() {
            let (weights, biases) = self.net.place(layer);
            let projection = &mut network.projections[index];
            projection.weights = numbers(&self.net.parameters()[weights]);
            if let Some(bias) = &mut projection.bias {
                *bias = numbers(&self.net.parameters()[biases]);
            }
        }
        network
    }

    /// Takes the weights and biases of a network of the same shape; the optimizer's memory stays.
    ///
    /// # Errors
    /// [`SpikingError::StateMismatch`] when it is of another shape; nothing is changed then.
    pub fn set_network(&mut self, network: &Network) -> Result<(), SpikingError> {
        let mut all = Vec::with_capacity(self.net.parameters().len());
        for (&index, pair) in self.projections.iter().zip(self.sizes.windows(2)) {
            let Some((name, projection)) = network.projections.get_index(index) else { break };
            let found = projection.weights.len();
            if found != pair[0] * pair[1] {
                let what = format!("projection `{name}`");
                return Err(SpikingError::StateMismatch { what, found, expected: pair[0] * pair[1] });
            }
            all.extend(projection.weights.iter().map(|&w| T::from_f64(w)));
            let bias = projection.bias.clone().unwrap_or_else(|| vec![0.0; pair[1]]);
            all.extend(bias.iter().map(|&b| T::from_f64(b)));
        }
        let (parameters, _) = self.net.parameters_and_gradient();
        let (found, expected) = (all.len(), parameters.len());
        if found != expected {
            return Err(SpikingError::StateMismatch { what: "the network".to_owned(), found, expected });
        }
        parameters.copy_from_slice(&all);
        Ok(())
    }

    /// The length of every projection's gradient at the last update, weights and biases together; zeros before the first.
    pub fn gradient_norms(&self) -> Vec<(String, f64)> {
        let norm = |(layer, &index): (usize, &usize)| {
            let (weights, biases) = self.net.place(layer);
            let own = &self.net.gradient()[weights.start..biases.end];
            let squares: f64 = own.iter().map(|g| g.to_f64() * g.to_f64()).sum();
            (self.network.projections[index].name.clone(), squares.sqrt())
        };
        self.projections.iter().enumerate().map(norm).collect()
    }

    /// Everything that learning has changed.
    pub fn save(&self) -> SurrogateState<T> {
        SurrogateState { parameters: self.net.parameters().to_vec(), optimizer: self.stepper.save() }
    }

    /// Goes on from a saved state, bit for bit.
    ///
    /// # Errors
    /// [`SpikingError::StateMismatch`] when it belongs to another network; nothing is changed then.
    pub fn restore(&mut self, state: SurrogateState<T>) -> Result<(), SpikingError> {
        let (parameters, _) = self.net.parameters_and_gradient();
        let (found, expected) = (state.parameters.len(), parameters.len());
        let mismatch = |what: &str| SpikingError::StateMismatch { what: what.to_owned(), found, expected };
        if found != expected {
            return Err(mismatch("the weights"));
        }
        self.stepper.restore(state.optimizer).map_err(|_| mismatch("the optimizer's memory"))?;
        parameters.copy_from_slice(&state.parameters);
        Ok(())
    }

    /// Puts some examples side by side.
    fn gather(
        &mut self,
        examples: impl ExactSizeIterator<Item = usize>,
        copy: &mut impl FnMut(usize, &mut [f32]),
    ) {
        let features = self.row.len();
        self.x.resize(examples.len() * features, T::ZERO);
        for (example, x) in examples.zip(self.x.chunks_exact_mut(features)) {
            copy(example, &mut self.row);
            x.iter_mut().zip(&self.row).for_each(|(x, &own)| *x = T::from_f64(f64::from(own)));
        }
    }

    /// A projection without biases has none to learn.
    fn freeze_absent_biases(&mut self) {
        for (layer, &index) in self.projections.iter().enumerate() {
            if self.network.projections[index].bias.is_none() {
                let (_, biases) = self.net.place(layer);
                self.net.parameters_and_gradient().1[biases].fill(T::ZERO);
            }
        }
    }

    /// Refuses to go on with numbers that are none.
    fn check(&self, epoch: usize) -> Result<(), SpikingError> {
        if self.net.parameters().iter().all(|w| w.to_f64().is_finite()) {
            return Ok(());
        }
        Err(SpikingError::Unlearned { epoch: epoch + 1 })
    }
}

/// Adds the spikes of some examples, `[(example * steps + step) * cells + cell]`: the examples in which each cell fired; all spikes,
/// and those that another step follows in which they arrive.
fn count<T: Real>(s: &[T], steps: usize, active: &mut [u32], [all, arriving]: &mut [u64; 2]) {
    let cells = active.len();
    let mut own = vec![T::ZERO; cells];
    for example in s.chunks_exact(steps * cells) {
        own.fill(T::ZERO);
        for step in example.chunks_exact(cells) {
            own.iter_mut().zip(step).for_each(|(own, &s)| *own += s);
        }
        let last: f64 = example[(steps - 1) * cells..].iter().map(|s| s.to_f64()).sum();
        let sum: f64 = own.iter().map(|s| s.to_f64()).sum();
        *all += sum as u64;
        *arriving += (sum - last) as u64;
        active.iter_mut().zip(&own).for_each(|(active, &own)| *active += u32::from(own > T::ZERO));
    }
}

/// Labels that do not fit.
fn misfit(error: &GradientError) -> SpikingError {
    SpikingError::Invalid { path: "learning.surrogate.loss".to_owned(), words: error.to_string() }
}

/// The populations from the input to the output, and the projections between them, where each feeds the next in full.
fn chain(network: &Network) -> Result<(Vec<usize>, Vec<usize>), String> {
    let (&[mut at], &[output]) = (network.ends().0.as_slice(), network.ends().1.as_slice()) else {
        return Err("a task needs one population that nothing feeds and one that feeds nothing".to_owned());
    };
    let (mut populations, mut projections) = (vec![at], Vec::new());
    while at != output {
        let mut leaving =
            network.projections.values().enumerate().filter(|(_, projection)| projection.from == at);
        let (Some((index, projection)), None) = (leaving.next(), leaving.next()) else {
            let name = &network.populations[at].name;
            return Err(format!("every population feeds the next one and no other, and `{name}` does not"));
        };
        if !matches!(projection.wiring, Wiring::Full) || populations.contains(&projection.to) {
            return Err(format!(
                "projection `{}` must connect a layer to the next one in full",
                projection.name
            ));
        }
        at = projection.to;
        populations.push(at);
        projections.push(index);
    }
    if populations.len() < 3 {
        return Err("there is no layer of cells between the input and the output".to_owned());
    }
    if populations.len() < network.populations.len() || projections.len() < network.projections.len() {
        return Err("every population feeds the next one and no other".to_owned());
    }
    Ok((populations, projections))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpikingNet;
    use duet_random::Key;
    use duet_topology::NetworkSpec;

    const EXAMPLES: usize = 40;

    fn network() -> Network {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.size = 6, a.size = 20, b.size = 12, y.size = 3 }
             [projection]
             xa = { from = 'x', to = 'a', weights.normal = { std = 0.5 }, bias.uniform = { low = -0.1, high = 0.2 } }
             ab = { from = 'a', to = 'b', weights.normal = { std = 0.4 } }
             by = { from = 'b', to = 'y', weights.normal = { std = 0.5 }, bias.uniform = { low = -0.1, high = 0.1 } }",
        )
        .unwrap();
        spec.realize(Key::new(5)).unwrap()
    }

    fn side(more: &str) -> SpikingSide {
        let text = format!(
            "dt = '2 ms'\nsynapse.delta = {{}}\nencode.constant_current = {{}}
             learning.surrogate = {{ batch = 16, optimizer.adam = {{ rate = 0.02 }}, hill.fast_sigmoid = {{ k = 5 }} }}
             {more}"
        );
        toml::from_str(&text).unwrap()
    }

    /// Numbers, and the place of the largest of the first three as the label.
    fn examples() -> (Vec<f32>, Vec<u32>) {
        let mut x = vec![0.0; 6 * EXAMPLES];
        Key::new(8).stream("x", 0).fill_normal(&mut x);
        let label = |x: &[f64]| (0..3).fold(0, |best, k| if x[k] > x[best] { k } else { best }) as u32;
        (x.iter().map(|&x| x as f32).collect(), x.chunks(6).map(label).collect())
    }

    const SIDES: [&str; 3] = [
        "neuron.integrate_and_fire = { tau_m = '9 ms' }\ndecode.membrane = { take = 'mean' }",
        "neuron.integrate_and_fire = { v_th = 0.7, reset.zero = {}, i_e = 0.05 }\ndecode.membrane = {}
         population.y.neuron.integrate_and_fire = { tau_m = '30 ms' }",
        "neuron.integrate_and_fire = {}\ndecode.membrane = { take = 'last' }",
    ];

    /// Answers, spikes, synaptic events, updates and multiply-adds are those of the engine, which goes spike by spike.
    #[test]
    fn what_it_computes_is_what_the_engine_steps() {
        let ((x, labels), network) = (examples(), network());
        for text in SIDES {
            let side = side(text);
            let mut net = SurrogateNet::<f64>::new(&network, &side, 3, 30.0).unwrap();
            let answered = net.answer(&labels, |i, to| to.copy_from_slice(&x[6 * i..][..6])).unwrap();
            let mut engine = SpikingNet::<f64>::new(&network, &side, 3, 30.0, Key::new(0)).unwrap();
            for (i, scores) in answered.scores.chunks(3).enumerate() {
                let response = engine.answer(&x[6 * i..][..6], None, 0).unwrap();
                let apart = scores.iter().zip(&response.scores).map(|(a, b)| (a - b).abs());
                assert!(apart.fold(0.0, f64::max) < 1e-12, "{text}, example {i}: {scores:?} {response:?}");
            }
            assert_eq!(answered.activity, engine.take_activity(), "{text}");
            assert!(answered.activity.spikes.iter().sum::<u64>() > 2000, "{:?}", answered.activity);
        }
    }

    #[test]
    fn it_learns_and_goes_on_from_where_it_was() {
        let ((x, labels), network) = (examples(), network());
        let copy = |i: usize, to: &mut [f32]| to.copy_from_slice(&x[6 * i..][..6]);
        let order: Vec<u32> = (0..EXAMPLES as u32).rev().collect();
        for text in SIDES {
            let mut net = SurrogateNet::<f32>::new(&network, &side(text), 3, 30.0).unwrap();
            let mut resumed = SurrogateNet::<f32>::new(&network, &side(text), 3, 30.0).unwrap();
            let before = net.answer(&labels, copy).unwrap().loss;
            for epoch in 0..30 {
                net.fit(epoch, &order, &labels, copy).unwrap();
                if epoch == 20 {
                    resumed.restore(net.save()).unwrap();
                } else if epoch > 20 {
                    resumed.fit(epoch, &order, &labels, copy).unwrap();
                }
            }
            assert_eq!(net.save(), resumed.save());
            let after = net.answer(&labels, copy).unwrap();
            assert!(after.loss < 0.3 * before, "{text}: {before} to {}", after.loss);
            // A projection without biases has none afterwards either, and what was learned can be handed on.
            let learned = net.network();
            assert!(learned.projections["ab"].bias.is_none() && learned != network);
            resumed.set_network(&network).unwrap();
            resumed.set_network(&learned).unwrap();
            assert_eq!(resumed.answer(&labels, copy).unwrap(), after);
        }
    }

    #[test]
    fn what_does_not_fit_is_said_all_at_once() {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.size = 2, a.size = 2, y.size = 2 }
             [projection]
             xa = { from = 'x', to = 'a', pattern.one_to_one = {}, weights.constant = 1.0 }
             ay = { from = 'a', to = 'y', weights.constant = 1.0, delay.constant = '3 ms' }",
        )
        .unwrap();
        let side: SpikingSide =
            toml::from_str("dt = '1 ms'\nlearning.surrogate = {}\nplasticity.stdp = {}").unwrap();
        let words: Vec<String> = side.problems(&spec).into_iter().map(|problem| problem.words).collect();
        for expected in [
            "cells only, not lif",
            "not exponential",
            "constant_current",
            "decode.membrane",
            "rule of its own",
            "one_to_one",
            "one step",
        ] {
            assert!(words.iter().any(|words| words.contains(expected)), "{expected} in {words:?}");
        }
        let network = spec.realize(Key::new(0)).unwrap();
        assert!(SurrogateNet::<f32>::new(&network, &side, 2, 10.0).is_err());
    }
}
