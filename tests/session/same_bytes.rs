//! The same scenario gives the same bytes: whenever it is run, on however many threads, from its resolved form.

use super::duet::Session;
use super::scenarios::TINY;
use serde_json::Value;
use std::collections::BTreeMap;

/// Asserts that two runs are the same, and says which file is not.
#[track_caller]
pub fn assert_same(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>, what: &str) {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in a {
        assert!(*bytes == b[name], "{what}: {name} differs");
    }
}

#[test]
fn threads_and_repetition_change_nothing() {
    let session = Session::with(TINY);
    let mut runs = Vec::new();
    for (out, threads) in [("one", "1"), ("two", "2"), ("four", "4"), ("again", "4"), ("auto", "0")] {
        session
            .duet(&["run", "scenario.toml", "--threads", threads, "--out", out, "-q", "--no-figures"])
            .ok();
        runs.push((out, session.reproducible(&format!("{out}/scenario"))));
    }
    for (name, run) in &runs {
        assert_same(&runs[0].1, run, name);
    }
}

#[test]
fn the_resolved_scenario_runs_to_the_same_bytes() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "--seed", "9", "-q", "--no-figures"]).ok();
    session.duet(&["run", "runs/scenario/resolved.toml", "-q", "--no-figures"]).ok();
    let [mut first, mut second] = ["runs/scenario", "runs/resolved"].map(|run| session.reproducible(run));
    // These two hold the scenario's text and the command, as they were given.
    let stories = [&mut first, &mut second].map(|files| {
        files.remove("scenario.toml");
        let mut story: Value = serde_json::from_slice(&files.remove("story.json").unwrap()).unwrap();
        story["command"].take();
        story
    });
    assert_eq!(stories[0], stories[1]);
    assert_same(&first, &second, "resolved");
}

#[test]
fn every_seed_is_its_own() {
    let session = Session::with(TINY);
    let mut histories = Vec::new();
    for seed in ["1", "2"] {
        session
            .duet(&[
                "run",
                "scenario.toml",
                "--seed",
                seed,
                "--seeds",
                "1",
                "--out",
                seed,
                "-q",
                "--no-figures",
            ])
            .ok();
        histories.push(session.reproducible(&format!("{seed}/scenario")).remove("history.csv").unwrap());
    }
    assert_ne!(histories[0], histories[1]);
}

/// One artificial side under one seed: all threads work on it, on the units of its first layer or on pieces of its batches.
const ALONE: &str = r#"
title    = "One side"
question = "Does it matter who computes it?"
seed     = 3
[task.digits]
train = 300
test  = 100
[population.input]
shape = [8, 8]
[projection.out]
from = "hidden"
to   = "output"
weights.he = {}
bias.zero  = {}
[population.output]
size = 10
[side.alone.ann]
learning.backprop = { batch = 32 }
population.output.activation.identity = {}
[protocol.learn]
epochs = 2
"#;

#[test]
fn threads_that_share_one_network_change_nothing() {
    let dense =
        "[population.hidden]\nsize = 96\n[projection.in]\nfrom = 'input'\nto = 'hidden'\nweights.he = {}\n";
    let windows = "[population.hidden]\nshape = [5, 6, 6]\n[projection.in]\nfrom = 'input'\nto = 'hidden'\n\
                   pattern.conv2d.kernel = [3, 3]\nweights.he = {}\nbias.zero = {}\n\
                   [side.alone.ann.population.hidden]\ndropout = 0.2\n";
    for extra in [dense, windows] {
        let session = Session::with(format!("{ALONE}{extra}"));
        let run = |threads: &str| {
            session
                .duet(&["run", "scenario.toml", "--threads", threads, "--out", threads, "-q", "--no-figures"])
                .ok();
            session.reproducible(&format!("{threads}/scenario"))
        };
        let one = run("1");
        for threads in ["2", "4"] {
            assert_same(&one, &run(threads), threads);
        }
    }
}
