//! Training as people know it: numbers to predict, a validation set, early stopping, the table of the network, weights out.

use super::duet::Session;
use super::scenarios::TINY;
use serde_json::Value;
use std::fs;

/// One linear layer on a linear map with noise 0.1.
const LINE: &str = r#"title    = "A line"
question = "How much of the numbers is explained?"
seed     = 5

[task.linear_map]
inputs  = 3
outputs = 2
train   = 400
test    = 400
noise   = 0.1

[population.input]
size = 3
[population.output]
size = 2

[projection.map]
from = "input"
to   = "output"
weights.xavier = {}
bias.zero      = {}

[side.fit.ann]
activation.identity = {}
learning.backprop = { batch = 40, loss.mse = {}, optimizer.adam = { rate = 0.05 } }

[protocol.learn]
epochs = 80
"#;

fn json(session: &Session, path: &str) -> Value {
    serde_json::from_slice(&fs::read(session.path(path)).expect("a file of the run")).expect("JSON")
}

/// The values of a metric in a run's history, epoch by epoch, of the first seed.
fn history(session: &Session, side: &str, split: &str, metric: &str) -> Vec<f64> {
    let text = fs::read_to_string(session.path("runs/scenario/history.csv")).expect("a history");
    let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let wanted = rows.filter(|row| row[0] == side && row[1] == "1" && row[3] == split && row[4] == metric);
    wanted.map(|row| row[5].parse().expect("a number")).collect()
}

#[test]
fn numbers_are_predicted_as_well_as_their_noise_allows() {
    let session = Session::with(LINE);
    let ran = session.duet(&["run", "scenario.toml"]).ok();
    assert!(ran.stderr.contains("test R^2 0.") && ran.stderr.contains("examples/s"), "{}", ran.stderr);
    let metrics = json(&session, "runs/scenario/metrics.json");
    let fit = &metrics["sides"]["fit"];
    // The best mean squared error is the noise's variance, 0.01. Over 800 test numbers its standard error is
    // 0.01 sqrt(2 / 800) = 5 %, and estimating 4 numbers per output from 400 examples adds 1 %.
    let loss = fit["test_loss"]["value"].as_f64().expect("a loss");
    assert!((0.0080..0.0121).contains(&loss), "{loss}");
    assert!(fit["test_r2"]["value"].as_f64().expect("R^2") > 0.9);
    assert!(fit["test_accuracy"]["value"].is_null());
    assert!(fit["test_accuracy"]["why_null"].as_str().expect("a reason").contains("numbers are asked for"));
    assert!(fit.get("test_macro_f1").is_none());
    let story = json(&session, "runs/scenario/story.json");
    let verdict = story["verdicts"][0].as_str().expect("a sentence");
    assert!(verdict.starts_with("fit explains 9") && verdict.contains("R^2 = 0.9"), "{verdict}");
    let files = session.files("runs/scenario");
    assert!(files.contains_key("figures/learning_curves.svg") && files.contains_key("figures/layers.svg"));
    for absent in ["figures/confusion.svg", "figures/accuracy.svg", "traces/fit/confusion.csv"] {
        assert!(!files.contains_key(absent), "{absent}");
    }
}

#[test]
fn what_does_not_fit_numbers_is_refused() {
    let refused = |from: &str, to: &str, words: &[&str]| {
        assert!(LINE.contains(from));
        Session::with(LINE.replace(from, to)).duet(&["check", "scenario.toml"]).refused(2, words);
    };
    refused(
        "loss.mse = {}, ",
        "",
        &["cross_entropy judges classes", "asks for numbers", "write loss.mse = {}"],
    );
    refused(
        "[population.output]\nsize = 2",
        "[population.output]\nsize = 5",
        &["5 units", "asks for 2 numbers"],
    );
    let spiking = "[side.local.spiking]\ndt = \"1 ms\"\nneuron.lif = {}\n[protocol.learn]";
    refused("[protocol.learn]", spiking, &["side.local.spiking", "answers with a class", "asks for numbers"]);
}

/// `TINY` with two moons to learn, a validation set and more.
fn validated(more: &str) -> String {
    TINY.replace("[task.xor]", "[task.two_moons]\ntrain = 100\ntest = 50")
        .replace("epochs  = 4", &format!("epochs  = 40\n{more}"))
        .replace("rate = 0.03", "rate = 0.3")
}

#[test]
fn the_best_epoch_is_kept_and_the_rest_not_run() {
    let session = Session::with(validated(
        "validation = 0.2\nstop_early = { patience = 3, min_delta = 0.001 }\nkeep = \"best\"",
    ));
    let ran =
        session.duet(&["run", "scenario.toml", "--sides", "backprop", "--seeds", "1", "--no-figures"]).ok();
    assert!(ran.stderr.contains("the validation loss no longer falls"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("pass  backprop.test_accuracy") && !ran.stderr.contains("local"),
        "{}",
        ran.stderr
    );
    let losses = history(&session, "backprop", "validation", "loss");
    let metrics = &json(&session, "runs/scenario/metrics.json")["sides"]["backprop"];
    let number = |path: &str| metrics[path]["value"].as_f64().unwrap_or_else(|| panic!("{path}"));
    let epochs = number("epochs") as usize;
    assert!(epochs < 40 && losses.len() == epochs + 1, "{epochs}: {losses:?}");
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).expect("an epoch");
    assert_eq!(number("kept_epoch") as usize, best);
    assert_eq!(number("validation_loss"), losses[best]);
    assert_eq!(number("test_loss"), history(&session, "backprop", "test", "loss")[best]);
    // 20 of 100 examples held out: accuracies are multiples of 1/20.
    for accuracy in history(&session, "backprop", "validation", "accuracy") {
        assert!((accuracy * 20.0 - (accuracy * 20.0).round()).abs() < 1e-9, "{accuracy}");
    }
    let story = json(&session, "runs/scenario/story.json");
    assert!(story["diagnoses"][0]["words"].as_str().expect("words").contains("keeps the weights of epoch"));
    assert!(story["command"].as_str().expect("a command").ends_with("--seeds 1 --sides backprop"));
}

