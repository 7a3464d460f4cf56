//! What `run`, `plot` and `verify` do when all is well.

use super::duet::Session;
use super::scenarios::TINY;
use serde_json::Value;
use std::fs;

#[test]
fn a_run_leaves_the_documented_files_and_names_its_folder() {
    let session = Session::with(TINY);
    let ran = session.duet(&["run", "scenario.toml"]).ok();
    assert_eq!(ran.last_line(), "runs/scenario");
    assert_eq!(ran.stdout.lines().count(), 1);
    assert!(ran.stderr.starts_with("writing runs/scenario.part\n"), "{}", ran.stderr);
    for words in [
        "backprop seed 1 epoch 1/4: train ",
        "local seed 2 epoch 4/4: train ",
        "Backpropagation   test accuracy ",
        "pass  backprop.test_accuracy",
        "open runs/scenario/report.html",
    ] {
        assert!(ran.stderr.contains(words), "{words:?} is missing in:\n{}", ran.stderr);
    }
    assert_eq!(session.names("runs"), ["scenario"]);
    let expected = [
        "figures",
        "history.csv",
        "manifest.json",
        "metrics.json",
        "network",
        "report.html",
        "resolved.toml",
        "scenario.toml",
        "story.json",
        "traces",
    ];
    assert_eq!(session.names("runs/scenario"), expected);
    assert_eq!(session.names("runs/scenario/traces"), ["backprop", "local"]);
    assert_eq!(
        session.names("runs/scenario/traces/local"),
        ["confusion.csv", "hidden.v.csv", "output.v.csv", "shown.json", "spikes.csv"]
    );
    assert_eq!(session.names("runs/scenario/network"), ["final", "initial", "topology.json"]);
    assert_eq!(fs::read(session.path("runs/scenario/scenario.toml")).unwrap(), TINY.as_bytes());
    let files = session.files("runs/scenario");
    for ending in ["svg", "png", "csv"] {
        assert!(files.contains_key(&format!("figures/accuracy.{ending}")), "{:?}", files.keys());
    }
}

#[test]
fn metrics_hold_what_learning_always_measures() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "--no-figures"]).ok();
    let bytes = fs::read(session.path("runs/scenario/metrics.json")).unwrap();
    let metrics: Value = serde_json::from_slice(&bytes).unwrap();
    for side in ["backprop", "local"] {
        for path in ["train_accuracy", "test_accuracy", "train_loss", "test_loss"] {
            let metric = &metrics["sides"][side][path];
            assert!(metric["value"].is_number(), "{side}.{path}: {metric}");
            assert_eq!(metric["values"].as_array().unwrap().len(), 2, "one per seed");
        }
    }
    assert_eq!(metrics["targets"][0]["verdict"], "pass");
    assert_eq!(session.names("runs/scenario/figures"), [""; 0], "no figures were asked for");
}

#[test]
fn a_second_run_gets_a_second_name_and_leaves_the_first_alone() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "--no-figures", "--quiet"]).ok();
    let first = session.files("runs/scenario");
    let second = session.duet(&["run", "scenario.toml", "--no-figures", "--quiet"]).ok();
    assert_eq!(second.last_line(), "runs/scenario-2");
    assert_eq!(second.stderr, "", "quiet is quiet");
    assert_eq!(session.files("runs/scenario"), first);
}

#[test]
fn several_scenarios_run_one_after_the_other() {
    let session = Session::with(TINY);
    fs::create_dir(session.path("folder")).unwrap();
    session.write("folder/a.toml", TINY);
    session.write("folder/b.toml", TINY);
    let ran =
        session.duet(&["run", "scenario.toml", "folder", "--out", "my runs", "--no-figures", "-q"]).ok();
    assert_eq!(ran.stdout, "my runs/scenario\nmy runs/a\nmy runs/b\n");
}

#[test]
fn one_bad_scenario_among_good_ones_stops_all_before_they_begin() {
    let session = Session::with(TINY);
    session.write("bad.toml", TINY.replace("seed     = 1", "seed     = -1"));
    session.write("worse.toml", "nonsense = 1");
    let ran = session.duet(&["run", "scenario.toml", "bad.toml", "worse.toml"]);
    ran.refused(2, &["bad.toml:3:1: seed", "worse.toml:1:1: nonsense"]);
    assert_eq!(session.names("."), ["bad.toml", "scenario.toml", "worse.toml"]);
}

