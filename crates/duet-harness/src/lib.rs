//! Scenarios, protocols and the comparison: from a TOML file to a run folder.
//!
//! ```text
//! find ─> Document ─> check ─> Checked ─> run ─> run folder ─> figures, report
//! ```
//!
//! A scenario's tables are declared where they are used (duet-topology, duet-ann, duet-spiking, duet-tasks,
//! duet-figures); [`scenario`] joins them, [`catalog`] and [`schema`] read them back for people and editors.
#![forbid(unsafe_code)]

pub mod builtin;
pub mod catalog;
mod checkpoint;
pub mod compare;
mod diagnostics;
mod error;
pub mod learner;
mod measure;
pub mod panel;
mod preflight;
mod progress;
pub mod protocol;
mod run;
pub mod scenario;
pub mod schema;
pub mod statistics;
mod story;
mod summary;
pub mod sweep;
mod target;
mod write;

pub use diagnostics::{Diagnostic, line_and_column};
pub use error::HarnessError;
pub use progress::{Pace, Progress, Silent, SimulationPace};
pub use run::{Finished, Options, Origin, resume, run};
pub use scenario::{Checked, Document, Override, Scenario, check};
pub use summary::summary;
