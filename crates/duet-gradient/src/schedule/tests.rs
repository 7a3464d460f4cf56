//! Every schedule against the learning rates that PyTorch 2.15.0 prints (`optimizer.param_groups[0]["lr"]`, f64).
#![allow(clippy::unreadable_literal)] // digits stand as the reference prints them

use super::{Constant, Cosine, Schedule, Step, WarmUp, WarmedUp};

fn follows(schedule: &Schedule, updates_per_epoch: usize, expected: &[f64]) {
    for (update, want) in expected.iter().enumerate() {
        let epochs = update as f64 / updates_per_epoch as f64;
        let got = schedule.rate(0.1, epochs);
        assert!((got - want).abs() < 1e-16, "{} at {epochs}: {got} {want}", schedule.name());
    }
}

#[test]
fn steps_follow_pytorch() {
    // StepLR(step_size=3, gamma=0.1)
    let expected = [
        0.1,
        0.1,
        0.1,
        0.010000000000000002,
        0.010000000000000002,
        0.010000000000000002,
        0.0010000000000000002,
        0.0010000000000000002,
        0.0010000000000000002,
        0.00010000000000000003,
    ];
    follows(&Schedule::Step(Step { every: 3, factor: 0.1 }), 1, &expected);
}

#[test]
fn cosines_follow_pytorch() {
    // CosineAnnealingLR(T_max=8), past its end too
    let expected = [
        0.1,
        0.09619397662556434,
        0.08535533905932738,
        0.0691341716182545,
        0.05,
        0.030865828381745515,
        0.014644660940672627,
        0.0038060233744356634,
        0.0,
        0.0038060233744356634,
        0.014644660940672639,
    ];
    follows(&Schedule::Cosine(Cosine { epochs: 8, floor: 0.0 }), 1, &expected);
    // CosineAnnealingLR(T_max=8, eta_min=0.01)
    let expected = [
        0.1,
        0.0965745789630079,
        0.08681980515339463,
        0.07222075445642905,
        0.055,
        0.03777924554357096,
        0.023180194846605363,
        0.013425421036992097,
        0.01,
    ];
    follows(&Schedule::Cosine(Cosine { epochs: 8, floor: 0.01 }), 1, &expected);
}

#[test]
fn warm_ups_follow_pytorch() {
    // LinearLR(start_factor=0.1, total_iters=8), stepped at each of four updates an epoch
    let expected = [
        0.010000000000000002,
        0.021250000000000005,
        0.03250000000000001,
        0.04375000000000001,
        0.055000000000000014,
        0.06625000000000002,
        0.07750000000000001,
        0.08875000000000002,
        0.10000000000000003,
        0.10000000000000003,
    ];
    follows(&Schedule::WarmUp(WarmUp { epochs: 2.0, ..WarmUp::default() }), 4, &expected);
    // SequentialLR([LinearLR(0.25, total_iters=2), CosineAnnealingLR(4)], [2])
    let then = WarmedUp::Cosine(Cosine { epochs: 4, floor: 0.0 });
    let expected = [0.025, 0.0625, 0.1, 0.08535533905932738, 0.05, 0.014644660940672627, 0.0];
    follows(&Schedule::WarmUp(WarmUp { epochs: 2.0, from: 0.25, then }), 1, &expected);
}

#[test]
fn steps_and_cosines_hold_their_rate_within_an_epoch() {
    for schedule in [
        Schedule::Constant(Constant {}),
        Schedule::Step(Step { every: 1, factor: 0.5 }),
        Schedule::Cosine(Cosine { epochs: 9, floor: 0.001 }),
    ] {
        for epoch in 0..9 {
            let start = f64::from(epoch);
            assert_eq!(schedule.rate(0.1, start), schedule.rate(0.1, start + 0.999));
        }
    }
}

#[test]
fn a_floor_above_the_rate_is_a_problem() {
    let cosine = Cosine { epochs: 5, floor: 0.01 };
    let later = WarmUp { then: WarmedUp::Cosine(cosine.clone()), ..WarmUp::default() };
    for (schedule, path) in
        [(Schedule::Cosine(cosine), "cosine.floor"), (Schedule::WarmUp(later), "warm_up.then.cosine.floor")]
    {
        assert!(schedule.problems(0.01).is_empty());
        let problems = schedule.problems(0.001);
        assert_eq!(problems[0].path, path);
        assert_eq!(
            problems[0].words,
            "floor = 0.01 is above the optimizer's rate, 0.001: the rate would rise"
        );
    }
}

#[test]
fn settings_are_read_and_checked() {
    let read = |text: &str| serde_json::from_str::<Schedule>(text);
    assert_eq!(read(r#"{"step": {"every": 3}}"#).unwrap(), Schedule::Step(Step { every: 3, factor: 0.1 }));
    for wrong in [
        r#"{"step": {}}"#,
        r#"{"step": {"every": 0}}"#,
        r#"{"step": {"every": 1, "factor": 0}}"#,
        r#"{"cosine": {"epochs": 5, "floor": -1}}"#,
        r#"{"warm_up": {"epochs": 0}}"#,
        r#"{"warm_up": {"from": 0}}"#,
        r#"{"warm_up": {"then": {"warm_up": {}}}}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
