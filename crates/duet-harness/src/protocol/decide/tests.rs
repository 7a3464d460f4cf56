use super::*;
use duet_units::Current;

fn side(text: &str) -> Side {
    toml::from_str(text).unwrap()
}

/// A look is right as often as the closed form says, within four standard errors.
#[test]
fn one_look_is_as_right_as_its_closed_form() {
    let decide = Decide { trials: 20_000, coherences: vec![0.0, 0.128, 0.512, 1.0], ..Decide::default() };
    for asked in decide.ask(&side("ann = {}"), 1) {
        let expected = decide.one_look(asked.coherence);
        let error = (expected * (1.0 - expected) / 20_000.0).sqrt();
        assert!((asked.correct() - expected).abs() < 4.0 * error, "{} {expected}", asked.correct());
    }
}

#[test]
fn without_noise_one_look_never_errs_and_without_evidence_a_coin_decides() {
    let attractor = WongWang { sigma: Current::new(0.0), ..WongWang::default() };
    let decide = Decide { attractor, trials: 2000, coherences: vec![0.0, 0.001], ..Decide::default() };
    let asked = decide.ask(&side("ann = {}"), 1);
    assert!((asked[0].correct() - 0.5).abs() < 4.0 * (0.25_f64 / 2000.0).sqrt());
    assert_eq!((asked[1].correct(), decide.one_look(0.0), decide.one_look(0.001)), (1.0, 0.5, 1.0));
}

/// The same noise: adding it up makes far weaker evidence enough than looking once.
#[test]
fn an_attractor_needs_less_evidence_than_one_look() {
    let decide = Decide { trials: 300, ..Decide::default() };
    let attractor = decide.ask(&side("spiking = { dt = '0.5 ms' }"), 1);
    let look = Decide { coherences: vec![0.2, 0.4, 0.8], trials: 20_000, ..Decide::default() };
    let (in_time, at_once) = (fit(&attractor).unwrap(), fit(&look.ask(&side("ann = {}"), 1)).unwrap());
    assert!(in_time.alpha < 0.1 && at_once.alpha > 0.4, "{in_time:?} {at_once:?}");
    assert!(attractor[1].time() > attractor[5].time() + 200.0, "weak evidence takes longer");
}

#[test]
fn what_cannot_be_decided_on_is_said() {
    let text = |population: &str, dt: &str, coherences: &str| {
        format!(
            "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.choice.size = {population}\n\
             side.a.spiking.dt = '{dt}'\nprotocol.decide = {{ coherences = {coherences} }}"
        )
    };
    let paths = |text: String| -> Vec<String> {
        let document = crate::Document::parse("t", text).unwrap();
        match crate::check(document, &[]) {
            Ok(_) => Vec::new(),
            Err(HarnessError::Invalid { diagnostics, .. }) => {
                diagnostics.into_iter().map(|diagnostic| diagnostic.path).collect()
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(paths(text("2", "0.5 ms", "[0.1]")), Vec::<String>::new());
    let bad = ["population", "protocol.decide.coherences", "side.a.spiking.dt"];
    assert_eq!(paths(text("3", "2.5 ms", "[0.0]")), bad);
}
