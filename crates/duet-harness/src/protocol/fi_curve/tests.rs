use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};
use duet_record::Run;

/// The cell of the course's f-I curve (neurodynex).
const SCENARIO: &str = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\n\
    side.lif.spiking = { dt = '0.01 ms', neuron.lif = { tau_m = '8 ms', c_m = '800 pF', e_l = '-70 mV', v_th = '-50 mV', v_reset = '-65 mV', t_ref = '2 ms' } }\n\
    side.relu.ann.activation.relu = {}\n";

fn finished(text: &str, threads: usize) -> (tempfile::TempDir, Run) {
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads, figures: false };
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let checked = check(Document::parse("t", format!("{SCENARIO}{text}")).unwrap(), &[]).unwrap();
    let Finished { folder, .. } = run(&checked, &origin, &options, &Silent).unwrap();
    let run = Run::open(&folder).unwrap();
    (out, run)
}

/// 41.36, 76.39, 107.18 and 190.70 Hz at 2.1, 2.5, 3 and 5 nA; silent below 2 nA.
#[test]
fn the_measured_curve_is_the_closed_one() {
    let text = "protocol.fi_curve = { population = 'cell', duration = '400 ms', input.lif = { from = '0 nA', to = '5 nA', points = 51 } }\n\
                [[record]]\nside = 'lif'\npopulation = 'cell'\nvariables = ['v']\nat = '3 nA'";
    let (_out, run_one) = finished(text, 1);
    let metrics = run_one.metrics().unwrap();
    let value =
        |side: &str, path: &str| metrics.get(side, path).unwrap_or_else(|| panic!("{path}")).value.unwrap();
    for (input, expected) in
        [("1.9 nA", 0.0), ("2.1 nA", 41.36), ("2.5 nA", 76.39), ("3 nA", 107.18), ("5 nA", 190.70)]
    {
        let rate = value("lif", &format!("cell.rate[{input}]"));
        // An interval is rounded up to whole steps of 0.01 ms.
        assert!((rate - expected).abs() < 0.006 + rate * rate * 1e-5, "{input}: {rate}");
    }
    assert!((value("lif", "cell.rheobase") - 2000.0).abs() < 0.01);
    assert!((value("lif", "cell.rheobase_closed_form") - 2000.0).abs() < 1e-9);
    assert!(value("lif", "cell.onset_rate") < 15.0, "type I");
    assert!(value("lif", "cell.largest_error") < 2e-3);
    assert_eq!((value("relu", "cell.value[0]"), value("relu", "cell.highest_output")), (0.0, 5.0));
    let traced = run_one.voltages("lif", "cell").unwrap();
    assert!(traced.rows() > 1000 && run_one.spikes("lif").unwrap().rows() > 30);
    let (_out, run_two) = finished(text, 2);
    for file in ["metrics.json", "traces/lif/fi_curve.csv", "traces/lif/cell.v.csv"] {
        let bytes = |run: &Run| std::fs::read(run.path().join(file)).unwrap();
        assert_eq!(bytes(&run_one), bytes(&run_two), "{file}");
    }
}

#[test]
fn inputs_must_be_there_and_in_the_models_unit() {
    let words = |text: &str| {
        check(Document::parse("t", format!("{SCENARIO}{text}")).unwrap(), &[]).unwrap_err().to_string()
    };
    assert!(words("protocol.fi_curve.population = 'cell'").contains("inputs of side `lif` are missing"));
    let density =
        "protocol.fi_curve = { population = 'cell', input.lif = { from = '0 uA/cm2', to = '1 nA' } }";
    assert!(words(density).contains("takes a current such as"), "{}", words(density));
    let unknown = "protocol.fi_curve = { population = 'cel', input.lif = { from = '0 nA', to = '1 nA' } }";
    assert!(words(unknown).contains("there is no population `cel`"));
    let turned = "protocol.fi_curve = { population = 'cell', input.lif = { from = '2 nA', to = '1 nA' } }";
    assert!(words(turned).contains("must be below"), "{}", words(turned));
}

/// Brunel's cell well above threshold, where little noise matters little; its noise shared by half, wholly, or not there.
#[test]
fn noise_has_its_closed_form_and_what_is_shared_comes_out_again() {
    let text = |shared: f64, threads: usize| {
        let scenario = format!(
            "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\n\
             [side.a.spiking]\ndt = '0.1 ms'\n\
             neuron.lif = {{ tau_m = '20 ms', c_m = '200 pF', e_l = '-70 mV', v_th = '-50 mV', v_reset = '-60 mV' }}\n\
             stimulus.n = {{ to = 'cell', noise = {{ sigma = '300 pA', hold = '0.1 ms', shared = {shared} }} }}\n\
             [protocol.fi_curve]\npopulation = 'cell'\ncells = 4\nduration = '4 s'\n\
             input.a = {{ from = '100 pA', to = '300 pA', points = 2 }}"
        );
        let out = tempfile::tempdir().unwrap();
        let options = Options { out: out.path().to_owned(), threads, figures: false };
        let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
        let checked = check(Document::parse("t", scenario).unwrap(), &[]).unwrap();
        let Finished { folder, .. } = run(&checked, &origin, &options, &Silent).unwrap();
        (out, Run::open(&folder).unwrap())
    };
    let (_out, half) = text(0.5, 1);
    let metrics = half.metrics().unwrap();
    let metric = |path: &str| metrics.get("a", path).unwrap_or_else(|| panic!("{path}"));
    // sigma = 0.1 mV/pA · 300 pA · sqrt(0.1 / 20) = 2.12 mV: 63.6 Hz by Siegert's formula, with a CV of 0.16: 32 s leave 1 %, the grid 0.7 %.
    let table = half.trace("a", "fi_curve", &[]).unwrap();
    let [rate, closed] = ["rate", "closed_form"].map(|name| table.numbers(name).unwrap()[1]);
    assert!((rate / closed - 1.0).abs() < 0.03, "{rate} {closed}");
    assert!((0.05..0.3).contains(&metric("cell.cv[300 pA]").value.unwrap()));
    assert_eq!(metric("cell.input_correlation").value, Some(0.5));
    let correlation = metric("cell.correlation[300 pA]").value.unwrap();
    assert!((0.05..0.75).contains(&correlation), "{correlation}");
    let silent = metric("cell.cv[100 pA]");
    assert!(silent.value.is_none() && silent.why_null.as_deref() == Some("needs 3 spikes"), "{silent:?}");
    let (_out, other) = text(0.5, 2);
    for file in ["metrics.json", "traces/a/fi_curve.csv", "traces/a/shared_noise.csv"] {
        let bytes = |run: &Run| std::fs::read(run.path().join(file)).unwrap();
        assert_eq!(bytes(&half), bytes(&other), "{file}");
    }
    let (_out, whole) = text(1.0, 1);
    let alike = whole.metrics().unwrap().get("a", "cell.correlation[300 pA]").unwrap().value.unwrap();
    assert!((alike - 1.0).abs() < 1e-12, "the same input, the same spikes: {alike}");
}
