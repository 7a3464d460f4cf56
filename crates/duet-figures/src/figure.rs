//! The registry of figures: one file and one line per figure.

use duet_record::Run;
use duet_units::choice;

use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::theme::Theme;

mod accuracy;
mod attenuation;
mod codes;
mod comparison;
mod conduction;
mod confusion;
mod convergence;
mod correlogram;
mod cost;
mod decision_space;
mod descent;
mod detection;
mod fi_curve;
mod gradient_check;
mod hidden_space;
mod isi_histogram;
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
mod recall;
mod reversal;
mod rewarded_synapse;
mod selectivity;
mod small_world;
mod space_time;
mod stdp_window;
mod step_through;
mod strength_duration;
mod topology;
mod truth_table;
mod variability;
mod weight_length;
mod weights;

pub use accuracy::Accuracy;
pub use attenuation::Attenuation;
pub use codes::Codes;
pub use comparison::Comparison;
pub use conduction::Conduction;
pub use confusion::Confusion;
pub use convergence::Convergence;
pub use correlogram::Correlogram;
pub use cost::Cost;
pub use decision_space::DecisionSpace;
pub use descent::Descent;
pub use detection::Detection;
pub use fi_curve::FiCurve;
pub use gradient_check::GradientCheck;
pub use hidden_space::HiddenSpace;
pub use isi_histogram::IsiHistogram;
pub use layers::Layers;
pub use learning_curves::LearningCurves;
pub use membrane::Membrane;
pub use mistakes::Mistakes;
pub use patterns::Patterns;
pub use phase_plane::PhasePlane;
pub use principal_axes::PrincipalAxes;
pub use psp::Psp;
pub use psychometric::Psychometric;
pub use raster::Raster;
pub use recall::Recall;
pub use reversal::Reversal;
pub use rewarded_synapse::RewardedSynapse;
pub use selectivity::Selectivity;
pub use small_world::SmallWorld;
pub use space_time::SpaceTime;
pub use stdp_window::StdpWindow;
pub use step_through::StepThrough;
pub use strength_duration::StrengthDuration;
pub use topology::Topology;
pub use truth_table::TruthTable;
pub use variability::Variability;
pub use weight_length::WeightLength;
pub use weights::Weights;

choice! {
    /// A figure, drawn from a run folder alone: `[[figure]]` with one of these as its key.
    pub enum Figure: "figure" {
        Comparison(Comparison) = "comparison",
        LearningCurves(LearningCurves) = "learning_curves",
        Accuracy(Accuracy) = "accuracy",
        Confusion(Confusion) = "confusion",
        Layers(Layers) = "layers",
        Raster(Raster) = "raster",
        Membrane(Membrane) = "membrane",
        Weights(Weights) = "weights",
        Topology(Topology) = "topology",
        Cost(Cost) = "cost",
        Descent(Descent) = "descent",
        StepThrough(StepThrough) = "step_through",
        GradientCheck(GradientCheck) = "gradient_check",
        TruthTable(TruthTable) = "truth_table",
        Mistakes(Mistakes) = "mistakes",
        HiddenSpace(HiddenSpace) = "hidden_space",
        StdpWindow(StdpWindow) = "stdp_window",
        RewardedSynapse(RewardedSynapse) = "rewarded_synapse",
        IsiHistogram(IsiHistogram) = "isi_histogram",
        Correlogram(Correlogram) = "correlogram",
        Variability(Variability) = "variability",
        Codes(Codes) = "codes",
        WeightLength(WeightLength) = "weight_length",
        PrincipalAxes(PrincipalAxes) = "principal_axes",
        Selectivity(Selectivity) = "selectivity",
        FiCurve(FiCurve) = "fi_curve",
        StrengthDuration(StrengthDuration) = "strength_duration",
        Convergence(Convergence) = "convergence",
        PhasePlane(PhasePlane) = "phase_plane",
        Patterns(Patterns) = "patterns",
        Reversal(Reversal) = "reversal",
        SpaceTime(SpaceTime) = "space_time",
        Attenuation(Attenuation) = "attenuation",
        Conduction(Conduction) = "conduction",
        Psp(Psp) = "psp",
        Recall(Recall) = "recall",
        Detection(Detection) = "detection",
        Psychometric(Psychometric) = "psychometric",
        DecisionSpace(DecisionSpace) = "decision_space",
        SmallWorld(SmallWorld) = "small_world",
    }
}

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
    /// Paths of `protocol.descend`: `traces/bowl.csv`, `traces/SIDE/path.csv`.
    Path,
    /// A step of `protocol.step_through`: `traces/SIDE/units.csv`, `traces/SIDE/synapses.csv`.
    Step,
    /// Slopes of `protocol.gradient_check`: `traces/SIDE/slopes.csv`, `traces/SIDE/errors.csv`.
    Slopes,
    /// Curves of `protocol.fi_curve`: `traces/SIDE/fi_curve.csv`.
    FiCurve,
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
    /// Measures of `protocol.small_world`: `traces/SIDE/small_world.csv`.
    Graphs,
}