#[test]
fn held_out_examples_change_what_is_learned_but_not_the_test() {
    let run = |more: &str| {
        let session = Session::with(validated(more));
        session.duet(&["run", "scenario.toml", "-q", "--no-figures", "--seeds", "1"]).ok();
        session.reproducible("runs/scenario")
    };
    let (without, with) = (run(""), run("validation = 0.2"));
    let row = |files: &std::collections::BTreeMap<String, Vec<u8>>, begins: &str| {
        let text = String::from_utf8(files["history.csv"].clone()).expect("text");
        text.lines().find(|line| line.starts_with(begins)).map(str::to_owned)
    };
    let before = "backprop,1,0,test,loss";
    assert!(row(&without, before).is_some() && row(&without, before) == row(&with, before));
    assert_ne!(row(&without, "backprop,1,1,test,loss"), row(&with, "backprop,1,1,test,loss"));
    assert!(row(&without, "backprop,1,0,validation").is_none());
    assert!(row(&with, "local,1,0,validation,loss").is_some());
}

#[test]
fn what_goes_by_a_validation_set_needs_one() {
    let refused = |more: &str, words: &[&str]| {
        Session::with(validated(more)).duet(&["check", "scenario.toml"]).refused(2, words);
    };
    refused("stop_early = {}", &["stop_early goes by the validation loss", "add validation = 0.1"]);
    refused("keep = \"best\"", &["keep = \"best\" goes by the validation loss"]);
    refused("keep = \"bests\"", &["is not one of: last, best", "did you mean `best`?"]);
    refused("validation = 1.0", &["validation = 1 is out of range", "[0, 1)"]);
    refused("validation = 0.001", &["of 100 training examples is 0"]);
    refused("validation = 0.999", &["of 100 training examples is 100"]);
    refused(
        "validation = 0.98",
        &["batch = 4 is larger than the training set of 2 examples that the validation set leaves"],
    );
    refused("validation = 0.1\nstop_early = { patience = 0 }", &["patience = 0 is out of range"]);
}

#[test]
fn a_network_is_summed_up_without_running_it() {
    let session = Session::with(TINY);
    let ran = session.duet(&["summary", "scenario.toml"]).ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "Exclusive or, briefly");
    // 2 x 8 + 8 and 8 x 2 + 2 numbers.
    for line in [
        "population  shape  backprop  local  parameters  multiply-adds",
        "hidden      8      tanh      lif            24             16",
        "output      2      identity  lif            18             16",
        "total                                       42             32",
    ] {
        assert!(lines.contains(&line), "{line}\n{}", ran.stdout);
    }
    let ran = session.duet(&["summary", "scenario.toml", "--json", "--set", "population.hidden.size=3"]).ok();
    let rows: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(rows[0]["layers"][1]["parameters"], 9);
    assert_eq!(session.names("."), ["scenario.toml"]);
}

#[test]
fn weights_leave_in_one_file() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();
    session.duet(&["export", "runs/scenario"]).refused(2, &["which side?", "backprop, local"]);
    session.duet(&["export", "runs/scenario", "--side", "x"]).refused(2, &["no side `x`"]);
    session.duet(&["export", "runs/nothing", "--side", "local"]).refused(3, &["no such folder"]);
    let ran = session.duet(&["export", "runs/scenario", "--side", "backprop"]).ok();
    assert_eq!(ran.stdout, "scenario-backprop.npz\n");
    session.duet(&["export", "runs/scenario", "--side", "backprop"]).refused(3, &["exists already"]);
    let ran = session.duet(&["export", "runs/scenario", "--side", "local", "--out", "w.safetensors"]).ok();
    assert_eq!(ran.stdout, "w.safetensors\n");
    let file = fs::read(session.path("w.safetensors")).unwrap();
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    assert_eq!(header["__metadata__"]["side"], "local");
    // The first row of the weights is what the first target receives: every n_post-th number of the run's matrix.
    let weight = &header["input-hidden.weight"];
    assert_eq!((weight["shape"].clone(), weight["dtype"].clone()), (serde_json::json!([8, 2]), "F32".into()));
    let start = weight["data_offsets"][0].as_u64().unwrap() as usize + 8 + length;
    let single = |at: usize| f32::from_le_bytes(file[start + 4 * at..][..4].try_into().unwrap());
    let npy = fs::read(session.path("runs/scenario/network/final/local/input-hidden.npy")).unwrap();
    let double = |at: usize| f64::from_le_bytes(npy[npy.len() - 128 + 8 * at..][..8].try_into().unwrap());
    for (post, pre) in [(0, 0), (0, 1), (5, 1)] {
        assert_eq!(f64::from(single(post * 2 + pre)), double(pre * 8 + post), "{post} {pre}");
    }
    assert!(header.get("hidden-output.bias").is_some());
}
