//! An artificial run that is killed at any moment goes on to the same bytes.

use super::duet::{Session, finish};
use super::same_bytes::assert_same;
use duet_random::Key;
use std::collections::BTreeMap;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

/// Everything that a checkpoint must hold: moments, the order of the examples, patience, the best weights so far.
const TRAINING: &str = r#"title    = "Digits, killed"
question = "Does it end the same?"
seed     = 1
seeds    = 4

[task.digits]

[population.input]
shape = [8, 8]
[population.hidden]
size = 64
[population.output]
size = 10

[projection.input-hidden]
from = "input"
to   = "hidden"
weights.he = {}
bias.zero  = {}
[projection.hidden-output]
from = "hidden"
to   = "output"
weights.lecun = {}
bias.zero     = {}

[side.backprop.ann]
activation.relu = {}
learning.backprop = { batch = 16, optimizer.adam = { rate = 0.003 } }
[side.backprop.ann.population.output]
activation.identity = {}

[protocol.learn]
epochs     = 14
validation = 0.1
stop_early = { patience = 3 }
keep       = "best"
"#;

const KILLS: u64 = 20;

/// All files of a finished run but the manifest, which holds the wall-clock times.
fn bytes(session: &Session) -> BTreeMap<String, Vec<u8>> {
    let mut files = session.files("runs/scenario");
    files.remove("manifest.json").expect("a finished run has a manifest");
    files
}

/// A run killed after `moment`, and resumed; `None` if it had ended before.
fn killed_after(moment: Duration) -> Option<BTreeMap<String, Vec<u8>>> {
    let session = Session::with(TRAINING);
    let mut child = session.begin(&["run", "scenario.toml", "-q"]);
    sleep(moment);
    child.kill().expect("it can be killed");
    if finish(child).calm().code != -1 {
        return None;
    }
    // Killed before it had a folder, it leaves nothing to resume; with a folder, it has all that a resume needs.
    let begun = !session.names("runs").iter().all(|name| name.starts_with('.'));
    let again = if begun { ["resume", "runs/scenario", "-q"] } else { ["run", "scenario.toml", "-q"] };
    session.duet(&again).ok();
    let left: Vec<String> = session.names("runs").into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(left, ["scenario"]);
    Some(bytes(&session))
}

#[test]
fn killed_at_any_moment_it_ends_with_the_same_bytes() {
    let session = Session::with(TRAINING);
    let began = Instant::now();
    session.duet(&["run", "scenario.toml", "-q"]).ok();
    let took = began.elapsed();
    let whole = bytes(&session);
    assert!(
        whole.contains_key("report.html") && whole.contains_key("network/final/backprop/input-hidden.npy")
    );
    let kill = |nth: u64| {
        // A moment after the end counts for nothing: another is drawn.
        let mut moments = Key::new(20).stream("kill", nth);
        let killed = (0..100).find_map(|_| killed_after(took.mul_f64(moments.uniform())));
        let killed = killed.expect("of a hundred moments one comes before the end");
        assert_same(&whole, &killed, &format!("kill {nth}"));
    };
    // Two at a time: the processes do the work.
    scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || (half..KILLS).step_by(2).for_each(kill));
        }
    });
}
