//! Sweeps: one scenario at many values, on any number of threads, in parts, killed and resumed.

use super::duet::{Session, finish, wait_until};
use super::same_bytes::assert_same;
use super::scenarios::{TINY, long};
use std::collections::BTreeMap;
use std::fs;

const EPOCHS: &str = "protocol.learn.epochs=0,2,4";

/// Everything of a sweep but the clock's word.
fn files(session: &Session, sweep: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = session.files(sweep);
    assert!(files.remove("manifest.json").is_some(), "{sweep} is whole");
    files
}

fn text(session: &Session, file: &str) -> String {
    fs::read_to_string(session.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn threads_and_parts_change_no_byte() {
    let session = Session::with(TINY);
    let sweep = |more: &[&str]| {
        let fixed = ["sweep", "scenario.toml", "--vary", EPOCHS];
        session.duet(&[&fixed, ["--vary", "seed=1..9~2"].as_slice(), more].concat()).ok()
    };
    let ran = sweep(&["--threads", "1"]);
    assert_eq!(ran.last_line(), "runs/scenario-sweep");
    assert!(ran.stderr.contains("6/6"), "{}", ran.stderr);
    let whole = files(&session, "runs/scenario-sweep");
    for threads in ["2", "16"] {
        let other = sweep(&["--threads", threads, "-q"]);
        assert_same(&whole, &files(&session, other.last_line()), threads);
    }
    let parts =
        ["1/4", "2/4", "3/4", "4/4"].map(|part| sweep(&["-q", "--shard", part]).last_line().to_owned());
    assert_eq!(parts[1], "runs/scenario-sweep-2of4");
    assert!(!session.path(&parts[1]).join("table.csv").exists(), "a part has no table of its own");
    // The order in which they are named does not matter.
    let merged = session.duet(&["sweep", "--merge", &parts[2], &parts[0], &parts[3], &parts[1]]).ok();
    assert_same(&whole, &files(&session, merged.last_line()), "merged");

    let missing = session.duet(&["sweep", "--merge", &parts[0], &parts[2]]);
    missing.refused(2, &["missing: 2/4, 4/4"]);
    session.duet(&["sweep", "--merge", &parts[0], &parts[0]]).refused(2, &["both part 1 of 4"]);
    session.duet(&["sweep", "--merge", &parts[0], "runs/scenario-sweep"]).refused(2, &["whole sweep"]);
    let other =
        session.duet(&["sweep", "scenario.toml", "-q", "--vary", "seed=1,2,3,4", "--shard", "2/4"]).ok();
    session
        .duet(&["sweep", "--merge", &parts[0], other.last_line()])
        .refused(2, &["different sweeps", "fields"]);
    let row = format!("{}/rows/00002.json", parts[1]);
    session.write(&row, text(&session, &row).replace("point", "pount"));
    session.duet(&["sweep", "--merge", &parts[0], &parts[1]]).refused(3, &["rows/00002.json"]);
}

#[test]
fn a_point_says_what_a_run_of_its_own_says() {
    let session = Session::with(TINY);
    let vary = "side.local.spiking.neuron.lif.tau_m=8..16 ms:3";
    session.duet(&["sweep", "scenario.toml", "-q", "--vary", vary, "--metric", "local.test_accuracy"]).ok();
    let set = "side.local.spiking.neuron.lif.tau_m=12 ms";
    session.duet(&["run", "scenario.toml", "-q", "--no-figures", "--set", set]).ok();
    let metrics: serde_json::Value =
        serde_json::from_str(&text(&session, "runs/scenario/metrics.json")).unwrap();
    let row: serde_json::Value =
        serde_json::from_str(&text(&session, "runs/scenario-sweep/rows/00002.json")).unwrap();
    for side in ["backprop", "local"] {
        let own = metrics["sides"][side].as_object().unwrap();
        assert!(own.len() > 3);
        for (path, metric) in own {
            assert_eq!(row["sides"][side][path]["value"], metric["value"], "{side}.{path}");
            assert_eq!(row["sides"][side][path]["ci95"], metric["ci95"], "{side}.{path}");
        }
    }
    let table = text(&session, "runs/scenario-sweep/table.csv");
    let header = table.lines().next().unwrap();
    assert!(header.starts_with("point,side.local.spiking.neuron.lif.tau_m (ms),backprop."), "{header}");
    assert!(
        header.contains(",local.test_accuracy,local.test_accuracy.ci95_low,local.test_accuracy.ci95_high")
    );
    assert!(table.lines().nth(2).unwrap().starts_with("2,12,"), "{table}");
    let figure = text(&session, "runs/scenario-sweep/figures/sweep.svg");
    assert!(figure.contains("What does tau_m do to test accuracy?"));
    // Drawn again it is the same.
    session.duet(&["plot", "runs/scenario-sweep"]).ok();
    assert_eq!(text(&session, "runs/scenario-sweep/figures/sweep.svg"), figure);
}

#[test]
fn killed_and_resumed_it_is_the_same() {
    let begin = |session: &Session| {
        let line = [
            "sweep",
            "scenario.toml",
            "-q",
            "--threads",
            "2",
            "--vary",
            "protocol.learn.epochs=1,2,90,4,120",
        ];
        session.begin(&line)
    };
    let whole = Session::with(long());
    finish(begin(&whole)).ok();

    let session = Session::with(long());
    let mut child = begin(&session);
    // A row that is being written has another name.
    let rows = || session.names("runs/scenario-sweep.part/rows");
    wait_until(|| rows().iter().any(|name| name.contains(".json")));
    child.kill().unwrap();
    assert_eq!(finish(child).calm().code, -1, "it was still at work");
    let ran = session.duet(&["resume", "runs/scenario-sweep"]).ok();
    assert!(ran.stderr.contains("done already"), "{}", ran.stderr);
    assert_eq!(ran.last_line(), "runs/scenario-sweep");
    assert_same(&files(&whole, "runs/scenario-sweep"), &files(&session, "runs/scenario-sweep"), "resumed");
    assert_eq!(session.names("runs"), ["scenario-sweep"]);
    assert_eq!(session.duet(&["resume", "runs/scenario-sweep"]).ok().stdout, "runs/scenario-sweep\n");
}

#[test]
fn a_point_that_fails_is_a_row_with_the_reason() {
    let text_of = TINY.replace("optimizer.adam = { rate = 0.03 }", "optimizer.sgd = { rate = 0.03 }");
    let text_of = text_of.replace("[task.xor]\n", "[task.xor]\nrepeats = 10\n");
    let session = Session::with(text_of.replace("activation.tanh = {}", "activation.relu = {}"));
    let rate = "side.backprop.ann.learning.backprop.optimizer.sgd.rate=0.03,1e30";
    let ran = session.duet(&["sweep", "scenario.toml", "--vary", rate]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert_eq!(ran.last_line(), "runs/scenario-sweep");
    let table = text(&session, "runs/scenario-sweep/table.csv");
    let last = table.lines().nth(2).unwrap();
    assert!(table.lines().next().unwrap().ends_with(",why"), "{table}");
    assert!(last.starts_with("2,1e30,,") && last.contains("side `backprop`, seed 1, epoch"), "{last}");
    assert!(!table.contains("runs/"), "where it was computed is no part of the reason: {table}");
    assert!(ran.stderr.contains("1 of 2 points"), "{}", ran.stderr);

    // Values that do not go together are a row too; one with which nothing can be run is refused at once.
    let neuron = "side.local.spiking.neuron.lif";
    let reset = format!("{neuron}.v_reset=-60..-40 mV:2");
    let threshold = format!("{neuron}.v_th=-50 mV,-30 mV");
    let ran = session.duet(&["sweep", "scenario.toml", "-q", "--vary", &reset, "--vary", &threshold]);
    assert_eq!((ran.code, ran.stdout.as_str()), (5, "runs/scenario-sweep-2\n"), "{}", ran.stderr);
    let table = text(&session, "runs/scenario-sweep-2/table.csv");
    // `why`, the last column, is empty where a point went well.
    let failed: Vec<&str> = table.lines().skip(1).filter(|line| !line.ends_with(',')).collect();
    assert!(failed.len() == 1 && failed[0].starts_with("3,-40,-50,"), "{table}");
}

#[test]
fn mistakes_are_told_before_anything_is_made() {
    let session = Session::with(TINY);
    let refuse = |vary: &str, more: &[&str], words: &[&str]| {
        session.duet(&[&["sweep", "scenario.toml", "--vary", vary], more].concat()).refused(2, words);
    };
    refuse("protocol.learn.epoch=1,2", &[], &["protocol.learn.epoch", "did you mean `epochs`?"]);
    refuse("protocol.learn.epochs=1,2.5", &[], &["epochs = 2.5 must be a whole number"]);
    refuse("protocol.learn.epochs=1,-3", &[], &["epochs = -3"]);
    refuse("side.local.spiking.neuron.lif.tau_m=5,10", &[], &["tau_m = 5", "has no unit", "ms"]);
    refuse("side.local.spiking.neuron.lif.tau_m=0..10 ms:3", &[], &["tau_m = 0"]);
    refuse("title.x=1,2", &[], &["--vary title.x"]);
    refuse("protocol.learn.epochs=1..3", &[], &["--vary", "how many values?", "from..to:n"]);
    refuse("seed=1,2", &["--vary", "seed=3,4"], &["varied twice"]);
    refuse("seed=1,2", &["--metric", "locl.test_accuracy"], &["did you mean `local`?"]);
    refuse("seed=1,2", &["--shard", "3/3"], &["only 2 points"]);
    refuse("seed=1,2", &["--shard", "4/3"], &["2/5"]);
    refuse("seed=1..9999:9999", &["--vary", "seeds=1,2"], &["9999 x 2 points", "at most 10000"]);
    assert!(session.names("runs").is_empty());

    let ran =
        session.duet(&["sweep", "scenario.toml", "--dry-run", "--vary", EPOCHS, "--vary", "seeds=1,3"]).ok();
    // 3 x (1 + 3) seeds on 2 sides; 2 x (1 + 3) x (0 + 2 + 4) epochs.
    assert!(
        ran.stdout.contains("6 points, 24 courses") && ran.stdout.contains("48 epochs"),
        "{}",
        ran.stdout
    );
    assert!(session.names("runs").is_empty());
}
