//! Everything that can stand in a scenario, found by walking its shape: what `duet list` and `duet explain` print, and
//! the pages of the book.

use crate::scenario::Scenario;
use duet_units::{Describe, Entry, Field, Page, Shape};
use indexmap::IndexMap;
use std::fmt::Write;

/// A registry: the kinds of one sort of thing.
#[derive(Clone, Debug)]
pub struct Kind {
    /// "neuron", "synapse" ...
    pub name: &'static str,
    /// Its entries, in the table's order.
    pub entries: Vec<Entry>,
}

/// All registries, in the order in which a scenario meets them.
pub fn kinds() -> Vec<Kind> {
    let mut found = IndexMap::new();
    collect(&Scenario::shape(), &mut found);
    found.into_iter().map(|(name, entries)| Kind { name, entries }).collect()
}

fn collect(shape: &Shape, found: &mut IndexMap<&'static str, Vec<Entry>>) {
    match shape {
        Shape::Choice { kind, entries } => {
            if !found.contains_key(kind) {
                found.insert(kind, entries.clone());
                entries.iter().for_each(|entry| collect(&entry.shape, found));
            }
        }
        Shape::Table(page) => page.fields.iter().for_each(|field| collect(&field.shape, found)),
        Shape::Tagged { page, kind, entries } => {
            found.entry(kind).or_insert_with(|| entries.clone());
            entries.iter().for_each(|entry| collect(&entry.shape, found));
            page.fields.iter().for_each(|field| collect(&field.shape, found));
        }
        Shape::Names { of } | Shape::List { of } | Shape::Value { of, .. } => collect(of, found),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| collect(shape, found)),
        Shape::Quantity { .. }
        | Shape::Number { .. }
        | Shape::Integer { .. }
        | Shape::Flag
        | Shape::Text { .. } => {}
    }
}

/// The tables of a scenario that are no kinds, by the path that an author writes.
pub fn tables() -> Vec<(&'static str, Page)> {
    let page = |shape: Shape| match shape {
        Shape::Table(page) | Shape::Tagged { page, .. } => page,
        _ => unreachable!("these are tables"),
    };
    vec![
        ("scenario", page(Scenario::shape())),
        ("population", page(duet_topology::PopulationSpec::shape())),
        ("projection", page(duet_topology::ProjectionSpec::shape())),
        ("side", page(crate::scenario::Side::shape())),
        ("side.from", page(crate::compare::transfer::Handed::shape())),
        ("side.ann", page(duet_ann::AnnSide::shape())),
        ("side.spiking", page(duet_spiking::SpikingSide::shape())),
        ("side.spiking.population", page(duet_spiking::SpikingPopulation::shape())),
        ("side.spiking.projection", page(duet_spiking::SpikingProjection::shape())),
        ("side.spiking.projection.cable", page(duet_spiking::cable::Fibre::shape())),
        ("side.spiking.projection.cable.myelin", page(duet_spiking::cable::Myelin::shape())),
        ("side.spiking.teacher", page(duet_spiking::Teacher::shape())),
        ("side.spiking.stimulus", page(duet_spiking::Stimulus::shape())),
        ("protocol.learn.stop_early", page(crate::protocol::learn::StopEarly::shape())),
        ("protocol.pairing.lags", page(crate::protocol::Lags::shape())),
        ("protocol.pairing.reward", page(crate::protocol::Reward::shape())),
        ("protocol.decide.network", page(crate::protocol::Choices::shape())),
        ("protocol.decide.attractor", page(duet_spiking::theory::WongWang::shape())),
        ("protocol.recall.cells", page(crate::protocol::CellRecall::shape())),
        ("protocol.reward.after", page(crate::protocol::After::shape())),
        ("record", page(crate::scenario::Record::shape())),
        ("protocol.reversal.ion", page(duet_spiking::ion::Ion::shape())),
        ("target", page(crate::scenario::Target::shape())),
    ]
}

/// The pages that a word means: `lif`, `neuron.lif`, or a table such as `side.spiking`. An ambiguous word means all.
pub fn find(word: &str) -> Vec<(String, Page)> {
    let mut pages = Vec::new();
    for (path, page) in tables() {
        if path == word {
            pages.push((path.to_owned(), page));
        }
    }
    for kind in kinds() {
        for entry in &kind.entries {
            let full = format!("{}.{}", kind.name, entry.name);
            if word == full || word == entry.name {
                pages.push((full, entry.page().clone()));
            }
        }
    }
    pages
}

/// Every word that [`find`] knows.
pub fn words() -> Vec<String> {
    let entries = kinds().into_iter().flat_map(|kind| {
        kind.entries
            .iter()
            .flat_map(|entry| [entry.name.to_owned(), format!("{}.{}", kind.name, entry.name)])
            .collect::<Vec<_>>()
    });
    entries.chain(tables().into_iter().map(|(path, _)| path.to_owned())).collect()
}

