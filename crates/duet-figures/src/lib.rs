//! Figures and the report, drawn from run folders alone.
//!
//! [`render`] draws every figure that a run asks for, as SVG, PNG and CSV, and the self-contained `report.html`, into
//! the run's folder. All of it is a pure function of the rest of the folder: two renders give the same bytes.
//! [`draw_all`] gives the drawings without writing anything.
//!
//! A figure is one file below `figure/` and one line in the table of [`Figure`]. Looks live in [`Theme`]; the sides of
//! a comparison have one colour and one marker in every figure.
#![forbid(unsafe_code)]

mod axis;
mod canvas;
mod cast;
mod crowd;
mod curves;
mod drawing;
mod error;
mod escape;
mod figure;
mod font;
mod heat;
mod legend;
mod measure;
mod plot;
mod png;
mod presentation;
mod render;
mod report;
mod rows;
mod sweep;
mod theme;
mod tidy;
mod trains;

pub use drawing::Drawing;
pub use error::FigureError;
pub use escape::{clean, html};
pub use figure::*;
pub use png::png;
pub use render::{Rendered, Skipped, draw_all, figures_of, render};
pub use report::report;
pub use sweep::render_sweep;
pub use theme::{Marker, Rgb, Theme};
