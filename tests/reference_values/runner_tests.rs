//! The runner itself: what is wrong must not pass.

use super::entry::{Entry, read_entries};
use super::judge::{Outcome, compute, judge};
use serde_json::{Map, Value, json};

/// The entries of the repository that can be computed, but for those that take seconds each.
fn supported() -> Vec<Entry> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/truth.json");
    let is_brief = |entry: &Entry| !LONG.contains(&entry.family.as_str());
    read_entries(path).into_iter().filter(is_brief).filter(|entry| compute(entry).is_ok()).collect()
}

/// Whole networks and thousands of decisions: computed in `truth` alone. What the runner makes of right and wrong values is
/// the same for all families.
const LONG: &[&str] = &["brunel2000.nest", "brette2007.cuba", "brette2007.coba", "wongwang.psychometric"];

/// Entries whose own computation takes long are doctored in one place only.
const SLOW: &[&str] = &[
    "gradcheck",
    "stdp.poisson_drift",
    "hh.axon",
    "hh.fI",
    "hh.rheobase",
    "hh.strength_duration",
    "hopfield.capacity",
    "hopfield.one_step_error",
    "sanger.pcs",
];

fn entry(family: &str) -> Entry {
    supported().into_iter().find(|entry| entry.family == family).unwrap()
}

/// Applies `change` to every number in turn, each time to a fresh copy, and hands over the copies with their places.
fn changed_numbers(
    values: &Map<String, Value>,
    change: &dyn Fn(f64) -> f64,
) -> Vec<(String, Map<String, Value>)> {
    let mut copies = Vec::new();
    for (name, value) in values {
        let mut paths = Vec::new();
        collect_numbers(value, &mut vec![], &mut paths);
        for path in paths {
            let mut copy = values.clone();
            let mut place = &mut copy[name];
            for &i in &path {
                place = &mut place[i];
            }
            let number = change(place.as_f64().unwrap());
            // Whole numbers stay whole, so that counts and labels can still be read.
            *place =
                if number.fract() == 0.0 && place.is_i64() { json!(number as i64) } else { json!(number) };
            copies.push((format!("{name}{path:?}"), copy));
        }
    }
    copies
}

fn collect_numbers(value: &Value, path: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
    match value {
        Value::Number(_) => paths.push(path.clone()),
        Value::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                path.push(i);
                collect_numbers(value, path, paths);
                path.pop();
            }
        }
        _ => {}
    }
}

#[test]
fn every_wrong_expected_number_fails() {
    for entry in supported() {
        // No expected value is its own image under either, and no limit stays reachable: from above, and from below.
        let below = changed_numbers(&entry.expected, &|x| -2.0 * x - 1.1);
        let above = changed_numbers(&entry.expected, &|x| 2.0 * x + 1.1);
        let some = if SLOW.contains(&entry.family.as_str()) { 1 } else { usize::MAX };
        for ((place, below), (_, above)) in below.into_iter().zip(above).take(some) {
            if is_left_open(&entry, &place) {
                continue;
            }
            let expected = if place.contains("_above") { above } else { below };
            let report = judge(&Entry { expected, ..entry.clone() });
            assert_eq!(report.outcome, Outcome::Fail, "{} {place}: {}", entry.id, report.error);
        }
    }
}

/// Whether a tolerance bounds only the first few of a list and says nothing of this place.
fn is_left_open(entry: &Entry, place: &str) -> bool {
    entry.keys().iter().any(|key| {
        let index = place.strip_prefix(&key.text).map(|rest| rest.trim_matches(['[', ']']).parse());
        let Some(Ok(index)) = index else { return false };
        entry.tolerance.bounds(key, index).iter().any(|bound| bound.size == f64::INFINITY)
    })
}

#[test]
fn a_number_just_beyond_its_tolerance_fails() {
    let mut entry = entry("psp.delta");
    entry.expected = serde_json::from_value(json!({ "V_mV@0ms": 0.1 + 1.1e-12 })).unwrap();
    let report = judge(&entry);
    assert_eq!((report.outcome, report.error.as_str()), (Outcome::Fail, "1.1e0"));
    entry.expected = serde_json::from_value(json!({ "V_mV@0ms": 0.1 + 0.9e-12 })).unwrap();
    assert_eq!(judge(&entry).outcome, Outcome::Pass);
}

