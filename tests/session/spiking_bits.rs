//! The biological side keeps its bits: on any number of threads, at every CPU level, in debug and in release.
//!
//! What it computed once is stored in `tests/reference/spiking_bits.txt`, a hash for every file of numbers. Whoever builds
//! this test, in whatever profile, is held against the same file; where the equations change, `NEURODUET_UPDATE=1` writes it
//! anew, and the difference is there to be read.

use super::duet::Session;
use super::same_bytes::assert_same;
use std::fmt::Write;

/// Single cells, synapses, rules, a cable, two populations: every way in which the side is integrated.
const SCENARIOS: [&str; 9] = [
    "lif_fi",
    "adex_patterns",
    "izhikevich_classes",
    "hh_action_potential",
    "conductance",
    "short_term",
    "stdp_window",
    "passive_cable",
    "wong_wang",
];

#[test]
fn threads_and_cpu_levels_change_nothing() {
    let session = Session::new();
    for scenario in SCENARIOS {
        let run = |out: &str, threads: &str, level: Option<&str>| {
            let mut command =
                session.command(&["run", scenario, "--threads", threads, "--out", out, "-q", "--no-figures"]);
            if let Some(level) = level {
                command.env("NEURODUET_CPU", level);
            }
            assert!(command.output().unwrap().status.success(), "{scenario}");
            let mut files = session.reproducible(&format!("{out}/{scenario}"));
            // The story names the CPU level of an artificial side's numbers.
            files.remove("story.json");
            files
        };
        let one = run("one", "1", None);
        for (out, threads, level) in
            [("two", "2", None), ("four", "4", None), ("plain", "4", Some("baseline"))]
        {
            assert_same(&one, &run(out, threads, level), &format!("{scenario}, {out}"));
        }
    }
}

#[test]
fn debug_and_release_agree() {
    let session = Session::new();
    let mut found = String::new();
    for scenario in SCENARIOS {
        session.duet(&["run", scenario, "-q", "--no-figures"]).ok();
        let manifest =
            std::fs::read_to_string(session.path(format!("runs/{scenario}/manifest.json"))).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        for (name, hash) in manifest["files"].as_object().unwrap() {
            if name.starts_with("traces/") || name == "metrics.json" {
                writeln!(found, "{scenario} {name} {}", hash.as_str().unwrap()).unwrap();
            }
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/spiking_bits.txt");
    if std::env::var_os("NEURODUET_UPDATE").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap();
    for (found, stored) in found.lines().zip(stored.lines()) {
        assert_eq!(found, stored, "these bits are new");
    }
    assert_eq!(found.lines().count(), stored.lines().count());
}
