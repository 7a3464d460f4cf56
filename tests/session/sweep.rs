//! Every number that a scenario can hold, found by walking its shape, against values that must be refused. A field that is
//! added tomorrow is in it.

use duet_harness::scenario::Scenario;
use duet_harness::{Document, HarnessError, check};
use duet_units::{Describe, Page, Range, Shape};

/// A place for one value: the smallest scenario around it, cut at the value, and its path.
struct Place {
    path: String,
    before: String,
    after: String,
    shape: Shape,
    /// Whether the order of two fields may refuse what the range allows.
    related: bool,
    /// Whether a text may stand there instead: a column by name or by number.
    texts: bool,
    /// Whether a bare number may stand there instead of a quantity: the input of a model without units.
    numbers: bool,
}

/// All places for numbers below a shape. `before` and `after` are inline TOML around the place.
fn places(shape: &Shape, path: &str, before: &str, after: &str, related: bool, found: &mut Vec<Place>) {
    match shape {
        Shape::Quantity { .. } | Shape::Number { .. } | Shape::Integer { .. } => found.push(Place {
            path: path.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            shape: shape.clone(),
            related,
            texts: false,
            numbers: false,
        }),
        Shape::Flag | Shape::Text { .. } => {}
        Shape::List { of } => {
            places(of, &format!("{path}[0]"), &format!("{before}["), &format!("]{after}"), related, found);
        }
        Shape::Names { of } => {
            let (before, after) = (format!("{before}{{ x = "), format!(" }}{after}"));
            places(of, &join(path, "x"), &before, &after, related, found);
        }
        Shape::Value { of, .. } => places(of, path, before, after, related, found),
        Shape::Either(shapes) => {
            let first = found.len();
            shapes.iter().for_each(|shape| places(shape, path, before, after, related, found));
            let texts = shapes.iter().any(|shape| matches!(shape, Shape::Text { .. }));
            let numbers = shapes.iter().any(|shape| matches!(shape, Shape::Number { .. }));
            for place in &mut found[first..] {
                place.texts |= texts;
                place.numbers |= numbers;
            }
        }
        Shape::Choice { entries, .. } => {
            for entry in entries {
                let (before, after) = (format!("{before}{{ {} = ", entry.name), format!(" }}{after}"));
                places(&entry.shape, &join(path, entry.name), &before, &after, related, found);
            }
        }
        Shape::Tagged { page, entries, .. } => {
            for entry in entries {
                let before = format!("{before}{{ {}{} = ", required(page, ""), entry.name);
                places(
                    &entry.shape,
                    &join(path, entry.name),
                    &before,
                    &format!(" }}{after}"),
                    related,
                    found,
                );
            }
        }
        Shape::Table(page) => {
            for field in &page.fields {
                let others: String = required(page, field.name);
                let before = format!("{before}{{ {others}{} = ", field.name);
                let related = page.relations.iter().any(|r| r.lower == field.name || r.upper == field.name);
                places(
                    &field.shape,
                    &join(path, field.name),
                    &before,
                    &format!(" }}{after}"),
                    related,
                    found,
                );
            }
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The required fields of a table but one, as `a = 1, b = 2, `.
fn required(page: &Page, but: &str) -> String {
    let needed = page.fields.iter().filter(|field| field.required && field.name != but);
    needed.map(|field| [field.name, " = ", &smallest(&field.shape), ", "].concat()).collect()
}

/// The smallest thing that a shape allows.
fn smallest(shape: &Shape) -> String {
    match shape {
        Shape::Quantity { dimension, range } => {
            format!("\"{} {}\"", inside(range), dimension.units[0].symbol)
        }
        Shape::Number { range } | Shape::Integer { range } => inside(range).to_string(),
        Shape::Flag => "false".to_owned(),
        Shape::Text { allowed } => format!("{:?}", allowed.first().unwrap_or(&"x")),
        Shape::List { .. } => "[]".to_owned(),
        Shape::Names { .. } => "{}".to_owned(),
        Shape::Value { of, .. } => smallest(of),
        Shape::Either(shapes) => smallest(&shapes[0]),
        Shape::Choice { entries, .. } => {
            format!("{{ {} = {} }}", entries[0].name, smallest(&entries[0].shape))
        }
        Shape::Table(page) => format!("{{ {} }}", required(page, "").trim_end_matches(", ")),
        Shape::Tagged { page, entries, .. } => {
            format!("{{ {}{} = {} }}", required(page, ""), entries[0].name, smallest(&entries[0].shape))
        }
    }
}

/// A whole number inside a range, or the middle where there is none.
fn inside(range: &Range) -> f64 {
    let middle = f64::midpoint(range.low.max(-1e6), range.high.min(1e6));
    [1.0, 0.0, range.low, middle].into_iter().find(|&x| range.contains(x)).expect("a range is not empty")
}

/// Finite values outside a range, at its ends and far off.
fn outside(range: &Range) -> Vec<f64> {
    let step = |x: f64| if x.abs() < 1.0 { 1.0 } else { x.abs() };
    let tries =
        [-1e308, 1e308, range.low, range.high, range.low - step(range.low), range.high + step(range.high)];
    tries.into_iter().filter(|x| x.is_finite() && !range.contains(*x)).collect()
}

/// Literals that the place must refuse, whatever stands around it.
fn bad(shape: &Shape) -> Vec<String> {
    let mut bad: Vec<String> =
        ["nan", "inf", "-inf", "1e400", "-1e400", "true", "\"ten\"", "\"\"", "[]", "{}", "1979-05-27"]
            .map(str::to_owned)
            .to_vec();
    match shape {
        Shape::Quantity { dimension, range } => {
            let unit = dimension.units[0].symbol;
            bad.extend(["nan", "inf", "-inf", "1e400", ""].map(|number| format!("\"{number} {unit}\"")));
            bad.extend(["20", "20.0", "-1", "0", "\"20\"", "\"20 parsec\""].map(str::to_owned));
            bad.extend(outside(range).iter().map(|x| format!("\"{x:e} {unit}\"")));
        }
        Shape::Number { range } => {
            bad.extend(["\"1\"", "\"1 ms\""].map(str::to_owned));
            bad.extend(outside(range).iter().map(|x| format!("{x:e}")));
        }
        Shape::Integer { range } => {
            bad.extend(["\"1\"", "0.5", "99999999999999999999", "1e308"].map(str::to_owned));
            bad.extend(outside(range).iter().filter(|x| x.abs() < 9e18).map(|x| format!("{x:.0}")));
        }
        _ => {}
    }
    bad
}

/// The paths that the check complains about.
fn complaints(place: &Place, literal: &str) -> Vec<String> {
    let Place { before, after, .. } = place;
    let document = match Document::parse("sweep", top(&format!("{before}{literal}{after}"))) {
        Ok(document) => document,
        Err(error) => panic!("{} = {literal}: {error}", place.path),
    };
    match check(document, &[]) {
        Ok(_) => Vec::new(),
        Err(HarnessError::Invalid { diagnostics, .. }) => diagnostics.into_iter().map(|d| d.path).collect(),
        Err(other) => panic!("{}: {other}", place.path),
    }
}

/// An inline table as a document: without its braces, and the commas between its fields as line ends.
fn top(table: &str) -> String {
    let inner = table.trim().trim_start_matches('{');
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut quoted) = (0, false);
    let mut line_end = |c: char| {
        match c {
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => return '\n',
            _ => {}
        }
        c
    };
    inner.chars().map(&mut line_end).collect()
}

fn all_places() -> Vec<Place> {
    let mut found = Vec::new();
    places(&Scenario::shape(), "", "", "", false, &mut found);
    found
}

#[test]
fn every_number_refuses_what_is_out_of_its_range_or_no_number() {
    let places = all_places();
    let mut tried = 0;
    let mut accepted = Vec::new();
    for place in &places {
        for literal in bad(&place.shape) {
            if place.texts && literal.starts_with('"') {
                continue;
            }
            let is_number = literal.parse().is_ok_and(f64::is_finite);
            if place.numbers && is_number && matches!(place.shape, Shape::Quantity { .. }) {
                continue;
            }
            tried += 1;
            // A table over lists of populations is refused as a whole, at its own place or its pattern's.
            let is_table =
                ["fixed_probability.p", "fixed_total.n"].iter().any(|table| place.path.contains(table));
            let is_named = |path: &String| {
                *path == place.path
                    || is_table && path.contains(".pattern.") && place.path.starts_with(path.as_str())
            };
            if !complaints(place, &literal).iter().any(is_named) {
                accepted.push(format!("{} = {literal}", place.path));
            }
        }
    }
    assert!(accepted.is_empty(), "{} of {tried} accepted:\n{}", accepted.len(), accepted.join("\n"));
    assert!(places.len() > 100, "the walk finds the numbers: {}", places.len());
}

/// Places whose values no other field limits. (A target's fields do: a value needs a tolerance, a bound has none. So do a
/// record's: how many cells and how often is about its variables. And the
/// optimizer's rate limits how high a schedule's floor may be; and the stale gradient's own optimizer takes all examples.)
fn free_places() -> impl Iterator<Item = Place> {
    let is_limited = |path: &str| {
        path.starts_with("target")
            || path.starts_with("record")
            || path.ends_with("cosine.floor")
            || path.ends_with("stale_gradient.batch")
    };
    all_places().into_iter().filter(move |place| !place.related && !is_limited(&place.path))
}

/// Without this, a place that is refused whatever stands there would prove nothing.
#[test]
fn every_number_takes_what_is_in_its_range() {
    let mut refused = Vec::new();
    for place in free_places() {
        let literal = smallest(&place.shape);
        if complaints(&place, &literal).contains(&place.path) {
            refused.push(format!("{} = {literal}", place.path));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Where zero is allowed, so is its negative form.
#[test]
fn a_negative_zero_is_zero() {
    for place in free_places() {
        let literal = match &place.shape {
            Shape::Quantity { dimension, range } if range.contains(0.0) => {
                format!("\"-0 {}\"", dimension.units[0].symbol)
            }
            Shape::Number { range } if range.contains(0.0) => "-0.0".to_owned(),
            _ => continue,
        };
        assert!(!complaints(&place, &literal).contains(&place.path), "{} = {literal}", place.path);
    }
}
