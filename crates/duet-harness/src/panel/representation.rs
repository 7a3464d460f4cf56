//! Whether hidden layers of different sides see the same things alike.

mod likeness;

pub use likeness::{cka, dimension, rsa, sparseness};

use super::{Curve, Probe, Subject};
use crate::learner::Failure;
use crate::scenario::Scenario;
use duet_units::{Problem, Range, parameters};

parameters! {
    /// How alike the hidden layers of two sides are, and how many dimensions and how many units each uses.
    ///
    /// # Equations
    /// ```text
    /// cka = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)),   K = X X^T and L = Y Y^T over examples, HSIC without bias
    /// rsa = correlation, over pairs of examples, of 1 - r(x_i, x_j) with 1 - r(y_i, y_j)
    /// dimension = (sum of lambda)^2 / sum of lambda^2,   lambda: variances along the principal axes of a layer
    /// sparseness = (1 - (sum r/n)^2 / sum(r^2/n)) / (1 - 1/n),   of an example's activities r, mean over examples
    /// ```
    /// # Behaviour
    /// Activations and rates are compared as they come, for the same test examples. Both likenesses are 1 for layers that differ by a rotation
    /// and a scale (rsa: by a scale); CKA without bias is 0 on average for layers that have nothing to do with each other. Sparseness
    /// is 0 where all units say the same and 1 where one alone speaks.
    ///
    /// # References
    /// - Kornblith et al. 2019, ICML; Song et al. 2012, J. Mach. Learn. Res. 13:1393 (HSIC without bias)
    /// - Kriegeskorte, Mur & Bandettini 2008, Front. Syst. Neurosci. 2:4
    /// - Vinje & Gallant 2000, Science 287:1273 (sparseness)
    ///
    /// # Example
    /// ```
    /// use duet_harness::panel::Representation;
    /// let panel: Representation = toml::from_str("examples = 100").unwrap();
    /// assert_eq!(panel.examples, 100);
    /// ```
    pub default struct Representation {
        /// How many of the first test examples are shown.
        pub examples: usize = 200, in Range::between(4.0, 5000.0);
    }
}

impl Probe for Representation {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let network = scenario.network();
        let projections = || network.projection.values();
        let is_hidden = |name: &String| {
            projections().any(|p| p.to.0.contains(name)) && projections().any(|p| p.from.0.contains(name))
        };
        let none = !network.population.keys().any(is_hidden);
        let problem =
            || Problem::new("", "there is no hidden population to compare").hint("leave the panel out");
        none.then(problem).into_iter().collect()
    }

    fn ask(&self, subject: &mut Subject<'_>) -> Result<Vec<Curve>, Failure> {
        let count = self.examples.min(subject.data.test.len());
        let activity = subject.learner.activity(&subject.data.test, count)?;
        let (inputs, outputs) = subject.beginning.network.ends();
        let populations = &subject.beginning.network.populations;
        let hidden = activity.into_iter().filter(|(name, _)| {
            populations
                .get_index_of(name)
                .is_some_and(|index| !inputs.contains(&index) && !outputs.contains(&index))
        });
        let mut found = Vec::new();
        for (name, values) in hidden {
            let number = |what: &str, value: Option<f64>, definition: &str| {
                Curve::number("representation", format!("{name}.{what}"), value, definition)
            };
            let dimension = dimension(&values, count);
            found.push(number(
                "dimension",
                dimension,
                "participation ratio of the variances along a layer's principal axes",
            ));
            let sparseness = sparseness(&values, count);
            found.push(number(
                "sparseness",
                sparseness,
                "sparseness of a layer's activities, mean over test examples",
            ));
            subject.seen.units.insert(name, values);
        }
        subject.seen.examples = count;
        Ok(found)
    }
}
