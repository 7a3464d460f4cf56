//! What a report says and no number holds: the story of a run in words.

use crate::compare::transfer::{Balance, Percentile};
use crate::run::Origin;
use crate::scenario::{Checked, Scenario, Side};
use crate::summary;
use duet_ann::{AnnSide, Backprop, Learning};
use duet_gradient::schedule::{WarmUp, WarmedUp};
use duet_gradient::{Clip, Loss, Optimizer, Schedule};
use duet_kernels::CpuLevel;
use duet_record::{
    Diagnosis, Equations, Parameter, Physics, Severity, SharedFact, SideStory, Story, TaskStory,
};
use duet_spiking::{Credit, Plasticity, SpikingSide};
use duet_tasks::{Dataset, Task};
use duet_topology::Network;
use duet_units::{Describe, Page, Shape};

/// What a protocol says of its run.
pub struct Words {
    /// What the sides share beyond the network.
    pub shared: Vec<SharedFact>,
    /// The answer to the question.
    pub verdicts: Vec<String>,
    /// What was noticed.
    pub diagnoses: Vec<Diagnosis>,
}

/// Tells the story of a finished run.
pub fn tell(
    checked: &Checked,
    origin: &Origin,
    mut words: Words,
    (network, data): (&Network, Option<&Dataset>),
    cpu: CpuLevel,
) -> Story {
    let scenario = &checked.scenario;
    let note =
        |words: &String| Diagnosis { severity: Severity::Note, side: String::new(), words: words.clone() };
    words.diagnoses.extend(checked.warnings.iter().map(note));
    Story {
        title: scenario.title.clone(),
        question: scenario.question.clone(),
        command: origin.command.clone(),
        seed: scenario.seed,
        seeds: scenario.seeds,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cpu: cpu.to_string(),
        task: data.map(|data| TaskStory {
            name: data.name.clone(),
            summary: data.summary.clone(),
            credit: data.credit.clone(),
            classes: data.classes.clone(),
            train: data.train.len(),
            test: data.test.len(),
        }),
        sides: scenario.side.iter().map(|(name, side)| side_story(name, side, scenario)).collect(),
        network: summary::layers(scenario, network),
        shared: shared_facts(scenario, words.shared),
        verdicts: words.verdicts,
        diagnoses: words.diagnoses,
        headline: headline(scenario),
        figures: scenario.figure.iter().filter_map(|figure| serde_json::to_value(figure).ok()).collect(),
    }
}

/// The metric that a reader looks for first; accuracy where nothing is named.
pub fn headline(scenario: &Scenario) -> Option<String> {
    let has_values = scenario.task.as_ref().is_some_and(Task::has_values);
    scenario.protocol.conduct().first_metric(scenario).or_else(|| has_values.then(|| "test_r2".to_owned()))
}

fn side_story(name: &str, side: &Side, scenario: &Scenario) -> SideStory {
    let label = side.label(name).to_owned();
    let protocol = scenario.protocol.conduct();
    let learns = protocol.lets_learn(side);
    let alone = protocol.only_encodes(scenario);
    let own = protocol.equations(side);
    let (physics, summary, equations, mut notes) = match (&side.ann, &side.spiking) {
        (ann, _) if own.is_some() => {
            let physics = if ann.is_some() { Physics::Artificial } else { Physics::Biological };
            (physics, String::new(), own.unwrap_or_default(), Vec::new())
        }
        (Some(_), _) if alone => {
            (Physics::Artificial, "A number is passed on as a number.".to_owned(), Vec::new(), Vec::new())
        }
        (_, Some(spiking)) if alone => {
            let encode = &spiking.encode;
            let summary = format!("Numbers become spikes ({}) in steps of {}.", encode.name(), spiking.dt);
            (Physics::Biological, summary, vec![equations(encode, encode.name(), "")], Vec::new())
        }
        (Some(ann), _) => {
            let summary = [Some(ann_summary(ann, learns)), handed(side, scenario)];
            let summary = summary.into_iter().flatten().collect::<Vec<_>>().join(" ");
            (Physics::Artificial, summary, ann_equations(ann, learns), Vec::new())
        }
        (_, Some(spiking)) => {
            let layer = side.read_out.as_ref().filter(|_| learns);
            let mut equations =
                spiking_equations(spiking, learns && layer.is_none(), scenario.task.is_some());
            let mut summary = spiking_summary(spiking, learns && layer.is_none());
            if let Some(words) = handed(side, scenario) {
                summary = format!("{summary} {words}");
            }
            if let Some(layer) = layer {
                let words = ann_summary(layer, true);
                summary = format!(
                    "{summary} No synapse learns. What the spikes leave behind is read by a layer that does: {}",
                    lower(&words)
                );
                equations.extend(ann_equations(layer, true));
            }
            (Physics::Biological, summary, equations, unit_note(spiking))
        }
        (None, None) => (Physics::Artificial, String::new(), Vec::new(), Vec::new()),
    };
    notes.extend(protocol.notes(side));
    let summary = protocol.summary(side).unwrap_or(summary);
    SideStory { name: name.to_owned(), label, physics, summary, equations, notes }
}

