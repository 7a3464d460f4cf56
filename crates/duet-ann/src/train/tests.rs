use super::EpochReport;
use crate::link::dense::Dense;
use crate::link::{Link, Operation};
use crate::samples::{CHAIN, CONVOLUTIONAL, RECURRENT, SKIP, SPARSE, THIN, ann, network, numbers, side};
use crate::{Activation, Ann, AnnError, AnnSide, Backprop, Examples, Learning, Pixels, Place};
use duet_gradient::{Logits, Loss, Mse, Targets, check_gradient};
use duet_kernels::Real;
use duet_random::Key;
use duet_units::{Describe, Shape};
use nalgebra::DMatrix;

/// A plain step, so that a gradient can be read off.
const PLAIN: &str = "learning.backprop.optimizer.sgd = { rate = 0.5 }";

/// The mean loss of a batch as a function of the parameters, by the forward pass alone.
fn loss_at(ann: &Ann<f64>, parameters: &[f64], loss: &Loss, inputs: &[f64], labels: &[u32]) -> f64 {
    let mut ann = ann.clone();
    ann.parameters.copy_from_slice(parameters);
    let inputs = DMatrix::from_column_slice(ann.inputs(), labels.len(), inputs);
    let outputs = ann.predict(&inputs).unwrap();
    let mut slopes = vec![0.0; outputs.len()];
    loss.evaluate(Logits::from(&outputs), Targets::Classes(labels), &mut slopes).unwrap()
}

/// Truth entry `gradcheck`, for every activation, loss and kind of network.
#[test]
fn gradients_agree_with_differences() {
    let Shape::Choice { entries, .. } = Activation::shape() else { panic!("a choice") };
    for network_text in [CHAIN, SKIP, SPARSE] {
        for loss in [Loss::CrossEntropy(duet_gradient::CrossEntropy::default()), Loss::Mse(Mse {})] {
            for activation in entries.iter().map(|entry| entry.name) {
                for output in [activation, "identity"] {
                    let mut side: AnnSide = side(&format!(
                        "activation.{activation} = {{}}\npopulation.output.activation.{output} = {{}}"
                    ));
                    side.learning =
                        Learning::Backprop(Backprop { loss: loss.clone(), ..Backprop::default() });
                    let ann = Ann::<f64>::new(&network(network_text), &side).unwrap();
                    let labels = [0, 1, 1, 0];
                    let inputs: Vec<f64> = numbers(ann.inputs() * labels.len());
                    let mut taught = ann.clone();
                    let first = taught.fit_batch(&inputs, &labels).unwrap();
                    let parameters = ann.parameters();
                    assert!((first - loss_at(&ann, parameters, &loss, &inputs, &labels)).abs() < 1e-14);
                    let mut gradient = taught.gradient().to_vec();
                    let f = |p: &[f64]| loss_at(&ann, p, &loss, &inputs, &labels);
                    // Entries of a sparse matrix that are no synapses are not parameters.
                    let mut at = parameters.to_vec();
                    hide_absent(&ann, &mut at, &mut gradient);
                    let check = check_gradient(|p| f(&show_absent(&ann, p)), &gradient, &at, 1e-5);
                    let limit = if activation.ends_with("relu") { 1e-5 } else { 1e-6 };
                    assert!(
                        check.max_relative < limit,
                        "{activation} to {output}, {}, {check:?}",
                        loss.name()
                    );
                }
            }
        }
    }
}

/// The loss while learning, as a function of the parameters; what drops out is drawn alike every time.
fn lesson_at(ann: &Ann<f64>, parameters: &[f64], inputs: &[f64], labels: &[u32]) -> f64 {
    let mut ann = ann.clone();
    ann.parameters.copy_from_slice(parameters);
    ann.fit_batch(inputs, labels).unwrap()
}