#[test]
fn values_are_set_from_the_command_line() {
    let session = Session::with(TINY);
    let sets = ["--seed", "5", "--seeds", "1", "--set", "protocol.learn.epochs=2", "--set"];
    let mut arguments = vec!["run", "scenario.toml", "--no-figures"];
    arguments.extend(sets);
    arguments.push("side.local.spiking.neuron.lif.tau_m=15 ms");
    let ran = session.duet(&arguments).ok();
    assert!(ran.stderr.contains("local seed 5 epoch 2/2"), "{}", ran.stderr);
    let resolved = fs::read_to_string(session.path("runs/scenario/resolved.toml")).unwrap();
    for line in ["seed = 5", "seeds = 1", "epochs = 2", "tau_m = \"15 ms\""] {
        assert!(resolved.contains(line), "{resolved}");
    }
    let story = fs::read(session.path("runs/scenario/story.json")).unwrap();
    let story: Value = serde_json::from_slice(&story).unwrap();
    assert_eq!(
        story["command"],
        "duet run scenario.toml --seed 5 --seeds 1 --set protocol.learn.epochs=2 --set \
         'side.local.spiking.neuron.lif.tau_m=15 ms'"
    );
}

#[test]
fn a_set_that_leads_nowhere_is_refused() {
    let session = Session::with(TINY);
    let set = |text: &str| session.duet(&["run", "scenario.toml", "--set", text]);
    set("protocol.learn.epochs").refused(2, &["PATH=VALUE"]);
    set("=3").refused(2, &["PATH=VALUE"]);
    set("seed.x=3").refused(2, &["seed"]);
    set("protocol.learn.epoch=3").refused(2, &["`epoch`", "did you mean `epochs`?"]);
    set("protocol.learn.epochs=three").refused(2, &["epochs = \"three\"", "whole number"]);
    set("target[7].at_least=0.5").refused(2, &["target[7]"]);
    assert_eq!(session.names("."), ["scenario.toml"]);
}

#[test]
fn plot_draws_the_same_bytes_again() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "-q"]).ok();
    let before = session.files("runs/scenario");
    fs::remove_dir_all(session.path("runs/scenario/figures")).unwrap();
    fs::remove_file(session.path("runs/scenario/report.html")).unwrap();
    let ran = session.duet(&["plot", "runs/scenario"]).ok();
    assert!(session.files("runs/scenario") == before, "drawn again, something differs");
    assert_eq!(ran.last_line(), "runs/scenario/report.html");
    for line in ran.stdout.lines() {
        assert!(session.path(line).is_file(), "{line}");
    }
}

#[test]
fn verify_judges_without_leaving_anything() {
    let session = Session::with(TINY);
    let ran = session.duet(&["verify", "scenario.toml", "-q"]).ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("scenario  metric"), "{}", ran.stdout);
    assert!(lines[1].contains("backprop.test_accuracy") && lines[1].contains("pass"), "{}", ran.stdout);
    assert_eq!(session.names("."), ["scenario.toml"]);

    session.write("hard.toml", TINY.replace("at_least = 0.0", "at_least = 1.5"));
    let ran = session.duet(&["verify", "hard.toml", "scenario.toml", "--json", "-q", "--out", "kept"]).calm();
    assert_eq!(ran.code, 1, "a target is missed: {}", ran.stderr);
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&rows[0]["scenario"], &rows[0]["verdict"]), (&"hard".into(), &"miss".into()));
    assert_eq!((&rows[2]["scenario"], &rows[2]["verdict"]), (&"scenario".into(), &"pass".into()));
    assert_eq!(session.names("kept"), ["hard", "scenario"]);
    // A miss is a result of `run`, not its failure.
    session.duet(&["run", "hard.toml", "-q", "--no-figures"]).ok();
}

#[test]
fn verify_skips_what_has_no_data() {
    let session = Session::new();
    let mnist = TINY
        .replace("[task.xor]", "[task.mnist]")
        .replace("size = 2\n[population.hidden]", "shape = [28, 28]\n[population.hidden]");
    session.write(
        "scenario.toml",
        mnist.replace("[population.output]\nsize = 2", "[population.output]\nsize = 10"),
    );
    let ran = session.duet(&["verify", "scenario.toml"]).ok();
    assert!(ran.stdout.contains("skipped"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no data for `mnist`"), "{}", ran.stdout);
    session.duet(&["run", "scenario.toml"]).refused(3, &["no data for `mnist`", "duet data import"]);
    assert_eq!(session.names("."), ["scenario.toml"]);
}
