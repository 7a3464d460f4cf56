//! Every optimizer against sequences computed by an independent program, and the laws that all of them keep.
#![allow(clippy::unreadable_literal)] // digits stand as the reference prints them

use super::{Adadelta, Adagrad, Adam, AdamW, GradientDescent, Momentum, Optimizer, RmsProp, Sgd, State};
use crate::GradientError;
use duet_kernels::Real;

/// f(w) = 1/2 sum a_i (w_i - c_i)^2 from w0: the bowls `a` and `b` of the reference.
struct Bowl {
    a: &'static [f64],
    c: &'static [f64],
    start: &'static [f64],
}

const A: Bowl = Bowl { a: &[1.0, 10.0], c: &[1.0, -2.0], start: &[3.0, 0.5] };
const B: Bowl = Bowl { a: &[0.5, 4.0, 25.0], c: &[-1.0, 2.0, 0.1], start: &[2.0, -1.0, 0.7] };

fn momentum(rate: f64) -> Momentum {
    Momentum { rate, momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 }
}

/// One of each kind, in the order of the table.
fn all() -> Vec<Optimizer> {
    vec![
        Optimizer::GradientDescent(GradientDescent { rate: 0.02 }),
        Optimizer::Sgd(Sgd { rate: 0.02, weight_decay: 0.01 }),
        Optimizer::Momentum(Momentum { nesterov: true, ..momentum(0.01) }),
        Optimizer::Adam(Adam { amsgrad: true, ..Adam::default() }),
        Optimizer::AdamW(AdamW::default()),
        Optimizer::Adagrad(Adagrad::default()),
        Optimizer::RmsProp(RmsProp { momentum: 0.5, ..RmsProp::default() }),
        Optimizer::Adadelta(Adadelta::default()),
    ]
}

fn slopes<T: Real>(bowl: &Bowl, w: &[T]) -> Vec<T> {
    (0..w.len()).map(|i| T::from_f64(bowl.a[i]) * (w[i] - T::from_f64(bowl.c[i]))).collect()
}

/// Follows a truth entry of family `opt`: f64 to 1e-7, f32 to 1e-5.
fn follows(id: &str, optimizer: &Optimizer, bowl: &Bowl, expected: &[&[f64]]) {
    fn run<T: Real>(id: &str, optimizer: &Optimizer, bowl: &Bowl, expected: &[&[f64]], tolerance: f64) {
        let mut w: Vec<T> = bowl.start.iter().map(|&w| T::from_f64(w)).collect();
        let mut stepper = optimizer.start::<T>(w.len());
        for (step, want) in expected.iter().enumerate() {
            let gradient = slopes(bowl, &w);
            stepper.step(&mut w, &gradient);
            for (got, want) in w.iter().zip(*want) {
                assert!((got.to_f64() - want).abs() < tolerance, "{id}, step {}: {w:?}", step + 1);
            }
        }
        assert_eq!(stepper.steps(), expected.len() as u64);
    }
    run::<f64>(id, optimizer, bowl, expected, 1e-7);
    run::<f32>(id, optimizer, bowl, expected, 1e-5);
}

#[test]
fn plain_steps_follow_the_reference() {
    let steps: &[&[f64]] = &[&[2.8, -2.0], &[2.62, -2.0], &[2.458, -2.0]];
    follows("opt.sgd.a", &Optimizer::Sgd(Sgd { rate: 0.1, weight_decay: 0.0 }), &A, steps);
    follows("opt.sgd.a", &Optimizer::GradientDescent(GradientDescent { rate: 0.1 }), &A, steps);
    follows(
        "opt.sgd_wd.b",
        &Optimizer::Sgd(Sgd { rate: 0.05, weight_decay: 0.01 }),
        &B,
        &[
            &[1.924, -0.3995, -0.05035],
            &[1.849938, 0.08059975, 0.137612675],
            &[1.777764581, 0.464439500125, 0.0905280249125],
            &[1.70743158418, 0.77131938035, 0.102322729759],
            &[1.63889207879, 1.01666984459, 0.0993681561953],
            &[1.57210033078, 1.21282754075, 0.100108276873],
        ],
    );
}

