//! Every optimizer against sequences computed by an independent program, and the laws that all of them keep.
#![allow(clippy::unreadable_literal)] // digits stand as the reference prints them

use super::{
    Adadelta, Adagrad, Adam, AdamW, GradientAscent, GradientDescent, Momentum, Optimizer, RmsProp, Sgd,
};
use duet_kernels::Real;

/// f(w) = 1/2 sum a_i (w_i - c_i)^2 from w0: the bowls `a` and `b` of the reference.
pub(crate) struct Bowl {
    pub(crate) a: &'static [f64],
    pub(crate) c: &'static [f64],
    pub(crate) start: &'static [f64],
}

pub(crate) const A: Bowl = Bowl { a: &[1.0, 10.0], c: &[1.0, -2.0], start: &[3.0, 0.5] };
pub(crate) const B: Bowl = Bowl { a: &[0.5, 4.0, 25.0], c: &[-1.0, 2.0, 0.1], start: &[2.0, -1.0, 0.7] };

fn momentum(rate: f64) -> Momentum {
    Momentum { rate, momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 }
}

/// One of each kind, in the order of the table, with everything switched on that can be.
pub(crate) fn all() -> Vec<Optimizer> {
    vec![
        Optimizer::GradientDescent(GradientDescent { rate: 0.02 }),
        Optimizer::Sgd(Sgd { rate: 0.02, weight_decay: 0.01 }),
        Optimizer::Momentum(Momentum { nesterov: true, ..momentum(0.01) }),
        Optimizer::Adam(Adam { amsgrad: true, ..Adam::default() }),
        Optimizer::AdamW(AdamW::default()),
        Optimizer::Adagrad(Adagrad { rate_decay: 0.01, initial: 0.1, ..Adagrad::default() }),
        Optimizer::RmsProp(RmsProp { momentum: 0.5, centered: true, ..RmsProp::default() }),
        Optimizer::Adadelta(Adadelta::default()),
        Optimizer::GradientAscent(GradientAscent { rate: 0.02 }),
    ]
}