#[test]
fn gradients_of_every_kind_of_layer_agree_with_differences() {
    let kinds = [
        (CONVOLUTIONAL, "activation.tanh = {}"),
        (
            CONVOLUTIONAL,
            "activation.tanh = {}\npopulation.conv.batch_norm = {}\npopulation.pool = { activation.identity = {}, dropout = 0.4 }",
        ),
        (THIN, "activation.tanh = {}"),
        (THIN, "activation.silu = {}\npopulation.hidden = { batch_norm = {}, dropout = 0.3 }"),
        (CHAIN, "activation.tanh = {}\npopulation.hidden = { batch_norm = {}, dropout = 0.5 }"),
        (RECURRENT, "steps = 4\nactivation.tanh = {}"),
        (
            RECURRENT,
            "steps = 3\nactivation.tanh = {}\npopulation.hidden = { batch_norm = {}, dropout = 0.3 }",
        ),
    ];
    for (network_text, side_text) in kinds {
        let side = side(&format!("population.output.activation.identity = {{}}\n{side_text}"));
        let mut network = network(network_text);
        if side_text.contains("batch_norm") {
            // A bias before it has no effect, and differences of nothing are noise.
            network.projections.values_mut().for_each(|projection| projection.bias = None);
        }
        let ann = Ann::<f64>::new(&network, &side).unwrap().with_key(Key::new(3));
        // More than a group of sixteen.
        let labels: Vec<u32> = (0..19).map(|i| i % 2).collect();
        let inputs: Vec<f64> = numbers(ann.inputs() * labels.len());
        let mut taught = ann.clone();
        taught.fit_batch(&inputs, &labels).unwrap();
        let f = |p: &[f64]| lesson_at(&ann, p, &inputs, &labels);
        let check = check_gradient(f, taught.gradient(), ann.parameters(), 1e-5);
        assert!(check.max_relative < 1e-6, "{side_text}, {check:?}");
    }
}

/// In slices as in one piece: two moments through a weight that is the same for both.
#[test]
fn an_unrolled_network_is_the_sum_over_its_moments() {
    let text = "
        population = { x.size = 1, h.size = 1, y.size = 1 }
        projection.a = { from = 'x', to = 'h', weights.constant = 0.5 }
        projection.b = { from = 'h', to = 'h', weights.constant = 2.0, pattern.full.autapses = true }
        projection.c = { from = 'h', to = 'y', weights.constant = 1.0 }";
    let side = side("steps = 3\nactivation.identity = {}\nlearning.backprop.loss.mse = {}");
    let ann = Ann::<f64>::new(&network(text), &side).unwrap();
    // h = 0.5 x3 + 2 (0.5 x2 + 2 (0.5 x1))
    let answer = ann.predict(&DMatrix::from_column_slice(3, 1, &[1.0, 10.0, 100.0])).unwrap();
    assert_eq!(answer[0], 50.0 + 2.0 * (5.0 + 2.0 * 0.5));
    let slopes = ann.input_gradient(&DMatrix::from_column_slice(3, 1, &[1.0, 10.0, 100.0]), &[0]).unwrap();
    // dL/dx1 : dL/dx2 : dL/dx3 = 4 : 2 : 1
    assert!((slopes[0] / slopes[2] - 4.0).abs() < 1e-12 && (slopes[1] / slopes[2] - 2.0).abs() < 1e-12);
}

#[test]
fn dropout_silences_its_share_while_learning_only() {
    let text = "
        population = { x.size = 1, h.size = 4000, y.size = 2 }
        projection.a = { from = 'x', to = 'h', weights.constant = 1.0 }
        projection.b = { from = 'h', to = 'y', weights.constant = 1.0 }";
    let side = side(
        "activation.identity = {}\npopulation.h.dropout = 0.25\nlearning.backprop.optimizer.sgd = { rate = 1e-9 }",
    );
    let mut ann = Ann::<f64>::new(&network(text), &side).unwrap().with_key(Key::new(1));
    let all = ann.predict(&DMatrix::from_element(1, 1, 1.0)).unwrap();
    assert_eq!(all[0], 4000.0);
    let mut silent = Vec::new();
    for _ in 0..2 {
        ann.fit_batch(&[1.0], &[0]).unwrap();
        // What is silent gives its outgoing weights no gradient; what is not speaks up by 4/3.
        let to_y = &ann.gradient()[4000..];
        let of_first: Vec<f64> = to_y.iter().step_by(2).copied().collect();
        let loud = of_first.iter().find(|slope| **slope != 0.0).unwrap();
        assert!(of_first.iter().all(|slope| *slope == 0.0 || slope == loud));
        let count = of_first.iter().filter(|slope| **slope == 0.0).count();
        // Binomial, n = 4000, p = 1/4: standard deviation 27.4.
        assert!((count as f64 - 1000.0).abs() < 4.0 * 27.4, "{count}");
        silent.push(of_first.iter().map(|slope| *slope == 0.0).collect::<Vec<_>>());
    }
    assert_ne!(silent[0], silent[1], "every update draws its own");
}

