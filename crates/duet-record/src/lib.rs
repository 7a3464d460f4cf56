//! Run folders: what a run leaves behind, how it is written whole or not at all, and how it is read back.
//!
//! A run is a folder. [`RunFolder`] writes one, as `NAME.part` until it is whole; [`Run`] reads one. What lies
//! where is said once, in [`layout`]. Every file has a type here: [`Metrics`], [`History`], [`Story`],
//! [`TopologySketch`], [`Shown`], [`Table`], [`WeightMatrix`] and [`Manifest`].
//!
//! Nothing in this crate panics on what a file holds, and no size is taken from a header before the file's own
//! length has been held against it.
#![forbid(unsafe_code)]

mod arrays;
mod csv;
mod error;
mod folder;
pub mod format;
mod hash;
mod history;
pub mod layout;
mod manifest;
mod metrics;
pub mod npy;
mod npz;
mod run;
mod safetensors;
mod shown;
mod spike_table;
mod spikes;
mod story;
mod sweep;
mod table;
mod topology;
mod weights;
mod whole;

pub use arrays::{NamedArray, final_arrays};
pub use error::RecordError;
pub use folder::{Reopened, RunFolder};
pub use history::{History, HistoryRow};
pub use manifest::{Manifest, SideTiming};
pub use metrics::{Bound, Metric, Metrics, TargetResult, Verdict};
pub use npz::to_npz;
pub use run::Run;
pub use safetensors::to_safetensors;
pub use shown::{Shown, ShownPopulation, ShownVariable};
pub use spike_table::export_spikes;
pub use spikes::{Spikes, append_spikes, spikes_header};
pub use story::{
    Diagnosis, Equations, LayerStory, Parameter, Physics, Severity, SharedFact, SideStory, Story, TaskStory,
};
pub use sweep::{Sweep, SweepCell, SweepRow, Varied};
pub use table::{Column, Table};
pub use topology::{PopulationSketch, ProjectionSketch, Role, TopologySketch};
pub use weights::{WeightMatrix, bias_to_npy};
pub use whole::write_new;
