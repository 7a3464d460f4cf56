//! What is left of the right answers when something is disturbed.

use duet_record::Run;
use duet_units::parameters;

use super::{Draw, Needs};
use crate::curves::{self, Knob, Look, Words};
use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::theme::Theme;

parameters! {
    /// Share of right answers against the strength of noise, lesions, rounding and attacks, every side with the same knobs.
    ///
    /// # Behaviour
    /// Markers are means over seeds, bands their 95 % intervals. All knobs get worse to the right. A side that cannot be
    /// disturbed in some way (an attack needs a gradient) has no line there. Needs `panel.robustness`.
    pub default struct Robustness {}
}

const NAME: &str = "robustness";

impl Draw for Robustness {
    const NEEDS: &[Needs] = &[Needs::Robustness];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let words = Words {
            title: "What is left when something breaks?",
            note: "Means over seeds with 95 % intervals. Under one seed all sides meet the same noise and lose the same cells and synapses.",
            caption: "The share of right answers, every side with the same knob; damage grows to the right.",
        };
        curves::drawing(run, theme, (NAME, "traces/SIDE/robustness.csv"), &words, look)
    }
}

fn look(name: &str) -> Look {
    let (x, knob) = match name {
        "input_noise" => ("Noise on the numbers (standard deviation)", Knob::Linear),
        "weight_noise" => ("Noise on the weights (share of their rms)", Knob::Linear),
        "neuron_lesion" => ("Hidden cells silenced (%)", Knob::Share),
        "synapse_lesion" => ("Synapses cut (%)", Knob::Share),
        "bits" => ("Bits per weight", Knob::Falling),
        "fgsm" => ("Step of an attack along the gradient's sign", Knob::Linear),
        _ => ("Strength", Knob::Linear),
    };
    Look { x, y: "Right answers (%)".into(), knob, is_share: true }
}
