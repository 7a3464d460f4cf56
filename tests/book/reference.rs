//! The reference pages, made from the catalog.

use duet_harness::Scenario;
use duet_harness::catalog::{self, Kind};
use duet_units::{Describe, DimensionTable, Shape};
use std::fmt::Write;

/// Names and texts of all pages.
pub fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> =
        catalog::kinds().iter().map(|kind| (format!("{}.md", kind.name), kind_page(kind))).collect();
    pages.push(("tables.md".to_owned(), tables_page()));
    pages.push(("units.md".to_owned(), units_page()));
    for (_, text) in &mut pages {
        *text = format!("<!-- Written by the program: {} -->\n\n{}", super::UPDATE, with_whole_cells(text));
    }
    pages
}

fn kind_page(kind: &Kind) -> String {
    let name = kind.name;
    let places: Vec<String> = places(name).into_iter().map(|path| format!("- `{path}`\n")).collect();
    let mut page = format!("# {name}\n\nWhere it stands in a scenario:\n\n{}", places.concat());
    page += "\n| name | what it is |\n|---|---|\n";
    for entry in &kind.entries {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} |", entry.name, entry.page().summary());
    }
    for entry in &kind.entries {
        let _ = write!(page, "\n{}", catalog::markdown(entry.name, entry.page(), 2));
    }
    page
}

fn tables_page() -> String {
    let mut page =
        "# Tables of a scenario\n\nEvery table that is no kind of thing, by the path that an author writes. \
                    The rules stand on [the format's page](../scenario.md).\n"
            .to_owned();
    for (path, table) in catalog::tables() {
        let _ = write!(page, "\n{}", catalog::markdown(path, &table, 2));
    }
    page
}

fn units_page() -> String {
    let mut page = "# Units\n\nA quantity is a text with a number and a unit: `\"20 ms\"`. The first unit is the one that the \
                    program computes in, and in which files give numbers.\n\n| what | units |\n|---|---|\n"
        .to_owned();
    let mut dimensions: Vec<DimensionTable> = Vec::new();
    visit(&Scenario::shape(), "", &mut |_, shape| {
        if let Shape::Quantity { dimension, .. } = shape
            && !dimensions.iter().any(|known| known.name == dimension.name)
        {
            dimensions.push(*dimension);
        }
    });
    for dimension in dimensions {
        let units: Vec<String> = dimension.units.iter().map(|unit| format!("`{}`", unit.symbol)).collect();
        let _ = writeln!(page, "| {} | {} |", dimension.name, units.join(", "));
    }
    page
}

/// The paths at which a kind may stand, `NAME` for a name of the author's.
fn places(kind: &str) -> Vec<String> {
    let mut places = Vec::new();
    visit(&Scenario::shape(), "", &mut |path, shape| match shape {
        Shape::Choice { kind: own, .. } | Shape::Tagged { kind: own, .. } if *own == kind => {
            places.push(path.to_owned());
        }
        _ => {}
    });
    places
}

/// Calls for every place of a shape.
fn visit(shape: &Shape, path: &str, call: &mut impl FnMut(&str, &Shape)) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    call(path, shape);
    match shape {
        Shape::Table(page) => {
            page.fields.iter().for_each(|field| visit(&field.shape, &below(field.name), call));
        }
        Shape::Tagged { page, entries, .. } => {
            page.fields.iter().for_each(|field| visit(&field.shape, &below(field.name), call));
            entries.iter().for_each(|entry| visit(&entry.shape, &below(entry.name), call));
        }
        Shape::Names { of } => visit(of, &below("NAME"), call),
        Shape::Choice { entries, .. } => {
            entries.iter().for_each(|entry| visit(&entry.shape, &below(entry.name), call));
        }
        Shape::List { of } => visit(of, &format!("[{path}]"), call),
        Shape::Value { of, .. } => visit(of, path, call),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| visit(shape, path, call)),
        Shape::Quantity { .. }
        | Shape::Number { .. }
        | Shape::Integer { .. }
        | Shape::Flag
        | Shape::Text { .. } => {}
    }
}

/// A bar in the words of a parameter (|w|) would end its cell.
fn with_whole_cells(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let cells = line.strip_prefix("| `").and_then(|rest| rest.strip_suffix(" |"));
        match cells.map(|cells| cells.splitn(4, " | ").collect::<Vec<_>>()).as_deref() {
            Some([name, default, range, meaning]) => {
                let meaning = meaning.replace("\\|", "|").replace('|', "\\|");
                let _ = writeln!(out, "| `{name} | {default} | {range} | {meaning} |");
            }
            _ => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}
