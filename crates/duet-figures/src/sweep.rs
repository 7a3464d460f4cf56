//! The figure of a sweep, drawn from its folder alone: lines over one field, a map over two.

mod lines;
mod map;

use duet_record::{RecordError, Run, Sweep, SweepCell, SweepRow, layout};

use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::escape::clean;
use crate::png::png;
use crate::render::Rendered;
use crate::theme::{Marker, Rgb, Theme};

const NAME: &str = "sweep";

/// A side and what it reached at every point.
struct Course {
    name: String,
    label: String,
    color: Rgb,
    marker: Marker,
    /// One per point; `None` where the point came to nothing, or the metric does not exist there.
    cells: Vec<Option<SweepCell>>,
}

impl Course {
    fn value(&self, point: usize) -> Option<f64> {
        self.cells.get(point)?.as_ref()?.value
    }

    fn ci95(&self, point: usize) -> Option<[f64; 2]> {
        self.cells.get(point)?.as_ref()?.ci95
    }
}

/// A sweep with the metric that is shown.
struct Shown {
    sweep: Sweep,
    courses: Vec<Course>,
    /// The metric in words, with its unit.
    title: String,
    /// The metric in words.
    metric: String,
    /// Its unit; empty for a pure number.
    unit: String,
}

/// Draws `figures/sweep` of a finished sweep. Over one field every side is a line; over two, every side is a map; over more,
/// there is the table and no figure.
///
/// # Errors
/// [`FigureError::NotRecorded`] where no point has the metric; else as [`crate::render`].
pub fn render_sweep(path: &std::path::Path) -> Result<Rendered, FigureError> {
    let run = Run::open(path)?;
    let drawings = draw(&run, &Theme::default())?;
    let mut files = Vec::new();
    for drawing in &drawings {
        let picture = png(&drawing.name, &drawing.svg)?;
        for (end, bytes) in
            [("svg", drawing.svg.as_bytes()), ("png", &picture), ("csv", drawing.csv.as_bytes())]
        {
            let file = layout::figure(&drawing.name, end);
            run.write_drawn(&file, bytes)?;
            files.push(file);
        }
    }
    run.settle_drawn(&files)?;
    Ok(Rendered { folder: run.path().to_owned(), files, skipped: Vec::new() })
}

fn draw(run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
    let sweep = run.sweep()?;
    if sweep.points.iter().any(|point| point.len() != sweep.varied.len()) {
        let what = "a point has more or fewer values than there are varied fields".to_owned();
        return Err(RecordError::Corrupt { path: run.path().join(layout::SWEEP), what }.into());
    }
    let rows = (1..=sweep.points.len()).map(|point| run.sweep_row(point)).collect::<Result<Vec<_>, _>>()?;
    match sweep.varied.len() {
        1 => Ok(vec![lines::draw(&shown(sweep, &rows, theme)?, theme)?]),
        2 => map::draw(&shown(sweep, &rows, theme)?, theme),
        _ => Ok(Vec::new()),
    }
}

fn shown(sweep: Sweep, rows: &[SweepRow], theme: &Theme) -> Result<Shown, FigureError> {
    let path = sweep.metric.as_str();
    let course = |(at, (name, label)): (usize, (&String, &String))| Course {
        name: name.clone(),
        label: clean(label),
        color: theme.side(at),
        marker: theme.marker(at),
        cells: rows.iter().map(|row| row.get(name, path).cloned()).collect(),
    };
    let asked = |course: &Course| sweep.metric_of.as_ref().is_none_or(|side| *side == course.name);
    let mut courses: Vec<Course> = sweep.sides.iter().enumerate().map(course).filter(asked).collect();
    courses.retain(|course| (0..rows.len()).any(|point| course.value(point).is_some()));
    let unit =
        courses.iter().flat_map(|course| course.cells.iter().flatten()).map(|cell| cell.unit.as_str()).next();
    let Some(unit) = unit else {
        let own = rows.iter().flat_map(|row| row.sides.values()).flat_map(|own| own.keys());
        let mut known: Vec<&str> = own.map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let needs = format!("a metric `{path}` at any point; the metrics are: {known}");
        return Err(FigureError::NotRecorded { figure: NAME, needs });
    };
    let (word, point) = path.split_at(path.find('[').unwrap_or(path.len()));
    let metric = clean(&format!("{}{point}", word.replace(['_', '.'], " ")));
    let unit = if unit == "1" { String::new() } else { clean(unit) };
    let mut title = if unit.is_empty() { metric.clone() } else { format!("{metric} ({unit})") };
    if let Some(first) = title.get(..1) {
        title = format!("{}{}", first.to_uppercase(), &title[1..]);
    }
    Ok(Shown { sweep, courses, title, metric, unit })
}

impl Shown {
    /// The last key of a field's path: what it is called among people.
    fn field(&self, at: usize) -> String {
        let path = &self.sweep.varied[at].path;
        clean(path.rsplit('.').next().unwrap_or(path))
    }

    /// The values of a field at all points.
    fn values(&self, at: usize) -> Vec<f64> {
        self.sweep.points.iter().map(|point| point[at]).collect()
    }

    /// The numbers behind the figure.
    fn csv(&self, courses: &[&Course]) -> Result<String, FigureError> {
        let mut table = duet_record::Table::new();
        for (at, varied) in self.sweep.varied.iter().enumerate() {
            table = table.with_numbers(&varied.title(), self.values(at))?;
        }
        let points = 0..self.sweep.points.len();
        for course in courses {
            let value = |point| course.value(point).unwrap_or(f64::NAN);
            table = table.with_numbers(&course.name, points.clone().map(value).collect())?;
            for (end, word) in ["low", "high"].into_iter().enumerate() {
                let bound = |point| course.ci95(point).map_or(f64::NAN, |ci95| ci95[end]);
                table = table.with_numbers(
                    &format!("{}.ci95_{word}", course.name),
                    points.clone().map(bound).collect(),
                )?;
            }
        }
        Ok(table.to_csv())
    }
}
