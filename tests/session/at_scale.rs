//! A network at scale at the command line: its progress, and all its spikes in a table.

use super::duet::Session;
use std::fs;

const NETWORK: &str = r#"
title = "Two small populations"
question = "Do all spikes leave the run?"
seed = 1
population = { e.size = 40, i.size = 10 }
[projection.inhibition]
from = "i"
to = ["e", "i"]
pattern.fixed_in_degree = { k = 5 }
weights.constant = -2.0
[side.cells]
[side.cells.spiking]
dt = "0.1 ms"
neuron.lif = { tau_m = "20 ms", e_l = "0 mV", v_th = "20 mV", v_reset = "10 mV", t_ref = "2 ms" }
synapse.delta = {}
weight_unit = "0.1 mV"
stimulus.outside = { to = ["e", "i"], poisson = { rate = "15 kHz", weight = 1.0 } }
[protocol.simulate]
duration = "500 ms"
transient = "100 ms"
window = "200 ms"
sample = 40
"#;

#[test]
fn time_that_is_simulated_is_told_in_tenths() {
    let session = Session::with(NETWORK);
    let ran = session.duet(&["run", "scenario.toml", "--no-figures", "--seeds", "2"]).ok();
    let told: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("cells seed ")).collect();
    // 500 ms in slices of 50 ms, under each of two seeds.
    assert_eq!(told.len(), 20, "{}", ran.stderr);
    let (first, last) = (told[0], told[9]);
    assert!(
        first.starts_with("cells seed 1: 50 of 500 ms simulated, real-time factor ")
            && first.ends_with(" left"),
        "{first}"
    );
    assert!(
        last.starts_with("cells seed 1: 500 of 500 ms simulated, ") && !last.ends_with(" left"),
        "{last}"
    );
    assert!(told[10].starts_with("cells seed 2: 50 of 500 ms"), "{}", told[10]);
    let quiet = session.duet(&["run", "scenario.toml", "--no-figures", "-q"]).ok();
    assert!(!quiet.stderr.contains("simulated"), "{}", quiet.stderr);
}

#[test]
fn all_spikes_leave_in_one_table() {
    let session = Session::with(NETWORK);
    session.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();
    let ran = session.duet(&["export", "runs/scenario", "--spikes"]).ok();
    assert_eq!(ran.stdout, "scenario-cells-spikes.csv\n");
    session.duet(&["export", "runs/scenario", "--spikes"]).refused(3, &["exists already"]);
    session.duet(&["export", "runs/scenario", "--spikes", "--format", "npz"]).refused(2, &["--format"]);
    let table = fs::read_to_string(session.path("scenario-cells-spikes.csv")).unwrap();
    let metrics: serde_json::Value =
        serde_json::from_slice(&fs::read(session.path("runs/scenario/metrics.json")).unwrap()).unwrap();
    let spikes = metrics["sides"]["cells"]["spikes"]["value"].as_f64().unwrap();
    assert!(spikes > 100.0 && table.lines().count() as f64 == spikes + 1.0, "{spikes}");
    // Every cell is in the sample, so the raster is the table between 100 and 300 ms, line by line.
    let inside = |line: &&str| {
        let time: f64 = line.split(',').next().unwrap().parse().unwrap();
        time > 100.0 + 1e-6 && time < 300.0 + 1e-6
    };
    let raster = fs::read_to_string(session.path("runs/scenario/traces/cells/spikes.csv")).unwrap();
    let wanted: Vec<&str> = table.lines().skip(1).filter(inside).collect();
    assert_eq!(wanted, raster.lines().skip(1).collect::<Vec<_>>());
}

#[test]
fn a_run_that_kept_no_spikes_says_where_some_are() {
    let driven = NETWORK.split("[protocol.simulate]").next().unwrap();
    let session = Session::with(format!("{driven}[protocol.drive]\nduration = \"50 ms\"\n"));
    session.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();
    let words = ["no spikes of side `cells`", "protocol.simulate", "traces/cells/spikes.csv"];
    session.duet(&["export", "runs/scenario", "--spikes"]).refused(2, &words);
    assert_eq!(session.names("."), ["runs", "scenario.toml"]);
}