/// A page as markdown, headed with its name at `level`; the code example is left to the source.
pub fn markdown(name: &str, page: &Page, level: usize) -> String {
    let mark = "#".repeat(level);
    let mut out = format!("{mark} {name}\n\n");
    let mut fenced = false;
    let mut example = false;
    for line in page.doc.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        if !fenced && line.starts_with("# ") {
            example = line.trim() == "# Example";
            if !example {
                // A blank line before and after a heading, as markdown wants it.
                out = out.trim_end().to_owned();
                let _ = write!(out, "\n\n{mark}# {}\n\n", &line[2..]);
            }
            continue;
        }
        fenced ^= line.starts_with("```");
        if !example {
            out += line.trim_end();
            out.push('\n');
        }
    }
    out = out.trim_end().to_owned();
    out.push('\n');
    if !page.fields.is_empty() {
        let _ =
            write!(out, "\n{mark}# Parameters\n\n| name | default | range | meaning |\n|---|---|---|---|\n");
        for field in &page.fields {
            let default = field
                .default
                .clone()
                .unwrap_or_else(|| if field.required { "required".to_owned() } else { "none".to_owned() });
            let _ = writeln!(
                out,
                "| `{}` | {default} | {} | {} |",
                field.name,
                accepts(&field.shape),
                field.doc.replace('\n', " ")
            );
        }
        for relation in &page.relations {
            let order = if relation.or_equal { "<=" } else { "<" };
            let _ = write!(out, "\n`{}` {order} `{}`\n", relation.lower, relation.upper);
        }
    }
    out
}

/// What a field accepts, in a few words.
pub fn accepts(shape: &Shape) -> String {
    match shape {
        Shape::Quantity { dimension, range } => match range.words(|x| dimension.print(x)).as_str() {
            "any finite number" => format!("any {} ({})", dimension.name, dimension.symbols()),
            words => format!("{words} ({})", dimension.symbols()),
        },
        Shape::Number { range } => range.words(|x| x.to_string()),
        Shape::Integer { range } => format!("whole, {}", range.words(large_number)),
        Shape::Flag => "true or false".to_owned(),
        Shape::Text { allowed: [] } => "text".to_owned(),
        Shape::Text { allowed } => allowed.join(" or "),
        Shape::List { of } => format!("list of: {}", accepts(of)),
        Shape::Names { .. } => "one table per name".to_owned(),
        Shape::Table(_) | Shape::Tagged { .. } => "table".to_owned(),
        Shape::Value { of, .. } => accepts(of),
        Shape::Choice { entries, .. } => {
            entries.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ")
        }
        Shape::Either(shapes) => shapes.iter().map(accepts).collect::<Vec<_>>().join("; or "),
    }
}

/// Ends that only mean "as large as the type holds" are printed as powers.
fn large_number(x: f64) -> String {
    if x >= 9.2e18 {
        "2^63".to_owned()
    } else if x >= 4_294_967_295.0 {
        "2^32 - 1".to_owned()
    } else {
        x.to_string()
    }
}

/// A field's default for people.
pub fn default_words(field: &Field) -> String {
    field
        .default
        .clone()
        .unwrap_or_else(|| if field.required { "(required)".to_owned() } else { "(none)".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds that model something must say their equations; all must say what they are and what to expect.
    const MODELS: &[&str] = &[
        "neuron",
        "synapse",
        "plasticity",
        "encode",
        "decode",
        "threshold",
        "inhibition",
        "stimulus",
        "activation",
        "learning",
        "loss",
        "optimizer",
        "schedule",
        "clip",
        "credit",
        "surrogate",
    ];

    #[test]
    fn every_model_has_its_page() {
        for kind in kinds().iter().filter(|kind| MODELS.contains(&kind.name)) {
            for entry in &kind.entries {
                let name = format!("{}.{}", kind.name, entry.name);
                for section in ["Equations", "Behaviour", "References", "Example"] {
                    assert!(entry.page().section(section).is_some(), "{name} lacks # {section}");
                }
            }
        }
    }

    #[test]
    fn everything_has_a_summary_and_documented_parameters() {
        for kind in kinds() {
            for entry in &kind.entries {
                let page = entry.page();
                assert!(page.summary().ends_with('.'), "{}.{}: {:?}", kind.name, entry.name, page.summary());
                assert!(
                    page.fields.iter().all(|field| !field.doc.is_empty()),
                    "{}.{}",
                    kind.name,
                    entry.name
                );
            }
        }
    }

    #[test]
    fn words_find_their_pages() {
        assert_eq!(find("lif").len(), 1);
        assert_eq!(find("neuron.lif")[0].0, "neuron.lif");
        assert!(find("uniform").len() > 1, "an ambiguous word means all");
        assert!(find("nonsense").is_empty());
        let text = markdown("neuron.lif", &find("lif")[0].1, 1);
        assert!(text.contains("tau_m dV/dt") && text.contains("| `tau_m` | 20 ms | > 0 ms"), "{text}");
        assert!(!text.contains("use duet_spiking"), "code examples stay in the source");
    }
}
