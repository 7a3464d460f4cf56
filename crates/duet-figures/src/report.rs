//! The report: one HTML file that opens from disk, with no network, no script and no font to load.

use duet_record::{Metrics, Run, Story};

use crate::cast::{Actor, cast};
use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::escape::html;
use crate::render::Skipped;
use crate::theme::Theme;

mod closing;
mod figures;
mod network;
mod numbers;
mod opening;
mod shared;
mod sides;
mod targets;

const STYLE: &str = include_str!("report/style.css");

/// What every section is made from.
struct Source<'r> {
    story: &'r Story,
    metrics: &'r Metrics,
    cast: &'r [Actor],
}

/// The report of a run with these drawings. A pure function of the run's files: no wall-clock fact is in it.
///
/// # Errors
/// [`FigureError::Record`] if `story.json` is missing, or it or `metrics.json` is broken.
pub fn report(run: &Run, drawings: &[Drawing], skipped: &[Skipped]) -> Result<String, FigureError> {
    let story = run.story()?;
    let metrics = match run.metrics() {
        Ok(metrics) => metrics,
        Err(error) if error.is_missing() => Metrics::default(),
        Err(error) => return Err(error.into()),
    };
    let cast = cast(run, &Theme::default())?;
    let source = Source { story: &story, metrics: &metrics, cast: &cast };
    let sections = [
        sides::section(&source),
        network::section(&source),
        figures::section(drawings, skipped),
        shared::section(&source),
        numbers::section(&source),
        targets::section(&source),
        closing::section(&source),
    ];
    let title = if story.title.trim().is_empty() { &story.question } else { &story.title };
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}<main>\n{}</main>\n</body>\n</html>\n",
        html(title),
        opening::header(&source, &sections),
        each(&sections, Section::html),
    ))
}

/// A part of the report; empty ones leave no trace.
struct Section {
    id: &'static str,
    heading: &'static str,
    body: String,
}

impl Section {
    fn html(&self) -> String {
        if self.body.is_empty() {
            return String::new();
        }
        let Self { id, heading, body } = self;
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{heading}</h2>\n{body}</section>\n"
        )
    }
}

/// More columns than this are no table any more.
const MOST_COLUMNS: usize = 9;

/// A table that becomes a list of cards on narrow screens, and on every screen where it has too many columns: each cell
/// carries its column's heading.
fn table(class: &str, caption: &str, columns: &[String], rows: &[Vec<String>]) -> String {
    let head = each(columns, |column| format!("<th scope=\"col\">{column}</th>"));
    let row = |cells: &Vec<String>| {
        let cells = each(columns.iter().zip(cells).enumerate(), |(at, (column, cell))| match at {
            0 => format!("<th scope=\"row\">{cell}</th>"),
            _ => format!("<td data-label=\"{column}\">{cell}</td>"),
        });
        format!("<tr>{cells}</tr>\n")
    };
    let body = each(rows, row);
    let wide = if columns.len() > MOST_COLUMNS { " wide" } else { "" };
    format!(
        "<table class=\"{class}{wide}\">\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n\
         <tbody>\n{body}</tbody>\n</table>\n"
    )
}

/// The HTML of every item, one after the other.
fn each<T>(items: impl IntoIterator<Item = T>, html: impl FnMut(T) -> String) -> String {
    items.into_iter().map(html).collect()
}

/// A side's name with its colour in front.
fn side_name(actor: &Actor) -> String {
    format!("<span class=\"dot\" style=\"background:{}\"></span>{}", actor.color.hex(), html(&actor.label))
}

impl Source<'_> {
    /// A metric path's first word is a side's name in the scenario: shown as people call it.
    fn label(&self, name: &str) -> String {
        self.cast
            .iter()
            .find(|actor| actor.name == name)
            .map_or_else(|| html(name), |actor| html(&actor.label))
    }
}
