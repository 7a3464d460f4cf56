//! Schedules and clipping at work, and what a saved state keeps.
#![allow(clippy::unreadable_literal)] // digits stand as the reference prints them

use super::{Progress, State, Stepper};
use crate::clip::{Norm, Value};
use crate::optimizer::tests::{A, B, Bowl, all, slopes};
use crate::schedule::{Cosine, Step, WarmUp, WarmedUp};
use crate::{Adagrad, Adam, AdamW, Clip, GradientError, Momentum, Optimizer, Schedule, Sgd};
use duet_kernels::Real;

/// Follows a sequence that PyTorch 2.15.0 computed in f64, one update an epoch: f64 to 1e-12, f32 to 1e-5.
fn follows(stepper: &Stepper<f64>, single: &Stepper<f32>, bowl: &Bowl, expected: &[[f64; 3]]) {
    fn run<T: Real>(mut stepper: Stepper<T>, bowl: &Bowl, expected: &[[f64; 3]], tolerance: f64) {
        let mut w: Vec<T> = bowl.start.iter().map(|&w| T::from_f64(w)).collect();
        for (epoch, want) in expected.iter().enumerate() {
            stepper.begin_epoch(epoch as u64, 1);
            let gradient = slopes(bowl, &w);
            stepper.step(&mut w, &gradient);
            for (got, want) in w.iter().zip(want) {
                assert!((got.to_f64() - want).abs() < tolerance, "epoch {epoch}: {w:?} {want:?}");
            }
        }
    }
    run(stepper.clone(), bowl, expected, 1e-12);
    run(single.clone(), bowl, expected, 1e-5);
}

fn both(
    optimizer: &Optimizer,
    schedule: &Schedule,
    clip: Option<&Clip>,
    n: usize,
) -> (Stepper<f64>, Stepper<f32>) {
    (Stepper::new(optimizer, schedule, clip, n), Stepper::new(optimizer, schedule, clip, n))
}

