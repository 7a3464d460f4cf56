//! What sides are held against each other by: hand-overs, panels, the ledger.

use duet_harness::{Document, Finished, HarnessError, Options, Origin, Silent, check, run};
use duet_record::{Metrics, Run};
use std::path::Path;

/// Digits through 64-24-10: trained, converted, trained through spikes, and local.
const FOUR: &str = r#"
    title = "t"
    question = "q?"
    seed = 3
    seeds = 2
    [task.digits]
    [population]
    input.shape = [8, 8]
    hidden.size = 24
    output.size = 10
    [projection.a]
    from = "input"
    to = "hidden"
    weights.lecun = {}
    bias.zero = {}
    [projection.b]
    from = "hidden"
    to = "output"
    weights.lecun = {}
    bias.zero = {}
    [side.backprop.ann]
    activation.relu = {}
    learning.backprop = { batch = 32, optimizer.adam = { rate = 0.003 } }
    population.output.activation.identity = {}
    [side.converted]
    from = { side = "backprop", normalise.percentile = 99.9 }
    [side.converted.spiking]
    neuron.integrate_and_fire = {}
    synapse.delta = {}
    encode.constant_current = {}
    decode.membrane = {}
    [side.surrogate.spiking]
    dt = "4 ms"
    neuron.integrate_and_fire = { tau_m = "80 ms" }
    synapse.delta = {}
    encode.constant_current = {}
    decode.membrane = { take = "mean" }
    learning.surrogate = { optimizer.adam = { rate = 0.003 } }
    [side.local.spiking]
    dt = "1 ms"
    synapse.exponential = { tau = "5 ms" }
    weight_unit = "200 pA"
    plasticity.three_factor = { rate = 0.0001, tau = "20 ms" }
    [protocol.learn]
    epochs = 4
    present = "100 ms"
"#;

fn carried_out(text: &str, out: &Path, threads: usize) -> Result<Finished, HarnessError> {
    carried_out_beside(text, None, out, threads)
}

/// The same with data that lie in a folder.
fn carried_out_beside(
    text: &str,
    folder: Option<&Path>,
    out: &Path,
    threads: usize,
) -> Result<Finished, HarnessError> {
    let folder = folder.map(Path::to_path_buf);
    let checked = check(Document::parse("four", text.to_owned())?, &[])?;
    let origin = Origin { stem: "four".to_owned(), command: "duet run".to_owned(), folder };
    run(&checked, &origin, &Options { out: out.to_owned(), threads, figures: false }, &Silent)
}

fn metrics(finished: &Finished) -> Metrics {
    Run::open(&finished.folder).unwrap().metrics().unwrap()
}

fn values(metrics: &Metrics, side: &str, path: &str) -> Vec<f64> {
    let metric = metrics.get(side, path).unwrap_or_else(|| panic!("{side}.{path}"));
    metric.values.iter().map(|value| value.unwrap_or_else(|| panic!("{side}.{path}"))).collect()
}

const PANELS: &str = r#"
    [[panel]]
    latency = { at = ["4 ms", "100 ms"], examples = 40 }
    [[panel]]
    [panel.robustness]
    input_noise = [0, 0.2]
    weight_noise = [0, 0.5]
    neuron_lesion = [0, 0.5, 1]
    synapse_lesion = [0, 0.5, 1]
    bits = [24, 2]
    fgsm = [0, 0.1]
    [[panel]]
    data_efficiency = { labels = [20, 100], epochs = 3 }
    [[panel]]
    forgetting = { epochs = 2, replay = 0.2 }
    [[panel]]
    representation = { examples = 40 }
"#;

