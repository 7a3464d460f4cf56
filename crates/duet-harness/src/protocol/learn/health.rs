//! What ails a side's training, read off its gradients and units: cause and remedy in words.

use super::{Keep, Learn};
use crate::scenario::Side;
use duet_record::format::{number, percent};
use duet_record::{Metrics, Severity};

/// A gradient this much shorter than the longest has all but vanished.
const VANISHED: f64 = 1e-3;
/// A gradient longer than this makes steps that no rate was meant for.
const EXPLODED: f64 = 1e3;

/// Whether a side stopped before its time, and which weights it kept.
pub fn of_course(learn: &Learn, (side, own): (&str, &Side), metrics: &Metrics) -> Option<String> {
    let value = |path: &str| metrics.get(side, path).and_then(|metric| metric.value);
    let epochs = value("epochs")?;
    let kept = value("kept_epoch").filter(|_| learn.keep == Keep::Best);
    let over = match metrics.get(side, "epochs").map_or(1, |metric| metric.n) {
        1 => "",
        _ => " (mean over seeds)",
    };
    let ends = (epochs < learn.epochs_of(own) as f64).then(|| {
        let of = format!("{} of {} epochs{over}", number(epochs), learn.epochs);
        format!("stopped after {of}, because the validation loss no longer fell")
    });
    let keeps = kept.map(|kept| {
        format!("keeps the weights of epoch {}{over}, where the validation loss was smallest", number(kept))
    });
    match (ends, keeps) {
        (Some(ends), Some(keeps)) => Some(format!("{ends}; {keeps}")),
        (ends, keeps) => ends.or(keeps),
    }
}

/// Gradients that vanish or explode, units that are dead or saturated.
pub fn of_layers(side: &str, metrics: &Metrics) -> Vec<(Severity, String)> {
    let with = |ending: &str| -> Vec<(&str, f64)> {
        let paths = metrics.sides.get(side).into_iter().flatten();
        paths.filter_map(|(path, metric)| Some((path.strip_suffix(ending)?, metric.value?))).collect()
    };
    let mut found = gradients(&with(".gradient_norm"));
    for (population, share) in with(".dead").into_iter().filter(|(_, share)| *share >= 0.1) {
        let severity = if share >= 0.5 { Severity::Warning } else { Severity::Note };
        let words = format!(
            "{} of the units of `{population}` are dead: they are 0 for every test example, so no error passes through \
             them and they will not recover. A step that was too large, or a bias below zero, has pushed them there; \
             try a smaller rate, weights.he with bias.zero, or activation.leaky_relu",
            percent(share)
        );
        found.push((severity, words));
    }
    for (population, share) in with(".transfer_saturated").into_iter().filter(|(_, share)| *share >= 0.02) {
        let severity = if share >= 0.1 { Severity::Warning } else { Severity::Note };
        let words = format!(
            "{} of the units of `{population}` fire in every step, so they cannot say how much more the activation was that they took \
             over: it was handed over without a scale, or with too small a percentile; try \
             from = {{ side = ..., normalise.percentile = 99.9 }}",
            percent(share)
        );
        found.push((severity, words));
    }
    for (population, share) in with(".silent").into_iter().filter(|(_, share)| *share >= 0.25) {
        let severity = if share >= 0.75 { Severity::Warning } else { Severity::Note };
        let words = format!(
            "{} of the cells of `{population}` fire for no test example: they say nothing, and cost their updates all the same. \
             Their drive stays below the threshold; try larger first weights (weights.he), a lower v_th, a longer tau_m, or a \
             wider hill, through which cells far from their threshold still hear of the error",
            percent(share)
        );
        found.push((severity, words));
    }
    for (population, share) in with(".saturated").into_iter().filter(|(_, share)| *share >= 0.25) {
        let severity = if share >= 0.75 { Severity::Warning } else { Severity::Note };
        let words = format!(
            "{} of the units of `{population}` are saturated: on nearly all test examples they stand where their \
             activation is flat, so the error hardly passes through them. Weights or inputs are too large for them; \
             try smaller first weights (weights.xavier), a smaller rate, or activation.relu",
            percent(share)
        );
        found.push((severity, words));
    }
    found
}

fn gradients(norms: &[(&str, f64)]) -> Vec<(Severity, String)> {
    let mut found = Vec::new();
    let Some(&(largest, most)) = norms.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return found };
    if most > EXPLODED {
        let words = format!(
            "the gradient of `{largest}` is {} long (exploding gradient): every layer has made the error larger. Large \
             weights and a large rate feed each other; try a smaller rate, smaller first weights (weights.he, \
             weights.xavier), or clip the gradient",
            number(most)
        );
        found.push((Severity::Warning, words));
    }
    let smallest = norms.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some(&(name, least)) = smallest.filter(|(_, least)| *least < VANISHED * most) {
        let words = format!(
            "the error hardly reaches `{name}`: its gradient is {} of that of `{largest}` (vanishing gradient). Flat \
             activations and small weights shrink the error at every layer; try activation.relu, larger first weights \
             (weights.he), or fewer layers",
            number(least / most)
        );
        found.push((Severity::Warning, words));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_record::Metric;

    fn metrics(values: &[(&str, f64)]) -> Metrics {
        let mut metrics = Metrics::default();
        let side = metrics.sides.entry("a".into()).or_default();
        for &(path, value) in values {
            side.insert(path.to_owned(), Metric::new(value, "1", "x"));
        }
        metrics
    }

    fn said(values: &[(&str, f64)]) -> Vec<(Severity, String)> {
        of_layers("a", &metrics(values))
    }

    #[test]
    fn a_sound_network_is_left_in_peace() {
        let sound =
            [("i-h.gradient_norm", 0.02), ("h-o.gradient_norm", 1.5), ("h.dead", 0.05), ("h.saturated", 0.2)];
        assert_eq!(said(&sound), []);
        assert_eq!(of_layers("b", &metrics(&sound)), []);
    }

    #[test]
    fn every_ailment_has_cause_and_remedy() {
        for (values, severity, words) in [
            (
                vec![("a.gradient_norm", 1e-6), ("b.gradient_norm", 1.0)],
                Severity::Warning,
                "`a`: its gradient is 10⁻⁶",
            ),
            (vec![("a.gradient_norm", 5e6), ("b.gradient_norm", 1e5)], Severity::Warning, "exploding"),
            (vec![("h.dead", 0.2)], Severity::Note, "20\u{a0}% of the units of `h` are dead"),
            (vec![("h.dead", 0.9)], Severity::Warning, "leaky_relu"),
            (vec![("h.saturated", 0.5)], Severity::Note, "saturated"),
        ] {
            let found = said(&values);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].0 == severity && found[0].1.contains(words), "{found:?}");
            assert!(found[0].1.contains("; try "), "{found:?}");
        }
    }

    #[test]
    fn an_early_end_is_told() {
        let learn: Learn =
            toml::from_str("epochs = 40\nvalidation = 0.1\nstop_early = {}\nkeep = 'best'").unwrap();
        let own: Side = toml::from_str("ann = {}").unwrap();
        let words =
            of_course(&learn, ("a", &own), &metrics(&[("epochs", 12.0), ("kept_epoch", 7.0)])).unwrap();
        assert!(
            words.starts_with("stopped after 12 of 40 epochs, because")
                && words.contains("weights of epoch 7"),
            "{words}"
        );
        assert_eq!(of_course(&learn, ("a", &own), &metrics(&[("epochs", 40.0)])), None);
    }
}
