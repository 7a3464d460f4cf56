use super::*;
use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};
use duet_record::Run;

const HEAD: &str = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\n";

fn checked(text: &str) -> Result<crate::Checked, HarnessError> {
    check(Document::parse("t", format!("{HEAD}{text}")).unwrap(), &[])
}

fn finished(text: &str) -> (tempfile::TempDir, Run) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads: 1, figures: false };
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let Finished { folder, .. } = run(&checked(text).unwrap(), &origin, &options, &Silent).unwrap();
    let run = Run::open(&folder).unwrap();
    (out, run)
}

/// R I = 20 mV on tau = 10 ms: after one time constant 63.2 % of it.
#[test]
fn a_membrane_charges_with_its_time_constant() {
    let (_out, run) = finished(
        "side.s.spiking = { dt = '0.1 ms', neuron.lif = { tau_m = '10 ms', c_m = '250 pF', e_l = '-70 mV', v_th = '0 mV', v_reset = '-70 mV' },\
         stimulus.on = { to = 'cell', step = { amplitude = '500 pA', start = '5 ms' } } }\n\
         protocol.drive = { duration = '50 ms', at = ['5 ms', '15 ms'] }",
    );
    let metrics = run.metrics().unwrap();
    let value = |path: &str| metrics.get("s", path).unwrap().value;
    assert_eq!(value("cell.v[5 ms]"), Some(-70.0));
    let charged = -70.0 + 20.0 * (1.0 - duet_kernels::math::exp(-1.0));
    assert!((value("cell.v[15 ms]").unwrap() - charged).abs() < 1e-9);
    assert_eq!(value("cell.spikes"), Some(0.0));
    let cv = metrics.get("s", "cell.cv").unwrap();
    assert_eq!((cv.value, cv.why_null.as_deref()), (None, Some("needs 3 spikes")));
    let v = run.voltages("s", "cell").unwrap();
    assert_eq!((v.rows(), v.numbers("0").unwrap()[0]), (501, -70.0));
    let input = run.variable("s", "cell", "input").unwrap();
    assert_eq!(input.numbers("0").unwrap()[50..52], [0.0, 500.0], "the step that begins at 5 ms");
    assert_eq!(run.shown("s").unwrap().populations[0].variables.len(), 2);
}

#[test]
fn rates_leave_the_transient_out() {
    // One spike every 20 ms from 20 ms on.
    let spikes = (1..=10).map(|k| format!("'{} ms'", 20 * k)).collect::<Vec<_>>().join(", ");
    let (_out, run) = finished(&format!(
        "side.s.spiking = {{ dt = '1 ms', weight_unit = '100 mV', synapse.delta = {{}}, neuron.lif = {{ t_ref = '0 ms' }},\
         stimulus.on = {{ to = 'cell', spikes = {{ times = [{spikes}] }} }} }}\n\
         protocol.drive = {{ duration = '200 ms', transient = '100 ms' }}"
    ));
    let metrics = run.metrics().unwrap();
    let value = |path: &str| metrics.get("s", path).unwrap().value;
    assert_eq!((value("cell.spikes"), value("cell.first_spike")), (Some(10.0), Some(20.0)));
    assert_eq!((value("cell.rate"), value("cell.cv")), (Some(50.0), Some(0.0)));
    assert_eq!((value("cell.first_interval"), value("cell.last_interval")), (Some(20.0), Some(20.0)));
    assert_eq!(run.spikes("s").unwrap().rows(), 10);
}

#[test]
fn what_is_kept_can_be_chosen() {
    let (_out, run) = finished(
        "population.many.size = 5\n\
         side.s.spiking = { dt = '1 ms', neuron.lif = { i_e = '400 pA' } }\n\
         protocol.drive.duration = '200 ms'\n\
         [[record]]\npopulation = 'many'\nvariables = ['v']\nsample = 4\nevery = '10 ms'\n[[record]]\npopulation = 'cell'\nspikes = 'all'",
    );
    let v = run.voltages("s", "many").unwrap();
    assert_eq!((v.rows(), v.columns().count()), (21, 5), "a column for the time");
    assert!(run.voltages("s", "cell").is_err());
    assert!(run.spikes("s").unwrap().texts("population").unwrap().iter().all(|name| name == "cell"));
}

#[test]
fn a_weight_is_kept_while_it_learns() {
    let (_out, run) = finished(
        "population.pre.size = 1\nprojection.p = { from = 'pre', to = 'cell', weights.constant = 0.5 }\n\
         side.s.spiking = { dt = '0.1 ms', weight_unit = '10 pA', plasticity.stdp = {}, neuron.lif = { i_e = '400 pA' },\
         population.pre.neuron.lif = { i_e = '900 pA' } }\n\
         protocol.drive.duration = '300 ms'\n\
         [[record]]\nprojection = 'p'\nvariables = ['weight']\nevery = '1 ms'",
    );
    let table = run.variable("s", "p", "weight").unwrap();
    let weights = table.numbers("0").unwrap();
    assert_eq!((weights.len(), weights[0]), (301, 0.5));
    assert!(weights[300] != 0.5, "it learns");
}

#[test]
fn what_cannot_be_recorded_or_driven_is_named() {
    let words = |text: &str| checked(text).unwrap_err().to_string();
    let side = "side.s.spiking = { dt = '1 ms', neuron.lif = {} }\nprotocol.drive.duration = '1 s'\n";
    assert!(
        words(&format!("{side}[[record]]\npopulation = 'cell'\nvariables = ['q']"))
            .contains("has no variable `q`")
    );
    assert!(
        words(&format!("{side}[[record]]\npopulation = 'x'\nspikes = 'all'"))
            .contains("there is no population `x`")
    );
    assert!(words(&format!("{side}[[record]]\npopulation = 'cell'")).contains("nothing is recorded"));
    assert!(words("side.s.ann = {}\nprotocol.drive.duration = '1 s'").contains("drives cells"));
    let learn = "side.s.ann = {}\n[[record]]\npopulation = 'cell'\nspikes = 'all'\n[protocol.truth_table]\ngates.cell = ['and']";
    assert!(words(learn).contains("takes no [[record]]"), "{}", words(learn));
}

#[test]
fn a_membrane_that_blows_up_stops_the_run() {
    // Two currents, each of them finite, whose sum is not.
    let one = |name: &str| {
        format!("stimulus.{name} = {{ to = 'cell', step = {{ amplitude = '-1.7e302 uA', start = '2 ms' }} }}")
    };
    let text = format!(
        "side.s.spiking = {{ dt = '1 ms', neuron.lif = {{}}, {}, {} }}\nprotocol.drive.duration = '10 ms'",
        one("a"),
        one("b")
    );
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads: 1, figures: false };
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let error = run(&checked(&text).unwrap(), &origin, &options, &Silent).unwrap_err();
    assert_eq!(error.exit_code(), 5);
    assert!(error.to_string().contains("t = 3 ms in population `cell`: v is not finite"), "{error}");
}