#[test]
fn momentum_follows_the_reference() {
    follows(
        "opt.momentum.a",
        &Optimizer::Momentum(momentum(0.1)),
        &A,
        &[&[2.8, -2.0], &[2.44, -4.25], &[1.972, -4.025]],
    );
    follows(
        "opt.momentum:nesterov.a",
        &Optimizer::Momentum(Momentum { nesterov: true, ..momentum(0.1) }),
        &A,
        &[&[2.62, -4.25], &[2.1502, -2.0], &[1.654642, -2.0]],
    );
    follows(
        "opt.momentum:damp.b",
        &Optimizer::Momentum(Momentum { dampening: 0.1, ..momentum(0.05) }),
        &B,
        &[
            &[1.925, -0.4, -0.05],
            &[1.7916875, 0.572, -0.55625],
            &[1.60889328125, 1.70384, -0.27359375],
            &[1.38567838555, 2.7758048, 0.40108984375],
            &[1.13110721574, 3.600928256, 0.669579003906],
            &[0.854043250558, 4.05537228032, 0.270442868652],
        ],
    );
}

#[test]
fn adam_and_its_kin_follow_the_reference() {
    follows(
        "opt.adam.a",
        &Optimizer::Adam(Adam { rate: 0.1, ..Adam::default() }),
        &A,
        &[&[2.9000000005, 0.40000000004], &[2.80016648662, 0.300127188058], &[2.70062339281, 0.200473933375]],
    );
    follows(
        "opt.amsgrad.b",
        &Optimizer::Adam(Adam { rate: 0.05, beta_2: 0.9, amsgrad: true, ..Adam::default() }),
        &B,
        &[
            &[1.95000000033, -0.950000000042, 0.650000000033],
            &[1.90000176266, -0.900001762071, 0.600047277429],
            &[1.8500065349, -0.850006534017, 0.550185301783],
            &[1.80001561854, -0.80001561736, 0.500469997189],
            &[1.75003036758, -0.75003036609, 0.450973687016],
            &[1.70005218763, -0.700052185835, 0.40179038003],
        ],
    );
    follows(
        "opt.adamw.b",
        &Optimizer::AdamW(AdamW { rate: 0.01, weight_decay: 0.1, ..AdamW::default() }),
        &B,
        &[
            &[1.98800000007, -0.989000000008, 0.689300000007],
            &[1.97601306493, -0.97801197438, 0.678615794741],
            &[1.96403989298, -0.967036561725, 0.667950874269],
            &[1.95208118108, -0.9560743989, 0.657308798524],
            &[1.94013762291, -0.945126119528, 0.646693189861],
            &[1.92820990744, -0.934192352547, 0.636107725319],
        ],
    );
}

/// Truth entry `opt.adam.first_step`.
#[test]
fn the_first_step_of_adam_has_the_size_of_the_rate() {
    let mut w = [0.0_f64; 3];
    Optimizer::Adam(Adam::default()).start(3).step(&mut w, &[0.0001, 1.0, 10000.0]);
    for (got, want) in w.iter().zip([0.000_999_900_009_999, 0.000_999_999_99, 0.000_999_999_999_999]) {
        assert!((-got / want - 1.0).abs() < 1e-9, "{got} {want}");
    }
}

#[test]
fn amsgrad_divides_by_the_largest_second_moment() {
    // Without memory in the means, m' = g and v = g^2: steps of 0.5 * 4 / 4, then 0.5 * 1 / 4 instead of 0.5 * 1 / 1.
    let adam = Adam { rate: 0.5, beta_1: 0.0, beta_2: 0.0, amsgrad: true, ..Adam::default() };
    let mut stepper = Optimizer::Adam(adam).start(1);
    let mut w = [1.0_f64];
    stepper.step(&mut w, &[4.0]);
    stepper.step(&mut w, &[1.0]);
    assert!((w[0] - 0.375).abs() < 1e-8, "{w:?}");
}