fn ann_summary(side: &AnnSide, learns: bool) -> String {
    let flow = format!("Numbers flow through layers of {} units", side.activation.name());
    if !learns {
        return format!("{flow}.");
    }
    let (backprop, gradient) = match &side.learning {
        Learning::Backprop(backprop) => {
            (backprop.clone(), "the gradient of the LOSS that backpropagation gives it")
        }
        Learning::StaleGradient(stale) => (
            stale.repaired(),
            "the first gradient of the LOSS, computed once and never again (a defect shown on purpose)",
        ),
        Learning::Perceptron(_) => {
            return format!("{flow}; the output's weights change after every mistake, and only then.");
        }
        Learning::Hopfield(_) => {
            return format!(
                "{flow} that all feed each other; patterns are stored at once, and recalled by settling."
            );
        }
        local @ (Learning::Hebb(_) | Learning::Oja(_) | Learning::Sanger(_) | Learning::Bcm(_)) => {
            return format!(
                "{flow}; nobody says what is right, and weights change by {} from the activities at their two ends.",
                local.name()
            );
        }
    };
    let batch = match backprop.batch_size() {
        usize::MAX => "the whole training set".to_owned(),
        n => format!("batches of {n}"),
    };
    let gradient = gradient.replace("LOSS", &backprop.loss.name().replace('_', "-"));
    let optimizer = backprop.optimizer.name().replace('_', " ");
    format!("{flow}; every weight follows {gradient}, by {optimizer} on {batch}.")
}

/// Where its weights come from, if from another side.
fn handed(side: &Side, scenario: &Scenario) -> Option<String> {
    let from = side.from.as_ref()?;
    let giver = scenario.side.get(&from.side).map_or(from.side.as_str(), |giver| giver.label(&from.side));
    let scaled = match &from.normalise {
        Some(Balance::Percentile(Percentile(p))) => {
            format!(
                ", scaled layer by layer so that the {p}th percentile of its activations becomes one spike per step"
            )
        }
        None => String::new(),
    };
    let then = if from.learn { "it learns on from there" } else { "here nothing learns" };
    Some(format!("It begins with the weights that {giver} has learned{scaled}; {then}."))
}

