//! One layer that learns from what flows through it, without a teacher.

use super::Learning;
use crate::{Activation, AnnError, AnnSide};
use duet_topology::{Network, Wiring};

/// Units that are shown one input after the other and change their weights by a local rate rule: `hebb`, `oja`, `sanger` or
/// `bcm`.
///
/// ```
/// use duet_ann::{AnnSide, RateLayer};
/// use duet_random::Key;
/// use duet_topology::NetworkSpec;
///
/// let spec: NetworkSpec = toml::from_str("
///     population = { x.size = 2, y.size = 1 }
///     projection.w = { from = 'x', to = 'y', weights.given = [1.0, 0.5] }
/// ")?;
/// let side: AnnSide = toml::from_str("activation.identity = {}\nlearning.hebb = { rate = 0.5 }")?;
/// let mut layer = RateLayer::new(&spec.realize(Key::new(0))?, &side)?;
/// assert_eq!(layer.present(&[1.0, 2.0])?, [2.0]); // the answer before the step
/// assert_eq!(layer.weights(0), [2.0, 2.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RateLayer {
    rule: Learning,
    activation: Activation,
    inputs: usize,
    /// `weights[unit * inputs + input]`.
    weights: Vec<f64>,
    /// One sliding threshold per unit; all stay 0 under rules without one.
    thresholds: Vec<f64>,
}

impl RateLayer {
    /// Compiles a network of one full projection between two populations, without biases.
    ///
    /// # Errors
    /// [`AnnError::HasTeacher`] for a rule that needs errors, [`AnnError::NotOneLayer`] for any other network.
    pub fn new(network: &Network, side: &AnnSide) -> Result<Self, AnnError> {
        let threshold = match &side.learning {
            Learning::Hebb(_) | Learning::Oja(_) | Learning::Sanger(_) => 0.0,
            Learning::Bcm(bcm) => bcm.theta,
            Learning::Hopfield(_) => {
                return Err(AnnError::NotOneLayer { words: "hopfield stores patterns in one population" });
            }
            taught @ (Learning::Backprop(_) | Learning::Perceptron(_) | Learning::StaleGradient(_)) => {
                return Err(AnnError::HasTeacher { rule: taught.name() });
            }
        };
        let refused = |words| Err(AnnError::NotOneLayer { words });
        let Some((_, projection)) = network.projections.first().filter(|_| network.projections.len() == 1)
        else {
            return refused("there must be exactly one projection");
        };
        if network.populations.len() != 2 || projection.from == projection.to {
            return refused("there must be exactly two populations, one of which feeds the other");
        }
        if projection.wiring != Wiring::Full {
            return refused("the projection must be full");
        }
        if projection.bias.is_some() {
            return refused("the projection must have no bias, because no rate rule would change it");
        }
        let size = |population: usize| network.populations[population].size;
        let (inputs, outputs) = (size(projection.from), size(projection.to));
        let at = |unit: usize, input: usize| projection.weights[input * outputs + unit];
        let weights = (0..outputs).flat_map(|unit| (0..inputs).map(move |input| at(unit, input))).collect();
        Ok(Self {
            rule: side.learning.clone(),
            activation: side.activation_of(&network.populations[projection.to].name).clone(),
            inputs,
            weights,
            thresholds: vec![threshold; outputs],
        })
    }

    /// How many numbers an input has.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many units there are.
    pub fn units(&self) -> usize {
        self.thresholds.len()
    }

    /// The weights of a unit, one per input; none for a unit that does not exist.
    pub fn weights(&self, unit: usize) -> &[f64] {
        self.weights.get(unit * self.inputs..(unit + 1) * self.inputs).unwrap_or_default()
    }

    /// The sliding threshold of every unit.
    pub fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    /// What every unit answers, without learning.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] for an input of another length.
    pub fn answer(&self, x: &[f64]) -> Result<Vec<f64>, AnnError> {
        if x.len() != self.inputs {
            return Err(AnnError::Inputs { what: "the input", expected: self.inputs, got: x.len() });
        }
        let curve = self.activation.curve::<f64>();
        let drive = |row: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        Ok(self.weights.chunks_exact(self.inputs.max(1)).map(|row| curve.value(drive(row))).collect())
    }

    /// Answers, and then learns from the input and the answers.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] for an input of another length.
    pub fn present(&mut self, x: &[f64]) -> Result<Vec<f64>, AnnError> {
        let answers = self.answer(x)?;
        self.pair(x, &answers)?;
        Ok(answers)
    }