#[test]
fn an_unknown_family_is_unsupported() {
    let mut entry = entry("lif.fI");
    entry.family = "lif.fi".to_owned();
    let report = judge(&entry);
    assert_eq!((report.outcome, report.error.as_str()), (Outcome::Unsupported, "lif.fi"));
}

#[test]
fn an_unknown_key_or_argument_fails_by_name() {
    for mut entry in supported().into_iter().filter(|entry| !SLOW.contains(&entry.family.as_str())) {
        for key in ["nobody knows this", "nobody_knows@5ms", "V_mV@soon", "w@2"] {
            entry.expected = serde_json::from_value(json!({ key: 1.0 })).unwrap();
            let report = judge(&entry);
            let named = format!("key:{}", key.replace(' ', "_"));
            assert_eq!((report.outcome, report.error), (Outcome::Fail, named), "{}", entry.id);
        }
        entry.expected.clear();
        assert_eq!(judge(&entry).outcome, Outcome::Fail, "{} expects nothing", entry.id);
    }
}

#[test]
fn a_parameter_that_is_unknown_missing_or_no_number_fails_by_name() {
    for entry in supported().into_iter().filter(|entry| !SLOW.contains(&entry.family.as_str())) {
        let mut more = entry.clone();
        more.params.values.insert("v_extra".to_owned(), json!(1.0));
        assert_eq!(judge(&more).error, "unread:v_extra", "{}", entry.id);
    }
    let mut less = entry("nest.iaf_psc_exp.train");
    less.params.values.remove("w_ex_pA");
    assert_eq!(judge(&less).error, "parameter:w_ex_pA");
    less.params.values.insert("w_ex_pA".to_owned(), json!("900"));
    assert_eq!(judge(&less).error, "parameter:w_ex_pA");
}

#[test]
fn without_a_tolerance_nothing_passes() {
    let mut entry = entry("lif.fI");
    entry.tolerance.0.clear();
    assert_eq!(judge(&entry).error, "tolerance:rheobase_I");
}

#[test]
fn a_list_of_another_length_fails() {
    let mut entry = entry("nest.iaf_psc_exp.train");
    entry.expected = serde_json::from_value(json!({ "spike_times_ms": [14.2] })).unwrap();
    assert_eq!((judge(&entry).outcome, judge(&entry).error.as_str()), (Outcome::Fail, "inf"));
}

