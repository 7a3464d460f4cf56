//! What a report says and no number holds: the story of a run in words.

use crate::protocol::Protocol;
use crate::run::Origin;
use crate::scenario::{Checked, Scenario, Side};
use duet_ann::AnnSide;
use duet_gradient::Schedule;
use duet_gradient::schedule::{WarmUp, WarmedUp};
use duet_kernels::CpuLevel;
use duet_record::{
    Diagnosis, Equations, Metric, Metrics, Parameter, Physics, Severity, SharedFact, SideStory, Story,
    TaskStory, format,
};
use duet_spiking::SpikingSide;
use duet_tasks::Dataset;
use duet_units::{Describe, Shape};

/// Tells the story of a finished `learn` run.
pub fn tell(checked: &Checked, origin: &Origin, metrics: &Metrics, data: &Dataset, cpu: CpuLevel) -> Story {
    let scenario = &checked.scenario;
    Story {
        title: scenario.title.clone(),
        question: scenario.question.clone(),
        command: origin.command.clone(),
        seed: scenario.seed,
        seeds: scenario.seeds,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cpu: cpu.to_string(),
        task: Some(TaskStory {
            name: data.name.clone(),
            summary: data.summary.clone(),
            credit: data.credit.clone(),
            classes: data.classes.clone(),
            train: data.train.len(),
            test: data.test.len(),
        }),
        sides: scenario.side.iter().map(|(name, side)| side_story(name, side, scenario)).collect(),
        shared: shared_facts(scenario, data),
        verdicts: verdicts(scenario, metrics),
        diagnoses: diagnoses(checked, metrics, data),
        figures: scenario.figure.iter().filter_map(|figure| serde_json::to_value(figure).ok()).collect(),
    }
}

fn side_story(name: &str, side: &Side, scenario: &Scenario) -> SideStory {
    let label = side.label(name).to_owned();
    let (physics, summary, equations, notes) = match (&side.ann, &side.spiking) {
        (Some(ann), _) => (Physics::Artificial, ann_summary(ann), ann_equations(ann), Vec::new()),
        (_, Some(spiking)) => (
            Physics::Biological,
            spiking_summary(spiking),
            spiking_equations(spiking),
            spiking_notes(spiking, scenario),
        ),
        (None, None) => (Physics::Artificial, String::new(), Vec::new(), Vec::new()),
    };
    SideStory { name: name.to_owned(), label, physics, summary, equations, notes }
}

fn ann_summary(side: &AnnSide) -> String {
    let duet_ann::Learning::Backprop(backprop) = &side.learning;
    let batch = match backprop.batch_size() {
        usize::MAX => "the whole training set".to_owned(),
        n => format!("batches of {n}"),
    };
    format!(
        "Numbers flow through layers of {} units; every weight follows the gradient of the {} that backpropagation gives it, by {} on {batch}.",
        side.activation.name(),
        backprop.loss.name().replace('_', "-"),
        backprop.optimizer.name().replace('_', " "),
    )
}

fn spiking_summary(side: &SpikingSide) -> String {
    format!(
        "Numbers become spikes ({}), spikes move membranes ({}) through {} synapses in steps of {}, and synapses learn by {} from what is at hand at the synapse.",
        side.encode.name(),
        side.neuron.name(),
        side.synapse.name(),
        side.dt,
        rules(side).join(", "),
    )
}

/// The names of the rules in use, without repetition.
fn rules(side: &SpikingSide) -> Vec<String> {
    let own = side.projection.values().filter_map(|projection| projection.plasticity.as_ref());
    let mut names: Vec<String> =
        std::iter::once(&side.plasticity).chain(own).map(|rule| rule.name().replace('_', "-")).collect();
    names.dedup();
    names
}

fn spiking_notes(side: &SpikingSide, scenario: &Scenario) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(unit) = &side.weight_unit {
        notes.push(format!("One unit of network weight is {}.", unit.show()));
    }
    let Protocol::Learn(learn) = &scenario.protocol;
    notes.push(format!("Every example is shown for {}; between examples the network rests.", learn.present));
    let uses_teacher = rules(side).iter().any(|rule| rule == "three-factor");
    if uses_teacher {
        notes.push(format!(
            "While it learns, the labelled class's cell is asked for {} and all others for silence; the error is averaged over {}.",
            side.teacher.rate, side.teacher.tau,
        ));
    }
    notes
}

