//! The artificial side as a learner.

use super::{Answer, Ask, Cost, Failure, Learner, Presentation, Spent, UnitActivity, largest};
use duet_ann::{Ann, AnnError, AnnSide, AnnState, DMatrix, Examples, Learning, Look, Pixels};
use duet_gradient::{Loss, Mse};
use duet_random::Key;
use duet_tasks::{Dataset, Split, Targets, Values};
use duet_topology::Network;

/// An [`Ann`] in single precision.
pub struct AnnLearner {
    ann: Ann<f32>,
    loss: Loss,
    has_values: bool,
    /// Multiply-adds of an answer, and those of them whose source is the input.
    products: [f64; 2],
    spent: Spent,
}

impl AnnLearner {
    /// Compiles the side.
    ///
    /// # Errors
    /// A sentence when it does not fit the network or the task.
    pub fn new(side: &AnnSide, network: &Network, data: &Dataset, key: Key) -> Result<Self, String> {
        let ann = Ann::new(network, side).map_err(|error| error.to_string())?.with_key(key);
        let features: usize = data.shape.iter().product();
        if ann.inputs() != features {
            return Err(format!(
                "the input has {} units, but an example has {features} numbers",
                ann.inputs()
            ));
        }
        if ann.outputs() != data.outputs() {
            let what = if data.classes.is_empty() { "numbers to predict" } else { "classes" };
            return Err(format!(
                "the output has {} units, but there are {} {what}",
                ann.outputs(),
                data.outputs()
            ));
        }
        // The perceptron's rule makes the squared error small, one mistake after the other; rules without a teacher are
        // refused before they get here.
        let loss = match &side.learning {
            Learning::Backprop(backprop) => backprop.loss.clone(),
            Learning::StaleGradient(stale) => stale.loss.clone(),
            Learning::Perceptron(_)
            | Learning::Hebb(_)
            | Learning::Oja(_)
            | Learning::Sanger(_)
            | Learning::Bcm(_)
            | Learning::Hopfield(_) => Loss::Mse(Mse {}),
        };
        let dense: u64 = ann.summary().iter().map(|layer| layer.multiply_adds).sum();
        let inputs = network.ends().0;
        let from_input = network.projections.values().filter(|projection| inputs.contains(&projection.from));
        let weighted = from_input.filter(|projection| !projection.weights.is_empty());
        let first: u64 = weighted.map(|projection| network.synapses_of(projection)).sum();
        let products = [dense as f64, (first * side.steps as u64) as f64];
        Ok(Self { ann, loss, has_values: data.classes.is_empty(), products, spent: Spent::default() })
    }
}

fn examples(data: &Split, count: usize) -> Result<Examples<'_>, AnnError> {
    let features = data.pixels.features();
    let pixels = match data.pixels.values() {
        Values::F32(values) => Pixels::F32(&values[..count * features]),
        Values::U8 { bytes, scale } => Pixels::U8 { bytes: &bytes[..count * features], scale: *scale },
    };
    match &data.targets {
        Targets::Classes(labels) => Examples::new(pixels, features, &labels[..count]),
        Targets::Values { outputs, values } => {
            Examples::with_values(pixels, features, *outputs, &values[..count * outputs])
        }
    }
}

/// The first examples, features x examples.
fn columns(data: &Split, count: usize) -> DMatrix<f32> {
    let features = data.pixels.features();
    let mut inputs = DMatrix::zeros(features, count);
    for (example, column) in inputs.as_mut_slice().chunks_exact_mut(features).enumerate() {
        data.pixels.copy_example(example, column);
    }
    inputs
}

fn costs(cost: duet_ann::Cost) -> Vec<Cost> {
    vec![
        Cost {
            metric: "multiply_adds_per_inference".to_owned(),
            value: cost.dense as f64,
            unit: "1",
            definition: "multiplications with addition in one forward pass: one per synapse (biases not counted)",
        },
        Cost {
            metric: "effective_multiply_adds_per_inference".to_owned(),
            value: cost.effective,
            unit: "1",
            definition: "those multiply-adds whose presynaptic activation is not zero, mean over the test examples",
        },
    ]
}

