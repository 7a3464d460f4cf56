use crate::samples::{CHAIN, SKIP, SPARSE, ann, network, numbers, side};
use crate::{Ann, AnnError, AnnSide, AnnState, Place};
use duet_gradient::GradientError;
use duet_kernels::Real;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[test]
fn weights_go_in_and_come_out_unchanged() {
    for text in [CHAIN, SKIP, SPARSE] {
        let network = network(text);
        let ann = Ann::<f64>::new(&network, &AnnSide::default()).unwrap();
        assert_eq!(ann.network(), network);
        let single = Ann::<f32>::new(&network, &AnnSide::default()).unwrap();
        let mut rounded = network.clone();
        for projection in rounded.projections.values_mut() {
            let numbers = projection.weights.iter_mut().chain(projection.bias.iter_mut().flatten());
            numbers.for_each(|w| *w = f64::from(*w as f32));
        }
        assert_eq!(single.network(), rounded);
    }
}

#[test]
fn what_was_learned_can_be_handed_over() {
    for text in [CHAIN, SPARSE] {
        let mut teacher = ann::<f32>(text, "activation.tanh = {}");
        let inputs = numbers(teacher.inputs() * 2);
        for _ in 0..5 {
            teacher.fit_batch(&inputs, &[0, 1]).unwrap();
        }
        let mut pupil = ann::<f32>(text, "activation.tanh = {}");
        assert_ne!(pupil.parameters(), teacher.parameters());
        pupil.fit_batch(&inputs, &[1, 0]).unwrap();
        pupil.set_network(&teacher.network()).unwrap();
        assert_eq!(pupil.parameters(), teacher.parameters());
        assert_eq!(pupil.updates(), 0);
        assert_eq!(pupil.network(), teacher.network());
    }
}

#[test]
fn another_network_is_refused() {
    let mut ann = ann::<f32>(CHAIN, "");
    let before = ann.save();
    assert!(matches!(ann.set_network(&network(SKIP)).unwrap_err(), AnnError::OtherNetwork { .. }));
    let mut without_bias = network(CHAIN);
    without_bias.projections["b"].bias = None;
    let error = ann.set_network(&without_bias).unwrap_err();
    assert!(error.to_string().contains("projection `b` differs"), "{error}");
    let mut too_large = network(CHAIN);
    too_large.projections["b"].weights[0] = 1e300; // fits f64, not f32
    let place = Place::Projection("b".into());
    assert_eq!(ann.set_network(&too_large).unwrap_err(), AnnError::NotFinite { place });
    assert_eq!(ann.save(), before);
    assert!(Ann::<f32>::new(&too_large, &AnnSide::default()).is_err());
    assert!(Ann::<f64>::new(&too_large, &AnnSide::default()).is_ok());
}

#[test]
fn a_resumed_training_goes_on_bit_for_bit() {
    fn resumes<T: Real + Serialize + DeserializeOwned>() {
        let inputs: Vec<T> = numbers(3 * 6);
        let labels = [0, 1, 2, 2, 1, 0];
        for optimizer in ["adam = { amsgrad = true }", "momentum = { rate = 0.1 }", "sgd = { rate = 0.1 }"] {
            let side = format!("activation.tanh = {{}}\nlearning.backprop.optimizer.{optimizer}");
            let mut straight = ann::<T>(SKIP, &side);
            for _ in 0..7 {
                straight.fit_batch(&inputs, &labels).unwrap();
            }
            let bytes = postcard::to_stdvec(&straight.save()).unwrap();
            let mut resumed = ann::<T>(SKIP, &side);
            resumed.restore(postcard::from_bytes::<AnnState<T>>(&bytes).unwrap()).unwrap();
            for _ in 0..7 {
                let a = straight.fit_batch(&inputs, &labels).unwrap();
                let b = resumed.fit_batch(&inputs, &labels).unwrap();
                assert_eq!(a.to_bits(), b.to_bits());
            }
            assert_eq!(resumed.save(), straight.save());
            assert_eq!(resumed.updates(), 14);
        }
    }
    resumes::<f32>();
    resumes::<f64>();
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let mut adam = ann::<f32>(CHAIN, "");
    let before = adam.save();
    let other = ann::<f32>(SKIP, "").save();
    assert!(matches!(adam.restore(other).unwrap_err(), AnnError::Inputs { .. }));
    let plain = ann::<f32>(CHAIN, "learning.backprop.optimizer.sgd = { rate = 0.1 }").save();
    let error = adam.restore(plain).unwrap_err();
    assert!(matches!(error, AnnError::Gradient(GradientError::Moments { .. })));
    assert_eq!(adam.save(), before);
}

#[test]
fn the_summary_counts_what_there_is() {
    let rows = ann::<f32>(SPARSE, "population.output.activation.identity = {}").summary();
    let counts: Vec<_> = rows
        .iter()
        .map(|row| (row.population.as_str(), row.activation, row.parameters, row.multiply_adds))
        .collect();
    // hidden: 5 units with 3 synapses and a bias each; output: 3 units with 5 synapses each.
    assert_eq!(
        counts,
        [("input", "identity", 0, 0), ("hidden", "relu", 20, 15), ("output", "identity", 15, 15)]
    );
    assert_eq!(rows[1].shape, [5]);
}

#[test]
fn one_population_alone_passes_on_what_it_is_given() {
    let mut alone = Ann::<f64>::new(&network("population.cell.size = 2"), &side("")).unwrap();
    assert_eq!((alone.inputs(), alone.outputs(), alone.parameters().len()), (2, 2, 0));
    let loss = alone.fit_batch(&[0.0, 0.0], &[1]).unwrap();
    assert!((loss - core::f64::consts::LN_2).abs() < 1e-15);
}