/// The same bytes for 1, 2 and 4 threads: hand-over, surrogate training and every panel included. And what every panel must say.
#[test]
fn four_sides_and_all_panels() {
    let out = tempfile::tempdir().unwrap();
    let text = format!("{FOUR}{PANELS}");
    let runs = [1, 2, 4].map(|threads| carried_out(&text, out.path(), threads).unwrap());
    for file in [
        "metrics.json",
        "history.csv",
        "story.json",
        "traces/converted/transfer.csv",
        "traces/surrogate/robustness.csv",
        "traces/surrogate/spikes.csv",
        "network/final/surrogate/a.npy",
        "network/final/converted/b.npy",
    ] {
        let bytes = runs
            .each_ref()
            .map(|run| std::fs::read(run.folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}")));
        assert!(bytes.iter().all(|other| *other == bytes[0]), "{file} differs between runs");
    }
    let metrics = metrics(&runs[0]);
    for side in ["backprop", "converted", "surrogate", "local"] {
        let of = |path: &str| values(&metrics, side, path);
        let clean = of("test_accuracy");
        // At strength 0 nothing is touched; at 24 bits next to nothing.
        for knob in ["input_noise", "weight_noise", "neuron_lesion", "synapse_lesion"] {
            assert_eq!(of(&format!("robustness.{knob}[0]")), clean, "{side} {knob}");
        }
        let whole = of("robustness.bits[24]");
        assert!(whole.iter().zip(&clean).all(|(a, b)| (a - b).abs() < 0.01), "{side}: {whole:?} {clean:?}");
        // Without hidden cells, and without synapses, one class is answered always: its share of 360 examples is what is right.
        for knob in ["neuron_lesion", "synapse_lesion"] {
            let always = of(&format!("robustness.{knob}[1]"));
            let is_a_class = |share: &f64| (25..=45).contains(&((share * 360.0).round() as i32));
            assert!(always.iter().all(is_a_class), "{side} {knob}: {always:?}");
        }
        let mean = |path: &str| of(path).iter().sum::<f64>() / 2.0;
        assert!(mean("robustness.input_noise[0.2]") < mean("test_accuracy"), "{side}");
        assert!(mean("data_efficiency.accuracy[100]") > mean("data_efficiency.accuracy[20]"), "{side}");
        // The second group is not known before its turn.
        assert!(mean("forgetting.task_1[1]") > 0.5 && mean("forgetting.task_2[1]") < 0.1, "{side}");
        assert!(metrics.get(side, "representation.hidden.dimension").unwrap().value.unwrap() > 1.0);
    }
    let has = |side: &str, path: &str| metrics.get(side, path).is_some();
    assert!(has("backprop", "robustness.fgsm[0.1]") && has("surrogate", "robustness.fgsm[0.1]"));
    assert_eq!(
        values(&metrics, "surrogate", "robustness.fgsm[0]"),
        values(&metrics, "surrogate", "test_accuracy")
    );
    assert!(!has("local", "robustness.fgsm[0.1]"), "a side without a gradient cannot be attacked by one");
    // Numbers are there at once; spikes need time, and have cost more the longer one waits.
    assert_eq!(
        values(&metrics, "backprop", "latency.accuracy[4 ms]"),
        values(&metrics, "backprop", "latency.accuracy[100 ms]")
    );
    let operations = ["latency.operations[4 ms]", "latency.operations[100 ms]"]
        .map(|path| values(&metrics, "converted", path)[0]);
    assert!(operations[0] < 0.2 * operations[1] && !has("backprop", "latency.operations[4 ms]"));
    // The same weights see the same things; strangers do not.
    let pair = |names: &str, path: &str| metrics.pairs[names][path].value.unwrap();
    assert!(
        pair("backprop - converted", "hidden.cka") > 0.98
            && pair("backprop - converted", "hidden.rsa") > 0.98
    );
    assert!(pair("backprop - local", "hidden.cka") < pair("backprop - converted", "hidden.cka"));
}

/// Other orders of the same numbers: the second is not known before its turn, and after it the first is known less than before,
/// but better with examples shown again. No class is told to be silent, so guessing remains.
#[test]
fn another_order_of_the_numbers_is_another_task() {
    let out = tempfile::tempdir().unwrap();
    let panel = "[[panel]]\nforgetting = { kind = 'permuted', epochs = 4, replay = 0.5 }";
    let metrics = metrics(&carried_out(&format!("{FOUR}{panel}"), out.path(), 1).unwrap());
    for side in ["backprop", "surrogate"] {
        let mean = |path: &str| {
            let of = values(&metrics, side, &format!("forgetting.{path}"));
            of.iter().sum::<f64>() / of.len() as f64
        };
        assert!(mean("task_1[1]") > 0.6 && mean("task_2[1]") < 0.35, "{side}");
        assert!(mean("task_2[2]") > mean("task_2[1]") + 0.3 && mean("lost") > 0.0, "{side}");
        assert!(mean("replay_task_1[2]") > mean("task_1[2]"), "{side}");
    }
}

/// The lesson of conversion: rates say what activations said, and the answers stay.
#[test]
fn a_converted_network_answers_as_its_giver() {
    let out = tempfile::tempdir().unwrap();
    let text = FOUR.replace("epochs = 4", "epochs = 15");
    let metrics = metrics(&carried_out(&text, out.path(), 0).unwrap());
    let [given, taken] = ["backprop", "converted"].map(|side| values(&metrics, side, "test_accuracy"));
    assert!(given.iter().zip(&taken).all(|(a, b)| *a > 0.9 && a - b < 0.01), "{given:?} {taken:?}");
    assert!(values(&metrics, "converted", "hidden.transfer_correlation").iter().all(|r| *r > 0.995));
    assert!(values(&metrics, "converted", "hidden.transfer_error").iter().all(|e| *e < 0.02));
}

/// 3-2-1 by hand: numbers through weights, and the same as spikes.
#[test]
fn the_ledger_by_hand() {
    let out = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("train.csv"), "p,q,r,class\n1,0,1,a\n0,1,0,b\n").unwrap();
    std::fs::write(data.path().join("test.csv"), "p,q,r,class\n1,0,1,a\n1,0,1,b\n").unwrap();
    let text = r#"
        title = "t"
        question = "q?"
        seed = 1
        [task.csv]
        file = 'train.csv'
        test_file = 'test.csv'
        label = 'class'
        [population]
        x.size = 3
        h.size = 2
        y.size = 2
        [projection.a]
        from = "x"
        to = "h"
        weights.given = [0.5, 0.5, 1.0, 1.0, 0.125, -0.125]
        [projection.b]
        from = "h"
        to = "y"
        weights.given = [1.0, 0.0, 0.5, 0.5]
        [side.numbers.ann]
        activation.relu = {}
        population.y.activation.identity = {}
        [side.spikes]
        from.side = "numbers"
        [side.spikes.spiking]
        neuron.integrate_and_fire = {}
        synapse.delta = {}
        encode.constant_current = {}
        decode.membrane = {}
        [side.both]
        from.side = "numbers"
        [side.both.spiking]
        neuron.integrate_and_fire = {}
        synapse.delta = {}
        encode.regular = { rate_max = "500 Hz" }
        decode.spike_count = {}
        [protocol.learn]
        epochs = 0
        present = "10 ms"
    "#;
    let finished = carried_out_beside(text, Some(data.path()), out.path(), 1).unwrap();
    let metrics = metrics(&finished);
    let of = |side: &str, path: &str| values(&metrics, side, path)[0];
    // Numbers: 3 x 2 + 2 x 2 products; of those, two inputs of three and both hidden units are not 0: 2 x 2 + 2 x 2.
    assert_eq!(of("numbers", "multiply_adds_per_inference"), 10.0);
    assert_eq!(of("numbers", "effective_multiply_adds_per_inference"), 8.0);
    // Spikes: the drives are 5/8 and 3/8. v = 0.625, 1.25 (fires), 0.875, 1.5 (fires) ... passes 1 in steps 2, 4, 5, 7, 9 and 10 (in
    // step 8 it only reaches it), the other in 3, 6 and 9. What is fired in step 10 arrives nowhere; 8 spikes at two cells each do.
    assert_eq!(of("spikes", "spikes_per_inference"), 9.0);
    assert_eq!(of("spikes", "synaptic_operations_per_inference"), 16.0);
    assert_eq!(of("spikes", "multiply_adds_per_inference"), 6.0, "numbers are received once");
    assert_eq!(of("spikes", "neuron_updates_per_inference"), 40.0);
    // 16 additions and 6 products at 45 nm: 16 x 0.9 + 6 x 4.6 pJ.
    assert!((of("spikes", "energy_45nm_arithmetic_per_inference") - 0.042).abs() < 1e-12);
    // Two inputs of 1 fire in every second step: 5 spikes each, at two cells; the last may come too late. No product at all.
    assert!(metrics.get("both", "multiply_adds_per_inference").is_none());
    let input = of("both", "x.rate") * 3.0 * 0.01;
    assert!((input - 10.0).abs() < 1e-9, "{input} spikes of the input");
}