/// A parameter that changes nothing is not computed with.
#[test]
fn every_parameter_matters() {
    let idle = [
        // No synapse is at work under a constant current alone.
        ("nest.iaf_psc_exp.dc.376.0", "tau_syn_ex[]"),
        ("nest.iaf_psc_exp.dc.376.0", "tau_syn_in[]"),
        ("nest.iaf_psc_alpha.dc.376.0", "tau_syn_ex[]"),
        ("nest.iaf_psc_alpha.dc.376.0", "tau_syn_in[]"),
        // Below threshold nothing is reset.
        // What begins to fire has not been reset yet.
        ("adex.rheobase", "b[]"),
        ("adex.rheobase", "Vr[]"),
        // The upstroke passes the cut-off within one step of the grid.
        ("nest.aeif_psc_exp.a", "V_peak[]"),
        // The slow trace of the source belongs to a term whose amplitude is zero.
        ("triplet.poisson.bcm", "tx[]"),
        // A constant current alone: no synapse acts.
        ("nest.iaf_psc_alpha_ps.dc", "tau_syn_ex[]"),
        ("nest.iaf_psc_alpha_ps.dc", "tau_syn_in[]"),
        ("lif.exact_integration.stepsize.iaf_psc_alpha", "V_reset[]"),
        ("lif.exact_integration.stepsize.iaf_psc_alpha", "t_ref[]"),
        // A channel that is closed reverses nowhere.
        // A step of 1/a leads to the minimum from anywhere.
        ("opt.sgd.a", "w0[1]"),
        // Gates know nothing of conductances, and rest nothing of capacitance and warmth.
        ("hh.gates.-65", "C_uF_cm2[]"),
        ("hh.gates.-65", "gNa[]"),
        ("hh.gates.-65", "gK[]"),
        ("hh.gates.-65", "gL[]"),
        ("hh.gates.-65", "ENa_mV[]"),
        ("hh.gates.-65", "EK_mV[]"),
        ("hh.rest.EL-54.387", "C_uF_cm2[]"),
        ("hh.rest.EL-54.387", "T_C[]"),
        ("hh.rest.EL-54.402", "C_uF_cm2[]"),
        ("hh.rest.EL-54.402", "T_C[]"),
        // The speed of the gates is given besides.
        ("hh.spike_shape.a", "T_C[]"),
        // An input on the right side by far changes no weight; one neither longest nor nearest changes no bound.
        ("perceptron.sequence", "X[1, 0]"),
        ("perceptron.sequence", "X[1, 1]"),
        ("perceptron.sequence", "X[1, 2]"),
        ("perceptron.sequence", "X[2, 0]"),
        ("perceptron.sequence", "X[2, 1]"),
        ("perceptron.bound", "X[2, 0]"),
        // Synapses from outside are counted apart from those of the network.
        ("pd14.connectivity", "K_ext[0]"),
        ("pd14.connectivity", "K_ext[1]"),
        ("pd14.connectivity", "K_ext[2]"),
        ("pd14.connectivity", "K_ext[3]"),
        ("pd14.connectivity", "K_ext[4]"),
        ("pd14.connectivity", "K_ext[5]"),
        ("pd14.connectivity", "K_ext[6]"),
        ("pd14.connectivity", "K_ext[7]"),
    ];
    let mut wrong = Vec::new();
    for entry in supported() {
        let answers = |entry: &Entry| format!("{:?}", compute(entry).map_err(|trouble| trouble.word()));
        let as_given = answers(&entry);
        // The last is for what must win before it counts.
        let changes: [&dyn Fn(f64) -> f64; 5] =
            [&|x| x * 1.25, &|x| x + 1.0, &|x| x * 2.0, &|x| x / 2.0, &|x| 10.0 * x + 10.0];
        let places = changed_numbers(&entry.params.values, changes[0]);
        for (i, (place, _)) in places.iter().enumerate() {
            let matters = changes.iter().any(|change| {
                let (_, values) = changed_numbers(&entry.params.values, change).swap_remove(i);
                answers(&Entry { params: values.into(), ..entry.clone() }) != as_given
            });
            let expected = !idle.contains(&(entry.id.as_str(), place.as_str()));
            if matters != expected {
                wrong.push(format!("{}: {place} matters: {matters}", entry.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_start_away_from_rest() {
    // From -60 mV towards -70 mV with 10 ms: -70 + 10 exp(-t/10).
    let mut entry = entry("nest.iaf_psc_exp.dc");
    entry.params.values.extend(
        [("I_e", 0.0), ("V0_mV", -60.0), ("T_ms", 20.0)].map(|(name, value)| (name.to_owned(), json!(value))),
    );
    entry.expected = serde_json::from_value(json!({
        "n_spikes": 0, "spike_times_ms": [], "V_mV@0ms": -60.0,
        "V_mV@10ms": -66.321_205_588_285_58, "V_mV@20ms": -68.646_647_167_633_87,
    }))
    .unwrap();
    assert_eq!(judge(&entry).outcome, Outcome::Pass, "{:?}", judge(&entry));
}

#[test]
fn a_current_that_is_on_for_a_while() {
    // 8 mV (1 - exp(-1)) after one time constant of current, decaying for another one.
    let mut entry = entry("lif.step");
    entry
        .params
        .values
        .extend([("t_on_ms", 5.0), ("t_off_ms", 15.0)].map(|(name, value)| (name.to_owned(), json!(value))));
    entry.expected = serde_json::from_value(json!({
        "V_mV@5ms": -70.0, "V_mV@15ms": -64.943_035_529_371_54, "V_mV@25ms": -68.139_646_736_521_4,
    }))
    .unwrap();
    assert_eq!(judge(&entry).outcome, Outcome::Pass, "{:?}", judge(&entry));
}
