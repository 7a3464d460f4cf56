use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};
use duet_record::Run;
use std::f64::consts::LN_2;

const HEAD: &str = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\n";

/// A leaky membrane has Lapicque's curve, and a chronaxie of tau_m ln 2.
#[test]
fn the_curve_of_a_leaky_membrane_is_lapicques() {
    let text = format!(
        "{HEAD}side.lif.spiking = {{ dt = '0.05 ms', neuron.lif = {{ tau_m = '10 ms', c_m = '250 pF', e_l = '-70 mV', v_th = '-50 mV', v_reset = '-70 mV' }} }}\n\
         protocol.strength_duration = {{ population = 'cell', from = '0.1 ms', to = '50 ms', points = 9, longest = '300 ms' }}"
    );
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads: 2, figures: false };
    let checked = check(Document::parse("t", text).unwrap(), &[]).unwrap();
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let Finished { folder, .. } = run(&checked, &origin, &options, &Silent).unwrap();
    let metrics = Run::open(&folder).unwrap().metrics().unwrap();
    let value = |path: &str| metrics.get("lif", path).unwrap().value.unwrap();
    assert!(value("cell.largest_error") < 1e-6, "{}", value("cell.largest_error"));
    assert!((value("cell.rheobase") / 500.0 - 1.0).abs() < 1e-6);
    // On the grid the curve is interpolated in a straight line between two lengths.
    assert!((value("cell.chronaxie") / (10.0 * LN_2) - 1.0).abs() < 1e-4, "{}", value("cell.chronaxie"));
}

#[test]
fn artificial_sides_and_unknown_cells_are_refused() {
    let words = |text: &str| {
        check(Document::parse("t", format!("{HEAD}{text}")).unwrap(), &[]).unwrap_err().to_string()
    };
    assert!(
        words("side.a.ann = {}\nprotocol.strength_duration.population = 'cell'").contains("has no duration")
    );
    let long =
        "side.s.spiking = { dt = '1 ms', neuron.lif = {} }\nprotocol.strength_duration.population = 'cell'";
    assert!(words(long).contains("shorter than a step"), "{}", words(long));
}