fn spiking_summary(side: &SpikingSide, learns: bool) -> String {
    let flow = if side.encode.sends_spikes() {
        format!("Numbers become spikes ({}), spikes", side.encode.name())
    } else {
        "Numbers enter as currents, spikes".to_owned()
    };
    let flow = format!(
        "{flow} move membranes ({}) through {} synapses in steps of {}",
        side.neuron.name(),
        side.synapse.name(),
        side.dt,
    );
    if let Some(Credit::Surrogate(rule)) = side.learning.as_ref().filter(|_| learns) {
        format!(
            "{flow}; every weight follows the gradient of the {}, carried back through time and through spikes ({} in place of \
             their derivative), by {} on batches of {}.",
            rule.loss.name().replace('_', "-"),
            rule.hill.name().replace('_', " "),
            rule.optimizer.name().replace('_', " "),
            rule.batch,
        )
    } else if let Some(Credit::DiehlCook(_)) = side.learning.as_ref().filter(|_| learns) {
        let input = side.encode.name();
        format!(
            "Numbers become spikes ({input}) in steps of {}; cells with conductances compete for them through inhibition and rising \
             thresholds, and synapses follow the order of spikes. No label is seen while learning; labels of training examples say \
             afterwards what every cell answers to.",
            side.dt,
        )
    } else if learns {
        let rules = rules(side).join(", ");
        format!("{flow}, and synapses learn by {rules} from what is at hand at the synapse.")
    } else {
        format!("{flow}.")
    }
}

/// The same words in the middle of a sentence.
fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

/// The names of the rules in use, without repetition.
pub fn rules(side: &SpikingSide) -> Vec<String> {
    match &side.learning {
        Some(Credit::Surrogate(_)) => return vec!["surrogate gradient".to_owned()],
        Some(Credit::DiehlCook(_)) => return vec!["competition by Diehl and Cook".to_owned()],
        None => {}
    }
    let own = side.projection.values().filter_map(|projection| projection.plasticity.as_ref());
    let mut names: Vec<String> =
        std::iter::once(&side.plasticity).chain(own).map(|rule| rule.name().replace('_', "-")).collect();
    names.dedup();
    names
}

fn unit_note(side: &SpikingSide) -> Vec<String> {
    let note = |unit: &duet_spiking::WeightUnit| format!("One unit of network weight is {}.", unit.show());
    side.weight_unit.iter().map(note).collect()
}

fn ann_equations(side: &AnnSide, learns: bool) -> Vec<Equations> {
    let mut list = Vec::new();
    if learns {
        list.push(equations(&side.learning, side.learning.name(), ""));
    }
    list.push(equations(&side.activation, side.activation.name(), ""));
    for (name, population) in &side.population {
        if let Some(activation) = &population.activation {
            list.push(equations(activation, activation.name(), name));
        }
    }
    if learns {
        match &side.learning {
            Learning::Backprop(backprop) => list.extend(backprop_equations(backprop)),
            Learning::StaleGradient(stale) => list.extend(backprop_equations(&stale.repaired())),
            Learning::Perceptron(_)
            | Learning::Hebb(_)
            | Learning::Oja(_)
            | Learning::Sanger(_)
            | Learning::Bcm(_)
            | Learning::Hopfield(_) => {}
        }
    }
    list
}

fn backprop_equations(rule: &Backprop) -> Vec<Equations> {
    descent_equations(&rule.loss, &rule.optimizer, &rule.schedule, rule.clip.as_ref())
}

/// The loss and all that makes a step of it.
fn descent_equations(
    loss: &Loss,
    optimizer: &Optimizer,
    schedule: &Schedule,
    clip: Option<&Clip>,
) -> Vec<Equations> {
    let mut list = vec![equations(loss, loss.name(), ""), equations(optimizer, optimizer.name(), "")];
    if !matches!(schedule, Schedule::Constant(_)) {
        list.push(equations(schedule, schedule.name(), ""));
    }
    if let Schedule::WarmUp(WarmUp { then, .. }) = schedule
        && !matches!(then, WarmedUp::Constant(_))
    {
        list.push(equations(then, then.name(), "after the warm-up"));
    }
    if let Some(clip) = clip {
        list.push(equations(clip, clip.name(), ""));
    }
    list
}

