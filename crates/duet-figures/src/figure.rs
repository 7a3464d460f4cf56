//! The registry of figures: one file and one line per figure.

use duet_record::Run;
use duet_units::choice;

use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::theme::Theme;

mod accuracy;
mod activity;
mod attenuation;
mod bump;
mod codes;
mod comparison;
mod conduction;
mod confusion;
mod convergence;
mod correlogram;
mod cost;
mod data_efficiency;
mod decision_space;
mod descent;
mod detection;
mod fi_curve;
mod fluctuations;
mod forgetting;
mod gradient_check;
mod hidden_space;
mod isi_histogram;
mod latency;
mod layers;
mod learning_curves;
mod membrane;
mod mistakes;
mod patterns;
mod phase_plane;
mod principal_axes;
mod psp;
mod psychometric;
mod raster;
mod rates;
mod recall;
mod representation;
mod reversal;
mod rewarded_synapse;
mod robustness;
mod selectivity;
mod small_world;
mod space_time;
mod spectrum;
mod stdp_window;
mod step_through;
mod strength_duration;
mod topology;
mod transfer;
mod truth_table;
mod variability;
mod weight_length;
mod weights;

/// What a run must have recorded for a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Metrics of a protocol that answers: `metrics.json` with `test_accuracy`.
    Metrics,
    /// Metrics over epochs: `history.csv`.
    History,
    /// Answers over the test set: `traces/SIDE/confusion.csv`.
    Confusion,
    /// Spikes of one presentation, on at least one side: `traces/SIDE/spikes.csv`, `shown.json`.
    Spikes,
    /// Membrane potentials of one presentation, on at least one side: `traces/SIDE/POPULATION.v.csv`, `shown.json`.
    Voltages,
    /// Initial and final weights: `network/initial`, `network/final`.
    Weights,
    /// The network's outline: `network/topology.json`.
    Topology,
    /// Curves of `panel.latency`: `traces/SIDE/latency.csv`.
    Latency,
    /// Curves of `panel.robustness`: `traces/SIDE/robustness.csv`.
    Robustness,
    /// Curves of `panel.data_efficiency`: `traces/SIDE/data_efficiency.csv`.
    DataEfficiency,
    /// Curves of `panel.forgetting`: `traces/SIDE/forgetting.csv`.
    Forgetting,
    /// Likeness of hidden layers by `panel.representation`: `metrics.json`.
    Representation,
    /// What units do after weights were handed over, on at least one side: `traces/SIDE/transfer.csv`.
    Transfer,
    /// Paths of `protocol.descend`: `traces/bowl.csv`, `traces/SIDE/path.csv`.
    Path,
    /// A step of `protocol.step_through`: `traces/SIDE/units.csv`, `traces/SIDE/synapses.csv`.
    Step,
    /// Slopes of `protocol.gradient_check`: `traces/SIDE/slopes.csv`, `traces/SIDE/errors.csv`.
    Slopes,
    /// Curves of `protocol.fi_curve`: `traces/SIDE/fi_curve.csv`.
    FiCurve,
    /// The same under noise: `traces/SIDE/fi_curve.csv` with `cv`, and `traces/SIDE/shared_noise.csv` where cells share some.
    Fluctuations,
    /// Thresholds of `protocol.strength_duration`: `traces/SIDE/strength_duration.csv`.
    StrengthDuration,
    /// Errors of `protocol.convergence`: `traces/SIDE/convergence.csv`.
    Errors,
    /// Portraits of `protocol.phase_plane`: `traces/SIDE/nullclines.csv`, `flow.csv`, `fixed_points.csv`, `courses.csv`, `axes.csv`.
    Portraits,
    /// Answers of `protocol.truth_table`: `traces/SIDE/truth.csv`, `traces/SIDE/regions.csv`.
    Truth,
    /// Lines of `protocol.count_mistakes`: `traces/SIDE/lines.csv`, `points.csv`, `mistakes.csv`.
    Mistakes,
    /// Places of the test examples: `traces/SIDE/hidden_space.csv`, `hidden_border.csv`.
    HiddenSpace,
    /// Changes of `protocol.pairing`: `traces/SIDE/pairing.csv`.
    Pairing,
    /// Weights over the time of `protocol.reward`: `traces/SIDE/reward.csv`.
    Rewards,
    /// Counts of `protocol.repeat`: `traces/SIDE/variability.csv`, `precision.csv`.
    Counts,
    /// Readings of `protocol.transmit`: `traces/SIDE/code.csv`.
    Code,
    /// The course of `protocol.adapt`: `traces/SIDE/adaptation.csv`, `inputs.csv`, `components.csv`.
    Adaptation,
    /// Its answers to patterns: `traces/SIDE/answers.csv`.
    Answers,
    /// Potentials of `protocol.reversal`: `traces/SIDE/ions.csv`, `nernst.csv`, `states.csv`, `permeability.csv`.
    Potentials,
    /// V(x, t) of `protocol.cable`: `traces/SIDE/space_time.csv`.
    SpaceTime,
    /// A steady signal of `protocol.cable` on a passive cable: `traces/SIDE/profile.csv`, `frequencies.csv`.
    Profile,
    /// A spike of `protocol.cable` on an excitable cable: `traces/SIDE/arrivals.csv`, `velocities.csv`.
    Arrivals,
    /// Measurements of `protocol.psp`: `traces/SIDE/held.csv`, `psp.csv`, `released.csv`.
    Psp,
    /// Memories of `protocol.recall`: `traces/SIDE/recall.csv`, `theory.csv`.
    Memories,
    /// Answers of `protocol.detect_pattern`: `traces/SIDE/detection.csv`, `latest.csv`, `carriers.csv`.
    Detection,
    /// Answers of `protocol.decide`: `traces/SIDE/decisions.csv`, `fit.csv`.
    Decisions,
    /// Its plane, on at least one side: `traces/SIDE/decision_nullclines.csv`, `decision_points.csv`, `decision_ways.csv`.
    Ways,
    /// Places of `protocol.remember`: `traces/SIDE/bump.csv`, `places.csv`, `bump_profile.csv`, `cue.csv`.
    Places,
    /// Measures of `protocol.small_world`: `traces/SIDE/small_world.csv`.
    Graphs,
    /// Activity of `protocol.simulate`: `traces/SIDE/activity.csv`, `spikes.csv`, `shown.json`.
    Activity,
    /// Its cells, one by one: `traces/SIDE/cells.csv`, `shown.json`.
    Cells,
    /// Its rhythms: `traces/SIDE/spectrum.csv`, `shown.json`.
    Rhythms,
}

