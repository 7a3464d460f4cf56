//! The artificial side as a learner.

use super::{Answer, Cost, Failure, Learner, Presentation, largest};
use duet_ann::{Ann, AnnError, AnnSide, AnnState, Examples, Learning, Pixels};
use duet_gradient::{Loss, Mse};
use duet_tasks::{Dataset, Split, Values};
use duet_topology::Network;

/// An [`Ann`] in single precision.
pub struct AnnLearner {
    ann: Ann<f32>,
    loss: Loss,
}

impl AnnLearner {
    /// Compiles the side.
    ///
    /// # Errors
    /// A sentence when it does not fit the network or the task.
    pub fn new(side: &AnnSide, network: &Network, data: &Dataset) -> Result<Self, String> {
        let ann = Ann::new(network, side).map_err(|error| error.to_string())?;
        let features: usize = data.shape.iter().product();
        if ann.inputs() != features {
            return Err(format!(
                "the input has {} units, but an example has {features} numbers",
                ann.inputs()
            ));
        }
        if ann.outputs() != data.classes.len() {
            return Err(format!(
                "the output has {} units, but there are {} classes",
                ann.outputs(),
                data.classes.len()
            ));
        }
        // The perceptron's rule makes the squared error small, one mistake after the other.
        let loss = match &side.learning {
            Learning::Backprop(backprop) => backprop.loss.clone(),
            Learning::Perceptron(_) => Loss::Mse(Mse {}),
        };
        Ok(Self { ann, loss })
    }
}

fn examples(data: &Split, count: usize) -> Result<Examples<'_>, AnnError> {
    let features = data.pixels.features();
    let pixels = match data.pixels.values() {
        Values::F32(values) => Pixels::F32(&values[..count * features]),
        Values::U8 { bytes, scale } => Pixels::U8 { bytes: &bytes[..count * features], scale: *scale },
    };
    Examples::new(pixels, features, &data.labels[..count])
}

fn failure(error: &AnnError) -> Failure {
    Failure { diverged: matches!(error, AnnError::Diverged { .. }), words: error.to_string() }
}

impl Learner for AnnLearner {
    fn fit(&mut self, _: usize, data: &Split, order: &[u32]) -> Result<(), Failure> {
        let examples = examples(data, data.len()).map_err(|error| failure(&error))?;
        self.ann.fit(&examples, order).map(|_| ()).map_err(|error| failure(&error))
    }

    fn answer(&mut self, data: &Split, count: usize) -> Result<Answer, Failure> {
        let examples = examples(data, count).map_err(|error| failure(&error))?;
        let scores = self.ann.scores(&examples).map_err(|error| failure(&error))?;
        let report = self.ann.evaluate(&examples).map_err(|error| failure(&error))?;
        let cost = self.ann.cost(&examples).map_err(|error| failure(&error))?;
        let class =
            |column: usize| largest(&scores.column(column).iter().map(|&s| f64::from(s)).collect::<Vec<_>>());
        Ok(Answer {
            classes: (0..count).map(class).collect(),
            loss: Some(report.loss),
            cost: vec![
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
            ],
        })
    }

    fn loss_words(&self) -> (&'static str, &'static str) {
        self.loss.words()
    }

    fn network(&self) -> Network {
        self.ann.network()
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
