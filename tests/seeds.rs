//! The listings of the seed articles do what the course says of them: closed forms, on whole runs.

use duet_ann::{Ann, AnnSide, Examples, Look, Pixels};
use duet_harness::builtin::find;
use duet_harness::{Options, Origin, Override, Silent, check, run};
use duet_random::Key;
use duet_record::Run;
use duet_tasks::{LinearMap, Places, Task};
use duet_topology::NetworkSpec;

/// The training loss of every side after each epoch, from the one before learning on, of a run of one seed.
fn losses<const N: usize>(name: &str, sides: [&str; N], sets: &[&str]) -> [Vec<f64>; N] {
    let out = tempfile::tempdir().unwrap();
    let source = find(name).unwrap().remove(0);
    let sets: Vec<Override> = sets.iter().map(|set| Override::parse(set).unwrap()).collect();
    let checked = check(source.document().unwrap(), &sets).unwrap();
    let origin = Origin { stem: source.stem(), command: "duet run".to_owned(), folder: source.folder() };
    let options = Options { out: out.path().to_owned(), threads: 1, figures: false };
    let finished = run(&checked, &origin, &options, &Silent).unwrap();
    let history = Run::open(&finished.folder).unwrap().history().unwrap();
    sides.map(|side| {
        let of_side =
            |row: &&duet_record::HistoryRow| row.side == side && row.split == "train" && row.metric == "loss";
        history.rows.iter().filter(of_side).filter_map(|row| row.value).collect()
    })
}

/// Listing 002b: every step multiplies the error by 1 + 0.1 (|x|^2 + 1), with the sign put right by 1 - 0.1 (|x|^2 + 1),
/// and, as printed, adds 0.1 (|x|^2 + 1) times the first error.
#[test]
fn a_wrong_sign_grows_by_the_factor_that_the_closed_form_gives() {
    for seed in [7, 8, 9] {
        let [down, up, printed] = losses(
            "002b_gradient_ascent",
            ["repaired", "ascent", "printed"],
            &["seeds=1", &format!("seed={seed}")],
        );
        let map = LinearMap { inputs: 10, outputs: 10, train: 1, test: 1, noise: 0.0 };
        let data = Task::LinearMap(map).load(&Key::new(seed).child("task"), &Places::default()).unwrap();
        let std = 1.0 / 12.0_f64.sqrt();
        let x = data.train.pixels.example(0);
        let pull: f64 = x.iter().map(|&x| ((f64::from(x) - 0.5) / std).powi(2)).sum::<f64>() + 1.0;
        let first = down[0];
        assert!(up[0] == first && printed[0] == first && down.len() == 20);
        for (k, ((down, up), printed)) in (0_i32..).zip(down.iter().zip(&up).zip(&printed)) {
            let holds = |got: f64, factor: f64, floor: f64| {
                let wanted = first * factor * factor;
                assert!((got - wanted).abs() <= 1e-3 * wanted + floor, "step {k}: {got} for {wanted}");
            };
            holds(*up, (1.0 + 0.1 * pull).powi(k), 0.0);
            // Single precision leaves an error of some 1e-7 of the numbers it is the difference of.
            holds(*down, (1.0 - 0.1 * pull).powi(k), 1e-11);
            holds(*printed, 1.0 + f64::from(k) * 0.1 * pull, 0.0);
        }
    }
}

/// Listing 002a: the first gradient for ever makes a parabola of the loss, and the gradient taken anew ends at the noise.
#[test]
fn a_stale_gradient_makes_a_parabola_of_the_loss() {
    let [repaired, printed] = losses("002a_linear_regression", ["repaired", "printed"], &["seeds=1"]);
    assert!(printed.len() == 1001 && (repaired[1] - printed[1]).abs() < 1e-6 * printed[1]);
    // Through three of its points far apart, the parabola goes through all others.
    let (a, b, c) = (printed[0], printed[500], printed[1000]);
    let (curve, slope) = (0.5 * c - b + 0.5 * a, (4.0 * b - c - 3.0 * a) / 2.0);
    for (k, &loss) in printed.iter().enumerate() {
        let s = k as f64 / 500.0;
        let wanted = a + slope * s + curve * s * s;
        assert!((loss - wanted).abs() < 1e-4 * c, "step {k}: {loss} for {wanted}");
    }
    assert!(printed[3] < a && c > 10.0 * a, "down, then up: {a} {} {c}", printed[3]);
    // 11 numbers for an output fitted to 100 examples leave sigma^2 (1 - 11 / 100).
    let last = repaired[1000];
    assert!((last / 0.0089 - 1.0).abs() < 0.15, "{last}");
}

/// Listing 000b: a matrix of numbers between 0 and 1 answers 196.5 +- 6.2 whatever it is shown, so an error against a label
/// from 0 to 9 has one sign for ever. (More outputs and images than the listing's 10 and 100, for a narrower test.)
#[test]
fn a_positive_matrix_answers_the_same_to_everything() {
    let spec: NetworkSpec = toml::from_str(
        "population = { x.size = 784, y.size = 200 }
         [projection.w]
         from = 'x'
         to = 'y'
         weights.uniform = { low = 0.0, high = 1.0 }
         bias.uniform = { low = 0.0, high = 1.0 }",
    )
    .unwrap();
    let side: AnnSide = toml::from_str("activation.identity = {}\nlearning.backprop.loss.mse = {}").unwrap();
    let ann = Ann::<f32>::new(&spec.realize(Key::new(1)).unwrap(), &side).unwrap();
    let mut stream = Key::new(2).stream("images", 0);
    let images: Vec<f32> = (0..200 * 784).map(|_| stream.uniform() as f32).collect();
    let examples = Examples::new(Pixels::F32(&images), 784, &[0; 200]).unwrap();
    let scores = ann.examine(&examples, Look::Answers).unwrap().scores;
    let n = scores.len() as f64;
    let mean = scores.iter().map(|&s| f64::from(s)).sum::<f64>() / n;
    let std = (scores.iter().map(|&s| (f64::from(s) - mean).powi(2)).sum::<f64>() / n).sqrt();
    // 784 / 4 + 1 / 2; sqrt(784 (1/9 - 1/16) + 1/12) = 6.18, of which an image and an output give 16.3 of 38.2 each.
    assert!((mean - 196.5).abs() < 1.6 && (std - 6.18).abs() < 0.7, "{mean} +- {std}");
    assert!(scores.iter().all(|&score| score > 9.0));
}

/// An ascent that leaves the range of numbers is a divergence (exit code 5), also where it shows first in an answer.
#[test]
fn an_ascent_that_goes_on_is_said_to_diverge() {
    let out = tempfile::tempdir().unwrap();
    let source = find("002b_gradient_ascent").unwrap().remove(0);
    let sets = [Override::parse("protocol.learn.epochs=150").unwrap()];
    let checked = check(source.document().unwrap(), &sets).unwrap();
    let origin = Origin { stem: source.stem(), command: "duet run".to_owned(), folder: source.folder() };
    let options = Options { out: out.path().to_owned(), threads: 1, figures: false };
    let error = run(&checked, &origin, &options, &Silent).unwrap_err();
    assert_eq!(error.exit_code(), 5, "{error}");
    assert!(error.to_string().contains("side `ascent`"), "{error}");
}
