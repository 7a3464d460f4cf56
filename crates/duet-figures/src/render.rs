//! Drawing a run: all figures it asks for, and the report, into its folder.

use std::path::{Path, PathBuf};

use duet_record::{Run, Story, layout};

use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::figure::Figure;
use crate::png::png;
use crate::report::report;
use crate::theme::Theme;

/// A figure that was asked for and could not be drawn because the run did not record what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The figure's name.
    pub figure: &'static str,
    /// Why, as a sentence.
    pub why: String,
}

/// What [`render`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The run's folder.
    pub folder: PathBuf,
    /// Paths below it, in the order written.
    pub files: Vec<String>,
    /// Figures that were asked for but not recorded.
    pub skipped: Vec<Skipped>,
}

/// The figures that a story asks for; all there are where it asks for none.
///
/// # Errors
/// [`FigureError::BadSpec`] for an entry that is no figure of this version.
pub fn figures_of(story: &Story) -> Result<Vec<Figure>, FigureError> {
    if story.figures.is_empty() {
        return Ok(Figure::all());
    }
    let read = |(at, spec): (usize, &serde_json::Value)| {
        serde_json::from_value(spec.clone())
            .map_err(|error| FigureError::BadSpec { position: at + 1, what: error.to_string() })
    };
    story.figures.iter().enumerate().map(read).collect()
}

/// Draws figures. Those whose data the run did not record are named in the second list.
///
/// # Errors
/// [`FigureError::Record`] if a file of the run is broken, [`FigureError::Drawing`] if the drawing library refuses.
pub fn draw_all(
    run: &Run,
    figures: &[Figure],
    theme: &Theme,
) -> Result<(Vec<Drawing>, Vec<Skipped>), FigureError> {
    let mut drawings: Vec<Drawing> = Vec::new();
    let mut skipped = Vec::new();
    for figure in figures {
        match figure.draw(run, theme) {
            Ok(drawn) => drawings.extend(drawn),
            Err(error) if error.is_not_recorded() => {
                skipped.push(Skipped { figure: figure.name(), why: error.to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    // The same figure twice with other parameters must not overwrite itself.
    for at in 0..drawings.len() {
        let taken = |name: &str| drawings[..at].iter().any(|earlier| earlier.name == name);
        let name = drawings[at].name.clone();
        let free = (2..=drawings.len() + 1).map(|n| format!("{name}-{n}")).find(|next| !taken(next));
        if taken(&name) {
            drawings[at].name = free.unwrap_or(name);
        }
    }
    Ok((drawings, skipped))
}

/// Draws the figures that a run asks for into `figures/`, as NAME.svg, NAME.png and NAME.csv, and writes
/// `report.html`. Nothing else of the folder is touched, and each file appears whole or not at all.
///
/// # Errors
/// [`FigureError::Record`] if the folder is no run, a file of it is broken, or writing fails;
/// [`FigureError::BadSpec`] and [`FigureError::Drawing`] as for [`figures_of`] and [`draw_all`].
pub fn render(path: &Path) -> Result<Rendered, FigureError> {
    let run = Run::open(path)?;
    let story = run.story()?;
    let asked = !story.figures.is_empty();
    let (drawings, mut skipped) = draw_all(&run, &figures_of(&story)?, &Theme::default())?;
    if !asked {
        // Nobody asked for the missing ones.
        skipped.clear();
    }
    let html = report(&run, &drawings, &skipped)?;
    let mut files = Vec::new();
    let mut put = |file: String, bytes: &[u8]| -> Result<(), FigureError> {
        run.write_drawn(&file, bytes)?;
        files.push(file);
        Ok(())
    };
    for drawing in &drawings {
        put(layout::figure(&drawing.name, "svg"), drawing.svg.as_bytes())?;
        put(layout::figure(&drawing.name, "png"), &png(&drawing.name, &drawing.svg)?)?;
        put(layout::figure(&drawing.name, "csv"), drawing.csv.as_bytes())?;
    }
    put(layout::REPORT.to_owned(), html.as_bytes())?;
    run.settle_drawn(&files)?;
    Ok(Rendered { folder: run.path().to_owned(), files, skipped })
}
