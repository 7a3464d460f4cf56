//! The table `[side.NAME.ann]` of a scenario.

use crate::learning::{Backprop, Learning};
use crate::{Activation, BatchNorm, Relu};
use duet_kernels::{Real, elementwise};
use duet_units::{Problem, Range, parameters};
use indexmap::IndexMap;

parameters! {
    /// An artificial side: what its units compute and how its weights learn.
    pub default struct AnnSide {
        /// What every unit computes from its drive, unless its population says otherwise. The input passes on what it
        /// is given.
        pub activation: Activation = Activation::Relu(Relu {});
        /// How the weights learn.
        pub learning: Learning = Learning::Backprop(Backprop::default());
        /// What is done to every number of an example before it enters; nothing if left out.
        pub input: Option<Standardize> = None;
        /// Slices in which an example is shown, one after the other, as rows of a picture: the input has as many units as a
        /// slice has numbers, projections back carry the moment before, and the answer is what the output says at the end.
        pub steps: usize = 1, in Range::between(1.0, 100_000.0);
        /// Settings of single populations, by name.
        pub population: IndexMap<String, AnnPopulation> = IndexMap::new();
    }
}

parameters! {
    /// Brings the numbers of an example to mean 0 and deviation 1, given theirs: x becomes (x - mean) / std.
    ///
    /// # Behaviour
    /// A task's numbers lie in [0, 1]; with mean and std 0.5 they lie in [-1, 1], as `transforms.Normalize` of many listings
    /// has it. A blank pixel is then -1 and no longer costs nothing.
    ///
    /// # Example
    /// ```
    /// use duet_ann::Standardize;
    ///
    /// assert_eq!(Standardize { mean: 0.5, std: 0.5 }.apply(0.75), 0.5);
    /// ```
    pub struct Standardize {
        /// What is taken off.
        pub mean: f64;
        /// What the rest is divided by.
        pub std: f64, in Range::POSITIVE;
    }
}

impl Standardize {
    /// The number that enters for `x`.
    pub fn apply<T: Real>(&self, x: T) -> T {
        (x - T::from_f64(self.mean)) / T::from_f64(self.std)
    }

    /// The same for many.
    pub(crate) fn apply_to_all<T: Real>(&self, x: &mut [T]) {
        elementwise::standardize(T::from_f64(self.mean), T::from_f64(self.std), x);
    }
}

parameters! {
    /// What one population of an artificial side does differently.
    pub default struct AnnPopulation {
        /// What its units compute from their drive; an output that a `cross_entropy` judges needs `identity`.
        pub activation: Option<Activation> = None;
        /// Share of its units that are silenced at random for each example while learning; the others speak up by
        /// 1 / (1 - share) (Srivastava et al. 2014). While answering all take part.
        pub dropout: f64 = 0.0, in Range::BELOW_ONE;
        /// Whether its drives are normalised over the batch.
        pub batch_norm: Option<BatchNorm> = None;
    }
}

impl AnnSide {
    /// Everything that is wrong with the settings as a whole although each is in its range; paths start below the side.
    ///
    /// ```
    /// use duet_ann::AnnSide;
    ///
    /// let text = "learning.backprop = { batch = 32, optimizer.gradient_descent = { rate = 0.1 } }";
    /// let side: AnnSide = toml::from_str(text)?;
    /// assert_eq!(side.problems()[0].path, "learning.backprop.batch");
    /// # Ok::<(), toml::de::Error>(())
    /// ```
    pub fn problems(&self) -> Vec<Problem> {
        let problems = match &self.learning {
            Learning::Backprop(backprop) => backprop.problems(),
            Learning::StaleGradient(stale) => stale.problems(),
            Learning::Perceptron(_)
            | Learning::Hebb(_)
            | Learning::Oja(_)
            | Learning::Sanger(_)
            | Learning::Bcm(_)
            | Learning::Hopfield(_) => Vec::new(),
        };
        let at = format!("learning.{}", self.learning.name());
        problems.into_iter().map(|problem| problem.below(&at)).collect()
    }

    /// What the units of a population compute.
    pub fn activation_of(&self, population: &str) -> &Activation {
        self.population
            .get(population)
            .and_then(|settings| settings.activation.as_ref())
            .unwrap_or(&self.activation)
    }
}

#[cfg(test)]
mod tests {
    use super::AnnSide;
    use crate::{Activation, Identity, Learning, Tanh};
    use duet_gradient::{Adam, CrossEntropy, Loss, Optimizer};
    use duet_units::{Describe, Shape};

    #[test]
    fn an_empty_table_is_relu_and_adam() {
        let side: AnnSide = toml::from_str("").unwrap();
        assert_eq!(side, AnnSide::default());
        assert_eq!(side.activation.name(), "relu");
        let Learning::Backprop(backprop) = &side.learning else { panic!("backprop") };
        assert_eq!(backprop.optimizer, Optimizer::Adam(Adam::default()));
        assert_eq!(backprop.loss, Loss::CrossEntropy(CrossEntropy::default()));
        assert_eq!(backprop.batch_size(), 32);
        assert!(side.problems().is_empty());
    }

    #[test]
    fn a_population_may_differ() {
        let side: AnnSide =
            toml::from_str("activation.tanh = {}\npopulation.output.activation.identity = {}").unwrap();
        assert_eq!(side.activation_of("hidden"), &Activation::Tanh(Tanh {}));
        assert_eq!(side.activation_of("output"), &Activation::Identity(Identity {}));
    }

    #[test]
    fn written_out_and_read_again_it_is_the_same() {
        let text = "
            activation.elu = { alpha = 0.5 }
            learning.backprop = { loss.mse = {}, optimizer.momentum = { rate = 0.1, nesterov = true } }
            population.output.activation.sigmoid = {}";
        let side: AnnSide = toml::from_str(text).unwrap();
        assert_eq!(toml::from_str::<AnnSide>(&toml::to_string(&side).unwrap()).unwrap(), side);
    }

    #[test]
    fn every_way_of_learning_has_a_complete_page() {
        let Shape::Choice { entries, .. } = Learning::shape() else { panic!("a choice") };
        for entry in entries {
            assert!(entry.page().summary().ends_with('.'), "{}", entry.name);
            for section in ["Equations", "Behaviour", "References", "Example"] {
                assert!(entry.page().section(section).is_some(), "{} lacks {section}", entry.name);
            }
        }
    }

    #[test]
    fn mistakes_are_refused_or_named() {
        for wrong in [
            "activation.softmax = {}",
            "activation.elu = { alpha = 0 }",
            "learning.backprop = { batch = 0 }",
            "learning.backprop = { optimizer.sgd = { rate = -1.0 } }",
            "learning.backprop = { momentum = 0.9 }",
            "population.output = { size = 3 }",
        ] {
            assert!(toml::from_str::<AnnSide>(wrong).is_err(), "{wrong}");
        }
        let side: AnnSide = toml::from_str(
            "learning.backprop.optimizer.momentum = { rate = 0.1, nesterov = true, dampening = 0.5 }",
        )
        .unwrap();
        assert_eq!(side.problems()[0].path, "learning.backprop.optimizer.momentum.nesterov");
    }
}