fn absent(ann: &Ann<f64>) -> Vec<usize> {
    fn present(link: &Link) -> Option<&Vec<bool>> {
        if let Operation::Dense(Dense { present }) = &link.operation { present.as_ref() } else { None }
    }
    let links = ann.plan.links.iter().filter_map(|link| Some((link.weights.start, present(link)?)));
    links
        .flat_map(|(start, p)| p.iter().enumerate().filter(|&(_, &s)| !s).map(move |(i, _)| start + i))
        .collect()
}

fn hide_absent(ann: &Ann<f64>, at: &mut Vec<f64>, gradient: &mut Vec<f64>) {
    for index in absent(ann).into_iter().rev() {
        assert_eq!((at.remove(index), gradient.remove(index)), (0.0, 0.0));
    }
}

fn show_absent(ann: &Ann<f64>, parameters: &[f64]) -> Vec<f64> {
    let mut all = parameters.to_vec();
    for index in absent(ann) {
        all.insert(index, 0.0);
    }
    all
}

/// Truth entry `mlp.tiny.tanh`.
#[test]
fn the_tiny_network_agrees_with_the_reference() {
    fn check<T: Real>(tolerance: f64) {
        let text = "
            population = { x.size = 2, h.size = 3, y.size = 2 }
            projection.a = { from = 'x', to = 'h', weights.constant = 0.0, bias.zero = {} }
            projection.b = { from = 'h', to = 'y', weights.constant = 0.0, bias.zero = {} }";
        let mut network = network(text);
        // The reference's y = x W + b, row by row, is this crate's order: w[pre * n_post + post].
        network.projections["a"].weights = vec![0.1, -0.2, 0.3, 0.4, 0.05, -0.15];
        network.projections["a"].bias = Some(vec![0.01, -0.02, 0.03]);
        network.projections["b"].weights = vec![0.2, -0.1, -0.3, 0.25, 0.15, 0.35];
        network.projections["b"].bias = Some(vec![0.05, -0.05]);
        let side = side(&format!("activation.tanh = {{}}\npopulation.y.activation.identity = {{}}\n{PLAIN}"));
        let mut ann = Ann::<T>::new(&network, &side).unwrap();
        let inputs = [1.0, 2.0, -1.0, 0.5, 0.3, -0.7].map(T::from_f64);
        let labels = [0, 1, 1];

        let close = |got: &[T], want: &[f64]| {
            assert_eq!(got.len(), want.len());
            for (got, want) in got.iter().zip(want) {
                assert!((got.to_f64() - want).abs() < tolerance, "{got:?} {want}");
            }
        };
        let logits = ann.predict(&DMatrix::from_column_slice(2, 3, &inputs)).unwrap();
        close(
            logits.as_slice(),
            &[
                0.234_553_290_861,
                -0.141_473_198_908,
                -0.038_531_111_291_7,
                -0.126_588_756_324,
                0.070_441_333_036_2,
                0.022_373_111_419,
            ],
        );
        let loss = ann.fit_batch(&inputs, &labels).unwrap();
        assert!((loss - 0.659_440_103_081).abs() < tolerance);
        close(
            ann.gradient(),
            &[
                -0.056_603_698_732_9,
                0.137_564_540_87,
                0.048_341_487_954_3,
                -0.047_144_257_118_9,
                0.166_088_801_664,
                0.061_470_459_332_9,
                0.080_396_572_010_1,
                -0.110_859_213_842,
                -0.036_314_072_245_4,
                -0.118_983_440_042,
                0.118_983_440_042,
                0.031_843_143_232_9,
                -0.031_843_143_232_9,
                -0.024_060_201_758_8,
                0.024_060_201_758_8,
                0.208_976_441_122,
                -0.208_976_441_122,
            ],
        );
        let after = ann.fit_batch(&inputs, &labels).unwrap();
        assert!((after - 0.565_139_229_565).abs() < tolerance);
    }
    check::<f64>(1e-9);
    check::<f32>(1e-6);
}