impl Figure {
    /// Every figure with its defaults, in the order in which a report shows them.
    pub fn all() -> Vec<Self> {
        vec![
            Self::Comparison(Comparison::default()),
            Self::LearningCurves(LearningCurves::default()),
            Self::Accuracy(Accuracy::default()),
            Self::Confusion(Confusion::default()),
            Self::Layers(Layers::default()),
            Self::Topology(Topology::default()),
            Self::Raster(Raster::default()),
            Self::Membrane(Membrane::default()),
            Self::Weights(Weights::default()),
            Self::Cost(Cost::default()),
            Self::Descent(Descent::default()),
            Self::StepThrough(StepThrough::default()),
            Self::GradientCheck(GradientCheck::default()),
            Self::TruthTable(TruthTable::default()),
            Self::Mistakes(Mistakes::default()),
            Self::HiddenSpace(HiddenSpace::default()),
            Self::StdpWindow(StdpWindow::default()),
            Self::RewardedSynapse(RewardedSynapse::default()),
            Self::IsiHistogram(IsiHistogram::default()),
            Self::Correlogram(Correlogram::default()),
            Self::Variability(Variability::default()),
            Self::Codes(Codes::default()),
            Self::WeightLength(WeightLength::default()),
            Self::PrincipalAxes(PrincipalAxes::default()),
            Self::Selectivity(Selectivity::default()),
            Self::FiCurve(FiCurve::default()),
            Self::StrengthDuration(StrengthDuration::default()),
            Self::Convergence(Convergence::default()),
            Self::PhasePlane(PhasePlane::default()),
            Self::Patterns(Patterns::default()),
            Self::Reversal(Reversal::default()),
            Self::SpaceTime(SpaceTime::default()),
            Self::Attenuation(Attenuation::default()),
            Self::Conduction(Conduction::default()),
            Self::Psp(Psp::default()),
            Self::Recall(Recall::default()),
            Self::Detection(Detection::default()),
            Self::Psychometric(Psychometric::default()),
            Self::DecisionSpace(DecisionSpace::default()),
            Self::SmallWorld(SmallWorld::default()),
        ]
    }