/// Two populations that only listen: nothing competes, and the one that is driven more is first.
const CHOICES: &str = r#"
title = "Two populations that listen"
question = "Which is driven more?"
seed = 1
population = { a.size = 60, b.size = 60 }
[side.cells]
[side.cells.spiking]
dt = "0.1 ms"
neuron.lif = { tau_m = "20 ms", e_l = "0 mV", v_th = "20 mV", v_reset = "10 mV", t_ref = "2 ms" }
synapse.delta = {}
weight_unit = "0.1 mV"
stimulus.outside = { to = ["a", "b"], poisson = { rate = "4 kHz", weight = 1.0 } }
stimulus.to_a = { to = "a", poisson = { rate = "1 Hz", weight = 1.0 } }
stimulus.to_b = { to = "b", poisson = { rate = "1 Hz", weight = 1.0 } }
[protocol.decide]
coherences = [0.0, 0.02, 0.5]
trials = 40
mu_0 = "6 kHz"
threshold = "12 Hz"
before = "50 ms"
most = "300 ms"
network = { populations = ["a", "b"], evidence = ["to_a", "to_b"], sigma = "100 Hz" }
"#;

#[test]
fn a_network_decides_the_same_for_any_number_of_threads() {
    let session = Session::with(CHOICES);
    let metrics = |out: &str, more: &[&str]| -> Vec<f64> {
        let all = [&["run", "scenario.toml", "-q", "--no-figures", "--out", out], more].concat();
        session.duet(&all).ok();
        let text = fs::read(session.path(format!("{out}/scenario/metrics.json"))).unwrap();
        let metrics: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let value = |name: &str| metrics["sides"]["cells"][name]["value"].as_f64().unwrap();
        ["correct[0]", "correct[0.02]", "correct[0.5]", "answered[0.5]", "time[0.02]", "time[0.5]"]
            .map(value)
            .to_vec()
    };
    let one = metrics("one", &["--threads", "1"]);
    assert_eq!(metrics("three", &["--threads", "3"]), one);
    let [guessed, better, right, answered, weak, strong] = one[..] else { unreachable!("six values") };
    // 40 coins: four standard errors are 0.32.
    assert!((guessed - 0.5).abs() < 0.32 && better > 0.6, "{one:?}");
    assert_eq!((right, answered), (1.0, 1.0));
    assert!(strong < weak, "{one:?}");
    let swapped = metrics("swapped", &["--set", "protocol.decide.network.populations=['b', 'a']"]);
    assert_eq!(swapped[2], 0.0, "who is driven more is the other choice");
}

#[test]
fn what_a_network_cannot_decide_on_is_said() {
    for (from, to, words) in [
        (
            "populations = [\"a\", \"b\"]",
            "populations = [\"a\", \"c\"]",
            ["protocol.decide.network.populations", "there is no population `c`", "a, b"],
        ),
        (
            "populations = [\"a\", \"b\"]",
            "populations = [\"a\"]",
            ["network.populations", "between two populations", "1 are named"],
        ),
        (
            "\"to_a\", \"to_b\"]",
            "\"to_a\", \"to_c\"]",
            ["network.evidence", "there is no stimulus `to_c`", "to_a, to_b"],
        ),
        (
            "rate = \"4 kHz\"",
            "stop = \"1 s\", rate = \"4 kHz\"",
            ["stimulus.outside", "neither starts nor stops", "leave out"],
        ),
        (
            "[side.cells]",
            "[side.look.ann]\n[side.cells]",
            ["side.look", "a network of cells decides here", "leave out"],
        ),
        (
            "sigma =",
            "slide = \"0.01 ms\", sigma =",
            ["network.slide", "0.01 ms", "shorter than the time step"],
        ),
        ("mu_0 = \"6 kHz\"", "mu_0 = \"1000 kHz\"", ["protocol.decide.mu_0", "spikes in a step", "120"]),
    ] {
        let text = CHOICES.replace(from, to);
        assert_ne!(text, CHOICES, "{from}");
        Session::with(text).duet(&["check", "scenario.toml"]).refused(2, &words);
    }
}