fn spiking_equations(side: &SpikingSide, learns: bool, has_task: bool) -> Vec<Equations> {
    if let Some(learning @ Credit::DiehlCook(_)) = &side.learning {
        // Cells and synapses are its own.
        let encode = equations(&side.encode, side.encode.name(), "");
        return vec![
            equations(learning, learning.name(), ""),
            encode,
            equations(&side.decode, side.decode.name(), ""),
        ];
    }
    let mut list = vec![equations(&side.neuron, side.neuron.name(), "")];
    for (name, stimulus) in &side.stimulus {
        list.push(equations(&stimulus.source, stimulus.source.name(), name));
    }
    list.push(equations(&side.synapse, side.synapse.name(), ""));
    if let Some(learning @ Credit::Surrogate(rule)) = side.learning.as_ref().filter(|_| learns) {
        list.push(equations(learning, learning.name(), ""));
        list.push(equations(&rule.hill, rule.hill.name(), ""));
        list.extend(descent_equations(&rule.loss, &rule.optimizer, &rule.schedule, rule.clip.as_ref()));
    }
    // Nothing learns but what has a rule of its own: the default is no rule to tell of.
    if learns && !(matches!(side.plasticity, Plasticity::Fixed(_)) && side.learns()) {
        list.push(equations(&side.plasticity, side.plasticity.name(), ""));
    }
    for (name, projection) in &side.projection {
        if let Some(synapse) = &projection.synapse {
            list.push(equations(synapse, synapse.name(), name));
        }
        if let Some(release) = &projection.release {
            list.push(equations(release, release.name(), name));
        }
        if let Some(plasticity) = projection.plasticity.as_ref().filter(|_| learns) {
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
    if has_task {
        list.push(equations(&side.encode, side.encode.name(), ""));
        list.push(equations(&side.decode, side.decode.name(), ""));
    }
    told_once(list)
}

/// What is the same at several places under one heading that names them all.
fn told_once(list: Vec<Equations>) -> Vec<Equations> {
    let mut once: Vec<Equations> = Vec::new();
    for next in list {
        let place = next.name.strip_suffix(')').and_then(|name| name.split_once(" ("));
        let same = |told: &&mut Equations| {
            let is_same_kind = place.is_some_and(|(kind, _)| told.name.starts_with(&format!("{kind} (")));
            is_same_kind
                && (&told.kind, &told.text, &told.parameters) == (&next.kind, &next.text, &next.parameters)
        };
        match (place, once.iter_mut().find(same)) {
            (Some((_, place)), Some(told)) => {
                let places = told.name.strip_suffix(')').unwrap_or(&told.name);
                told.name = format!("{places}, {place})");
            }
            _ => once.push(next),
        }
    }
    once
}

/// The equations of a kind in use, from its own page; `place` names the population or projection that differs.
fn equations<T: Describe>(value: &T, name: &str, place: &str) -> Equations {
    let Shape::Choice { kind, entries } = T::shape() else { return Equations::default() };
    let page = entries.iter().find(|entry| entry.name == name).map(duet_units::Entry::page);
    let name = if place.is_empty() { name.to_owned() } else { format!("{name} ({place})") };
    from_page(value, page, &name, kind)
}

/// The equations of a table that is no kind: a protocol's own model.
pub fn table_equations<T: Describe>(value: &T, name: &str, kind: &str) -> Equations {
    let Shape::Table(page) = T::shape() else { return Equations::default() };
    from_page(value, Some(&page), name, kind)
}

fn from_page<T: Describe>(value: &T, page: Option<&Page>, name: &str, kind: &str) -> Equations {
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
        name: name.to_owned(),
        kind: kind.to_owned(),
        text: text.join("\n"),
        parameters: plain.map(parameter).collect(),
    }
}

/// The table "shared / different"; a fact of the protocol stands between those of the network and those of the sides.
fn shared_facts(scenario: &Scenario, of_protocol: Vec<SharedFact>) -> Vec<SharedFact> {
    let fact = |what: &str, words: String, same: bool| SharedFact { what: what.to_owned(), words, same };
    let mut facts = vec![fact("topology", "who connects to whom, drawn once for each seed".to_owned(), true)];
    facts.extend(of_protocol);
    let last = scenario.seed + scenario.seeds as u64 - 1;
    facts.push(fact("seeds", format!("{} to {last}", scenario.seed), true));
    let redrawn: Vec<&String> = scenario
        .side
        .iter()
        .filter(|(_, side)| side.spiking.as_ref().is_some_and(SpikingSide::has_own_weights))
        .map(|(name, _)| name)
        .collect();
    if scenario.side.values().any(|side| scenario.protocol.conduct().equations(side).is_some()) {
        let physics = |side: &Side| if side.ann.is_some() { "numbers, at once" } else { "rates, in time" };
        let kinds: Vec<String> = scenario
            .side
            .iter()
            .map(|(name, side)| format!("{}: {}", side.label(name), physics(side)))
            .collect();
        facts.push(fact("physics", kinds.join("; "), scenario.side.len() < 2));
        return facts;
    }
    if scenario.protocol.conduct().only_encodes(scenario) {
        let physics = |side: &Side| if side.ann.is_some() { "number" } else { "spikes" };
        let kinds: Vec<String> = scenario
            .side
            .iter()
            .map(|(name, side)| format!("{}: {}", side.label(name), physics(side)))
            .collect();
        facts.push(fact("physics", kinds.join("; "), scenario.side.len() < 2));
        return facts;
    }
    let given: Vec<String> = scenario
        .side
        .iter()
        .filter_map(|(name, side)| {
            let giver = &side.from.as_ref()?.side;
            let label = scenario.side.get(giver).map_or(giver.as_str(), |giver_side| giver_side.label(giver));
            Some(format!("{}: those that {label} has learned", side.label(name)))
        })
        .collect();
    facts.push(if !given.is_empty() {
        let rest =
            if redrawn.is_empty() { "the same numbers" } else { "weights of their own where they say so" };
        fact("first weights", format!("{}; others: {rest}", given.join("; ")), false)
    } else if redrawn.is_empty() {
        fact("first weights", "the same numbers; a spiking side reads them in its own unit".to_owned(), true)
    } else {
        let names: Vec<&str> = redrawn.iter().map(|name| name.as_str()).collect();
        fact("first weights", format!("{}: weights of its own to begin with", names.join(", ")), false)
    });
    let physics =
        |side: &Side| if side.ann.is_some() { "numbers and layers" } else { "membranes and spikes" };
    let kinds: Vec<String> =
        scenario.side.iter().map(|(name, side)| format!("{}: {}", side.label(name), physics(side))).collect();
    let same = scenario.side.values().map(physics).collect::<std::collections::BTreeSet<_>>().len() < 2;
    facts.push(fact("physics", kinds.join("; "), same));
    if !scenario.protocol.conduct().learns() {
        return facts;
    }
    let rule = |side: &Side| match (&side.ann, &side.spiking) {
        _ if !scenario.protocol.conduct().lets_learn(side) => "none".to_owned(),
        (Some(ann), _) => ann.learning.name().to_owned(),
        (_, Some(spiking)) => rules(spiking).join(", "),
        _ => String::new(),
    };
    let rules: Vec<String> =
        scenario.side.iter().map(|(name, side)| format!("{}: {}", side.label(name), rule(side))).collect();
    facts.push(fact("learning rule", rules.join("; "), scenario.side.len() < 2));
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_told_once() {
        let of = |name: &str, kind: &str, text: &str| Equations {
            name: name.to_owned(),
            kind: kind.to_owned(),
            text: text.to_owned(),
            parameters: Vec::new(),
        };
        let list = [
            ("nmda", "synapse", "g"),
            ("nmda (a)", "synapse", "g"),
            ("saturating (a)", "release", "s"),
            ("nmda (b)", "synapse", "g"),
            ("nmda (c)", "synapse", "other"),
            ("saturating (b)", "release", "s"),
            ("nmda (d)", "synapse", "g"),
        ];
        let told = told_once(list.map(|(name, kind, text)| of(name, kind, text)).to_vec());
        let names: Vec<&str> = told.iter().map(|told| told.name.as_str()).collect();
        assert_eq!(names, ["nmda", "nmda (a, b, d)", "saturating (a, b)", "nmda (c)"]);
    }
}
