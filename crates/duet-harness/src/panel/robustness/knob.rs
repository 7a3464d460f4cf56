//! One way to disturb a network each.

use crate::learner::Failure;
use crate::panel::{Subject, numbers, relabelled};
use duet_random::Key;
use duet_topology::Network;

/// What is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knob {
    InputNoise,
    WeightNoise,
    NeuronLesion,
    SynapseLesion,
    Bits,
    Fgsm,
}

impl Knob {
    pub fn name(self) -> &'static str {
        match self {
            Self::InputNoise => "input_noise",
            Self::WeightNoise => "weight_noise",
            Self::NeuronLesion => "neuron_lesion",
            Self::SynapseLesion => "synapse_lesion",
            Self::Bits => "bits",
            Self::Fgsm => "fgsm",
        }
    }

    /// What has happened to the network or the example, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::InputNoise => "under noise of this standard deviation on its numbers",
            Self::WeightNoise => "with noise on every weight, in units of its projection's root mean square",
            Self::NeuronLesion => "with this share of the hidden cells silenced",
            Self::SynapseLesion => "with this share of the synapses cut",
            Self::Bits => "with every weight kept in so many bits",
            Self::Fgsm => "after a step of this size along the sign of the loss's slope by its numbers",
        }
    }

    /// The share of right answers at a strength; `None` where the side cannot be disturbed so.
    pub fn accuracy(
        self,
        subject: &mut Subject<'_>,
        count: usize,
        strength: f64,
    ) -> Result<Option<f64>, Failure> {
        let key = subject.key.child(self.name());
        let data = subject.data;
        let shown = match self {
            Self::InputNoise => {
                let mut values = numbers(&data.test, count);
                add_noise(&mut values, data.test.pixels.features(), strength, key);
                Some(values)
            }
            Self::Fgsm => {
                let Some(slopes) = subject.learner.input_gradient(&data.test, count)? else {
                    return Ok(None);
                };
                let mut values = numbers(&data.test, count);
                step(&mut values, &slopes, strength);
                Some(values)
            }
            _ => None,
        };
        if let Some(values) = shown {
            return subject.accuracy(&relabelled(&data.test, count, values), count).map(Some);
        }
        let mut network = subject.learner.network();
        match self {
            Self::WeightNoise => shake(&mut network, strength, key),
            Self::NeuronLesion => silence(&mut network, strength, key),
            Self::SynapseLesion => cut(&mut network, strength, key),
            _ => round(&mut network, strength as u32),
        }
        subject.with_network(&network, |subject| subject.accuracy(&data.test, count)).map(Some)
    }
}

/// Every example has a stream of its own; the strength scales the same draws.
fn add_noise(values: &mut [f32], features: usize, deviation: f64, key: Key) {
    if deviation == 0.0 {
        return;
    }
    let mut noise = vec![0.0; features];
    for (example, values) in values.chunks_exact_mut(features.max(1)).enumerate() {
        key.stream("noise", example as u64).fill_normal(&mut noise);
        for (x, z) in values.iter_mut().zip(&noise) {
            *x = (f64::from(*x) + deviation * z).clamp(0.0, 1.0) as f32;
        }
    }
}

/// A step along the sign of every slope.
fn step(values: &mut [f32], slopes: &[f64], size: f64) {
    if size == 0.0 {
        return;
    }
    for (x, &slope) in values.iter_mut().zip(slopes) {
        let sign = f64::from(u8::from(slope > 0.0)) - f64::from(u8::from(slope < 0.0));
        *x = (f64::from(*x) + size * sign).clamp(0.0, 1.0) as f32;
    }
}

fn shake(network: &mut Network, deviation: f64, key: Key) {
    if deviation == 0.0 {
        return;
    }
    for (name, projection) in &mut network.projections {
        let n = projection.weights.len().max(1) as f64;
        let rms = (projection.weights.iter().map(|w| w * w).sum::<f64>() / n).sqrt();
        let mut noise = vec![0.0; projection.weights.len()];
        key.stream(name, 0).fill_normal(&mut noise);
        projection.weights.iter_mut().zip(&noise).for_each(|(w, z)| *w += deviation * rms * z);
    }
}

/// The first so many of an order that does not depend on how many.
fn chosen(share: f64, n: usize, name: &str, key: Key) -> Vec<u32> {
    let mut order = key.stream(name, 0).permutation(n);
    order.truncate((share * n as f64).round() as usize);
    order
}

fn silence(network: &mut Network, share: f64, key: Key) {
    let (inputs, outputs) = network.ends();
    for index in 0..network.populations.len() {
        if inputs.contains(&index) || outputs.contains(&index) {
            continue;
        }
        let population = &network.populations[index];
        let gone = chosen(share, population.size, &population.name, key);
        let sizes: Vec<usize> = network.populations.values().map(|population| population.size).collect();
        for projection in network.projections.values_mut().filter(|projection| projection.from == index) {
            for &cell in &gone {
                let row = projection.wiring.row(cell as usize, sizes[projection.to]);
                projection.weights[row].fill(0.0);
            }
        }
    }
}

