//! What is left of the right answers when something is disturbed.

use duet_record::Run;
use duet_units::parameters;

use super::{Draw, Needs};
use crate::cast::cast;
use crate::curves::{self, FULL, Knob, Look};
use crate::drawing::{Drawing, MARGIN, Sheet};
use crate::error::{FigureError, Needed};
use crate::legend::{self, legend};
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
        let cast = cast(run, theme)?;
        let families = curves::read(run, &cast, NAME)?;
        (!families.is_empty()).then_some(()).needed(NAME, "traces/SIDE/robustness.csv")?;
        let entries = curves::key(&cast);
        let above = legend::height(theme, FULL, &entries) + 8.0;
        let alt: Vec<String> =
            families.iter().map(|family| curves::alt(family, &look(&family.name))).collect();
        let sheet = Sheet {
            name: NAME.into(),
            title: "What is left when something breaks?".into(),
            note: "Means over seeds with 95 % intervals. Under one seed all sides meet the same noise and lose the same cells and synapses."
                .into(),
            caption: "The share of right answers, every side with the same knob; damage grows to the right.".into(),
            alt: alt.join(" "),
        };
        let height = above + curves::height(families.len());
        let drawing = sheet.draw(theme, height, curves::csv(&families)?, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            curves::draw(canvas, theme, top + above, &families, look);
        })?;
        Ok(vec![drawing])
    }
}

fn look(name: &str) -> Look<'static> {
    let (x, knob) = match name {
        "input_noise" => ("Noise on the numbers (standard deviation)", Knob::Linear),
        "weight_noise" => ("Noise on the weights (share of their rms)", Knob::Linear),
        "neuron_lesion" => ("Hidden cells silenced (%)", Knob::Share),
        "synapse_lesion" => ("Synapses cut (%)", Knob::Share),
        "bits" => ("Bits per weight", Knob::Falling),
        "fgsm" => ("Step of an attack along the gradient's sign", Knob::Linear),
        _ => ("Strength", Knob::Linear),
    };
    Look { x, y: "Right answers (%)", knob, is_share: true }
}