/// What a figure is to a report; implemented by its parameters.
pub(crate) trait Draw {
    /// What a run must have recorded for it.
    const NEEDS: &'static [Needs];

    /// Draws it: one drawing, or one per side or projection.
    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError>;
}

macro_rules! figures {
    ($($file:ident::$figure:ident = $word:literal),+ $(,)?) => {
        $(pub use $file::$figure;)+

        choice! {
            /// A figure, drawn from a run folder alone: `[[figure]]` with one of these as its key.
            pub enum Figure: "figure" { $($figure($figure) = $word),+ }
        }

        impl Figure {
            /// Every figure with its defaults, in the order in which a report shows them.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$figure($figure::default())),+]
            }

            /// What a run must have recorded for it.
            pub fn needs(&self) -> &'static [Needs] {
                match self {
                    $(Self::$figure(_) => $figure::NEEDS),+
                }
            }

            /// Draws it: one drawing, or one per side or projection.
            ///
            /// # Errors
            /// [`FigureError::NotRecorded`] if the run does not have what it shows, [`FigureError::Record`] if a file
            /// of the run cannot be read.
            pub fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
                match self {
                    $(Self::$figure(figure) => figure.draw(run, theme)),+
                }
            }
        }
    };
}

// In the order in which a report shows them.
figures! {
    comparison::Comparison = "comparison",
    learning_curves::LearningCurves = "learning_curves",
    accuracy::Accuracy = "accuracy",
    confusion::Confusion = "confusion",
    layers::Layers = "layers",
    topology::Topology = "topology",
    raster::Raster = "raster",
    membrane::Membrane = "membrane",
    weights::Weights = "weights",
    cost::Cost = "cost",
    latency::Latency = "latency",
    robustness::Robustness = "robustness",
    data_efficiency::DataEfficiency = "data_efficiency",
    forgetting::Forgetting = "forgetting",
    representation::Representation = "representation",
    transfer::Transfer = "transfer",
    descent::Descent = "descent",
    step_through::StepThrough = "step_through",
    gradient_check::GradientCheck = "gradient_check",
    truth_table::TruthTable = "truth_table",
    mistakes::Mistakes = "mistakes",
    hidden_space::HiddenSpace = "hidden_space",
    stdp_window::StdpWindow = "stdp_window",
    rewarded_synapse::RewardedSynapse = "rewarded_synapse",
    isi_histogram::IsiHistogram = "isi_histogram",
    correlogram::Correlogram = "correlogram",
    variability::Variability = "variability",
    codes::Codes = "codes",
    weight_length::WeightLength = "weight_length",
    principal_axes::PrincipalAxes = "principal_axes",
    selectivity::Selectivity = "selectivity",
    fi_curve::FiCurve = "fi_curve",
    fluctuations::Fluctuations = "fluctuations",
    strength_duration::StrengthDuration = "strength_duration",
    convergence::Convergence = "convergence",
    phase_plane::PhasePlane = "phase_plane",
    patterns::Patterns = "patterns",
    reversal::Reversal = "reversal",
    space_time::SpaceTime = "space_time",
    attenuation::Attenuation = "attenuation",
    conduction::Conduction = "conduction",
    psp::Psp = "psp",
    recall::Recall = "recall",
    detection::Detection = "detection",
    psychometric::Psychometric = "psychometric",
    decision_space::DecisionSpace = "decision_space",
    bump::Bump = "bump",
    small_world::SmallWorld = "small_world",
    activity::Activity = "activity",
    rates::Rates = "rates",
    spectrum::Spectrum = "spectrum",
}

#[cfg(test)]
mod tests {
    use duet_units::{Describe, Shape};

    use super::*;

    #[test]
    fn every_figure_has_a_page_and_is_listed_once() {
        let Shape::Choice { entries, .. } = Figure::shape() else { panic!("a choice") };
        let mut names: Vec<&str> = Figure::all().iter().map(Figure::name).collect();
        for entry in &entries {
            let page = entry.page();
            assert!(page.summary().ends_with('.'), "{}: {}", entry.name, page.summary());
            assert!(page.section("Behaviour").is_some(), "{}", entry.name);
            assert!(names.contains(&entry.name), "{}", entry.name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), entries.len());
    }

    #[test]
    fn a_figure_is_read_from_its_spec() {
        let figure: Figure = serde_json::from_str(r#"{"membrane": {"cells": 2}}"#).unwrap();
        assert_eq!(figure, Figure::Membrane(Membrane { cells: 2 }));
        assert!(serde_json::from_str::<Figure>(r#"{"membrane": {"cels": 2}}"#).is_err());
        assert!(serde_json::from_str::<Figure>(r#"{"membrane": {"cells": 0}}"#).is_err());
    }
}