fn ann_equations(side: &AnnSide) -> Vec<Equations> {
    let duet_ann::Learning::Backprop(backprop) = &side.learning;
    let mut list = vec![
        equations(&side.learning, side.learning.name(), ""),
        equations(&side.activation, side.activation.name(), ""),
    ];
    for (name, population) in &side.population {
        if let Some(activation) = &population.activation {
            list.push(equations(activation, activation.name(), name));
        }
    }
    list.push(equations(&backprop.loss, backprop.loss.name(), ""));
    list.push(equations(&backprop.optimizer, backprop.optimizer.name(), ""));
    if !matches!(backprop.schedule, Schedule::Constant(_)) {
        list.push(equations(&backprop.schedule, backprop.schedule.name(), ""));
    }
    if let Schedule::WarmUp(WarmUp { then, .. }) = &backprop.schedule
        && !matches!(then, WarmedUp::Constant(_))
    {
        list.push(equations(then, then.name(), "after the warm-up"));
    }
    if let Some(clip) = &backprop.clip {
        list.push(equations(clip, clip.name(), ""));
    }
    list
}

fn spiking_equations(side: &SpikingSide) -> Vec<Equations> {
    let mut list = vec![
        equations(&side.neuron, side.neuron.name(), ""),
        equations(&side.synapse, side.synapse.name(), ""),
        equations(&side.plasticity, side.plasticity.name(), ""),
    ];
    for (name, projection) in &side.projection {
        if let Some(synapse) = &projection.synapse {
            list.push(equations(synapse, synapse.name(), name));
        }
        if let Some(plasticity) = &projection.plasticity {
            list.push(equations(plasticity, plasticity.name(), name));
        }
    }
    for (name, population) in &side.population {
        if let Some(neuron) = &population.neuron {
            list.push(equations(neuron, neuron.name(), name));
        }
        if let Some(threshold) = &population.threshold {
            list.push(equations(threshold, threshold.name(), name));
        }
        if let Some(inhibition) = &population.inhibition {
            list.push(equations(inhibition, inhibition.name(), name));
        }
    }
    list.push(equations(&side.encode, side.encode.name(), ""));
    list.push(equations(&side.decode, side.decode.name(), ""));
    list
}

/// The equations of a kind in use, from its own page; `place` names the population or projection that differs.
fn equations<T: Describe>(value: &T, name: &str, place: &str) -> Equations {
    let Shape::Choice { kind, entries } = T::shape() else { return Equations::default() };
    let page = entries.iter().find(|entry| entry.name == name).map(duet_units::Entry::page);
    let fenced = page.and_then(|page| page.section("Equations")).unwrap_or_default();
    // The equations stand between fences; the sentences around them belong to the page.
    let mut inside = false;
    let mut text = Vec::new();
    for line in fenced.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            text.push(line);
        }
    }
    let parameter = |(name, value, doc): (&'static str, String, &'static str)| Parameter {
        name: name.to_owned(),
        value,
        doc: doc.replace('\n', " "),
    };
    // A nested choice (the optimizer of a rule) has equations of its own.
    let plain = value.parameters().into_iter().filter(|(_, value, _)| !value.starts_with('{'));
    Equations {
        name: if place.is_empty() { name.to_owned() } else { format!("{name} ({place})") },
        kind: kind.to_owned(),
        text: text.join("\n"),
        parameters: plain.map(parameter).collect(),
    }
}

fn shared_facts(scenario: &Scenario, data: &Dataset) -> Vec<SharedFact> {
    let fact = |what: &str, words: String, same: bool| SharedFact { what: what.to_owned(), words, same };
    let Protocol::Learn(learn) = &scenario.protocol;
    let mut facts = vec![
        fact("topology", "who connects to whom, drawn once for each seed".to_owned(), true),
        fact("examples", format!("{} for training, {} for testing", data.train.len(), data.test.len()), true),
        fact("order", "the examples come in the same order in every epoch".to_owned(), true),
        fact("label exposures", format!("every training label is shown {} times", learn.epochs), true),
        fact("seeds", format!("{} to {}", scenario.seed, scenario.seed + scenario.seeds as u64 - 1), true),
    ];
    let redrawn: Vec<&String> = scenario
        .side
        .iter()
        .filter(|(_, side)| side.spiking.as_ref().is_some_and(SpikingSide::has_own_weights))
        .map(|(name, _)| name)
        .collect();
    facts.push(if redrawn.is_empty() {
        fact("first weights", "the same numbers; a spiking side reads them in its own unit".to_owned(), true)
    } else {
        let names: Vec<&str> = redrawn.iter().map(|name| name.as_str()).collect();
        fact(
            "first weights",
            format!(
                "{} begins with weights of its own, because its rule needs them bounded",
                names.join(", ")
            ),
            false,
        )
    });
    let physics =
        |side: &Side| if side.ann.is_some() { "numbers and layers" } else { "membranes and spikes" };
    let kinds: Vec<String> =
        scenario.side.iter().map(|(name, side)| format!("{}: {}", side.label(name), physics(side))).collect();
    let same = scenario.side.values().map(physics).collect::<std::collections::BTreeSet<_>>().len() < 2;
    facts.push(fact("physics", kinds.join("; "), same));
    let rule = |side: &Side| match (&side.ann, &side.spiking) {
        (Some(ann), _) => ann.learning.name().to_owned(),
        (_, Some(spiking)) => rules(spiking).join(", "),
        _ => String::new(),
    };
    let rules: Vec<String> =
        scenario.side.iter().map(|(name, side)| format!("{}: {}", side.label(name), rule(side))).collect();
    facts.push(fact("learning rule", rules.join("; "), scenario.side.len() < 2));
    facts
}

