//! Every parameter of the spiking side that anybody can write, with values that it must not have.
//!
//! The list is the registry's own: a new model, synapse, rule or stimulus is in it as soon as it can be named.

use duet_harness::{Diagnostic, Document, HarnessError, check};
use duet_spiking::SpikingSide;
use duet_units::{Describe, DimensionTable, Field, Page, Range, Shape, Time, Voltage};

/// Where a value is written and what may stand there.
struct Leaf {
    /// Dotted keys below the side.
    path: String,
    field: Field,
    /// The value itself: the field's, or that of an element where the field is a list.
    shape: Shape,
    is_list: bool,
}

/// All values below a shape. Names chosen by the author are `some`.
fn leaves(shape: &Shape, path: &str, found: &mut Vec<Leaf>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match shape {
        Shape::Table(Page { fields, .. }) => {
            for field in fields {
                let (value, is_list) = match &field.shape {
                    Shape::List { of } => (&**of, true),
                    other => (other, false),
                };
                if matches!(value, Shape::Quantity { .. } | Shape::Number { .. } | Shape::Integer { .. }) {
                    let (shape, field) = (value.clone(), field.clone());
                    found.push(Leaf { path: below(field.name), field, shape, is_list });
                } else {
                    leaves(&field.shape, &below(field.name), found);
                }
            }
        }
        Shape::Names { of } => leaves(of, &below("some"), found),
        Shape::Choice { entries, .. } => {
            entries.iter().for_each(|entry| leaves(&entry.shape, &below(entry.name), found));
        }
        Shape::Value { page, of } => {
            let field = Field {
                name: "",
                doc: page.doc,
                shape: (**of).clone(),
                required: true,
                default: None,
                default_number: None,
            };
            if matches!(&**of, Shape::Quantity { .. } | Shape::Number { .. } | Shape::Integer { .. }) {
                found.push(Leaf { path: path.to_owned(), field, shape: (**of).clone(), is_list: false });
            }
        }
        _ => {}
    }
}

fn all_leaves() -> Vec<Leaf> {
    let mut found = Vec::new();
    leaves(&SpikingSide::shape(), "", &mut found);
    found
}

impl Leaf {
    /// The last key.
    fn key(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }

    fn range(&self) -> Range {
        match self.shape {
            Shape::Quantity { range, .. } | Shape::Number { range } | Shape::Integer { range } => range,
            _ => unreachable!("leaves are numbers"),
        }
    }

    /// A number as it is written in a scenario.
    fn written(&self, number: f64) -> String {
        match &self.shape {
            Shape::Quantity { dimension, .. } => format!("{:?}", dimension.print(number)),
            _ => format!("{number}"),
        }
    }

    /// What is said about the leaf itself when `value` stands there.
    fn said(&self, value: &str) -> Vec<Diagnostic> {
        let value = if self.is_list { format!("[{value}]") } else { value.to_owned() };
        let text = format!(
            "title = 't'\nquestion = 'q?'\nseed = 1\n[population.some]\nsize = 1\n\
             [side.one.spiking]\n{} = {value}\n",
            self.path
        );
        let document = Document::parse("some.toml", text).expect("it is TOML");
        let diagnostics = match check(document, &[]) {
            Err(HarnessError::Invalid { diagnostics, .. }) => diagnostics,
            Err(other) => panic!("{}: {other}", self.path),
            Ok(_) => Vec::new(),
        };
        let at = format!("side.one.spiking.{}", self.path);
        let own = |d: &Diagnostic| d.path == at || d.path == format!("{at}[0]");
        diagnostics.into_iter().filter(own).collect()
    }

    /// Panics unless `value` is refused in words that hold all of `words`, at a place in the file.
    fn refuses(&self, value: &str, words: &[&str]) {
        let said = self.said(value);
        let fits = |d: &&Diagnostic| words.iter().all(|word| d.words.contains(word)) && d.span.is_some();
        assert!(
            said.iter().any(|d| fits(&d)),
            "{} = {value} should be refused with {words:?}, but: {:?}",
            self.path,
            said.iter().map(|d| &d.words).collect::<Vec<_>>()
        );
    }
}

/// A unit of another dimension.
fn foreign(dimension: &DimensionTable) -> &'static str {
    let voltage = <Voltage as Describe>::shape();
    match voltage {
        Shape::Quantity { dimension: other, .. } if other.name != dimension.name => "mV",
        _ => "ms",
    }
}