fn failure(error: &AnnError) -> Failure {
    Failure { diverged: matches!(error, AnnError::Diverged { .. }), words: error.to_string() }
}

impl Learner for AnnLearner {
    fn set_threads(&mut self, threads: usize) {
        self.ann.set_threads(threads);
    }

    fn fit(&mut self, _: usize, data: &Split, order: &[u32]) -> Result<(), Failure> {
        let examples = examples(data, data.len()).map_err(|error| failure(&error))?;
        let before = self.ann.updates();
        self.ann.fit(&examples, order).map_err(|error| failure(&error))?;
        // Forward, the gradient, and the way back, which ends above the input.
        let [dense, first] = self.products;
        self.spent = self.spent.and(Spent {
            updates: (self.ann.updates() - before) as f64,
            multiply_adds: order.len() as f64 * (3.0 * dense - first),
            ..Spent::default()
        });
        Ok(())
    }

    fn take_spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }

    fn answer(&mut self, data: &Split, count: usize, ask: Ask) -> Result<Answer, Failure> {
        let examples = examples(data, count).map_err(|error| failure(&error))?;
        let look = match ask {
            Ask::Answers => Look::Answers,
            Ask::Units => Look::Units,
            Ask::Everything => Look::Costs,
        };
        let learned = self.ann.updates() > 0;
        let examined = self.ann.examine(&examples, look).map_err(|error| {
            // What learning has driven out of range has diverged; what began so was badly set up.
            let ran_away = learned && matches!(error, AnnError::NotFinite { .. });
            Failure { diverged: ran_away, ..failure(&error) }
        })?;
        let scores = examined.scores;
        let mut answer = Answer { loss: Some(examined.report.loss), ..Answer::default() };
        match data.targets {
            Targets::Classes(_) => {
                let class = |column: usize| {
                    largest(&scores.column(column).iter().map(|&s| f64::from(s)).collect::<Vec<_>>())
                };
                answer.classes = (0..count).map(class).collect();
            }
            Targets::Values { .. } => answer.values = scores.as_slice().to_vec(),
        }
        answer.cost = examined.cost.map_or_else(Vec::new, costs);
        for shares in examined.units {
            answer.units.push((format!("{}.dead", shares.population), shares.dead));
            answer.units.push((format!("{}.saturated", shares.population), shares.saturated));
        }
        Ok(answer)
    }

    fn gradient_norms(&self) -> Vec<(String, f64)> {
        self.ann.gradient_norms()
    }

    fn loss_words(&self) -> (&'static str, &'static str) {
        match self.loss {
            Loss::Mse(_) if self.has_values => {
                ("1", "squared difference between outputs and right numbers, mean over outputs and examples")
            }
            Loss::Mae(_) if self.has_values => {
                ("1", "absolute difference between outputs and right numbers, mean over outputs and examples")
            }
            _ => self.loss.words(),
        }
    }

    fn network(&self) -> Network {
        self.ann.network()
    }

    fn set_network(&mut self, network: &Network) -> Result<(), String> {
        self.ann.set_network(network).map_err(|error| error.to_string())
    }

    fn input_gradient(&mut self, data: &Split, count: usize) -> Result<Option<Vec<f64>>, Failure> {
        let Targets::Classes(labels) = &data.targets else { return Ok(None) };
        let slopes = self.ann.input_gradient(&columns(data, count), &labels[..count]);
        let slopes = slopes.map_err(|error| failure(&error))?;
        Ok(Some(slopes.iter().map(|&by| f64::from(by)).collect()))
    }

    fn activity(&mut self, data: &Split, count: usize) -> Result<UnitActivity, Failure> {
        let activity = self.ann.activity(&columns(data, count)).map_err(|error| failure(&error))?;
        let numbers = |values: DMatrix<f32>| values.iter().map(|&y| f64::from(y)).collect();
        Ok(activity.into_iter().map(|(name, values)| (name, numbers(values))).collect())
    }

    fn save(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.ann.save()).unwrap_or_default()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        let state: AnnState<f32> = postcard::from_bytes(state).map_err(|error| error.to_string())?;
        self.ann.restore(state).map_err(|error| error.to_string())
    }

    fn record(&mut self, _: &[f32], _: u64) -> Option<Presentation> {
        None
    }
}
