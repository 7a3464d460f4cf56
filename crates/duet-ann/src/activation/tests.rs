//! Every activation against the reference, against differences, and far out.

use super::{
    Activation, Elu, Gelu, GeluTanh, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Step, Tanh,
};
use duet_kernels::Real;
use duet_units::{Describe, Shape};
use proptest::prelude::{prop_assert, proptest};

/// One of each kind, in the order of the table.
fn all() -> Vec<Activation> {
    vec![
        Activation::Identity(Identity {}),
        Activation::Relu(Relu {}),
        Activation::Tanh(Tanh {}),
        Activation::Sigmoid(Sigmoid {}),
        Activation::Softplus(Softplus {}),
        Activation::Gelu(Gelu {}),
        Activation::GeluTanh(GeluTanh {}),
        Activation::Silu(Silu {}),
        Activation::Elu(Elu::default()),
        Activation::LeakyRelu(LeakyRelu::default()),
        Activation::Step(Step {}),
    ]
}

fn value(activation: &Activation, x: f64) -> f64 {
    activation.curve().value(x)
}

fn slope(activation: &Activation, x: f64) -> f64 {
    activation.curve().slope(x, value(activation, x))
}

/// Truth entry `activations`.
#[test]
fn values_and_slopes_agree_with_the_reference() {
    const X: [f64; 5] = [-3.0, -0.5, 0.0, 0.5, 3.0];
    let values: [(Activation, [f64; 5]); 8] = [
        (
            Activation::Sigmoid(Sigmoid {}),
            [0.047_425_873_177_6, 0.377_540_668_798, 0.5, 0.622_459_331_202, 0.952_574_126_822],
        ),
        (
            Activation::Tanh(Tanh {}),
            [-0.995_054_753_687, -0.462_117_157_26, 0.0, 0.462_117_157_26, 0.995_054_753_687],
        ),
        (
            Activation::Gelu(Gelu {}),
            [-0.004_049_694_094_89, -0.154_268_769_363, 0.0, 0.345_731_230_637, 2.995_950_305_91],
        ),
        (
            Activation::GeluTanh(GeluTanh {}),
            [-0.003_637_392_081_77, -0.154_285_990_175, 0.0, 0.345_714_009_825, 2.996_362_607_92],
        ),
        (
            Activation::Silu(Silu {}),
            [-0.142_277_619_533, -0.188_770_334_399, 0.0, 0.311_229_665_601, 2.857_722_380_47],
        ),
        (
            Activation::Softplus(Softplus {}),
            [
                0.048_587_351_573_7,
                0.474_076_984_18,
                core::f64::consts::LN_2,
                0.974_076_984_18,
                3.048_587_351_57,
            ],
        ),
        (Activation::Elu(Elu::default()), [-0.950_212_931_632, -0.393_469_340_287, 0.0, 0.5, 3.0]),
        (Activation::LeakyRelu(LeakyRelu::default()), [-0.03, -0.005, 0.0, 0.5, 3.0]),
    ];
    let slopes = [
        (
            Activation::Sigmoid(Sigmoid {}),
            [0.045_176_659_730_9, 0.235_003_712_202, 0.25, 0.235_003_712_202, 0.045_176_659_730_9],
        ),
        (
            Activation::Tanh(Tanh {}),
            [0.009_866_037_165_44, 0.786_447_732_966, 1.0, 0.786_447_732_966, 0.009_866_037_165_44],
        ),
    ];
    // The reference is printed with 12 digits, so that much is its own rounding.
    let close = |got: f64, want: f64| (got - want).abs() <= 1e-12 + 5e-12 * want.abs();
    for (activation, expected) in values {
        for (x, want) in X.into_iter().zip(expected) {
            assert!(close(value(&activation, x), want), "{} at {x}", activation.name());
        }
    }
    for (activation, expected) in slopes {
        for (x, want) in X.into_iter().zip(expected) {
            assert!(close(slope(&activation, x), want), "slope of {} at {x}", activation.name());
        }
    }
    assert_eq!(slope(&Activation::Relu(Relu {}), 0.0), 0.0);
}

/// Truth entry `activations.extreme`, for both precisions.
#[test]
fn far_out_nothing_overflows() {
    fn far<T: Real>() {
        let (low, high) = (T::from_f64(-1000.0), T::from_f64(1000.0));
        let expected: [(Activation, [f64; 2]); 5] = [
            (Activation::Sigmoid(Sigmoid {}), [0.0, 1.0]),
            (Activation::Softplus(Softplus {}), [0.0, 1000.0]),
            (Activation::Tanh(Tanh {}), [-1.0, 1.0]),
            (Activation::Silu(Silu {}), [0.0, 1000.0]),
            (Activation::Elu(Elu::default()), [-1.0, 1000.0]),
        ];
        for (activation, [at_low, at_high]) in expected {
            let curve = activation.curve::<T>();
            assert!((curve.value(low).to_f64() - at_low).abs() < 1e-12, "{}", activation.name());
            assert!((curve.value(high).to_f64() - at_high).abs() < 1e-12, "{}", activation.name());
        }
        for activation in all() {
            let curve = activation.curve::<T>();
            for x in [-1e30, -1000.0, -89.0, 89.0, 1000.0, 1e30].map(T::from_f64) {
                let y = curve.value(x);
                assert!(y.is_finite() && curve.slope(x, y).is_finite(), "{} at {x:?}", activation.name());
            }
        }
    }
    far::<f32>();
    far::<f64>();
}

#[test]
fn a_nan_is_never_hidden() {
    for activation in all() {
        assert!(value(&activation, f64::NAN).is_nan(), "{}", activation.name());
    }
}

#[test]
fn whole_slices_do_what_single_numbers_do() {
    let drives = [-2.0_f32, -0.1, 0.0, 0.3, 5.0];
    for activation in all() {
        let curve = activation.curve::<f32>();
        let (mut values, mut deltas) = ([0.0; 5], [2.0; 5]);
        curve.values(&drives, &mut values);
        curve.times_slopes(&drives, &values, &mut deltas);
        for (i, &x) in drives.iter().enumerate() {
            assert_eq!(values[i], curve.value(x));
            assert_eq!(deltas[i], 2.0 * curve.slope(x, values[i]));
        }
    }
}

#[test]
fn every_page_is_complete() {
    let Shape::Choice { entries, .. } = Activation::shape() else { panic!("a choice") };
    assert_eq!(entries.len(), all().len());
    for (entry, activation) in entries.iter().zip(all()) {
        assert_eq!(entry.name, activation.name());
        assert!(entry.page().summary().ends_with('.'), "{}", entry.name);
        for section in ["Equations", "Behaviour", "References", "Example"] {
            assert!(entry.page().section(section).is_some(), "{} lacks {section}", entry.name);
        }
    }
}

proptest! {
    #[test]
    fn slopes_are_those_of_the_values(x in -6.0_f64..6.0) {
        let h = 1e-6;
        for activation in all() {
            if x.abs() > 2.0 * h {
                let numerical = (value(&activation, x + h) - value(&activation, x - h)) / (2.0 * h);
                let given = slope(&activation, x);
                prop_assert!((numerical - given).abs() < 1e-8, "{} at {x}: {given} {numerical}", activation.name());
            }
        }
    }
}
