//! What a sweep will do, said and checked before anything is made.

use super::points::product;
use super::values::{Vary, set};
use crate::scenario::{Checked, Document, Override, check, nearest};
use crate::{HarnessError, preflight, story};
use duet_record::Sweep;
use indexmap::IndexMap;
use std::path::PathBuf;

/// What somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Every `--vary`.
    pub vary: Vec<String>,
    /// The metric of the figure, as `SIDE.PATH`; the protocol's own on every side unless given.
    pub metric: Option<String>,
    /// Which part of how many, from 1.
    pub shard: Option<[usize; 2]>,
}

/// A sweep that can begin.
#[derive(Debug)]
pub struct Plan {
    /// What is recorded of it.
    pub sweep: Sweep,
    /// Why points will come to nothing, as far as the check of their scenarios tells; one per point.
    pub refused: Vec<Option<String>>,
    /// The scenario's text as given.
    pub(super) text: String,
    /// The scenario with every default written out, before anything is varied.
    pub(super) resolved: String,
    /// The folder that relative data paths are resolved from.
    pub(super) folder: Option<PathBuf>,
    cost: Cost,
}

/// What it will take.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    courses: usize,
    epochs: usize,
    most_weights: u128,
    most_bytes: u128,
}

impl Plan {
    /// Checks the scenario, and the scenario at every point.
    ///
    /// # Errors
    /// [`HarnessError`] for a scenario, a path or a value that cannot be. A value is refused when no point can be run with it;
    /// where only some values do not go together, those points become rows with the reason.
    pub fn new(
        document: &Document,
        overrides: &[Override],
        wish: &Wish,
        (stem, folder): (String, Option<PathBuf>),
    ) -> Result<Self, HarnessError> {
        let base = check(document.clone(), overrides)?;
        let resolved = base.scenario.resolved();
        let whole = Document::parse("resolved.toml", resolved.clone())?;
        let fields = wish.vary.iter().map(|text| Vary::parse(text)).collect::<Result<Vec<_>, _>>()?;
        if let Some((_, twice)) = fields
            .iter()
            .enumerate()
            .find(|(at, field)| fields[..*at].iter().any(|other| other.path == field.path))
        {
            return Err(usage(format!(
                "--vary {}: this field is varied twice; give all its values at once",
                twice.path
            )));
        }
        let varied: Vec<_> = fields.iter().map(|field| field.varied(&whole)).collect();
        let values = fields
            .iter()
            .zip(&varied)
            .map(|(field, varied)| field.draw(base.scenario.seed, varied.whole))
            .collect::<Result<Vec<_>, _>>()?;
        let dimensions: Vec<(&[f64], bool)> =
            values.iter().zip(&varied).map(|(values, varied)| (values.as_slice(), varied.random)).collect();
        let points = product(&dimensions)?;
        let scenario = &base.scenario;
        let sides: IndexMap<String, String> =
            scenario.side.iter().map(|(name, side)| (name.clone(), side.label(name).to_owned())).collect();
        let (metric_of, metric) = match &wish.metric {
            None => (None, story::headline(scenario).unwrap_or_else(|| "test_accuracy".to_owned())),
            Some(metric) => named(metric, &sides)?,
        };
        let hash = blake3::hash(resolved.as_bytes()).to_hex().to_string();
        let title = scenario.title.clone();
        let sweep = Sweep {
            stem,
            title,
            scenario: hash,
            varied,
            points,
            sides,
            metric,
            metric_of,
            shard: wish.shard,
        };
        if let Some([part, of]) = wish.shard
            && !(1..=of).contains(&part)
        {
            return Err(usage(format!("--shard {part}/{of}: parts are numbered from 1 to {of}")));
        }
        if sweep.own().next().is_none() {
            let n = sweep.points.len();
            return Err(usage(format!(
                "--shard: there are only {n} points, and this part would have none of them"
            )));
        }
        let (refused, cost) = try_out(document, overrides, &sweep)?;
        Ok(Self { sweep, refused, text: base.text, resolved, folder, cost })
    }

