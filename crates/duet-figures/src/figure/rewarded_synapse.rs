//! One synapse among many that all hear the same rewards.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The weight of the rewarded synapse over time, against the spread of all others.
    ///
    /// # Behaviour
    /// One panel for each side, on the same axes. The band holds nine tenths of the other synapses, from the 5th to the 95th
    /// percentile; the line within it is their median, the dotted one above it the strongest of them. Above each panel
    /// stand rank and rewards at the end. First seed. Needs a run of `protocol.reward`.
    pub default struct RewardedSynapse {}
}

const NAME: &str = "rewarded_synapse";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 250.0;
const HEAD: f64 = 30.0;

/// What happened on one side.
struct Course<'c> {
    actor: &'c Actor,
    /// In s.
    time: Vec<f64>,
    rewarded: Vec<f64>,
    low: Vec<f64>,
    median: Vec<f64>,
    high: Vec<f64>,
    largest: Vec<f64>,
    rank: Vec<f64>,
    rewards: Vec<f64>,
}

impl Draw for RewardedSynapse {
    const NEEDS: &[Needs] = &[Needs::Rewards];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let courses: Vec<Course<'_>> =
            cast.iter().map(|actor| read(run, actor)).collect::<Result<_, FigureError>>()?;
        let first = courses.first().needed(NAME, "traces/SIDE/reward.csv")?;
        let entries = [
            (Swatch::Line(Pen::new(first.actor.color, 2.2)), "rewarded synapse".into()),
            (Swatch::Box(theme.muted, 0.25), "5th to 95th percentile of the others".into()),
            (Swatch::Line(Pen::new(theme.muted, 1.4)), "their median".into()),
            (Swatch::Line(strongest(theme)), "the strongest".into()),
        ];
        let key = legend::height(theme, FULL, &entries) + 6.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Does the synapse that earns the rewards stand out?".into(),
            note: "First seed. The rank is the share of the other synapses that are weaker. The axis of weights does not begin at zero.".into(),
            caption:
                "Every synapse hears every reward. A line that leaves the band is one that the rewards had a \
                      reason for."
                    .into(),
            alt: alt(&courses),
        };
        let height = key + courses.len() as f64 * (HEAD + PANEL);
        let drawing = sheet.draw(theme, height, csv(&courses)?, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            for (k, course) in courses.iter().enumerate() {
                let y = top + key + k as f64 * (HEAD + PANEL);
                canvas.text((MARGIN, y + HEAD / 2.0), &heading(course), theme.label, theme.ink, Align::Left);
                let area = Area { x: MARGIN, y: y + HEAD, w: FULL, h: PANEL - 10.0 };
                panel(canvas, theme, area, course, &courses);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Course<'c>, FigureError> {
    let table = run.trace(&actor.name, "reward", &[]).needed(NAME, "traces/SIDE/reward.csv")?;
    let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
    Ok(Course {
        actor,
        time: column("time_ms")?.iter().map(|ms| ms / 1000.0).collect(),
        rewarded: column("rewarded")?,
        low: column("low")?,
        median: column("median")?,
        high: column("high")?,
        largest: column("largest")?,
        rank: column("rank")?,
        rewards: column("rewards")?,
    })
}

fn strongest(theme: &Theme) -> Pen {
    Pen::new(theme.muted, 1.2).dashed(2.0, 3.0)
}

fn heading(course: &Course<'_>) -> String {
    let last = |list: &[f64]| number(list.last().copied().unwrap_or(f64::NAN));
    format!("{}: rank {} after {} rewards", course.actor.label, last(&course.rank), last(&course.rewards))
}

fn panel(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, course: &Course<'_>, all: &[Course<'_>]) {
    let last = all.iter().flat_map(|course| course.time.iter().copied()).fold(0.0, f64::max);
    let weights = all.iter().flat_map(|c| [&c.rewarded, &c.low, &c.largest]).flatten().copied();
    let (low, high) = range(weights).unwrap_or((0.0, 1.0));
    let y = Axis::nice("Weight", low, high, 4);
    let plot = Plot::inside(theme, area, Axis::linear("Time (s)", 0.0, last, 6), y);
    plot.axes(canvas);
    let line = |list: &[f64]| -> Vec<(f64, f64)> {
        let points = course.time.iter().zip(list).filter(|(_, w)| w.is_finite());
        points.map(|(&t, &w)| (plot.x(t), plot.y(w))).collect()
    };
    let band: Vec<(f64, f64)> =
        line(&course.high).into_iter().chain(line(&course.low).into_iter().rev()).collect();
    canvas.polygon(&band, theme.muted, 0.25);
    canvas.polyline(&line(&course.largest), strongest(theme));
    canvas.polyline(&line(&course.median), Pen::new(theme.muted, 1.4));
    let rewarded = line(&course.rewarded);
    canvas.polyline(&rewarded, Pen::new(course.actor.color, 2.2));
    // The marker at the end tells sides apart without colour.
    if let Some(&end) = rewarded.last() {
        canvas.marker(end, 4.0, course.actor.marker, course.actor.color);
    }
}

fn alt(courses: &[Course<'_>]) -> String {
    let one = |course: &Course<'_>| {
        let last = |list: &[f64]| number(list.last().copied().unwrap_or(f64::NAN));
        format!(
            "{}; weight {}, the others' 5th to 95th percentile {} to {}, the strongest {}.",
            heading(course),
            last(&course.rewarded),
            last(&course.low),
            last(&course.high),
            last(&course.largest)
        )
    };
    let words: Vec<String> = courses.iter().map(one).collect();
    format!("The rewarded synapse against all others over time. {}", words.join(" "))
}

fn csv(courses: &[Course<'_>]) -> Result<String, FigureError> {
    let all = |read: &dyn Fn(&Course<'_>) -> Vec<f64>| courses.iter().flat_map(read).collect::<Vec<f64>>();
    let sides =
        courses.iter().flat_map(|course| course.time.iter().map(|_| course.actor.name.clone())).collect();
    let table = Table::new()
        .with_texts("side", sides)?
        .with_numbers("time_s", all(&|course| course.time.clone()))?
        .with_numbers("rewarded", all(&|course| course.rewarded.clone()))?
        .with_numbers("low", all(&|course| course.low.clone()))?
        .with_numbers("median", all(&|course| course.median.clone()))?
        .with_numbers("high", all(&|course| course.high.clone()))?
        .with_numbers("largest", all(&|course| course.largest.clone()))?
        .with_numbers("rank", all(&|course| course.rank.clone()))?
        .with_numbers("rewards", all(&|course| course.rewards.clone()))?;
    Ok(table.to_csv())
}