fn cut(network: &mut Network, share: f64, key: Key) {
    for (name, projection) in &mut network.projections {
        for place in chosen(share, projection.weights.len(), name, key) {
            projection.weights[place as usize] = 0.0;
        }
    }
}

/// Symmetric rounding: 2^bits - 1 levels around 0.
fn round(network: &mut Network, bits: u32) {
    let most = f64::from((1_u32 << (bits - 1)) - 1);
    for projection in network.projections.values_mut() {
        let largest = projection.weights.iter().fold(0.0_f64, |largest, w| largest.max(w.abs()));
        if largest > 0.0 {
            projection.weights.iter_mut().for_each(|w| *w = (*w / largest * most).round() / most * largest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_topology::NetworkSpec;

    fn network() -> Network {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.size = 4, h.size = 6, y.size = 3 }
             [projection]
             a = { from = 'x', to = 'h', weights.normal = { std = 0.5 }, bias.constant = 0.5 }
             b = { from = 'h', to = 'y', weights.normal = { std = 0.5 } }",
        )
        .unwrap();
        spec.realize(Key::new(3)).unwrap()
    }

    fn changed(change: impl Fn(&mut Network)) -> Network {
        let mut network = network();
        change(&mut network);
        network
    }

    #[test]
    fn nothing_is_touched_at_strength_zero() {
        let key = Key::new(9);
        assert_eq!(changed(|n| shake(n, 0.0, key)), network());
        assert_eq!(changed(|n| silence(n, 0.0, key)), network());
        assert_eq!(changed(|n| cut(n, 0.0, key)), network());
        let mut values = [0.2, -3.0];
        add_noise(&mut values, 2, 0.0, key);
        step(&mut values, &[1.0, 1.0], 0.0);
        assert_eq!(values, [0.2, -3.0], "not even put back into range");
    }

    #[test]
    fn a_stronger_lesion_contains_the_weaker() {
        let key = Key::new(9);
        let zeros = |network: &Network, name: &str| -> Vec<usize> {
            let weights = &network.projections[name].weights;
            (0..weights.len()).filter(|&i| weights[i] == 0.0).collect()
        };
        let (some, more, all) = (
            changed(|n| silence(n, 1.0 / 3.0, key)),
            changed(|n| silence(n, 0.5, key)),
            changed(|n| silence(n, 1.0, key)),
        );
        // Outgoing weights of hidden cells only: two, three and all of six cells with three targets each.
        assert_eq!(zeros(&some, "b").len(), 6);
        assert!(
            zeros(&more, "b").len() == 9 && zeros(&some, "b").iter().all(|i| zeros(&more, "b").contains(i))
        );
        assert!(zeros(&all, "b").len() == 18 && zeros(&all, "a").is_empty());
        let (some, more) = (changed(|n| cut(n, 0.25, key)), changed(|n| cut(n, 0.5, key)));
        assert_eq!((zeros(&some, "a").len(), zeros(&more, "a").len(), zeros(&more, "b").len()), (6, 12, 9));
        assert!(zeros(&some, "a").iter().all(|i| zeros(&more, "a").contains(i)));
        assert_eq!(changed(|n| cut(n, 1.0, key)).projections["a"].bias, network().projections["a"].bias);
    }

    #[test]
    fn noise_is_as_strong_as_it_says_and_rounding_as_coarse() {
        let (before, after) = (network(), changed(|n| shake(n, 0.5, Key::new(9))));
        let twice = changed(|n| shake(n, 1.0, Key::new(9)));
        for (name, own) in &before.projections {
            for ((w, half), whole) in
                own.weights.iter().zip(&after.projections[name].weights).zip(&twice.projections[name].weights)
            {
                assert!((2.0 * (half - w) - (whole - w)).abs() < 1e-12, "the same draws, scaled");
            }
        }
        // Two bits: -1, 0 and 1 times the largest.
        let coarse = changed(|n| round(n, 2));
        let weights = &coarse.projections["a"].weights;
        let largest = weights.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
        assert!(weights.iter().all(|w| *w == 0.0 || w.abs() == largest) && largest > 0.0);
        let fine = changed(|n| round(n, 20));
        let far = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-5;
        assert!(!fine.projections["a"].weights.iter().zip(&before.projections["a"].weights).any(far));
    }

    #[test]
    fn an_attack_goes_uphill_and_stays_in_range() {
        let mut values = [0.5, 0.5, 0.5, 0.99];
        step(&mut values, &[2.0, -1e-9, 0.0, 1.0], 0.1);
        assert_eq!(values, [0.6, 0.4, 0.5, 1.0]);
    }
}