fn interval(metric: &Metric, print: impl Fn(f64) -> String) -> String {
    metric.ci95.map_or_else(String::new, |[low, high]| {
        format!(" (95 % interval {} to {}, {})", print(low), print(high), metric.source)
    })
}

/// The answer to the question in sentences made from the numbers.
fn verdicts(scenario: &Scenario, metrics: &Metrics) -> Vec<String> {
    let mut sentences = Vec::new();
    let label = |name: &str| scenario.side.get(name).map_or(name, |side| side.label(name)).to_owned();
    for name in scenario.side.keys() {
        if let Some(metric) = metrics.get(name, "test_accuracy")
            && let Some(value) = metric.value
        {
            sentences.push(format!(
                "{} answers {} of the test set correctly{}.",
                label(name),
                format::percent(value),
                interval(metric, format::percent)
            ));
        }
    }
    for (pair, paths) in &metrics.pairs {
        let (Some((a, b)), Some(metric)) = (pair.split_once(" - "), paths.get("test_accuracy")) else {
            continue;
        };
        let Some(value) = metric.value else { continue };
        let points = |x: f64| format!("{:.1}", 100.0 * x.abs());
        let signed = |x: f64| format!("{:.1}", 100.0 * x);
        let clear = metric.ci95.is_some_and(|[low, high]| low > 0.0 || high < 0.0);
        let (better, worse) = if value >= 0.0 { (a, b) } else { (b, a) };
        let sentence = if metric.n < 2 {
            format!(
                "{} is {} points ahead of {} under one seed: not enough seeds to say more",
                label(better),
                points(value),
                label(worse)
            )
        } else if clear {
            format!(
                "{} is {} points more accurate than {}{}",
                label(better),
                points(value),
                label(worse),
                interval(metric, signed)
            )
        } else {
            format!(
                "Seed by seed {} and {} cannot be told apart{}",
                label(a),
                label(b),
                interval(metric, signed)
            )
        };
        sentences.push(format!("{sentence}."));
    }
    let operations = |name: &str| {
        let of = |path: &str| metrics.get(name, path).and_then(|metric| metric.value);
        of("multiply_adds_per_inference")
            .map(|n| format!("{} takes {} multiply-adds", label(name), format::number(n)))
            .or_else(|| {
                of("synaptic_operations_per_inference")
                    .map(|n| format!("{} {} synaptic operations (additions)", label(name), format::number(n)))
            })
    };
    let costs: Vec<String> = scenario.side.keys().filter_map(|name| operations(name)).collect();
    if !costs.is_empty() {
        sentences.push(format!("For one answer {}.", costs.join(", ")));
    }
    sentences
}

fn diagnoses(checked: &Checked, metrics: &Metrics, data: &Dataset) -> Vec<Diagnosis> {
    let mut list = Vec::new();
    let chance = data.test.counts(data.classes.len()).into_iter().max().unwrap_or(0) as f64
        / data.test.len().max(1) as f64;
    for name in checked.scenario.side.keys() {
        let mut note = |severity, words: String| list.push(Diagnosis { severity, side: name.clone(), words });
        let value = |path: &str| metrics.get(name, path).and_then(|metric| metric.value);
        if let Some(accuracy) = value("test_accuracy")
            && accuracy <= chance + 1e-9
        {
            note(
                Severity::Warning,
                format!(
                    "learned nothing: {} of the test set is no more than always answering the commonest class ({})",
                    format::percent(accuracy),
                    format::percent(chance)
                ),
            );
        }
        for population in checked.scenario.population.keys() {
            if value(&format!("{population}.rate")) == Some(0.0) {
                note(
                    Severity::Warning,
                    format!(
                        "population `{population}` never fires: raise weight_unit, the input's rate or the bias"
                    ),
                );
            }
        }
    }
    for words in &checked.warnings {
        list.push(Diagnosis { severity: Severity::Note, side: String::new(), words: words.clone() });
    }
    list
}
