use super::*;
use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};

#[test]
fn things_are_thinned_evenly() {
    assert_eq!(thinned(5, 10), [0, 1, 2, 3, 4]);
    assert_eq!(thinned(101, 3), [0, 50, 100]);
    assert_eq!(thinned(1, 3), [0]);
}

#[test]
fn a_power_is_found() {
    let points: Vec<(f64, f64)> = [1.0, 2.0, 8.0].map(|x: f64| (x, 3.0 * x.sqrt())).to_vec();
    assert!((power(&points).unwrap() - 0.5).abs() < 1e-12);
    assert_eq!(power(&points[..1]), None);
}

#[test]
fn oscillations_reach_as_far_as_the_closed_form_says() {
    let fibre: Fibre =
        toml::from_str("length = '5 mm'\ndiameter = '2 um'\nr_i = '150 Ohm cm'\nmembrane.passive = {}")
            .unwrap();
    let test = Test { fibre: &fibre, dt: 0.02, side: "a", seed: 1 };
    let cable = fibre.electrotonic();
    let xs = Neurite::new(&fibre).x().to_vec();
    let amplitudes = Cable::amplitudes(&test, 100.0, 100.0).unwrap();
    let ratio = between(&xs, &amplitudes, 400.0) / between(&xs, &amplitudes, 800.0);
    let found = 400.0 / math::ln(ratio);
    assert!((found / cable.length_constant_at(100.0) - 1.0).abs() < 2e-3, "{found}");
}

fn run_of(cable: &str) -> Result<Finished, HarnessError> {
    let text = format!(
        "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.a.size = 1\npopulation.b.size = 1\n\
         [projection.way]\nfrom = 'a'\nto = 'b'\nweights.constant = 1.0\n\
         [side.fibre.spiking]\ndt = '0.1 ms'\n[side.fibre.spiking.projection.way.cable]\n{cable}\n\
         [protocol.cable]\nduration = '5 ms'"
    );
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads: 1, figures: false };
    let checked = check(Document::parse("t", text).unwrap(), &[]).unwrap();
    run(&checked, &Origin { stem: "t".to_owned(), ..Origin::default() }, &options, &Silent)
}

/// Values inside their ranges whose products are not: a leak conductance of 1000 / 1e-306, and a current of 1e300 mV.
#[test]
fn a_voltage_that_is_no_number_stops_the_run() {
    for membrane in [
        "passive = { r_m = '1e-306 Ohm cm2' }",
        "hodgkin_huxley = { g_na = '1e200 mS/cm2', e_na = '1e200 mV' }",
    ] {
        let cable = format!("length = '1 mm'\ndx = '100 um'\nmembrane.{membrane}");
        let error = run_of(&cable).err().unwrap_or_else(|| panic!("{membrane}: it went through"));
        let words = error.to_string();
        assert_eq!(error.exit_code(), 5, "{words}");
        assert!(
            matches!(&error, HarnessError::NotFinite { side, seed: 1, .. } if side == "fibre"),
            "{words}"
        );
        assert!(words.contains("diverged at t = 0.") && words.contains("um down the cable"), "{words}");
    }
    assert!(run_of("length = '1 mm'\nmembrane.passive = {}").is_ok());
}