/// Truth entry `loss.init`: a fresh classifier starts within 15 % of ln K.
#[test]
fn a_fresh_classifier_knows_nothing() {
    let text = "
        population = { x.size = 100, h.size = 64, y.size = 10 }
        projection.a = { from = 'x', to = 'h', weights.he = {}, bias.zero = {} }
        projection.b = { from = 'h', to = 'y', weights.xavier = {}, bias.zero = {} }";
    let ann = ann::<f32>(text, "population.y.activation.identity = {}");
    let mut pixels = numbers::<f32>(100 * 200);
    pixels.iter_mut().for_each(|x| *x = x.abs() * 0.5);
    let labels: Vec<u32> = (0..200).map(|i| i % 10).collect();
    let report = ann.evaluate(&Examples::new(Pixels::F32(&pixels), 100, &labels).unwrap()).unwrap();
    assert!((report.loss / core::f64::consts::LN_10 - 1.0).abs() < 0.15, "{report:?}");
}

const XOR: [f32; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];

fn xor() -> Examples<'static> {
    Examples::new(Pixels::F32(&XOR), 2, &[0, 1, 1, 0]).unwrap()
}

#[test]
fn every_optimizer_learns_exclusive_or() {
    for optimizer in [
        "gradient_descent = { rate = 0.5 }",
        "sgd = { rate = 0.5 }",
        "momentum = { rate = 0.1, nesterov = true }",
        "adam = { rate = 0.02 }",
        "adamw = { rate = 0.02 }",
        "adagrad = { rate = 0.2 }",
        "rmsprop = { rate = 0.01 }",
        "adadelta = { rate = 10.0 }",
    ] {
        let side = format!(
            "activation.tanh = {{}}\npopulation.output.activation.identity = {{}}\n\
             learning.backprop.optimizer.{optimizer}"
        );
        let mut ann = ann::<f32>(CHAIN, &side);
        for _ in 0..1000 {
            ann.fit(&xor(), &[2, 0, 3, 1]).unwrap();
        }
        let report = ann.evaluate(&xor()).unwrap();
        assert!(report.correct == 4 && report.loss < 0.1, "{optimizer} {report:?}");
    }
}

#[test]
fn a_batch_is_what_its_size_says() {
    let updates = |batch: &str, optimizer: &str| {
        let side = format!("learning.backprop = {{ {batch} optimizer.{optimizer} = {{ rate = 0.01 }} }}");
        let mut ann = ann::<f32>(CHAIN, &side);
        let report = ann.fit(&xor(), &[0, 1, 2, 3]).unwrap();
        assert_eq!(report.examples, 4);
        ann.updates()
    };
    assert_eq!(updates("batch = 1,", "sgd"), 4);
    assert_eq!(updates("batch = 3,", "sgd"), 2);
    assert_eq!(updates("batch = 4,", "sgd"), 1);
    assert_eq!(updates("batch = 5,", "sgd"), 1);
    assert_eq!(updates("", "gradient_descent"), 1);
}

#[test]
fn an_epoch_is_its_batches_in_turn() {
    let side = "activation.tanh = {}\nlearning.backprop = { batch = 3, optimizer.momentum = { rate = 0.1 } }";
    let (mut whole, mut parts) = (ann::<f64>(SKIP, side), ann::<f64>(SKIP, side));
    let pixels = numbers::<f32>(3 * 7);
    let labels = [0, 1, 2, 2, 1, 0, 1];
    let examples = Examples::new(Pixels::F32(&pixels), 3, &labels).unwrap();
    let order = [4, 0, 6, 1, 5, 2, 3];
    let report = whole.fit(&examples, &order).unwrap();
    let mut total = 0.0;
    for batch in order.chunks(3) {
        let rows = batch.iter().flat_map(|&i| pixels[3 * i as usize..][..3].iter().map(|&x| f64::from(x)));
        let right: Vec<u32> = batch.iter().map(|&i| labels[i as usize]).collect();
        total += parts.fit_batch(&rows.collect::<Vec<_>>(), &right).unwrap() * batch.len() as f64;
    }
    assert_eq!(whole.parameters(), parts.parameters());
    assert!((report.loss - total / 7.0).abs() < 1e-15);
}