    /// Learns from activities that both ends are held at, whatever the units would have answered: how the rule itself is
    /// measured, apart from the units.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] for an input or answers of another length.
    pub fn pair(&mut self, x: &[f64], y: &[f64]) -> Result<(), AnnError> {
        for (what, expected, got) in
            [("the input", self.inputs, x.len()), ("the answers", self.units(), y.len())]
        {
            if expected != got {
                return Err(AnnError::Inputs { what, expected, got });
            }
        }
        let rows = self.weights.chunks_exact_mut(self.inputs.max(1)).zip(y);
        match &self.rule {
            Learning::Hebb(rule) => rows.for_each(|(w, &y)| rule.step(w, x, y)),
            Learning::Oja(rule) => rows.for_each(|(w, &y)| rule.step(w, x, y)),
            Learning::Sanger(rule) => rule.step(&mut self.weights, x, y),
            Learning::Bcm(rule) => {
                for ((w, &y), theta) in rows.zip(&mut self.thresholds) {
                    rule.step(w, *theta, x, y);
                    *theta = rule.slide(*theta, y);
                }
            }
            Learning::Backprop(_)
            | Learning::Perceptron(_)
            | Learning::StaleGradient(_)
            | Learning::Hopfield(_) => {}
        }
        Ok(())
    }
}

/// Inputs that the tests of the rules share.
#[cfg(test)]
pub(super) mod samples {
    use duet_kernels::math::{cos, sin};
    use duet_random::Key;

    /// A normal cloud, turned by so many degrees.
    pub(crate) struct Cloud {
        pub(crate) std: [f64; 2],
        pub(crate) turned: f64,
    }

    impl Cloud {
        /// Its long axis.
        pub(crate) fn axis(&self) -> [f64; 2] {
            [cos(self.turned.to_radians()), sin(self.turned.to_radians())]
        }

        pub(crate) fn input(&self, at: u64) -> [f64; 2] {
            let mut stream = Key::new(9).stream("cloud", at);
            let (u, v) = (self.std[0] * stream.normal(), self.std[1] * stream.normal());
            let [cos, sin] = self.axis();
            [cos * u - sin * v, sin * u + cos * v]
        }
    }

    pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    pub(crate) fn length(a: &[f64]) -> f64 {
        dot(a, a).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{network, side};

    const NET: &str = "
        population = { x.size = 3, y.size = 2 }
        projection.w = { from = 'x', to = 'y', weights.given = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] }";

    #[test]
    fn weights_are_read_unit_by_unit_and_answers_go_through_the_activation() {
        let layer = RateLayer::new(&network(NET), &side("learning.oja = {}")).unwrap();
        assert_eq!((layer.inputs(), layer.units()), (3, 2));
        assert_eq!((layer.weights(0), layer.weights(1)), (&[1.0, 3.0, 5.0][..], &[2.0, 4.0, 6.0][..]));
        assert_eq!(layer.weights(2), &[] as &[f64]);
        assert_eq!(layer.answer(&[1.0, 0.0, -1.0]).unwrap(), [0.0, 0.0], "relu unless told otherwise");
        assert!(matches!(layer.answer(&[1.0]), Err(AnnError::Inputs { expected: 3, got: 1, .. })));
    }

    #[test]
    fn each_unit_slides_its_own_threshold() {
        let text = "activation.identity = {}\nlearning.bcm = { rate = 0.1, tau = 2.0, theta = 1.0 }";
        let mut layer = RateLayer::new(&network(NET), &side(text)).unwrap();
        assert_eq!(layer.present(&[1.0, 0.0, 0.0]).unwrap(), [1.0, 2.0]);
        // theta: 1 + (1 - 1) / 2, 1 + (4 - 1) / 2; w: 1 + 0.1 * 1 * 0, 2 + 0.1 * 2 * 1
        assert_eq!(layer.thresholds(), [1.0, 2.5]);
        assert_eq!((layer.weights(0)[0], layer.weights(1)[0]), (1.0, 2.2));
    }

    #[test]
    fn both_ends_can_be_held() {
        let mut layer = RateLayer::new(&network(NET), &side("learning.hebb = { rate = 0.5 }")).unwrap();
        layer.pair(&[1.0, 0.0, 2.0], &[1.0, -1.0]).unwrap();
        assert_eq!((layer.weights(0), layer.weights(1)), (&[1.5, 3.0, 6.0][..], &[1.5, 4.0, 5.0][..]));
        assert!(matches!(layer.pair(&[1.0; 3], &[1.0]), Err(AnnError::Inputs { what: "the answers", .. })));
    }

    #[test]
    fn what_is_no_layer_or_has_a_teacher_is_refused() {
        let refused = |net: &str, text: &str| RateLayer::new(&network(net), &side(text)).unwrap_err();
        assert_eq!(refused(NET, ""), AnnError::HasTeacher { rule: "backprop" });
        for (from, to) in [
            ("weights.given = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]", "weights.he = {}, bias.zero = {}"),
            (
                "weights.given = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]",
                "weights.he = {}, pattern.fixed_in_degree = { k = 2 }",
            ),
            ("y.size = 2", "y.size = 2, z.size = 1"),
        ] {
            let error = refused(&NET.replace(from, to), "learning.hebb = {}");
            assert!(matches!(error, AnnError::NotOneLayer { .. }), "{error}");
        }
    }
}
