//! Runs that are killed, and go on.

use super::duet::{Session, finish, wait_until};
use super::same_bytes::assert_same;
use super::scenarios::{TINY, long};
use std::fs;
use std::thread::sleep;
use std::time::Duration;

const CHECKPOINTS: &str = "runs/scenario.part/checkpoints";

/// The names of the checkpoints; beside them lies the origin of the run.
fn checkpoints(session: &Session) -> Vec<String> {
    session
        .names(CHECKPOINTS)
        .into_iter()
        .filter(|name| name.starts_with("backprop-") || name.starts_with("local-"))
        .collect()
}

/// Waits until the run has written a checkpoint.
fn wait_for_checkpoint(session: &Session) {
    wait_until(|| !checkpoints(session).is_empty());
}

/// A run that was killed in mid-training, in its own folder.
fn killed() -> Session {
    let session = Session::with(long());
    let mut child = session.begin(&["run", "scenario.toml", "-q", "--no-figures"]);
    wait_for_checkpoint(&session);
    child.kill().unwrap();
    assert_eq!(finish(child).code, -1, "it was still at work");
    session
}

#[test]
fn killed_again_and_again_it_ends_with_the_same_bytes() {
    let whole = Session::with(long());
    whole.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();

    let session = Session::with(long());
    let mut kills = 0;
    // Uneven moments: before the first checkpoint, between two, while one is written.
    for (attempt, ms) in [250_u64, 640, 717, 823, 1000].into_iter().enumerate() {
        let go_on = ["resume", "runs/scenario", "-q", "--no-figures"];
        let begin = ["run", "scenario.toml", "-q", "--no-figures"];
        let has_begun = !session.names("runs").is_empty();
        let mut child = session.begin(if has_begun { &go_on } else { &begin });
        sleep(Duration::from_millis(ms));
        child.kill().unwrap();
        kills += usize::from(finish(child).calm().code == -1);
        assert!(session.names("runs").len() <= 1, "attempt {attempt}: {:?}", session.names("runs"));
    }
    assert!(kills >= 1, "the run is long enough to be killed in");
    let ran = session.duet(&["resume", "runs/scenario.part", "-q", "--no-figures"]).ok();
    assert_eq!(ran.last_line(), "runs/scenario");
    assert_same(&whole.reproducible("runs/scenario"), &session.reproducible("runs/scenario"), "resumed");
    assert_eq!(session.names("runs"), ["scenario"]);
}

#[test]
fn a_finished_run_is_left_as_it_is() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "-q"]).ok();
    let before = session.files("runs/scenario");
    for name in ["runs/scenario", "runs/scenario/", "runs/scenario.part"] {
        let ran = session.duet(&["resume", name]).ok();
        assert_eq!(ran.stdout, "runs/scenario\n");
        assert!(ran.stderr.contains("nothing to resume"), "{}", ran.stderr);
        assert!(session.files("runs/scenario") == before);
    }
}

#[test]
fn damaged_checkpoints_are_never_believed() {
    let session = killed();
    let name = checkpoints(&session).remove(0);
    let path = format!("{CHECKPOINTS}/{name}");
    let good = fs::read(session.path(&path)).unwrap();
    let refuse = |bytes: &[u8]| {
        session.write(&path, bytes);
        session.duet(&["resume", "runs/scenario"]).refused_at_any_time(3, &[&name]);
        assert_eq!(session.names("runs"), ["scenario.part"]);
    };
    for percent in [0, 1, 10, 50, 99] {
        refuse(&good[..good.len() * percent / 100]);
    }
    for i in 0..10 {
        let mut flipped = good.clone();
        flipped[good.len() * i / 10] ^= 1 << (i % 8);
        refuse(&flipped);
    }
    session.write(&path, &good);
    session.duet(&["resume", "runs/scenario", "-q", "--no-figures"]).ok();
}

#[test]
fn a_checkpoint_of_another_scenario_is_refused() {
    let session = killed();
    let resolved = "runs/scenario.part/resolved.toml";
    let text = fs::read_to_string(session.path(resolved)).unwrap();
    session.write(resolved, text.replace("rate = 0.03", "rate = 0.02"));
    session.duet(&["resume", "runs/scenario"]).refused_at_any_time(3, &["another scenario"]);
    session.write(resolved, "nonsense = 1");
    session.duet(&["resume", "runs/scenario"]).refused(2, &["resolved.toml"]);
    fs::remove_file(session.path(resolved)).unwrap();
    session.duet(&["resume", "runs/scenario"]).refused(3, &["resolved.toml"]);
}
