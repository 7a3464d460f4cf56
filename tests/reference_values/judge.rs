//! An entry held against what the crates compute.

use super::entry::Entry;
use super::figure::{Figure, Grade, Model, Tree, Trouble};
use super::key::Key;
use super::tolerance::Bound;
use duet_kernels::math::atan2;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail,
    Unsupported,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unsupported => "unsupported",
        }
    }
}

/// What there is to say about an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub outcome: Outcome,
    /// The largest deviation in units of its tolerance, or a word.
    pub error: String,
    /// A line for every value beyond its tolerance.
    pub details: Vec<String>,
}

impl Report {
    fn word(outcome: Outcome, word: String) -> Self {
        Self { outcome, details: vec![word.clone()], error: word }
    }
}

pub fn judge(entry: &Entry) -> Report {
    // A panic in a crate is that entry's failure; the others are still judged.
    let judged = catch_unwind(AssertUnwindSafe(|| compare(entry)));
    match judged {
        Ok(Ok(report)) => report,
        Ok(Err(Trouble::NotBuilt(what))) => Report::word(Outcome::Unsupported, what),
        Ok(Err(trouble)) => Report::word(Outcome::Fail, trouble.word()),
        Err(_) => Report::word(Outcome::Fail, "panicked".to_owned()),
    }
}

/// The model of an entry's family, with the entry's parameters.
fn model(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let family = super::family(&entry.family).ok_or_else(|| Trouble::NotBuilt(entry.family.clone()))?;
    family(entry)
}

/// What the crates compute for every expected key, each perhaps in several ways.
pub fn compute(entry: &Entry) -> Result<Vec<(Key, Vec<Figure>)>, Trouble> {
    let model = model(entry)?;
    entry.keys().into_iter().map(|key| (model.answer)(&key).map(|figures| (key, figures))).collect()
}

fn compare(entry: &Entry) -> Result<Report, Trouble> {
    let model = model(entry)?;
    let mut largest = 0.0_f64;
    let mut details = Vec::new();
    let mut note = |what: &str, deviation: f64, words: String| {
        largest = largest.max(deviation);
        if deviation > 1.0 {
            details.push(format!("{what}: {deviation:.2e} times the tolerance{words}"));
        }
    };
    for key in entry.keys() {
        let wanted = &entry.expected[&key.text];
        let wanted_tree = Tree::from_json(wanted).ok_or_else(|| Trouble::key(&key))?;
        for figure in (model.answer)(&key)? {
            let deviation = deviation(entry, &key, &figure, &wanted_tree)?;
            note(
                &key.text,
                deviation,
                format!(" ({:?}), got {:?}, expected {wanted}", figure.grade, figure.tree),
            );
        }
    }
    for check in (model.checks)()? {
        note(&check.what, check.deviation, String::new());
    }
    if let Some(name) = entry.params.unread() {
        return Err(Trouble::Unread(name.to_owned()));
    }
    if entry.expected.is_empty() {
        return Err(Trouble::Key("none".to_owned()));
    }
    let outcome = if largest <= 1.0 { Outcome::Pass } else { Outcome::Fail };
    Ok(Report { outcome, error: format!("{largest:.1e}"), details })
}

/// The largest deviation of a figure from what is expected, in units of what is allowed.
fn deviation(entry: &Entry, key: &Key, figure: &Figure, wanted: &Tree) -> Result<f64, Trouble> {
    let no_tolerance = || Trouble::Tolerance(key.text.clone());
    let mut of = |got: f64, wanted: f64, place: usize| {
        let bounds = match figure.grade {
            Grade::Double => entry.tolerance.bounds(key, place),
            Grade::Noted(words) => match entry.tolerance.noted(words) {
                Some(bound) => vec![bound],
                None => entry.tolerance.bounds(key, place),
            },
            Grade::Single => entry.tolerance.single().into_iter().collect(),
            Grade::Exactly => vec![Bound { size: 0.0, relative: false }],
            Grade::Within(size) => vec![Bound { size, relative: false }],
            // Lists as wholes, judged before their numbers.
            Grade::Direction(_) => Vec::new(),
            // A limit: nothing below it deviates, and what is not a number lies beyond it.
            Grade::AtMost if got <= wanted => return Ok(if wanted > 0.0 { got / wanted } else { 0.0 }),
            Grade::AtLeast if got >= wanted => return Ok(if got > 0.0 { wanted / got } else { 0.0 }),
            Grade::AtMost | Grade::AtLeast => return Ok(f64::INFINITY),
        };
        let largest = bounds.iter().map(|bound| bound.deviation(got, wanted)).reduce(f64::max);
        largest.ok_or_else(no_tolerance)
    };
    if let Grade::Direction(degrees) = figure.grade {
        return Ok(turned(&figure.tree, wanted) / degrees);
    }
    walk(&figure.tree, wanted, 0, &mut of)
}

/// The largest angle between lists of numbers in the same place, in degrees from 0 to 90; infinite where the shapes differ.
fn turned(got: &Tree, wanted: &Tree) -> f64 {
    let numbers = |tree: &Tree| match tree {
        Tree::List(list) => {
            list.iter().map(|one| if let Tree::Number(x) = one { Some(*x) } else { None }).collect()
        }
        _ => None,
    };
    let (a, b): (Option<Vec<f64>>, Option<Vec<f64>>) = (numbers(got), numbers(wanted));
    match (a, b, got, wanted) {
        (Some(a), Some(b), ..) if a.len() == b.len() => {
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (along, size) = (dot(&a, &b) / dot(&b, &b), dot(&b, &b).sqrt());
            let across: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - along * b).collect();
            let angle = atan2(dot(&across, &across).sqrt(), along.abs() * size).to_degrees();
            if angle.is_nan() { f64::INFINITY } else { angle }
        }
        (None, None, Tree::List(got), Tree::List(wanted)) if got.len() == wanted.len() => {
            got.iter().zip(wanted).map(|(got, wanted)| turned(got, wanted)).fold(0.0, f64::max)
        }
        _ => f64::INFINITY,
    }
}

/// The largest of `of` over two trees of one shape; infinite where the shapes differ. `place` counts along the innermost
/// list.
fn walk(
    got: &Tree,
    wanted: &Tree,
    place: usize,
    of: &mut impl FnMut(f64, f64, usize) -> Result<f64, Trouble>,
) -> Result<f64, Trouble> {
    match (got, wanted) {
        (&Tree::Number(got), &Tree::Number(wanted)) => of(got, wanted, place),
        (Tree::Nothing, Tree::Nothing) => Ok(0.0),
        (Tree::Text(got), Tree::Text(wanted)) if got == wanted => Ok(0.0),
        (Tree::List(got), Tree::List(wanted)) if got.len() == wanted.len() => {
            let mut largest = 0.0_f64;
            for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
                largest = largest.max(walk(got, wanted, i, of)?);
            }
            Ok(largest)
        }
        _ => Ok(f64::INFINITY),
    }
}
