use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};
use duet_record::{Metrics, Run};

/// The cell of the course's f-I curve (neurodynex), once firing and once charging.
const SCENARIO: &str = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\n\
    side.lif.spiking.neuron.lif = { tau_m = '8 ms', c_m = '800 pF', e_l = '-70 mV', v_th = '-50 mV', v_reset = '-65 mV', t_ref = '2 ms' }\n\
    side.charging.spiking.neuron.lif = { tau_m = '8 ms', c_m = '800 pF', e_l = '-70 mV', v_th = '-50 mV', v_reset = '-65 mV', t_ref = '2 ms' }\n\
    side.squid.spiking = { dt = '0.01 ms', neuron.hodgkin_huxley = {} }\n";

const PROTOCOL: &str = "[protocol.convergence]\npopulation = 'cell'\nduration = '300 ms'\n\
    dt = ['1 ms', '0.5 ms', '0.25 ms', '0.125 ms', '0.0625 ms']\n\
    input = { lif = '2.5 nA', charging = '1.5 nA', squid = '10 uA/cm2' }\n\
    potential_at = { charging = '8 ms' }\n\
    method = { euler.euler = {}, rk4.rk4 = {}, adaptive.rkf45 = {} }\n";

fn words(text: &str) -> String {
    check(Document::parse("t", format!("{SCENARIO}{text}")).unwrap(), &[]).unwrap_err().to_string()
}

fn metrics(threads: usize) -> Metrics {
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads, figures: false };
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let checked = check(Document::parse("t", format!("{SCENARIO}{PROTOCOL}")).unwrap(), &[]).unwrap();
    let Finished { folder, .. } = run(&checked, &origin, &options, &Silent).unwrap();
    Run::open(&folder).unwrap().metrics().unwrap()
}

#[test]
fn errors_shrink_by_the_order_of_the_method() {
    let metrics = metrics(2);
    let metric =
        |side: &str, path: &str| metrics.get(side, path).unwrap_or_else(|| panic!("{side}.{path}")).clone();
    let value = |side: &str, path: &str| metric(side, path).value.unwrap_or_else(|| panic!("{side}.{path}"));
    // -70 + 15 (1 - 1/e) after one time constant; Euler of 8 steps: (7/8)^8.
    assert!((value("charging", "reference") - (-60.518_191_617_571_64)).abs() < 1e-12);
    let euler = 15.0 * (0.875_f64.powi(8) - 0.367_879_441_171_442_33);
    assert!((value("charging", "euler.error[1 ms]") - euler.abs()).abs() < 1e-12);
    assert!((value("charging", "euler.order") - 1.0).abs() < 0.05);
    assert!((value("charging", "rk4.order") - 4.0).abs() < 0.1);
    // Euler's rates at 1 ms: 11 steps to threshold and 2 of rest against 13.09 ms.
    assert!((value("lif", "euler.rate[1 ms]") - 1000.0 / 13.0).abs() < 1e-9);
    assert_eq!(value("lif", "euler.spikes[1 ms]"), 23.0, "one every 13 ms");
    assert!((value("lif", "reference") - 76.39).abs() < 0.005);
    assert!(value("lif", "adaptive.error[1 ms]") < 1e-6, "spikes inside the step");
    // The squid's gates do not stand steps of 1 ms; adaptive steps do.
    let blown = metric("squid", "euler.error[1 ms]");
    assert!(blown.value.is_none() && blown.why_null.unwrap().contains("finite"));
    assert!(value("squid", "adaptive.error[1 ms]") < 1e-3);
    assert!((value("squid", "reference") - 68.32).abs() < 0.5);
    assert_eq!(metrics.to_json(), self::metrics(1).to_json());
}

#[test]
fn what_could_not_be_compared_is_refused() {
    let with = |from: &str, to: &str| words(&PROTOCOL.replace(from, to));
    assert!(with("'8 ms'", "'8.1 ms'").contains("not a multiple of dt"));
    assert!(with("euler.euler", "closed.exact").contains("no closed-form step"));
    assert!(with("'2.5 nA'", "2.5").contains("takes a current"));
    assert!(with("charging = '1.5 nA'", "charge = '1.5 nA'").contains("there is no side `charge`"));
    assert!(with("population = 'cell'", "population = 'cel'").contains("there is no population"));
    let one = "dt = ['1 ms', '0.5 ms', '0.25 ms', '0.125 ms', '0.0625 ms']";
    assert!(with(one, "dt = ['1 ms']").contains("two time steps"));
}
