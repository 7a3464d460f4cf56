//! The crates against reference values that none of them computed.
//!
//! `tests/reference/truth.json` (or the file named by the environment variable `NEURODUET_TRUTH`) holds entries: exact
//! inputs, expected values, a tolerance. A family of entries is one function here: it takes an entry's parameters, asks
//! the crates' public interfaces, and answers key by key; what stands behind the `@` of a key is an argument. So another
//! file with other parameters of the same families is checked by the same code.
//!
//! ```text
//! cargo test --release -q --test main truth -- --nocapture
//! ```
//! prints `pass|fail|unsupported ID ERROR` for every entry, where ERROR is the largest deviation in units of its
//! tolerance, or a word that says what is wrong, and at the end how many there are of each. A family without code is
//! unsupported; an expected key or a parameter that its family does not know is a failure.

mod activations;
mod adex;
mod batch_norm;
mod cable;
mod common_step;
mod conductance;
mod energy;
mod entry;
mod figure;
mod gradient_point;
mod gradients;
mod hopfield;
mod iaf;
mod initial_weights;
mod ions;
mod izhikevich;
mod judge;
mod key;
mod lif;
mod losses;
mod mean_field;
mod metrics;
mod mlp;
mod networks;
mod optimizers;
mod plastic;
mod precise;
mod psp;
mod quadrature;
mod rate_rules;
mod runner_tests;
mod short_term;
mod siegert;
mod single_cell;
mod small_world;
mod spike_gradients;
mod spike_trains;
mod squid;
mod stdp;
mod stdp_drift;
mod stdp_nest;
mod threshold_units;
mod tolerance;
mod triplet;
mod windows;
mod wong_wang;

use entry::{Entry, read_entries};
use figure::{Model, Trouble};
use judge::{Outcome, judge};
use std::fmt::Write;

/// From an entry's parameters to something that answers its keys.
type Family = for<'a> fn(&'a Entry) -> Result<Model<'a>, Trouble>;

