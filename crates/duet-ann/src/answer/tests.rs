use crate::samples::{CHAIN, SKIP, SPARSE, ann, numbers};
use crate::{AnnError, Examples, Pixels, Place};
use duet_gradient::{CrossEntropy, GradientError, Logits, check_gradient};
use nalgebra::DMatrix;

#[test]
fn a_prediction_is_the_textbook_sum() {
    let ann = ann::<f64>(SKIP, "activation.tanh = {}\npopulation.output.activation.identity = {}");
    let network = ann.network();
    let inputs = DMatrix::from_vec(3, 5, numbers(15));
    let matrix = |name: &str, rows, columns| {
        DMatrix::from_column_slice(rows, columns, &network.projections[name].weights)
    };
    let with_bias = |name: &str, mut drives: DMatrix<f64>| {
        let bias = network.projections[name].bias.as_ref().unwrap();
        for mut column in drives.column_iter_mut() {
            column.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        }
        drives
    };
    let lower = with_bias("in", matrix("in", 5, 3) * &inputs).map(duet_kernels::math::tanh);
    let upper = with_bias("up", matrix("up", 4, 5) * &lower).map(duet_kernels::math::tanh);
    let output = with_bias("out", matrix("out", 3, 4) * &upper)
        + matrix("skip", 3, 3) * &inputs
        + matrix("jump", 3, 5) * &lower;
    let got = ann.predict(&inputs).unwrap();
    assert!((&got - &output).amax() < 1e-14);

    let activity = ann.activity(&inputs).unwrap();
    assert_eq!(activity.keys().collect::<Vec<_>>(), ["input", "lower", "upper", "output"]);
    assert_eq!(activity["input"], inputs);
    assert!((&activity["upper"] - &upper).amax() < 1e-14);
    assert_eq!(activity["output"], got);
}

#[test]
fn an_example_has_the_same_answer_in_any_company() {
    let ann = ann::<f32>(SKIP, "");
    let pixels = numbers::<f32>(3 * 700);
    let all = ann.predict(&DMatrix::from_column_slice(3, 700, &pixels)).unwrap();
    for i in [0, 255, 256, 699] {
        let one = ann.predict(&DMatrix::from_column_slice(3, 1, &pixels[3 * i..3 * i + 3])).unwrap();
        assert_eq!(one.as_slice(), all.column(i).as_slice());
    }
    let labels = vec![1; 700];
    let examples = Examples::new(Pixels::F32(&pixels), 3, &labels).unwrap();
    assert_eq!(ann.scores(&examples).unwrap(), all);
    assert_eq!(ann.predict(&DMatrix::zeros(3, 0)).unwrap().shape(), (3, 0));
    let error = ann.predict(&DMatrix::zeros(4, 1)).unwrap_err();
    assert!(matches!(error, AnnError::Inputs { expected: 3, got: 4, .. }));
}

#[test]
fn an_evaluation_is_loss_and_right_answers_of_all() {
    let ann = ann::<f64>(CHAIN, "population.output.activation.identity = {}");
    let pixels = numbers::<f32>(2 * 300);
    let labels: Vec<u32> = (0..300).map(|i| i % 2).collect();
    let examples = Examples::new(Pixels::F32(&pixels), 2, &labels).unwrap();
    let report = ann.evaluate(&examples).unwrap();
    let scores = ann.scores(&examples).unwrap();
    let mut slopes = vec![0.0; 600];
    let loss = CrossEntropy::default().evaluate(Logits::from(&scores), &labels, &mut slopes).unwrap();
    assert!((report.loss - loss).abs() < 1e-13);
    let right = scores.column_iter().zip(&labels).filter(|(s, l)| u32::from(s[1] > s[0]) == **l).count();
    assert_eq!((report.correct, report.examples), (right, 300));
    assert_eq!(report.accuracy(), Some(right as f64 / 300.0));

    let nothing = Examples::new(Pixels::F32(&[]), 2, &[]).unwrap();
    assert_eq!(ann.evaluate(&nothing).unwrap_err(), AnnError::Gradient(GradientError::Empty));
    let bad = Examples::new(Pixels::F32(&[f32::NAN, 0.0]), 2, &[0]).unwrap();
    let place = Place::Population("input".into());
    assert_eq!(ann.evaluate(&bad).unwrap_err(), AnnError::NotFinite { place });
}

