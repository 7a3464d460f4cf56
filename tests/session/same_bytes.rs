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
