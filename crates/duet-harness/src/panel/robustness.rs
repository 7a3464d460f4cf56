//! What is left when something is disturbed or taken away.

mod knob;

use super::{Curve, Probe, Subject, needs_classes};
use crate::learner::Failure;
use crate::scenario::Scenario;
use duet_units::{Problem, Range, parameters};
use knob::Knob;

parameters! {
    /// The share of right answers of a network that is disturbed, knob by knob; nothing is learned meanwhile.
    ///
    /// # Equations
    /// ```text
    /// input_noise s:     x + s N(0, 1), back into [0, 1]
    /// weight_noise s:    w + s rms(w of its projection) N(0, 1)
    /// neuron_lesion p:   the outgoing weights of a share p of every hidden population are 0
    /// synapse_lesion p:  a share p of every projection's weights is 0
    /// bits b:            w rounded to 2^b - 1 levels between -max|w| and max|w| of its projection
    /// fgsm e:            x + e sign(dL/dx), back into [0, 1]; sides with a gradient only
    /// area = the mean over the knob, as a share of the first value
    /// ```
    /// # Behaviour
    /// Under one seed all sides meet the same noise and lose the same cells and synapses. At strength 0 nothing is touched, and the
    /// accuracy is the clean one. Without any hidden cell the biases alone decide, and one class is answered always.
    ///
    /// # References
    /// - Goodfellow, Shlens & Szegedy 2015, ICLR (fast gradient sign method)
    /// - Hendrycks & Dietterich 2019, ICLR (accuracy over strengths of corruption)
    ///
    /// # Example
    /// ```
    /// use duet_harness::panel::Robustness;
    /// let panel: Robustness = toml::from_str("bits = []\nfgsm = []").unwrap();
    /// assert!(panel.bits.is_empty() && panel.input_noise[0] == 0.0);
    /// ```
    pub default struct Robustness {
        /// Standard deviations of noise on the numbers of an example; an empty list leaves a knob out.
        pub input_noise: Vec<f64> = vec![0.0, 0.1, 0.2, 0.3, 0.5], in Range::between(0.0, 10.0);
        /// Standard deviations of noise on weights, relative to their projection's root mean square.
        pub weight_noise: Vec<f64> = vec![0.0, 0.1, 0.2, 0.5, 1.0], in Range::between(0.0, 100.0);
        /// Shares of the hidden cells that are silenced.
        pub neuron_lesion: Vec<f64> = vec![0.0, 0.1, 0.25, 0.5, 0.75, 1.0], in Range::UNIT;
        /// Shares of the synapses that are cut.
        pub synapse_lesion: Vec<f64> = vec![0.0, 0.1, 0.25, 0.5, 0.75, 1.0], in Range::UNIT;
        /// Bits that a weight is kept in.
        pub bits: Vec<usize> = vec![8, 6, 5, 4, 3, 2], in Range::between(2.0, 24.0);
        /// Steps along the sign of the loss's slope by every number of an example.
        pub fgsm: Vec<f64> = vec![0.0, 0.02, 0.05, 0.1, 0.2], in Range::UNIT;
        /// How many of the first test examples are shown.
        pub examples: usize = 1000, in Range::at_least(1.0);
    }
}

impl Robustness {
    /// The knobs that are turned, with their settings.
    fn knobs(&self) -> Vec<(Knob, Vec<f64>)> {
        let bits: Vec<f64> = self.bits.iter().map(|&bits| bits as f64).collect();
        let all = [
            (Knob::InputNoise, &self.input_noise),
            (Knob::WeightNoise, &self.weight_noise),
            (Knob::NeuronLesion, &self.neuron_lesion),
            (Knob::SynapseLesion, &self.synapse_lesion),
            (Knob::Bits, &bits),
            (Knob::Fgsm, &self.fgsm),
        ];
        all.into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(knob, list)| (knob, list.clone()))
            .collect()
    }
}

impl Probe for Robustness {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems: Vec<Problem> = needs_classes(scenario).into_iter().collect();
        for (knob, list) in self.knobs() {
            let rises = list
                .windows(2)
                .all(|pair| if knob == Knob::Bits { pair[0] > pair[1] } else { pair[0] < pair[1] });
            if !rises {
                let order = if knob == Knob::Bits { "fall" } else { "rise" };
                problems.push(Problem::new(
                    knob.name(),
                    format!("the settings must {order}, from little to much damage"),
                ));
            }
        }
        let network = scenario.network();
        let windows =
            network.projection.iter().find(|(_, projection)| projection.pattern.name().ends_with("2d"));
        let hidden = |names: &[String]| {
            names.iter().any(|name| network.projection.values().any(|p| p.to.0.contains(name)))
        };
        if let Some((name, _)) = windows.filter(|(_, p)| hidden(&p.from.0) && !self.neuron_lesion.is_empty())
        {
            let words = format!(
                "a cell's outgoing weights are not its own where many share a kernel, as in projection `{name}`"
            );
            problems.push(Problem::new("neuron_lesion", words).hint("write neuron_lesion = []"));
        }
        problems
    }

    fn ask(&self, subject: &mut Subject<'_>) -> Result<Vec<Curve>, Failure> {
        let count = self.examples.min(subject.data.test.len());
        let mut curves = Vec::new();
        for (knob, list) in self.knobs() {
            let mut points = Vec::with_capacity(list.len());
            for strength in list {
                if let Some(accuracy) = knob.accuracy(subject, count, strength)? {
                    points.push((strength, accuracy));
                }
            }
            if !points.is_empty() {
                curves.push(Curve {
                    panel: "robustness",
                    name: knob.name().to_owned(),
                    unit: Some(""),
                    points,
                    definition: format!("share of test examples answered correctly {}", knob.words()),
                    has_area: true,
                });
            }
        }
        Ok(curves)
    }
}