    /// What a run must have recorded for it.
    pub fn needs(&self) -> &'static [Needs] {
        match self {
            Self::Comparison(_) | Self::Accuracy(_) | Self::Cost(_) => &[Needs::Metrics],
            Self::LearningCurves(_) | Self::Layers(_) => &[Needs::History],
            Self::Confusion(_) => &[Needs::Confusion],
            Self::Raster(_) | Self::IsiHistogram(_) | Self::Correlogram(_) => &[Needs::Spikes],
            Self::Membrane(_) | Self::Patterns(_) => &[Needs::Voltages, Needs::Spikes],
            Self::Weights(_) => &[Needs::Weights, Needs::Topology],
            Self::Topology(_) => &[Needs::Topology],
            Self::Descent(_) => &[Needs::Path],
            Self::StepThrough(_) => &[Needs::Step],
            Self::GradientCheck(_) => &[Needs::Slopes],
            Self::TruthTable(_) => &[Needs::Truth],
            Self::Mistakes(_) => &[Needs::Mistakes],
            Self::HiddenSpace(_) => &[Needs::HiddenSpace],
            Self::StdpWindow(_) => &[Needs::Pairing],
            Self::RewardedSynapse(_) => &[Needs::Rewards],
            Self::Variability(_) => &[Needs::Counts],
            Self::Codes(_) => &[Needs::Code],
            Self::WeightLength(_) | Self::PrincipalAxes(_) => &[Needs::Adaptation],
            Self::Selectivity(_) => &[Needs::Answers],
            Self::FiCurve(_) => &[Needs::FiCurve],
            Self::StrengthDuration(_) => &[Needs::StrengthDuration],
            Self::Convergence(_) => &[Needs::Errors],
            Self::PhasePlane(_) => &[Needs::Portraits],
            Self::Reversal(_) => &[Needs::Potentials],
            Self::SpaceTime(_) => &[Needs::SpaceTime],
            Self::Attenuation(_) => &[Needs::Profile],
            Self::Conduction(_) => &[Needs::Arrivals],
            Self::Psp(_) => &[Needs::Psp],
            Self::Recall(_) => &[Needs::Memories],
            Self::Detection(_) => &[Needs::Detection],
            Self::Psychometric(_) => &[Needs::Decisions],
            Self::DecisionSpace(_) => &[Needs::Ways],
            Self::SmallWorld(_) => &[Needs::Graphs],
        }
    }

    /// Draws it: one drawing, or one per side or projection.
    ///
    /// # Errors
    /// [`FigureError::NotRecorded`] if the run does not have what it shows, [`FigureError::Record`] if a file of the
    /// run cannot be read.
    pub fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        match self {
            Self::Comparison(_) => Comparison::draw(run, theme),
            Self::LearningCurves(_) => LearningCurves::draw(run, theme),
            Self::Accuracy(_) => Accuracy::draw(run, theme),
            Self::Confusion(_) => Confusion::draw(run, theme),
            Self::Layers(_) => Layers::draw(run, theme),
            Self::Raster(_) => Raster::draw(run, theme),
            Self::Membrane(figure) => figure.draw(run, theme),
            Self::Weights(figure) => figure.draw(run, theme),
            Self::Topology(_) => Topology::draw(run, theme),
            Self::Cost(_) => Cost::draw(run, theme),
            Self::Descent(_) => Descent::draw(run, theme),
            Self::StepThrough(_) => StepThrough::draw(run, theme),
            Self::GradientCheck(_) => GradientCheck::draw(run, theme),
            Self::TruthTable(_) => TruthTable::draw(run, theme),
            Self::Mistakes(_) => Mistakes::draw(run, theme),
            Self::HiddenSpace(_) => HiddenSpace::draw(run, theme),
            Self::StdpWindow(_) => StdpWindow::draw(run, theme),
            Self::RewardedSynapse(_) => RewardedSynapse::draw(run, theme),
            Self::IsiHistogram(figure) => figure.draw(run, theme),
            Self::Correlogram(figure) => figure.draw(run, theme),
            Self::Variability(_) => Variability::draw(run, theme),
            Self::Codes(_) => Codes::draw(run, theme),
            Self::WeightLength(_) => WeightLength::draw(run, theme),
            Self::PrincipalAxes(_) => PrincipalAxes::draw(run, theme),
            Self::Selectivity(_) => Selectivity::draw(run, theme),
            Self::FiCurve(_) => FiCurve::draw(run, theme),
            Self::StrengthDuration(_) => StrengthDuration::draw(run, theme),
            Self::Convergence(_) => Convergence::draw(run, theme),
            Self::PhasePlane(_) => PhasePlane::draw(run, theme),
            Self::Patterns(figure) => figure.draw(run, theme),
            Self::Reversal(_) => Reversal::draw(run, theme),
            Self::SpaceTime(_) => SpaceTime::draw(run, theme),
            Self::Attenuation(_) => Attenuation::draw(run, theme),
            Self::Conduction(_) => Conduction::draw(run, theme),
            Self::Psp(_) => Psp::draw(run, theme),
            Self::Recall(_) => Recall::draw(run, theme),
            Self::Detection(_) => Detection::draw(run, theme),
            Self::Psychometric(_) => Psychometric::draw(run, theme),
            Self::DecisionSpace(_) => DecisionSpace::draw(run, theme),
            Self::SmallWorld(_) => SmallWorld::draw(run, theme),
        }
    }
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