#[test]
fn a_large_batch_in_pieces_is_the_same_update() {
    let pixels = numbers::<f32>(3 * 600);
    let labels: Vec<u32> = (0..600).map(|i| i % 3).collect();
    let examples = Examples::new(Pixels::F32(&pixels), 3, &labels).unwrap();
    let order: Vec<u32> = (0..600).collect();
    let mut pieces = ann::<f64>(
        SKIP,
        "activation.tanh = {}\nlearning.backprop.optimizer.gradient_descent = { rate = 0.1 }",
    );
    let mut small = ann::<f64>(SKIP, &format!("activation.tanh = {{}}\n{PLAIN}"));
    pieces.fit(&examples, &order).unwrap();
    let mut sum = vec![0.0; small.parameters().len()];
    for batch in order.chunks(20) {
        let start = small.save();
        let rows: Vec<f64> = pixels[3 * batch[0] as usize..][..60].iter().map(|&x| f64::from(x)).collect();
        let right: Vec<u32> = batch.iter().map(|&i| labels[i as usize]).collect();
        small.fit_batch(&rows, &right).unwrap();
        for (sum, slope) in sum.iter_mut().zip(small.gradient()) {
            *sum += slope / 30.0;
        }
        small.restore(start).unwrap();
    }
    for (got, want) in pieces.gradient().iter().zip(sum) {
        assert!((got - want).abs() < 1e-13, "{got} {want}");
    }
}

#[test]
fn entries_that_are_no_synapses_stay_zero() {
    let mut ann = ann::<f64>(
        SPARSE,
        "activation.tanh = {}\nlearning.backprop.optimizer.adamw = { rate = 0.01, weight_decay = 0.1 }",
    );
    for _ in 0..20 {
        ann.fit_batch(&numbers(6 * 4), &[0, 1, 2, 0]).unwrap();
    }
    for index in absent(&ann) {
        assert_eq!(ann.parameters()[index], 0.0);
    }
}

#[test]
fn training_gives_the_same_bits_every_time() {
    let run = || {
        let mut ann = ann::<f32>(SKIP, "");
        for _ in 0..50 {
            ann.fit_batch(&numbers(3 * 5), &[0, 1, 2, 1, 0]).unwrap();
        }
        ann.save()
    };
    assert_eq!(run(), run());
}

#[test]
fn what_runs_away_is_named() {
    let mut ann = ann::<f32>(CHAIN, "learning.backprop.optimizer.sgd = { rate = 1e30 }");
    ann.fit(&xor(), &[0, 1, 2, 3]).unwrap_or_default();
    let before = ann.save();
    let error = ann.fit(&xor(), &[0, 1, 2, 3]).unwrap_err();
    let AnnError::Diverged { step, ref place, .. } = error else { panic!("{error}") };
    assert_eq!(step, 2);
    assert_eq!(*place, Place::Population("output".into()));
    assert_eq!(ann.save(), before);
    assert!(
        error.to_string().contains("at update 2: the activity of population `output` is not finite"),
        "{error}"
    );
}

#[test]
fn a_parameter_that_runs_away_behind_a_saturated_output_is_found() {
    let side = "
        activation.sigmoid = {}
        learning.backprop = { loss.mse = {}, optimizer.sgd = { rate = 1e300 } }";
    let mut ann = ann::<f64>(CHAIN, side);
    let mut last = Ok(EpochReport::default());
    ann.parameters.fill(1.0);
    for _ in 0..3 {
        last = ann.fit(&xor(), &[0, 1, 2, 3]);
        ann.parameters[0] = f64::INFINITY;
    }
    let error = last.unwrap_err();
    assert!(
        matches!(error, AnnError::Diverged { place: Place::Projection(ref name), .. } if name == "a"),
        "{error}"
    );
}

#[test]
fn bad_examples_are_refused() {
    let mut ann = ann::<f32>(CHAIN, "");
    assert_eq!(ann.fit(&xor(), &[4]).unwrap_err(), AnnError::NoExample { index: 4, examples: 4 });
    let wide = Examples::new(Pixels::F32(&[0.0; 3]), 3, &[0]).unwrap();
    assert!(matches!(ann.fit(&wide, &[0]).unwrap_err(), AnnError::Inputs { expected: 2, got: 3, .. }));
    let strange = Examples::new(Pixels::F32(&[0.0; 2]), 2, &[2]).unwrap();
    let error = ann.fit(&strange, &[0]).unwrap_err();
    assert!(error.to_string().contains("label 2"), "{error}");
    assert!(ann.fit_batch(&[0.0; 3], &[0]).is_err());
    assert!(ann.fit_batch(&[], &[]).is_err());
    assert_eq!(ann.updates(), 0);
    assert_eq!(ann.fit(&xor(), &[]).unwrap(), EpochReport::default());
    assert_eq!(EpochReport::default().accuracy(), None);
}

