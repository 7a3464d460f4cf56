//! A run that is killed at any moment goes on to the same bytes: training, and a network at scale.

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

/// Everything that a checkpoint of a network must hold: membranes, currents, spikes on their way by all delays, tallies, the
/// file of spikes, and a stimulus that ends and one at given times.
const NETWORK: &str = r#"title    = "A network, killed"
question = "Does it end the same?"
seed     = 1
seeds    = 2

[population.e]
size = 800
[population.i]
size = 200

[projection.excitation]
from = "e"
to   = ["e", "i"]
pattern.fixed_total = { n = [[60_000], [15_000]] }
weights.normal = { mean = 1.0, std = 0.1 }
delay.normal = { mean = "1.5 ms", std = "0.75 ms" }
[projection.inhibition]
from = "i"
to   = ["e", "i"]
pattern.fixed_in_degree = { k = 20 }
weights.constant = -5.0
delay.constant = "0.8 ms"

[side.network.spiking]
dt = "0.1 ms"
synapse.exponential.tau = "2 ms"
weight_unit = "20 pA"
[side.network.spiking.stimulus.outside]
to = ["e", "i"]
poisson = { rate = "5 kHz", weight = 1.0 }
[side.network.spiking.stimulus.early]
to = "e"
poisson = { rate = "2 kHz", weight = 0.5, stop = "2.5 s" }
[side.network.spiking.stimulus.jolt]
to = "i"
spikes = { times = ["1.1 s", "3.3 s"], weight = 20.0 }

[protocol.simulate]
duration  = "4 s"
transient = "100 ms"
"#;

/// The processes share the machine with each other and with other tests, so each works alone.
const KILLS: u64 = 20;

/// All files of a finished run but the manifest, which holds the wall-clock times.
fn bytes(session: &Session) -> BTreeMap<String, Vec<u8>> {
    let mut files = session.files("runs/scenario");
    files.remove("manifest.json").expect("a finished run has a manifest");
    files
}

/// A run killed after `moment`, and resumed; `None` if it had ended before.
fn killed_after(scenario: &str, moment: Duration) -> Option<BTreeMap<String, Vec<u8>>> {
    let session = Session::with(scenario);
    let mut child = session.begin(&["run", "scenario.toml", "-q", "--threads", "1"]);
    sleep(moment);
    child.kill().expect("it can be killed");
    if finish(child).calm().code != -1 {
        return None;
    }
    // Killed before it had a folder, it leaves nothing to resume; with a folder, it has all that a resume needs.
    let begun = !session.names("runs").iter().all(|name| name.starts_with('.'));
    let again = if begun { ["resume", "runs/scenario", "-q"] } else { ["run", "scenario.toml", "-q"] };
    session.duet(&[&again[..], &["--threads", "1"]].concat()).ok();
    let left: Vec<String> = session.names("runs").into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(left, ["scenario"]);
    Some(bytes(&session))
}

/// Kills runs of a scenario at twenty moments; all end with the bytes of one that was left alone, this file among them.
fn survives(scenario: &str, file: &str) {
    let session = Session::with(scenario);
    let began = Instant::now();
    session.duet(&["run", "scenario.toml", "-q", "--threads", "1"]).ok();
    let took = began.elapsed();
    let whole = bytes(&session);
    assert!(whole.contains_key("report.html") && whole.contains_key(file), "{:?}", whole.keys());
    let kill = |nth: u64| {
        // A moment after the end counts for nothing: another is drawn.
        let mut moments = Key::new(20).stream("kill", nth);
        let killed = (0..100).find_map(|_| killed_after(scenario, took.mul_f64(moments.uniform())));
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

#[test]
fn killed_at_any_moment_it_ends_with_the_same_bytes() {
    survives(TRAINING, "network/final/backprop/input-hidden.npy");
}

#[test]
fn a_network_killed_at_any_moment_ends_with_the_same_bytes() {
    survives(NETWORK, "traces/network/spikes.bin");
}
