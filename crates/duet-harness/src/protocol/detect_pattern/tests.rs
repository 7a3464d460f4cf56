use super::*;
use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};
use duet_record::Run;

const HEAD: &str = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.a.size = 400\npopulation.cell.size = 1\n\
                    projection.p = { from = 'a', to = 'cell', weights.constant = 0.475 }\n";
/// A fifth of the afferents of the scenario, each worth five times as much.
const SIDE: &str = "dt = '0.5 ms', weight_unit = '32 pA', synapse.exponential.tau = '2.5 ms',\
                    neuron.lif = { tau_m = '10 ms', v_th = '-45 mV', t_ref = '1 ms' }";

fn checked(text: &str) -> Result<crate::Checked, HarnessError> {
    check(Document::parse("t", format!("{HEAD}{text}")).unwrap(), &[])
}

fn finished(text: &str, threads: usize) -> (tempfile::TempDir, Run) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads, figures: false };
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let Finished { folder, .. } = run(&checked(text).unwrap(), &origin, &options, &Silent).unwrap();
    let run = Run::open(&folder).unwrap();
    (out, run)
}

#[test]
fn a_cell_that_does_not_learn_fires_all_the_time() {
    let text = format!("side.s.spiking = {{ {SIDE} }}\nprotocol.detect_pattern.duration = '3 s'");
    let (_out, run) = finished(&text, 1);
    let metrics = run.metrics().unwrap();
    let value = |path: &str| metrics.get("s", path).unwrap().value.unwrap();
    assert_eq!(value("success"), 0.0);
    // Means of equal numbers, to rounding.
    assert!([value("w_pattern"), value("w_other")].iter().all(|w| (w - 0.475).abs() < 1e-12));
    assert!(value("false_alarms") > 10.0, "{}", value("false_alarms"));
    assert_eq!(run.trace("s", "carriers", &[]).unwrap().rows(), 200);
}

#[test]
fn two_seeds_give_the_same_bytes_on_any_number_of_threads() {
    let text = format!(
        "seeds = 2\nside.s.spiking = {{ {SIDE}, plasticity.stdp = {{}} }}\nprotocol.detect_pattern.duration = '1 s'"
    );
    let [(one, _a), (two, _b)] = [1, 2].map(|threads| {
        let (out, run) = finished(&text, threads);
        (run.metrics().unwrap().to_json(), out)
    });
    assert_eq!(one, two);
}

#[test]
fn what_cannot_detect_is_refused_by_name() {
    let words = |text: &str| checked(text).unwrap_err().to_string();
    let protocol = "\nprotocol.detect_pattern.duration = '1 s'";
    assert!(words(&format!("side.s.ann = {{}}{protocol}")).contains("shows spikes to a cell"));
    let sides = format!("side.s.spiking = {{ {SIDE} }}\nside.t.spiking.dt = '1 ms'{protocol}");
    assert!(words(&sides).contains("all sides see the same spikes"), "{}", words(&sides));
    let more = format!("population.x.size = 1\nside.s.spiking = {{ {SIDE} }}{protocol}");
    assert!(words(&more).contains("needs two populations"), "{}", words(&more));
    let often = format!(
        "side.s.spiking = {{ {SIDE} }}\nprotocol.detect_pattern = {{ duration = '1 s', shown = 0.7 }}"
    );
    assert!(words(&often).contains("shown"), "{}", words(&often));
}