#[test]
fn clipped_steps_follow_pytorch() {
    // SGD(lr=0.1), clip_grad_norm_(1.0); the third number of each row is not used
    let sgd = Optimizer::Sgd(Sgd { rate: 0.1, weight_decay: 0.0 });
    let (double, single) = both(&sgd, &Schedule::default(), Some(&Clip::Norm(Norm(1.0))), 2);
    let expected = [
        [2.9920254780896762, 0.4003184761209502, 0.0],
        [2.983754905823912, 0.30066107898441713, 0.0],
        [2.9751642391201485, 0.2010307644236207, 0.0],
        [2.966226340748221, 0.10143100002799198, 0.0],
        [2.9569104242171806, 0.0018658818811570083, 0.0],
        [2.947181366944643, -0.09765971507891848, 0.0],
    ];
    follows(&double, &single, &A, &expected);
    // SGD(lr=0.05, momentum=0.9), clip_grad_norm_(5.0): clipped at first, not later
    let heavy = Momentum { rate: 0.05, momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
    let norm = Clip::Norm(Norm(5.0));
    let (double, single) = both(&Optimizer::Momentum(heavy), &Schedule::default(), Some(&norm), 3);
    let expected = [
        [1.9805375274060628, -0.8443002192485031, 0.5053752740606288],
        [1.9386849166953406, -0.5183784629404284, 0.16471654900830604],
        [1.8653811659635167, 0.019267055106974535, -0.18111604789958524],
        [1.7658937109569506, 0.6884844558058082, -0.3279658691431536],
        [1.6475341477392496, 1.4001089673308658, -0.2371586240612853],
        [1.5036720228818596, 2.108253756909721, 0.08231748986746143],
    ];
    follows(&double, &single, &B, &expected);
    // Adam(lr=0.1), clip_grad_value_(0.5)
    let adam = Optimizer::Adam(Adam { rate: 0.1, ..Adam::default() });
    let (double, single) = both(&adam, &Schedule::default(), Some(&Clip::Value(Value(0.5))), 3);
    let expected = [
        [1.900000002, -0.900000002, 0.6000000019999999],
        [1.8000000040000008, -0.8000000040000006, 0.5000000040000006],
        [1.700000006000001, -0.7000000060000007, 0.4000000060000006],
        [1.6000000080000014, -0.6000000080000012, 0.30000000800000104],
        [1.5000000100000015, -0.5000000100000013, 0.20000001000000117],
        [1.4000000120000016, -0.40000001200000124, 0.10000001200000116],
    ];
    follows(&double, &single, &B, &expected);
}

#[test]
fn a_scheduled_optimizer_follows_pytorch() {
    // AdamW(lr=0.1, weight_decay=0.1), StepLR(step_size=2, gamma=0.5): the decay follows the rate too
    let adamw = Optimizer::AdamW(AdamW { rate: 0.1, weight_decay: 0.1, ..AdamW::default() });
    let (double, single) = both(&adamw, &Schedule::Step(Step { every: 2, factor: 0.5 }), None, 3);
    let expected = [
        [1.8800000006666666, -0.8900000000833334, 0.5930000000666666],
        [1.76132718931578, -0.7812147780099371, 0.488053747704844],
        [1.7026928980115037, -0.7274639002772396, 0.4370985353955741],
        [1.6444499313619494, -0.6740701461170946, 0.3873448521359816],
        [1.615527732727151, -0.6475550481416091, 0.3631434060399325],
        [1.5867241943150612, -0.6211479666670875, 0.33949794767788494],
    ];
    follows(&double, &single, &B, &expected);
}

#[test]
fn the_rate_follows_the_epochs() {
    let sgd = Optimizer::Sgd(Sgd { rate: 0.4, weight_decay: 0.0 });
    let then = WarmedUp::Step(Step { every: 1, factor: 0.5 });
    let warm_up = Schedule::WarmUp(WarmUp { epochs: 1.0, from: 0.5, then });
    let mut stepper = Stepper::<f32>::new(&sgd, &warm_up, None, 1);
    let mut rates = Vec::new();
    for epoch in 0..3 {
        stepper.begin_epoch(epoch, 2);
        // A third update was not announced: it keeps the rate of the second.
        for _ in 0..3 {
            rates.push(stepper.rate());
            stepper.step(&mut [0.0], &[1.0]);
        }
    }
    let wanted = [0.2, 0.3, 0.3, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2];
    for (rate, wanted) in rates.iter().zip(wanted) {
        assert!((rate - wanted).abs() < 1e-15, "{rates:?}");
    }
    assert_eq!(stepper.steps(), 9);
    assert_eq!(stepper.afresh(), Stepper::new(&sgd, &warm_up, None, 1));
}

#[test]
fn an_epoch_that_nobody_announced_stays_the_first() {
    let cosine = Schedule::Cosine(Cosine { epochs: 4, floor: 0.0 });
    let mut stepper = Stepper::<f64>::new(&Optimizer::Adam(Adam::default()), &cosine, None, 1);
    for _ in 0..10 {
        stepper.step(&mut [0.0], &[1.0]);
        assert_eq!(stepper.rate(), Adam::default().rate);
    }
}

/// In the middle of an epoch of a schedule, with clipping, for every optimizer.
#[test]
fn a_resumed_stepper_goes_on_bit_for_bit() {
    fn resumes<T: Real + serde::Serialize + serde::de::DeserializeOwned>() {
        let then = WarmedUp::Cosine(Cosine { epochs: 3, floor: 0.0 });
        let schedules = [Schedule::default(), Schedule::WarmUp(WarmUp { then, ..WarmUp::default() })];
        let clips = [None, Some(Clip::Norm(Norm(2.0))), Some(Clip::Value(Value(1.0)))];
        for optimizer in all() {
            for schedule in &schedules {
                for clip in &clips {
                    let new = || Stepper::<T>::new(&optimizer, schedule, clip.as_ref(), 3);
                    let mut w: Vec<T> = B.start.iter().map(|&w| T::from_f64(w)).collect();
                    let mut stepper = new();
                    stepper.begin_epoch(0, 8);
                    let advance = |stepper: &mut Stepper<T>, w: &mut Vec<T>| {
                        for _ in 0..5 {
                            let gradient = slopes(&B, w);
                            stepper.step(w, &gradient);
                        }
                    };
                    advance(&mut stepper, &mut w);
                    let bytes = postcard::to_stdvec(&stepper.save()).unwrap();
                    let mut resumed = new();
                    resumed.restore(postcard::from_bytes(&bytes).unwrap()).unwrap();
                    assert_eq!(resumed, stepper);
                    let mut again = w.clone();
                    for stepper in [(&mut stepper, &mut w), (&mut resumed, &mut again)] {
                        advance(stepper.0, stepper.1);
                        stepper.0.begin_epoch(1, 8);
                        advance(stepper.0, stepper.1);
                    }
                    assert_eq!(again, w, "{} {} {clip:?}", optimizer.name(), schedule.name());
                }
            }
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
    let longer = State { steps: 1, progress: Progress::default(), moments: vec![vec![0.0; 2], vec![0.0; 3]] };
    assert_eq!(
        stepper.restore(longer).unwrap_err(),
        GradientError::Length { what: "a saved moment", expected: 2, got: 3 }
    );
    assert_eq!(stepper.steps(), 0);
}

#[test]
fn a_nan_is_not_hidden_by_clipping() {
    for clip in [Clip::Norm(Norm(1.0)), Clip::Value(Value(1.0))] {
        for optimizer in all() {
            let mut w = [1.0_f64, 1.0];
            let mut stepper = Stepper::new(&optimizer, &Schedule::default(), Some(&clip), 2);
            stepper.step(&mut w, &[f64::NAN, 0.5]);
            assert!(w[0].is_nan(), "{} {}", optimizer.name(), clip.name());
        }
    }
}