/// The mistakes that students make most often: each is found and told, with its remedy, and a side that has learned nothing says so.
#[test]
fn the_doctor_knows_the_common_mistakes() {
    let out = tempfile::tempdir().unwrap();
    let told = |text: &str| -> Vec<String> {
        let finished = carried_out(&text.replace("seeds = 2", "seeds = 1"), out.path(), 0).unwrap();
        let story = Run::open(&finished.folder).unwrap().story().unwrap();
        story.diagnoses.into_iter().map(|own| format!("{}: {}", own.side, own.words)).collect()
    };
    let found = |text: &str, side: &str, words: &[&str]| {
        let told = told(text);
        for words in words {
            let is_told = told.iter().any(|own| own.starts_with(side) && own.contains(words));
            assert!(is_told, "{side}: {words} in {told:?}");
        }
    };
    // A silent network: a current that no membrane notices.
    let silent = FOUR.replace("weight_unit = \"200 pA\"", "weight_unit = \"1 pA\"");
    found(&silent, "local", &["`hidden` never fires: raise weight_unit", "learned nothing"]);
    // A learning rate that is far too high.
    let exploding = FOUR.replace(
        "optimizer.adam = { rate = 0.003 } }\n    population",
        "optimizer.sgd = { rate = 20.0 } }\n    population",
    );
    assert_ne!(exploding, FOUR);
    found(
        &exploding,
        "backprop",
        &["100\u{a0}% of the units of `hidden` are dead", "try a smaller rate", "learned nothing"],
    );
    // Pixels from 0 to 255, which nobody has scaled.
    let unscaled = FOUR.replace(
        "activation.relu = {}\n",
        "activation.tanh = {}\n    input = { mean = 0.0, std = 0.0039 }\n",
    );
    let unscaled = unscaled.replace("from = { side = \"backprop\", normalise.percentile = 99.9 }", "");
    found(&unscaled, "backprop", &["of the units of `hidden` are saturated", "inputs are too large"]);
    // Weights handed over without a scale.
    let forgotten = FOUR.replace(", normalise.percentile = 99.9", "");
    found(
        &forgotten,
        "converted",
        &["fire in every step", "try from = { side = ..., normalise.percentile = 99.9 }"],
    );
    // The sound network is left in peace.
    let sound = told(&FOUR.replace("epochs = 4", "epochs = 12"));
    assert!(
        sound.iter().all(|own| !own.contains("learned nothing") && !own.contains("never fires")),
        "{sound:?}"
    );
}