#[test]
fn input_gradients_agree_with_differences() {
    // What only learning does, dropping out and normalising over the batch, has no part in an answer's slope.
    let learns = "population.hidden = { dropout = 0.5, batch_norm = {} }";
    let (plain, out) = ("activation.tanh = {}", "population.output.activation.identity = {}");
    for (text, more) in [(CHAIN, ""), (SKIP, ""), (SPARSE, ""), (CHAIN, learns)] {
        let mut ann = ann::<f64>(text, &format!("{plain}\n{out}\n{more}"));
        let seen: Vec<f64> = numbers(ann.inputs() * 4);
        let seen: Vec<f32> = seen.into_iter().map(|x| x as f32).collect();
        ann.fit(&Examples::new(Pixels::F32(&seen), ann.inputs(), &[0, 1, 1, 0]).unwrap(), &[0, 1, 2, 3])
            .unwrap();
        let inputs: Vec<f64> = numbers(ann.inputs() * 3);
        let labels = [1, 0, 1];
        let shaped = |x: &[f64]| DMatrix::from_column_slice(ann.inputs(), 3, x);
        let slopes = ann.input_gradient(&shaped(&inputs), &labels).unwrap();
        let total = |x: &[f64]| {
            let outputs = ann.predict(&shaped(x)).unwrap();
            let mut room = vec![0.0; outputs.len()];
            3.0 * CrossEntropy::default().evaluate(Logits::from(&outputs), &labels, &mut room).unwrap()
        };
        let check = check_gradient(total, slopes.as_slice(), &inputs, 1e-5);
        assert!(check.max_relative < 1e-6, "{check:?}");
        assert!(ann.input_gradient(&shaped(&inputs), &[0, 1]).is_err());
    }
}

#[test]
fn silent_units_cost_nothing_where_zeros_are_skipped() {
    let mut network = crate::samples::network(CHAIN);
    // Hidden unit 0 copies input 0, the others are silent.
    network.projections["a"].weights = (0..16).map(|i| if i == 0 { 1.0 } else { 0.0 }).collect();
    let ann = crate::Ann::<f32>::new(&network, &crate::AnnSide::default()).unwrap();
    let pixels = [1.0, 0.0, 0.0, 0.0, -1.0, 2.0, 3.0, 3.0];
    let examples = Examples::new(Pixels::F32(&pixels), 2, &[0, 0, 0, 0]).unwrap();
    let cost = ann.cost(&examples).unwrap();
    assert_eq!(cost.dense, 2 * 8 + 8 * 2);
    // Active inputs: 1 + 0 + 2 + 2, eight synapses each; hidden unit 0 active in two of four examples, two synapses.
    assert_eq!(cost.effective, (5.0 * 8.0 + 2.0 * 2.0) / 4.0);
    let sparse = self::ann::<f32>(SPARSE, "");
    let full = Examples::new(Pixels::F32(&[1.0; 6]), 6, &[0]).unwrap();
    assert_eq!(sparse.cost(&full).unwrap().dense, 30);
}

#[test]
fn standardized_inputs_are_what_the_network_sees() {
    let plain = ann::<f64>(CHAIN, "activation.tanh = {}");
    let ann = ann::<f64>(CHAIN, "activation.tanh = {}\ninput = { mean = 0.25, std = 0.5 }");
    let pixels = [0.1_f32, 0.2, 0.9, 0.4];
    let examples = Examples::new(Pixels::F32(&pixels), 2, &[0, 1]).unwrap();
    let raw = DMatrix::from_iterator(2, 2, pixels.iter().map(|&x| f64::from(x)));
    let seen = raw.map(|x| (x - 0.25) / 0.5);
    assert_eq!(ann.scores(&examples).unwrap(), plain.predict(&seen).unwrap());
    assert_eq!(ann.predict(&raw).unwrap(), plain.predict(&seen).unwrap());
    let slopes = ann.input_gradient(&raw, &[0, 1]).unwrap();
    let of_seen = plain.input_gradient(&seen, &[0, 1]).unwrap();
    assert!((slopes - of_seen * 2.0).amax() < 1e-15);
}