/// One input, one output, weight and bias zero; x = 1 and 3, t = 2 and 4.
#[test]
fn numbers_are_learned_like_classes() {
    let text = "
        population = { x.size = 1, y.size = 1 }
        projection.w = { from = 'x', to = 'y', weights.constant = 0.0, bias.zero = {} }";
    let mse = "activation.identity = {}\nlearning.backprop = { batch = 2, loss.mse = {}, optimizer.sgd = { rate = 0.01 } }";
    let mut ann = ann::<f64>(text, mse);
    let examples = Examples::with_values(Pixels::F32(&[1.0, 3.0]), 1, 1, &[2.0, 4.0]).unwrap();
    let report = ann.fit(&examples, &[0, 1]).unwrap();
    // (4 + 16) / 2; dL/dw = (2 / 2) (-2 * 1 - 4 * 3), dL/db = -2 - 4.
    assert_eq!(report, EpochReport { loss: 10.0, correct: 0, examples: 2, labelled: 0 });
    assert_eq!(report.accuracy(), None);
    assert_eq!(ann.gradient(), [-14.0, -6.0]);
    // w = 0.14, b = 0.06: errors 0.2 - 2 and 0.48 - 4.
    let loss = ann.evaluate(&examples).unwrap().loss;
    assert!((loss - f64::midpoint(1.8 * 1.8, 3.52 * 3.52)).abs() < 1e-14);
    for _ in 0..8000 {
        ann.fit(&examples, &[0, 1]).unwrap();
    }
    // t = x + 1 fits both.
    assert!((ann.parameters()[0] - 1.0).abs() < 1e-9 && (ann.parameters()[1] - 1.0).abs() < 1e-9);

    // Batches of more than one piece, and classes after numbers.
    let (x, t): (Vec<f32>, Vec<f32>) = (0..600).map(|i| (i as f32 / 600.0, i as f32 / 300.0)).unzip();
    let many = Examples::with_values(Pixels::F32(&x), 1, 1, &t).unwrap();
    let mut one = ann.clone();
    let order: Vec<u32> = (0..600).collect();
    one.backprop.batch = Some(600);
    let report = one.fit(&many, &order).unwrap();
    assert!((report.loss - ann.evaluate(&many).unwrap().loss).abs() < 1e-12);
    let classes = Examples::new(Pixels::F32(&x), 1, &[0; 600]).unwrap();
    assert_eq!(one.fit(&classes, &order).unwrap().labelled, 600);

    let wide = Examples::with_values(Pixels::F32(&[1.0]), 1, 2, &[2.0, 4.0]).unwrap();
    assert!(matches!(ann.fit(&wide, &[0]).unwrap_err(), AnnError::Inputs { expected: 1, got: 2, .. }));
}

#[test]
fn among_equal_scores_the_first_is_the_answer() {
    assert_eq!(super::largest(&[1.0, 3.0, 3.0]), 1);
    assert_eq!(super::largest(&[0.0_f32; 4]), 0);
}

/// Bytes, whose zeros are known and whose gradients may be fused with the step, against the same numbers.
#[test]
fn what_is_fused_or_left_out_changes_nothing() {
    let text = "
        population = { x.size = 24, h.size = 48, y.size = 2 }
        projection.b = { from = 'h', to = 'y', weights.he = {}, bias.zero = {} }
        projection.a = { from = 'x', to = 'h', weights.he = {}, bias.zero = {} }";
    for optimizer in
        ["adam = {}", "adamw = { weight_decay = 0.1 }", "adam.amsgrad = true", "momentum = { rate = 0.1 }"]
    {
        let side = format!("learning.backprop = {{ batch = 16, optimizer.{optimizer} }}");
        let bytes: Vec<u8> =
            numbers::<f32>(24 * 50).iter().map(|&x| if x > 0.3 { (80.0 * x) as u8 } else { 0 }).collect();
        let values: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) * (1.0 / 255.0)).collect();
        let labels: Vec<u32> = (0..50).map(|i| i % 2).collect();
        let order: Vec<u32> = (0..50).collect();
        let learned = |pixels: Pixels<'_>| {
            let mut ann = ann::<f32>(text, &side);
            let examples = Examples::new(pixels, 24, &labels).unwrap();
            for _ in 0..4 {
                ann.fit(&examples, &order).unwrap();
            }
            (ann.save(), ann.gradient().to_vec())
        };
        assert_eq!(
            learned(Pixels::U8 { bytes: &bytes, scale: 1.0 / 255.0 }),
            learned(Pixels::F32(&values)),
            "{optimizer}"
        );
    }
}