/// The families that have code.
const FAMILIES: &[(&str, Family)] = &[
    ("lif.fI", lif::rate_curve),
    ("lif.grid_isi", lif::grid_intervals),
    ("lif.step", lif::current_step),
    ("nest.iaf_psc_exp.dc", iaf::exponential),
    ("nest.iaf_psc_exp.train", iaf::exponential),
    ("nest.iaf_psc_delta.train", iaf::delta),
    ("nest.iaf_psc_alpha_ps.dc", precise::alpha),
    ("adex.bg2005", adex::driven),
    ("adex.naud2008", adex::driven),
    ("adex.rheobase", adex::rheobase),
    ("nest.aeif_psc_exp", adex::nest),
    ("izh2003", izhikevich::converged),
    ("izh2004", izhikevich::published),
    ("nest.izhikevich", izhikevich::nest),
    ("lif.exact_integration", iaf::any_step),
    ("nest.iaf_psc_alpha.dc", iaf::alpha),
    ("nest.iaf_psc_alpha.train", iaf::alpha),
    ("nest.iaf_cond_exp.train", iaf::conductances),
    ("nest.iaf_cond_alpha.train", iaf::conductances),
    ("cond.exp_psp", conductance::exponential),
    ("cond.steady", conductance::steady),
    ("psp.alpha", psp::alpha),
    ("nmda.mgblock", conductance::magnesium),
    ("tm", short_term::tsodyks_markram),
    ("psp.exp", psp::exponential),
    ("psp.delta", psp::delta),
    ("stdp.window", stdp::window),
    ("stdp.train", stdp::trains),
    ("stdp.poisson_drift", stdp_drift::poisson_drift),
    ("nest.stdp_synapse", stdp_nest::synapse),
    ("isi.stats", spike_trains::intervals),
    ("spike_distance", spike_trains::distances),
    ("poisson.coding", spike_trains::poisson),
    ("triplet.freq", triplet::frequencies),
    ("triplet.poisson.bcm", triplet::poisson),
    ("triplet.protocol.hip", triplet::protocols),
    ("activations", activations::values),
    ("activations.extreme", activations::extremes),
    ("batchnorm", batch_norm::batch),
    ("conv2d", windows::convolution),
    ("maxpool", windows::max_pool),
    ("gradcheck", gradients::differences),
    ("init.var", initial_weights::variances),
    ("loss.init", losses::untrained),
    ("softmax_ce", losses::softmax_cross_entropy),
    ("metrics", metrics::confusion),
    ("metrics.wilson", metrics::wilson_intervals),
    ("mlp.tiny", mlp::tiny),
    ("opt", optimizers::sequence),
    ("oja.sequence", rate_rules::oja_sequence),
    ("oja.pc", rate_rules::oja_component),
    ("sanger.sequence", rate_rules::sanger_sequence),
    ("sanger.pcs", rate_rules::sanger_components),
    ("bcm.selectivity", rate_rules::bcm_selectivity),
    ("hopfield.capacity", hopfield::capacity),
    ("hopfield.one_step_error", hopfield::one_step),
    ("mcculloch_pitts.gates", threshold_units::gates),
    ("perceptron.bound", threshold_units::bound),
    ("perceptron.capacity", threshold_units::capacity),
    ("perceptron.sequence", threshold_units::sequence),
    ("cable", cable::passive),
    ("cable.rall32", cable::three_halves),
    ("ghk.current", ions::current),
    ("ghk.voltage", ions::voltage),
    ("hh.axon", cable::squid_axon),
    ("hh.anode_break", squid::spike_times),
    ("hh.fI", squid::rate_curve),
    ("hh.gates", squid::gates),
    ("hh.q10", squid::warmth),
    ("hh.rest", squid::rest),
    ("hh.rheobase", squid::rheobase),
    ("hh.spike_shape", squid::spike_shape),
    ("hh.spike_times", squid::spike_times),
    ("hh.strength_duration", squid::strength_duration),
    ("nest.hh_psc_alpha.dc", squid::nest_constant_current),
    ("nernst", ions::nernst),
    ("brunel2000.nest", networks::brunel),
    ("brette2007.cuba", networks::currents),
    ("brette2007.coba", networks::conductances),
    ("siegert", siegert::rates),
    ("brunel2000.meanfield", mean_field::brunel),
    ("brunel2000.balanced_limit", mean_field::balanced),
    ("pd14.connectivity", mean_field::in_degrees),
    ("pd14.meanfield", mean_field::microcircuit),
    ("wongwang.H", wong_wang::transfer),
    ("wongwang.fixed_points", wong_wang::fixed_points),
    ("wongwang.psychometric", wong_wang::psychometric),
    ("ws", small_world::measures),
    ("surrogate.deriv", spike_gradients::shapes),
    ("lif.discrete", spike_gradients::discrete),
    ("eprop.equivalence", spike_gradients::equivalence),
    ("energy.45nm", energy::arithmetic),
];

/// The code of a family, if there is any.
fn family(name: &str) -> Option<Family> {
    FAMILIES.iter().find(|(known, _)| *known == name).map(|(_, family)| *family)
}

#[test]
fn truth() {
    let path = std::env::var("NEURODUET_TRUTH")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/truth.json").to_owned());
    let entries = read_entries(&path);
    let (mut counts, mut failures) = ([0; 3], String::new());
    // The test harness may have left its own words on the line.
    println!();
    for entry in &entries {
        let report = judge(entry);
        println!("{} {} {}", report.outcome.word(), entry.id, report.error);
        counts[report.outcome as usize] += 1;
        for detail in report.details.iter().filter(|_| report.outcome == Outcome::Fail) {
            let _ = writeln!(failures, "{}: {detail}", entry.id);
        }
    }
    let [pass, fail, unsupported] = counts;
    println!("truth: {pass} pass, {fail} fail, {unsupported} unsupported");
    assert_eq!(fail, 0, "\n{failures}");
}
