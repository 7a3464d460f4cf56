//! Small scenarios that the sessions run.

/// Two sides on exclusive or, four epochs of four patterns: done in milliseconds.
pub const TINY: &str = r#"title    = "Exclusive or, briefly"
question = "Do both sides run?"
seed     = 1
seeds    = 2

[task.xor]

[population.input]
size = 2
[population.hidden]
size = 8
[population.output]
size = 2

[projection.input-hidden]
from = "input"
to   = "hidden"
weights.normal = { std = 1.0 }
bias.normal    = { std = 1.0 }
[projection.hidden-output]
from = "hidden"
to   = "output"
weights.lecun = {}
bias.zero     = {}

[side.backprop]
label = "Backpropagation"
[side.backprop.ann]
activation.tanh = {}
learning.backprop = { batch = 4, optimizer.adam = { rate = 0.03 } }
[side.backprop.ann.population.output]
activation.identity = {}

[side.local]
label = "Local plasticity"
[side.local.spiking]
dt = "1 ms"
neuron.lif = { tau_m = "10 ms", t_ref = "1 ms" }
synapse.delta = {}
weight_unit = "15 mV"
encode.regular = { rate_max = "300 Hz" }
plasticity.three_factor = { rate = 0.002, halve_after = 5.0 }

[protocol.learn]
epochs  = 4
present = "20 ms"

[[target]]
metric   = "backprop.test_accuracy"
at_least = 0.0
source   = "reached by anything"
[[target]]
metric   = "local.test_accuracy - backprop.test_accuracy"
value    = 0.0
within   = 1.0
source   = "so is this"
"#;

/// The same, long enough to be stopped in the middle: about three seconds in a release build.
pub fn long() -> String {
    TINY.replace("[task.xor]\n", "[task.two_moons]\ntrain = 200\ntest = 50\n")
        .replace("epochs  = 4", "epochs  = 900")
        .replace("present = \"20 ms\"", "present = \"50 ms\"")
}

/// A spiking side whose epochs take many seconds each.
pub fn slow() -> String {
    TINY.replace("[task.xor]\n", "[task.xor]\nrepeats = 1000000\n")
        .replace("present = \"20 ms\"", "present = \"1 s\"")
}