#[test]
fn the_rescaling_optimizers_follow_the_reference() {
    follows(
        "opt.adagrad.a",
        &Optimizer::Adagrad(Adagrad { rate: 0.1, ..Adagrad::default() }),
        &A,
        &[&[2.9, 0.4], &[2.83112505382, 0.330746817182], &[2.77582151502, 0.274939362034]],
    );
    follows(
        "opt.rmsprop.a",
        &Optimizer::RmsProp(RmsProp::default()),
        &A,
        &[&[2.900000005, 0.4000000004], &[2.83094333282, 0.330565914738], &[2.7753494501, 0.274468028402]],
    );
    follows(
        "opt.rmsprop:mom.b",
        &Optimizer::RmsProp(RmsProp { momentum: 0.9, ..RmsProp::default() }),
        &B,
        &[
            &[1.90000000667, -0.900000000833, 0.600000000667],
            &[1.74031746289, -0.740317448948, 0.445791814429],
            &[1.54141597877, -0.54141595574, 0.266249886439],
            &[1.31666225157, -0.316662219172, 0.0853405362695],
            &[1.07573344621, -0.0757334045938, -0.0757658192249],
            &[0.826026312004, 0.173973738389, -0.200556187208],
        ],
    );
    follows(
        "opt.adadelta.b",
        &Optimizer::Adadelta(Adadelta::default()),
        &B,
        &[
            &[1.99683772937, -0.99683772245, 0.69683772241],
            &[1.99359492966, -0.993594915457, 0.69360142769],
            &[1.99029801508, -0.990297993387, 0.690320114106],
            &[1.98695996642, -0.986959937079, 0.68700820299],
            &[1.98358847048, -0.983588433368, 0.683674319988],
            &[1.9801885933, -0.980188548308, 0.680324200124],
        ],
    );
}

#[test]
fn a_resumed_optimizer_goes_on_bit_for_bit() {
    fn resumes<T: Real + serde::Serialize + serde::de::DeserializeOwned>() {
        for optimizer in all() {
            let mut w: Vec<T> = B.start.iter().map(|&w| T::from_f64(w)).collect();
            let mut stepper = optimizer.start::<T>(3);
            for _ in 0..5 {
                let gradient = slopes(&B, &w);
                stepper.step(&mut w, &gradient);
            }
            let bytes = postcard::to_stdvec(&stepper.save()).unwrap();
            let mut resumed = optimizer.start::<T>(3);
            resumed.restore(postcard::from_bytes(&bytes).unwrap()).unwrap();
            assert_eq!(resumed, stepper);
            let mut again = w.clone();
            for _ in 0..5 {
                let gradient = slopes(&B, &w);
                stepper.step(&mut w, &gradient);
                let gradient = slopes(&B, &again);
                resumed.step(&mut again, &gradient);
            }
            assert_eq!(again, w, "{}", optimizer.name());
        }
    }
    resumes::<f32>();
    resumes::<f64>();
}

#[test]
fn the_state_of_another_optimizer_is_refused() {
    let mut stepper = Optimizer::Adam(Adam::default()).start::<f32>(2);
    let other = Optimizer::Adagrad(Adagrad::default()).start::<f32>(2).save();
    assert_eq!(
        stepper.restore(other).unwrap_err(),
        GradientError::Moments { optimizer: "adam", expected: 2, got: 1 }
    );
    let longer = State { steps: 1, moments: vec![vec![0.0; 2], vec![0.0; 3]] };
    assert_eq!(
        stepper.restore(longer).unwrap_err(),
        GradientError::Length { what: "a saved moment", expected: 2, got: 3 }
    );
    assert_eq!(stepper.steps(), 0);
}

