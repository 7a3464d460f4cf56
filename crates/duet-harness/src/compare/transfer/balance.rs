//! From activations to rates: weights scaled layer by layer.

use super::Percentile;
use crate::learner::UnitActivity;
use duet_spiking::{Decode, Neuron, SpikingSide};
use duet_topology::{Network, Wiring};

/// The percentile of those that are positive, by the nearest rank; 1 where none is.
///
/// ```
/// use duet_harness::compare::transfer::percentile;
/// assert_eq!(percentile(&[0.0, 3.0, 1.0, 0.0, 2.0, 4.0], 75.0), 3.0);
/// assert_eq!(percentile(&[0.0, -1.0], 75.0), 1.0);
/// ```
pub fn percentile(values: &[f64], p: f64) -> f64 {
    let mut positive: Vec<f64> = values.iter().copied().filter(|&x| x > 0.0).collect();
    if positive.is_empty() {
        return 1.0;
    }
    let rank = ((p / 100.0 * positive.len() as f64).ceil() as usize).clamp(1, positive.len());
    *positive.select_nth_unstable_by(rank - 1, f64::total_cmp).1
}

/// The network as cells are to have it, and lambda of every population: what one spike per step stands for.
///
/// `activity` is what the units of the side that hands over do for training examples.
pub fn balanced(
    network: &Network,
    side: &SpikingSide,
    activity: &UnitActivity,
    normalise: Option<&Percentile>,
) -> (Network, Vec<f64>) {
    let (inputs, outputs) = network.ends();
    let mut lambda = vec![1.0; network.populations.len()];
    for &input in &inputs {
        // What a value of 1 becomes; a code that is no rate was refused.
        lambda[input] = 1.0 / side.encode.gain(side.dt.get()).unwrap_or(1.0);
    }
    let order = network.layer_order().unwrap_or_default();
    for index in order.into_iter().filter(|index| !inputs.contains(index)) {
        let into = || network.projections.values().filter(|projection| projection.to == index);
        // A mean has no weights to scale: it is on the scale of what it is the mean of.
        if let Some(pooled) = into().find(|projection| matches!(projection.wiring, Wiring::AveragePool(_))) {
            lambda[index] = lambda[pooled.from];
            continue;
        }
        // Potentials that are read need not stay below a threshold.
        let is_read = outputs.contains(&index) && matches!(side.decode, Decode::Membrane(_));
        let name = &network.populations[index].name;
        if let (Some(Percentile(p)), false, Some(values)) = (normalise, is_read, activity.get(name)) {
            lambda[index] = percentile(values, *p);
        }
    }
    let mut scaled = network.clone();
    for projection in scaled.projections.values_mut() {
        let name = &network.populations[projection.to].name;
        let v_th = match side.neuron_of(name) {
            Neuron::IntegrateAndFire(cell) => cell.v_th,
            _ => 1.0,
        };
        let unit = v_th / lambda[projection.to];
        projection.weights.iter_mut().for_each(|w| *w *= unit * lambda[projection.from]);
        projection.bias.iter_mut().flatten().for_each(|b| *b *= unit);
    }
    (scaled, lambda)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;
    use duet_topology::NetworkSpec;

    /// Two inputs, two units, one output; activations of at most 4 and 8.
    #[test]
    fn scales_cancel_from_layer_to_layer() {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.size = 1, a.size = 2, b.size = 1, y.size = 1 }
             [projection]
             xa = { from = 'x', to = 'a', weights.constant = 2.0, bias.constant = 1.0 }
             ab = { from = 'a', to = 'b', weights.constant = 3.0 }
             by = { from = 'b', to = 'y', weights.constant = 5.0, bias.constant = 7.0 }",
        )
        .unwrap();
        let network = spec.realize(Key::new(0)).unwrap();
        let side: SpikingSide = toml::from_str(
            "neuron.integrate_and_fire = { v_th = 0.5 }\nsynapse.delta = {}\ndecode.membrane = {}
             encode.regular = { rate_max = '250 Hz' }",
        )
        .unwrap();
        let activity = UnitActivity::from([
            ("a".to_owned(), vec![1.0, 4.0, 0.0, 2.0]),
            ("b".to_owned(), vec![8.0, 0.0]),
            ("y".to_owned(), vec![9.0, 9.0]),
        ]);
        let (scaled, lambda) = balanced(&network, &side, &activity, Some(&Percentile(100.0)));
        // A value of 1 is a spike in every fourth step: a spike stands for 4.
        assert_eq!(lambda, [4.0, 4.0, 8.0, 1.0]);
        let of = |name: &str| (scaled.projections[name].weights[0], scaled.projections[name].bias.clone());
        assert_eq!(of("xa"), (2.0 * 0.5 * 4.0 / 4.0, Some(vec![0.125; 2])));
        assert_eq!(of("ab"), (3.0 * 0.5 * 4.0 / 8.0, None));
        assert_eq!(of("by"), (5.0 * 0.5 * 8.0, Some(vec![3.5])));
        let (plain, lambda) = balanced(&network, &side, &activity, None);
        assert_eq!((lambda, plain.projections["ab"].weights[0]), (vec![4.0, 1.0, 1.0, 1.0], 1.5));
    }
}