#[test]
fn what_no_parameter_may_be() {
    let leaves = all_leaves();
    assert!(leaves.len() > 60, "only {} parameters were found", leaves.len());
    for leaf in &leaves {
        let (key, range) = (leaf.key(), leaf.range());
        match &leaf.shape {
            Shape::Quantity { dimension, .. } => {
                let unit = dimension.units[0].symbol;
                for word in ["nan", "inf", "-inf", "1e400"] {
                    leaf.refuses(&format!("\"{word} {unit}\""), &[key, word, "finite"]);
                }
                let other = foreign(dimension);
                leaf.refuses(&format!("\"1 {other}\""), &[key, other, dimension.name, unit]);
                leaf.refuses("1", &[key, "1 has no unit", dimension.name]);
                leaf.refuses("true", &[key, "true", dimension.name]);
            }
            Shape::Number { .. } => {
                for (word, shown) in [("nan", "NaN"), ("inf", "inf"), ("-inf", "-inf")] {
                    leaf.refuses(word, &[key, shown, &range.to_string()]);
                }
                leaf.refuses("\"1 mV\"", &[key, "1 mV", "a number"]);
            }
            _ => {
                for word in ["nan", "inf", "0.5"] {
                    leaf.refuses(word, &[key, "whole number"]);
                }
                leaf.refuses("\"1 mV\"", &[key, "1 mV", "a whole number"]);
            }
        }
    }
}

#[test]
fn what_lies_outside_a_range() {
    let mut tried = 0;
    for leaf in all_leaves() {
        let range = leaf.range();
        let shown = |x: f64| match &leaf.shape {
            Shape::Quantity { dimension, .. } => dimension.print(x),
            _ => format!("{x}"),
        };
        let allowed = range.words(shown);
        let whole = matches!(leaf.shape, Shape::Integer { .. });
        let mut numbers = vec![0.0, -1.0];
        numbers.extend([range.low, range.low - 1.0].into_iter().filter(|x| x.is_finite()));
        numbers.extend([range.high, range.high * 2.0 + 1.0].into_iter().filter(|x| x.is_finite()));
        for number in numbers {
            if range.contains(number) || (whole && number.abs() > 9e18) {
                continue;
            }
            leaf.refuses(&leaf.written(number), &[leaf.key(), &shown(number), &allowed]);
            tried += 1;
        }
    }
    assert!(tried > 80, "only {tried} values were tried");
}

/// The control: what a parameter is by itself is not refused, so the refusals above are about the values.
#[test]
fn defaults_are_taken() {
    for leaf in all_leaves() {
        let Some(number) = leaf.field.default_number.filter(|_| !leaf.is_list) else { continue };
        let said = leaf.said(&leaf.written(number));
        assert!(said.is_empty(), "{} = {number}: {said:?}", leaf.path);
    }
}

/// What physics does not allow below zero has a range that says so.
#[test]
fn physical_quantities_have_a_range() {
    // The one conductance that is no channel's: adaptation below threshold may push as well as pull.
    let may_be_negative = ["adex.a"];
    let dimension_of = |shape: &Shape| match shape {
        Shape::Quantity { dimension, .. } => dimension.name,
        _ => "",
    };
    let time = dimension_of(&<Time as Describe>::shape());
    for leaf in all_leaves() {
        let (name, range) = (dimension_of(&leaf.shape), leaf.range());
        let positive = |what: &str| {
            assert!(
                range.low >= 0.0 && !range.contains(0.0),
                "{} is {what}, but may be 0 or less",
                leaf.path
            );
        };
        // Without facilitation there is no time constant of it, and none of the rise where the release has it: 0 says so.
        let may_be_zero =
            ["tsodyks_markram.tau_fac", "nmda.tau_rise"].iter().any(|path| leaf.path.ends_with(path));
        if name.starts_with("capacitance") || (name == time && leaf.key().starts_with("tau") && !may_be_zero)
        {
            positive("a capacitance or a time constant");
        } else if leaf.key() == "g_l" {
            positive("the conductance of a leak");
        } else if name == time || name.starts_with("conductance") || name == "resistance" || name == "length"
        {
            let excused = may_be_negative.iter().any(|end| leaf.path.ends_with(end));
            assert!(excused || range.low >= 0.0, "{} is a {name}, but may be negative", leaf.path);
        }
    }
}
