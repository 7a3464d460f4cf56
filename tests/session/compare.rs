//! `duet compare`: finished runs side by side.

use super::duet::Session;
use super::scenarios::TINY;

#[test]
fn runs_stand_side_by_side_with_their_differences() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "--no-figures"]).ok();
    session.duet(&["run", "scenario.toml", "--no-figures", "--set", "protocol.learn.epochs=1"]).ok();
    let ran = session.duet(&["compare", "runs/scenario", "runs/scenario-2"]).ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("metric") && lines[0].contains("scenario-2"), "{}", ran.stdout);
    assert!(lines[0].ends_with("difference, seed by seed"), "the seeds are the same: {}", ran.stdout);
    for path in
        ["backprop.test_accuracy", "local.synaptic_operations_per_inference", "backprop.learning.updates"]
    {
        assert!(lines.iter().any(|line| line.starts_with(path)), "{path} in\n{}", ran.stdout);
    }
    // A quarter of the epochs: a quarter of the updates, by the sheet for other programs.
    let ran = session.duet(&["compare", "runs/scenario", "runs/scenario-2", "--metric", "backprop", "--csv"]);
    let none = ran.refused(2, &["no metric of these runs has backprop"]);
    assert!(none.stdout.is_empty());
    let ran =
        session.duet(&["compare", "runs/scenario", "runs/scenario-2", "--metric", "updates", "--csv"]).ok();
    let row = ran.stdout.lines().find(|line| line.starts_with("backprop.learning.updates")).unwrap();
    let numbers: Vec<f64> = row.split(',').skip(1).map(|cell| cell.parse().unwrap()).collect();
    assert!(numbers[0] == 4.0 * numbers[1] && numbers[2] == -3.0 * numbers[1], "{row}");
}

#[test]
fn what_is_not_the_same_is_said() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "--no-figures"]).ok();
    session.duet(&["run", "scenario.toml", "--no-figures", "--seed", "5"]).ok();
    let ran = session.duet(&["compare", "runs/scenario", "runs/scenario-2"]).ok();
    assert!(ran.stderr.contains("scenario and scenario-2 differ in the seeds"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("seed by seed"), "other seeds have no pairs: {}", ran.stdout);
    session.duet(&["compare", "runs/scenario"]).refused(2, &["RUN"]);
    session.duet(&["compare", "runs/scenario", "runs/nothing"]).refused(3, &["runs/nothing"]);
}