pub(crate) fn slopes<T: Real>(bowl: &Bowl, w: &[T]) -> Vec<T> {
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

/// Sequences that PyTorch 2.15.0 computed in f64, for settings that the truth file does not have.
#[test]
fn the_options_of_rescaling_follow_pytorch() {
    // Adagrad(lr=0.1, lr_decay=0.5, initial_accumulator_value=0.25, weight_decay=0.01)
    follows(
        "Adagrad",
        &Optimizer::Adagrad(Adagrad {
            rate: 0.1,
            rate_decay: 0.5,
            initial: 0.25,
            weight_decay: 0.01,
            ..Adagrad::default()
        }),
        &B,
        &[
            &[1.9050074210112988, -0.9000865485714773, 0.6000554575733713],
            &[1.859879640892274, -0.853773145346074, 0.5573873414462687],
            &[1.83215433874783, -0.8255564604057407, 0.5321267980333083],
            &[1.81290200269637, -0.8060457202312726, 0.5148964725434145],
            &[1.7985262010605707, -0.7915142989293699, 0.5021569130296688],
            &[1.7872606496726384, -0.7801464134909638, 0.49223170555621426],
        ],
    );
    // RMSprop(lr=0.01, centered=True)
    follows(
        "RMSprop, centered",
        &Optimizer::RmsProp(RmsProp { centered: true, ..RmsProp::default() }),
        &B,
        &[
            &[1.8994962252080851, -0.8994962193158297, 0.5994962191474794],
            &[1.829116309634209, -0.8291163008259674, 0.5346833521919482],
            &[1.771844081293409, -0.7718440705392937, 0.48500985519795214],
            &[1.7222969235990508, -0.7222969113790262, 0.44427938264588135],
            &[1.6779735232329964, -0.6779735098331914, 0.40966782198561974],
            &[1.6374751876217137, -0.6374751732320431, 0.37960975028298666],
        ],
    );
    // RMSprop(lr=0.01, alpha=0.9, momentum=0.9, centered=True, weight_decay=0.01)
    follows(
        "RMSprop, all options",
        &Optimizer::RmsProp(RmsProp {
            alpha: 0.9,
            momentum: 0.9,
            centered: true,
            weight_decay: 0.01,
            ..RmsProp::default()
        }),
        &B,
        &[
            &[1.9666666673976607, -0.9666666667591821, 0.6666666667407062],
            &[1.9113123687669233, -0.9113116953231234, 0.6118794820442743],
            &[1.8393414175784637, -0.8393384144146745, 0.5419341084926425],
            &[1.7541233994089385, -0.7541152324209874, 0.46137613121178794],
            &[1.6580104544526981, -0.6579929299758414, 0.37407903195399467],
            &[1.5527519833884875, -0.5527193379088141, 0.28374023430306733],
        ],
    );
}

/// The same for the others.
#[test]
fn weight_decay_and_signs_follow_pytorch() {
    // Adam(lr=0.05, weight_decay=0.1)
    follows(
        "Adam with decay",
        &Optimizer::Adam(Adam { rate: 0.05, weight_decay: 0.1, ..Adam::default() }),
        &B,
        &[
            &[1.9500000002941176, -0.9500000000413223, 0.6500000000331785],
            &[1.900025184703894, -0.9000240931037492, 0.6001602751654835],
            &[1.8500929124347756, -0.8500888603898272, 0.5506108438180816],
            &[1.8002209282992823, -0.8002112317312186, 0.5015017785793857],
            &[1.7504273270421402, -0.7504084509441102, 0.4530052792255078],
            &[1.7007305160360746, -0.7006980397630264, 0.40531745178366385],
        ],
    );
    // AdamW(lr=0.05, betas=(0.9, 0.9), weight_decay=0.1, amsgrad=True)
    follows(
        "AdamW, amsgrad",
        &Optimizer::AdamW(AdamW {
            rate: 0.05,
            beta_2: 0.9,
            weight_decay: 0.1,
            amsgrad: true,
            ..AdamW::default()
        }),
        &B,
        &[
            &[1.9400000003333333, -0.9450000000416666, 0.6465000000333333],
            &[1.8803025468750614, -0.890277135842191, 0.5933219654493894],
            &[1.8209079194367435, -0.8358315147034621, 0.5405145669883529],
            &[1.7618164654926287, -0.7816632919533638, 0.4881408747341177],
            &[1.7030285982281708, -0.7277726681356292, 0.4362830026242706],
            &[1.644544794838407, -0.6741598863373756, 0.3850483298509635],
        ],
    );
    // Adadelta(lr=0.5, weight_decay=0.1)
    follows(
        "Adadelta with decay",
        &Optimizer::Adadelta(Adadelta { rate: 0.5, weight_decay: 0.1, ..Adadelta::default() }),
        &B,
        &[
            &[1.998418863905443, -0.9984188612239128, 0.6984188612047265],
            &[1.9967970815774077, -0.996797058929159, 0.6967986748568633],
            &[1.9951477091801773, -0.9951476425577302, 0.6951531302447672],
            &[1.99347715229437, -0.9934770139017928, 0.6934889877411006],
            &[1.9917891982384541, -0.9917889577677668, 0.6918102681571507],
            &[1.990086339270939, -0.9900859645833354, 0.6901196323590222],
        ],
    );
    // SGD(lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01)
    follows(
        "Nesterov with decay",
        &Optimizer::Momentum(Momentum { nesterov: true, weight_decay: 0.01, ..momentum(0.02) }),
        &B,
        &[
            &[1.94224, -0.54362, 0.12973399999999993],
            &[1.8609753888, 0.037778815600000015, -0.14167599892],
            &[1.759601298885056, 0.676042522118872, -0.14289530997441036],
            &[1.641347298858398, 1.310191373375391, -0.021967546423705176],
            &[1.5092625281062948, 1.8900751272778562, 0.09341634689781035],
            &[1.366204294838222, 2.378530471225711, 0.14859147307340975],
        ],
    );
    // SGD(lr=0.02, maximize=True)
    follows(
        "SGD, maximize",
        &Optimizer::GradientAscent(GradientAscent { rate: 0.02 }),
        &B,
        &[
            &[2.03, -1.24, 1.0],
            &[2.0603, -1.4992, 1.45],
            &[2.090903, -1.779136, 2.125],
            &[2.12181203, -2.0814668800000002, 3.1375],
            &[2.1530301503000002, -2.4079842304000003, 4.65625],
            &[2.184560451803, -2.7606229688320005, 6.934375],
        ],
    );
}

#[test]
fn the_rate_is_read_and_replaced() {
    for optimizer in all() {
        let faster = optimizer.at_rate(0.5);
        assert_eq!((faster.rate(), faster.name()), (0.5, optimizer.name()));
        assert_eq!(faster.at_rate(optimizer.rate()), optimizer);
    }
}

/// Gradients that never change have no variance but for rounding, which must not become the root of a negative number.
#[test]
fn a_centered_variance_is_never_negative() {
    fn steady<T: Real>() {
        for g in [0.1, 0.3, 1e-3, 7.0] {
            let centered = RmsProp { alpha: 0.5, centered: true, ..RmsProp::default() };
            let mut stepper = Optimizer::RmsProp(centered).start::<T>(1);
            let mut w = [T::ZERO];
            for _ in 0..200 {
                stepper.step(&mut w, &[T::from_f64(g)]);
                assert!(w[0].is_finite());
            }
        }
    }
    steady::<f32>();
    steady::<f64>();
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
fn every_optimizer_goes_downhill_but_one() {
    for optimizer in all() {
        let loss = |w: &[f64]| (0..3).map(|i| 0.5 * B.a[i] * (w[i] - B.c[i]) * (w[i] - B.c[i])).sum::<f64>();
        let mut w = B.start.to_vec();
        let mut stepper = optimizer.start::<f64>(3);
        for _ in 0..200 {
            let gradient = slopes(&B, &w);
            stepper.step(&mut w, &gradient);
        }
        let climbs = matches!(optimizer, Optimizer::GradientAscent(_));
        let (before, after) = (loss(B.start), loss(&w));
        let right = if climbs { after > 1e20 * before } else { after < 0.9 * before };
        assert!(right, "{} {after}", optimizer.name());
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
    for shape in [Optimizer::shape(), crate::Loss::shape(), crate::Schedule::shape(), crate::Clip::shape()] {
        let Shape::Choice { entries, .. } = shape else { panic!("a choice") };
        for entry in entries {
            assert!(entry.page().summary().ends_with('.'), "{}", entry.name);
            for section in ["Equations", "Behaviour", "References", "Example"] {
                assert!(entry.page().section(section).is_some(), "{} lacks {section}", entry.name);
            }
        }
    }
}