/// After one gradient and then silence no moment ever becomes a subnormal number.
#[test]
fn small_moments_are_zero() {
    fn settles<T: Real>() {
        for optimizer in all() {
            let mut w = [T::ZERO];
            let mut stepper = optimizer.start::<T>(1);
            stepper.step(&mut w, &[T::from_f64(1e-12)]);
            for _ in 0..20_000 {
                w = [T::ZERO]; // no pull from weight decay
                stepper.step(&mut w, &[T::ZERO]);
                for moment in stepper.save().moments {
                    assert!(moment[0] == T::ZERO || moment[0].abs().to_f64() >= 1e-30 * 0.999_999);
                }
            }
        }
    }
    settles::<f32>();
    settles::<f64>();
}

#[test]
fn every_optimizer_goes_downhill() {
    for optimizer in all() {
        let loss = |w: &[f64]| (0..3).map(|i| 0.5 * B.a[i] * (w[i] - B.c[i]) * (w[i] - B.c[i])).sum::<f64>();
        let mut w = B.start.to_vec();
        let mut stepper = optimizer.start::<f64>(3);
        for _ in 0..200 {
            let gradient = slopes(&B, &w);
            stepper.step(&mut w, &gradient);
        }
        assert!(loss(&w) < 0.9 * loss(B.start), "{} {}", optimizer.name(), loss(&w));
    }
}

#[test]
fn adamw_without_decay_is_adam() {
    let (mut a, mut b) = (B.start.to_vec(), B.start.to_vec());
    let mut adam = Optimizer::Adam(Adam::default()).start::<f64>(3);
    let mut adamw = Optimizer::AdamW(AdamW { weight_decay: 0.0, ..AdamW::default() }).start::<f64>(3);
    for _ in 0..20 {
        let gradient = slopes(&B, &a);
        adam.step(&mut a, &gradient);
        let gradient = slopes(&B, &b);
        adamw.step(&mut b, &gradient);
        assert_eq!(a, b);
    }
}

#[test]
fn a_nan_in_the_gradient_is_not_hidden() {
    for optimizer in all() {
        let mut w = [1.0_f64, 1.0];
        optimizer.start(2).step(&mut w, &[f64::NAN, 0.5]);
        assert!(w[0].is_nan() && w[1].is_finite(), "{}", optimizer.name());
    }
}

#[test]
fn settings_are_read_and_checked() {
    let read = |text: &str| serde_json::from_str::<Optimizer>(text);
    assert_eq!(read(r#"{"adam": {}}"#).unwrap(), Optimizer::Adam(Adam::default()));
    assert_eq!(
        read(r#"{"sgd": {"rate": 0.1}}"#).unwrap(),
        Optimizer::Sgd(Sgd { rate: 0.1, weight_decay: 0.0 })
    );
    for wrong in [
        r#"{"sgd": {}}"#,
        r#"{"sgd": {"rate": 0}}"#,
        r#"{"adam": {"beta_2": 1}}"#,
        r#"{"adam": {"beta1": 0.9}}"#,
        r#"{"adamax": {}}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn nesterov_with_dampening_is_a_problem() {
    let nesterov = Momentum { nesterov: true, ..momentum(0.1) };
    assert!(Optimizer::Momentum(nesterov.clone()).problems().is_empty());
    let problems = Optimizer::Momentum(Momentum { dampening: 0.1, ..nesterov }).problems();
    assert_eq!(problems.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(), ["momentum.nesterov"]);
}

/// The form that every page of the registry keeps, because `duet explain` and the book are made from it.
#[test]
fn every_page_is_complete() {
    use duet_units::{Describe, Shape};
    for shape in [Optimizer::shape(), crate::Loss::shape()] {
        let Shape::Choice { entries, .. } = shape else { panic!("a choice") };
        for entry in entries {
            assert!(entry.page().summary().ends_with('.'), "{}", entry.name);
            for section in ["Equations", "Behaviour", "References", "Example"] {
                assert!(entry.page().section(section).is_some(), "{} lacks {section}", entry.name);
            }
        }
    }
}
