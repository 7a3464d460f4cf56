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