/// Rates read back as numbers: an artificial side that takes the weights of a spiking one.
#[test]
fn what_spikes_have_learned_can_be_read_as_numbers() {
    let out = tempfile::tempdir().unwrap();
    let text = FOUR.replace(
        "[side.local.spiking]",
        "[side.read_back]\n    from.side = \"surrogate\"\n    [side.read_back.ann]\n    activation.relu = {}\n    \
         population.output.activation.identity = {}\n    [side.local.spiking]",
    );
    let metrics =
        metrics(&carried_out(&text.replace("tau_m = \"80 ms\"", "v_th = 1.0"), out.path(), 0).unwrap());
    let [given, taken] = ["surrogate", "read_back"].map(|side| values(&metrics, side, "test_accuracy"));
    // Cells without leak and rectifiers do the same sum, but for the first steps and the last digit.
    assert!(given.iter().zip(&taken).all(|(a, b)| *a > 0.8 && (a - b).abs() < 0.1), "{given:?} {taken:?}");
    assert!(values(&metrics, "read_back", "hidden.transfer_correlation").iter().all(|r| *r > 0.9));
    assert_eq!(values(&metrics, "read_back", "epochs"), [0.0, 0.0], "it keeps what it was given");
}

/// What cannot be handed over is an error, with its reason, before anything runs.
#[test]
fn what_spikes_cannot_say_is_refused() {
    let refused = |from: &str, to: &str, words: &str| {
        let text = FOUR.replace(from, to);
        assert_ne!(text, FOUR, "{from}");
        let Err(HarnessError::Invalid { diagnostics, .. }) =
            check(Document::parse("four", text).unwrap(), &[])
        else {
            panic!("{to} is not refused");
        };
        assert!(diagnostics.iter().any(|own| own.words.contains(words)), "{words} in {diagnostics:?}");
    };
    refused("activation.relu", "activation.tanh", "a rate of spikes can say what a relu says");
    refused("side = \"backprop\", norm", "side = \"nobody\", norm", "there is no side `nobody`");
    refused("side = \"backprop\", norm", "side = \"converted\", norm", "would wait for its own weights");
    refused(
        "[side.converted.spiking]",
        "[side.converted.spiking]\n    projection.a.initial.weights.constant = 0.1",
        "it can begin with one of them",
    );
    refused("encode.constant_current", "encode.latency", "does not tell a number by a rate");
    refused("neuron.integrate_and_fire = {}", "neuron.lif = {}", "weights are made for integrate_and_fire");
    refused(
        "population.output.activation.identity = {}",
        "population.output.activation.identity = {}\n    population.hidden.batch_norm = {}",
        "normalises over batches",
    );
    refused(
        "[side.surrogate.spiking]",
        "[side.surrogate]\n    from.side = \"local\"\n    from.learn = true\n    from.normalise.percentile = 99\n    [side.surrogate.spiking]",
        "where an artificial side hands over",
    );
}