    /// What the whole of it will take, in words.
    pub fn cost(&self) -> String {
        let Cost { courses, epochs, most_weights, most_bytes } = self.cost;
        let points = self.sweep.own().count();
        let epochs = if epochs > 0 { format!(", {epochs} epochs in all") } else { String::new() };
        let (weights, mib) = (most_weights, (most_bytes >> 20).max(1));
        format!(
            "{points} points, {courses} courses (points x sides x seeds){epochs}; a point's network has up to {weights} weights \
             and needs about {mib} MiB"
        )
    }
}

/// The scenario at one point.
///
/// # Errors
/// [`HarnessError`] as [`check`].
pub(super) fn at(
    base: &Document,
    overrides: &[Override],
    sweep: &Sweep,
    point: usize,
) -> Result<Checked, HarnessError> {
    let values = sweep.varied.iter().zip(&sweep.points[point]).map(|(varied, value)| set(varied, *value));
    check(base.clone(), &overrides.iter().cloned().chain(values).collect::<Vec<_>>())
}

/// Checks every point; the first problem of a value with which nothing can be run is an error.
fn try_out(
    document: &Document,
    overrides: &[Override],
    sweep: &Sweep,
) -> Result<(Vec<Option<String>>, Cost), HarnessError> {
    let mut cost = Cost::default();
    let mut errors: Vec<Option<HarnessError>> = Vec::new();
    let own: Vec<usize> = sweep.own().collect();
    for point in 0..sweep.points.len() {
        let error = match at(document, overrides, sweep, point) {
            Err(HarnessError::Usage { words }) => return Err(usage(words.replace("--set", "--vary"))),
            Err(error) => Some(error),
            Ok(_) if !own.contains(&point) => None,
            Ok(checked) => {
                let scenario = &checked.scenario;
                let courses = scenario.seeds * scenario.side.len();
                cost.courses += courses;
                cost.epochs += courses * scenario.protocol.conduct().epochs();
                cost.most_weights = cost.most_weights.max(scenario.network().most_weights());
                cost.most_bytes = cost.most_bytes.max(preflight::bytes(scenario, 1));
                None
            }
        };
        errors.push(error);
    }
    let every = |is_it: &dyn Fn(&[f64]) -> bool| {
        let mut points = sweep.points.iter().zip(&errors).filter(|(point, _)| is_it(point)).peekable();
        points.peek().is_some() && points.all(|(_, error)| error.is_some())
    };
    let hopeless = |point: &[f64]| {
        let value = |at: usize| !sweep.varied[at].random && every(&|other| other[at] == point[at]);
        every(&|_| true) || (0..point.len()).any(value)
    };
    if let Some(at) = (0..errors.len()).find(|&at| errors[at].is_some() && hopeless(&sweep.points[at]))
        && let Some(error) = errors.swap_remove(at)
    {
        return Err(error);
    }
    Ok((errors.iter().map(|error| error.as_ref().map(super::work::reason)).collect(), cost))
}

/// Side and path of a metric.
fn named(metric: &str, sides: &IndexMap<String, String>) -> Result<(Option<String>, String), HarnessError> {
    let (side, path) = metric.split_once('.').filter(|(_, path)| !path.is_empty()).ok_or_else(|| {
        usage(format!("--metric {metric:?} is not of the form SIDE.PATH, such as backprop.test_accuracy"))
    })?;
    if !sides.contains_key(side) {
        let known = || sides.keys().map(String::as_str);
        let hint = nearest(side, known())
            .unwrap_or_else(|| format!("the sides are: {}", known().collect::<Vec<_>>().join(", ")));
        return Err(usage(format!("--metric {metric}: there is no side `{side}`; {hint}")));
    }
    Ok((Some(side.to_owned()), path.to_owned()))
}

fn usage(words: String) -> HarnessError {
    HarnessError::Usage { words }
}
