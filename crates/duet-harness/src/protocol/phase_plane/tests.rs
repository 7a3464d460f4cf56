use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};
use duet_record::{Metrics, Run};

const SCENARIO: &str = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\n\
    side.fhn.spiking = { dt = '0.05 ms', neuron.fitzhugh_nagumo = {} }\n";
const PROTOCOL: &str = "[protocol.phase_plane]\npopulation = 'cell'\nduration = '200 ms'\n\
    x = { from = -2.5, to = 2.5 }\ny = { from = -2, to = 5 }\ninput = { fhn = 2.0 }\n\
    starts = [{ x = 1.5, y = 4.0 }]\nbifurcation.fhn = { from = 0.0, to = 2.0 }\n";
/// A quadratic integrator: 0.04 V² + 5 V + 140 - u + I with u = 0.2 V rests until the discriminant vanishes.
const QUADRATIC: &str = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\n\
    side.rs.spiking = { dt = '0.1 ms', neuron.izhikevich = {} }\n\
    [protocol.phase_plane]\npopulation = 'cell'\nduration = '400 ms'\nx = { from = '-90 mV', to = '0 mV' }\n\
    y = { from = -20, to = 5 }\nbifurcation.rs = { from = 0.0, to = 10.0 }\n";

fn metrics(text: &str, threads: usize) -> (Metrics, Vec<usize>) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads, figures: false };
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let checked = check(Document::parse("t", text.to_owned()).unwrap(), &[]).unwrap();
    let Finished { folder, .. } = run(&checked, &origin, &options, &Silent).unwrap();
    let run = Run::open(&folder).unwrap();
    let side = checked.scenario.side.keys().next().unwrap();
    let rows =
        [("nullclines", &["variable"][..]), ("flow", &[]), ("fixed_points", &["kind"]), ("courses", &[])]
            .map(|(table, texts)| run.trace(side, table, texts).unwrap().rows());
    (run.metrics().unwrap(), rows.to_vec())
}

#[test]
fn fitzhugh_nagumo_oscillates_around_an_unstable_point() {
    let (metrics, rows) = metrics(&format!("{SCENARIO}{PROTOCOL}"), 2);
    let value = |path: &str| metrics.get("fhn", path).unwrap_or_else(|| panic!("{path}")).value.unwrap();
    assert_eq!([value("fixed_points"), value("stable_points"), value("saddles")], [1.0, 0.0, 0.0]);
    assert!(value("u[1]").abs() < 1e-9 && (value("w[1]") - 2.0).abs() < 1e-9);
    assert!((value("trace[1]") - 0.95).abs() < 1e-7 && value("growth[1]") > 0.0);
    assert_eq!(value("keeps_firing"), 1.0);
    assert!(value("swing") > 2.0 && value("spikes") > 3.0);
    // Trace 0: u² = 0.95 / 3 on the left, and I = 2 + u + u³.
    let u = -(0.95_f64 / 3.0).sqrt();
    assert!((value("bifurcation") - (2.0 + u + u * u * u)).abs() < 1e-7, "{}", value("bifurcation"));
    assert!(rows[0] > 200 && rows[1] > 100 && rows[2] == 1 && rows[3] > 2000, "{rows:?}");
    assert_eq!(metrics.to_json(), self::metrics(&format!("{SCENARIO}{PROTOCOL}"), 1).0.to_json());
}

#[test]
fn a_quadratic_integrator_loses_rest_to_a_saddle() {
    let (metrics, _) = metrics(QUADRATIC, 1);
    let value = |path: &str| metrics.get("rs", path).unwrap_or_else(|| panic!("{path}")).value.unwrap();
    assert_eq!([value("fixed_points"), value("stable_points"), value("saddles")], [2.0, 1.0, 1.0]);
    // 0.04 V² + 4.8 V + 140 = 0: -70 and -50; they would meet at V = -60 where I = 4.
    assert!((value("v[1]") + 70.0).abs() < 1e-8 && (value("v[2]") + 50.0).abs() < 1e-8);
    assert!((value("u[1]") + 14.0).abs() < 1e-8);
    // Before that the node turns unstable: trace 0.08 V + 5 - 0.02 = 0 at V = -62.25, I = 4 - 0.04 · 2.25².
    assert!((value("bifurcation") - (4.0 - 0.04 * 2.25 * 2.25)).abs() < 1e-6, "{}", value("bifurcation"));
    assert_eq!((value("spikes"), value("keeps_firing")), (0.0, 0.0));
}

#[test]
fn what_has_no_plane_is_refused() {
    let words =
        |text: &str| check(Document::parse("t", text.to_owned()).unwrap(), &[]).unwrap_err().to_string();
    let with = |from: &str, to: &str| words(&format!("{SCENARIO}{PROTOCOL}").replace(from, to));
    assert!(with("neuron.fitzhugh_nagumo = {}", "neuron.lif = {}").contains("lif cells have one variable"));
    assert!(with("neuron.fitzhugh_nagumo = {}", "neuron.hodgkin_huxley = {}").contains("4 variables"));
    assert!(with("from = -2.5, to = 2.5", "from = 2.5, to = -2.5").contains("must be below"));
    assert!(with("fhn = 2.0", "fhn = '2 nA'").contains("another unit"));
    assert!(with("x = 1.5", "x = '1 mV'").contains("does not suit"));
    assert!(with("input = { fhn", "input = { fhm").contains("there is no side `fhm`"));
}
